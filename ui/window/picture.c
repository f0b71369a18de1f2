/* From a model to a file: PNG, or SVG for documents. */
#include "ui/window/picture.h"

#include <errno.h>
#include <string.h>

#include "ui/window/png.h"

/* Two pixels for one as soon as everything has the room it likes, and so on. */
static int scale_for(int width, int height)
{
    int scale = 1;
    while (width / (scale + 1) >= 1280 && height / (scale + 1) >= 800)
        scale++;
    return scale;
}

bool picture_layout(View *view, const Model *model, int width, int height)
{
    int scale = scale_for(width, height);
    return view_layout(view, model, width / scale, height / scale);
}

bool picture_draw(Canvas *canvas, View *view, const Model *model, int width, int height)
{
    int scale = scale_for(width, height);
    if (!canvas_resize(canvas, width / scale, height / scale, scale) ||
        !view_layout(view, model, canvas->width, canvas->height))
        return false;
    view_draw(view, model, canvas);
    return true;
}

bool picture_save_png(const Canvas *canvas, const char *path)
{
    FILE *file = fopen(path, "wbe");
    bool written = file && png_write(file, canvas->pixels, canvas->stride, canvas->height * canvas->scale);
    int error = errno;
    bool closed = file && fclose(file) == 0;
    if (!written)
        errno = error;
    return written && closed;
}

bool picture_save_svg(Canvas *canvas, View *view, const Model *model, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    canvas_svg_begin(canvas, file);
    view_draw(view, model, canvas);
    canvas_svg_end(canvas);
    bool written = !ferror(file);
    return fclose(file) == 0 && written;
}

Tab picture_tab(const char *name)
{
    static const char *const names[TABS] = {"translation", "stack", "code", "ram", "processes", "calls", "tlb", "caches"};
    Tab tab = 0;
    while (tab < TABS && strcmp(names[tab], name) != 0)
        tab++;
    return tab;
}
