/* A model drawn into a file. */
#ifndef EMU_UI_WINDOW_PICTURE_H
#define EMU_UI_WINDOW_PICTURE_H

#include "ui/window/view.h"

/* Lays out and draws; the canvas gets real size width x height, and as many pixels per logical pixel as keep things readable.
 * false: no memory. */
bool picture_draw(Canvas *canvas, View *view, const Model *model, int width, int height);
/* Only lays out, as for a picture of that size. */
bool picture_layout(View *view, const Model *model, int width, int height);
/* The canvas as `path`: PNG. false with errno. */
bool picture_save_png(const Canvas *canvas, const char *path);
/* Draws once more, as SVG. false with errno. */
bool picture_save_svg(Canvas *canvas, View *view, const Model *model, const char *path);
/* "translation", "stack" …; TABS when it is none of them. */
Tab picture_tab(const char *name);

#endif
