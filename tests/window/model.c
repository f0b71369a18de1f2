/* The window's model and view without a screen: what mappings are called, how the glow fades, that every cell of the map is
 * found * where it is drawn, that copies are deep, that no machine makes the view draw outside its canvas, that PNG files are ones. */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ui/window/font.h"
#include "ui/window/picture.h"
#include "ui/window/png.h"

static BandKind kind(const char *name, uint32_t flags, bool above, int tid)
{
    EmuMapping mapping = {.name = name, .flags = flags};
    return model_band_kind(&mapping, "/bin/prog", above, tid);
}

static void test_kinds(void)
{
    const uint32_t r = EMU_MAP_READ, w = EMU_MAP_WRITE, x = EMU_MAP_EXEC, s = EMU_MAP_SHARED;
    assert(kind("/bin/prog", r | x, false, 0) == BAND_CODE);
    assert(kind("/bin/prog", r, false, 0) == BAND_RODATA);
    assert(kind("/bin/prog", r | w, false, 0) == BAND_DATA);
    assert(kind("", r | w, true, 0) == BAND_BSS);
    assert(kind("", r | w, false, 0) == BAND_MMAP);
    assert(kind("[heap]", r | w, true, 0) == BAND_HEAP);
    assert(kind("[stack]", r | w, false, 1000) == BAND_STACK);
    assert(kind("", r | w, false, 1001) == BAND_THREAD_STACK);
    assert(kind("", r | w | x, false, 0) == BAND_RWX);
    assert(kind("[stack]", r | w | x, false, 0) == BAND_RWX);
    assert(kind("/etc/passwd", r, false, 0) == BAND_FILE);
    assert(kind("/dev/zero", r | w | s, false, 0) == BAND_SHARED);
    assert(kind("", 0, false, 0) == BAND_RESERVED);
    for (int k = 0; k < BAND_KINDS; k++)
        assert(model_kind_name((BandKind)k)[0] && view_kind_colour((BandKind)k) >> 24 == 255);
}

static void test_glow(void)
{
    assert(model_glow(1000, 0) == 0);
    assert(model_glow(1000, 1000) == 255);
    assert(model_glow(1000 + HALF_LIFE_MS, 1000) == 128);
    assert(model_glow(1000 + 2 * HALF_LIFE_MS, 1000) == 64);
    assert(model_glow(1000 + 20 * HALF_LIFE_MS, 1000) == 0);
    assert(model_glow(10, 1000) == 255); /* a clock that was set back does no harm */
}

static void test_words(void)
{
    char text[32];
    assert(strcmp(view_count(0, text), "0") == 0);
    assert(strcmp(view_count(999, text), "999") == 0);
    assert(strcmp(view_count(1000, text), "1,000") == 0);
    assert(strcmp(view_count(UINT64_MAX, text), "18,446,744,073,709,551,615") == 0);
    assert(strcmp(view_size(4096, text), "4 KiB") == 0);
    assert(strcmp(view_size(1536, text), "1.5 KiB") == 0);
    assert(strcmp(view_size(128ull << 40, text), "128 TiB") == 0);
    assert(picture_tab("ram") == TAB_RAM && picture_tab("rom") == TABS);
}

/* A machine of `count` mappings with gaps, the largest of `pages` pages. */
static void make_model(Model *m, uint32_t count, uint64_t pages)
{
    m->bands = calloc(count, sizeof *m->bands);
    m->band_count = m->band_capacity = count;
    for (uint32_t i = 0; i < count; i++) {
        Band *band = &m->bands[i];
        uint64_t n = i == count / 2 ? pages : 1 + i % 40;
        uint64_t start = i ? m->bands[i - 1].end + (i % 3) * (PAGE_BYTES * 7ull) : 0x400000;
        *band = (Band){.start = start, .kind = (BandKind)(i % BAND_KINDS)};
        band->end = band->start + n * PAGE_BYTES;
        while (n >> band->shift > BAND_CELLS_MAX)
            band->shift++;
        band->first = m->cell_count;
        band->count = (uint32_t)((n + (1ull << band->shift) - 1) >> band->shift);
        m->cell_count += band->count;
        snprintf(band->name, sizeof band->name, "mapping-with-a-rather-long-name-%u", i);
    }
    m->cells = calloc(m->cell_count, sizeof *m->cells);
    m->cell_capacity = m->cell_count;
    for (uint32_t i = 0; i < m->cell_count; i++)
        m->cells[i] = (Cell){.read = i % 700, .written = i % 300, .executed = i % 900, .flags = (uint16_t)(i * 37),
                             .pages = i & 1};
    m->now = 800;
    m->registers.r[4] = m->bands[0].start;
    m->registers.rip = m->bands[count - 1].end - 1;
}

/* Every cell of the map is found under the middle of where it is drawn. */
static void check_layout(const Model *m, int width, int height, int zoom, bool hilbert)
{
    View view = {.zoom = zoom, .hilbert = hilbert};
    assert(view_layout(&view, m, width, height));
    assert(view.px >= 4 && view.columns >= 4);
    for (uint32_t i = 0; i < m->band_count; i++) {
        const Band *band = &m->bands[i];
        uint64_t step = ((uint64_t)PAGE_BYTES << (band->shift + view.places[i].fold)) * (1 + band->count / 500);
        for (uint64_t address = band->start; address < band->end; address += step) {
            Rect r;
            uint64_t found;
            assert(model_band_at(m, address) == band);
            assert(view_cell_rect(&view, m, address, &r));
            int y = r.y + r.h / 2;
            if (y < view.map.y + 20 || y >= view.map.y + view.map.h)
                continue; /* scrolled out of sight */
            assert(view_address_at(&view, m, r.x + r.w / 2, y, &found));
            if (view.places[i].strip) /* all of it is one place */
                assert(found == band->start && band->kind == BAND_RESERVED && r.h <= 14);
            else
                assert(found <= address && address - found < (uint64_t)PAGE_BYTES << (band->shift + view.places[i].fold));
        }
    }
    if (zoom == 0 && m->band_count < 12 && width >= 1280)
        assert(view_scroll_max(&view) == 0);
    view_free(&view);
}

static void test_layouts(void)
{
    static const struct { uint32_t bands; uint64_t pages;
    } machines[] = {{1, 1}, {9, 300}, {10, 1 << 19}, {80, 5000}, {9, 1ull << 33}};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        Model m = {0};
        make_model(&m, machines[i].bands, machines[i].pages);
        for (int zoom = ZOOM_MIN; zoom <= ZOOM_PAGES; zoom++) {
            check_layout(&m, 1280, 800, zoom, false);
            check_layout(&m, 1280, 800, zoom, true);
            check_layout(&m, VIEW_WIDTH_MIN, VIEW_HEIGHT_MIN, zoom, zoom & 1);
        }
        model_free(&m);
    }
}

/* Below the page: every cell is found where it is drawn, inside the map; zooming keeps the address at its height. */
static void test_close(void)
{
    static const int sizes[][2] = {{VIEW_WIDTH_MIN, VIEW_HEIGHT_MIN}, {1280, 800}, {1920, 1080}};
    Model m = {0};
    make_model(&m, 9, 300);
    for (int i = 0; i < 3; i++)
        for (int zoom = ZOOM_PAGES + 1; zoom <= ZOOM_MAX; zoom++) {
            View view = {.zoom = zoom};
            ModelRequest request;
            assert(view_layout(&view, &m, sizes[i][0], sizes[i][1]));
            uint64_t address = m.bands[4].start + 5 * PAGE_BYTES + 3 * LINE_BYTES, found;
            view_zoom(&view, &m, zoom, 300, true, address);
            view_request(&view, &request);
            CloseShape s = view_close_shape(&view);
            Rect r = view_close_rect(&view, view.close_at, address);
            assert(r.w && r.y <= 300 && 300 < r.y + r.h && request.close_count <= CLOSE_CELLS_MAX);
            for (uint64_t k = 0; k < request.close_count; k += 7) {
                r = view_close_rect(&view, view.close_at, view.close_at + k * s.unit);
                assert(r.x > 0 && r.x + r.w <= view.map.x + view.map.w && r.y + r.h <= view.map.y + view.map.h);
                assert(view_close_address(&view, view.close_at, r.x + r.w / 2, r.y + r.h / 2, &found));
                assert(found == view.close_at + k * s.unit);
            }
            view_free(&view);
        }
    model_free(&m);
}

/* A thousand mappings: the bar reaches the first and the last of them, and says where the map stands. */
static void test_scroll_bar(void)
{
    Model m = {0};
    View view = {0};
    Rect bar, thumb, last = {0};
    int scroll;
    make_model(&m, 5, 10);
    assert(view_layout(&view, &m, 1280, 800) && !view_scroll_bar(&view, &bar, &thumb));
    assert(!view_scroll_at(&view, 700, 300, true, &scroll));
    model_free(&m);
    m = (Model){0};
    make_model(&m, 1000, 9000);
    assert(view_layout(&view, &m, 1280, 800) && view_scroll_bar(&view, &bar, &thumb));
    assert(!view_scroll_at(&view, bar.x - 1, bar.y + 5, false, &scroll) && !view_over_names(&view, bar.x, bar.y));
    for (int y = bar.y; y < bar.y + bar.h; y++) {
        assert(view_scroll_at(&view, bar.x + 1, y, false, &view.scroll));
        assert(view_scroll_bar(&view, &bar, &thumb) && thumb.y >= last.y);
        assert(thumb.y >= bar.y && thumb.y + thumb.h <= bar.y + bar.h);
        assert(y != bar.y || view.scroll == 0);
        last = thumb;
    }
    assert(view.scroll == view_scroll_max(&view) && thumb.y + thumb.h == bar.y + bar.h);
    assert(view_scroll_at(&view, 0, -1000, true, &scroll) && scroll == 0 && view_over_names(&view, 20, 300));
    view_free(&view);
    model_free(&m);
}

static void test_tabs(void)
{
    Model m = {0};
    View view = {0};
    make_model(&m, 5, 10);
    assert(view_layout(&view, &m, 1280, 800));
    for (Tab t = 0; t < TABS; t++) {
        Rect r = view_tab_rect(&view, t);
        assert(view_tab_at(&view, r.x + r.w / 2, r.y + r.h / 2) == t);
        assert(r.x + r.w <= 1280);
    }
    assert(view_tab_at(&view, 10, 400) == TABS);
    view_free(&view);
    model_free(&m);
}

/* All views of an odd machine at several sizes: the sanitizers watch. */
static void test_drawing(void)
{
    static const int sizes[][2] = {{640, 400}, {1, 1}, {1000, 600}, {1280, 720}, {1280, 800}, {2560, 1600}, {3840, 2160}};
    Model m = {.pid = 7, .tid = 7, .task_count = TASKS_MAX, .stack_count = STACK_MAX, .code_count = CODE_MAX};
    make_model(&m, 30, 4000);
    m.ram_count = 3000;
    m.ram = calloc(m.ram_count, 1);
    m.ram_pids = OWNERS_MAX;
    for (uint32_t i = 0; i < m.ram_count; i++)
        m.ram[i] = (uint8_t)(i % (OWNER_PROCESS + OWNERS_MAX));
    for (int i = 0; i < OWNER_PROCESS + OWNERS_MAX; i++)
        m.ram_owned[i] = 1000;
    for (uint32_t i = 0; i < 50; i++)
        m.samples[m.sample_count++] = (Sample){.ms = i, .insns = i * 1000, .faults = i * i, .frames = i, .run_ns = i};
    m.focus = (Focus){.address = m.bands[3].start, .mapped = true, .bytes_size = FOCUS_BYTES,
                      .walk = {.levels_read = 4, .leaf_level = 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Canvas canvas = {0};
        View view = {.status = "running", .speed = "1 instruction a second", .focus = m.bands[3].start};
        for (view.tab = 0; view.tab < TABS; view.tab++) {
            view.help = view.tab == TAB_CODE;
            assert(picture_draw(&canvas, &view, &m, sizes[i][0], sizes[i][1]));
        }
        canvas_free(&canvas);
        view_free(&view);
    }
    model_free(&m);
}

static void test_copy(void)
{
    Model from = {0}, to = {0};
    make_model(&from, 6, 100);
    assert(model_copy(&to, &from));
    assert(to.cells != from.cells && to.bands != from.bands && to.cell_count == from.cell_count);
    assert(memcmp(to.cells, from.cells, from.cell_count * sizeof *from.cells) == 0);
    from.cells[3].pages = 77;
    assert(to.cells[3].pages != 77);
    Model small = {0};
    make_model(&small, 2, 3);
    assert(model_copy(&to, &small) && to.band_count == 2);
    assert(model_copy(&to, &from) && to.cells[3].pages == 77);
    model_free(&from);
    model_free(&small);
    model_free(&to);
}

static void test_canvas(void)
{
    Canvas canvas = {0};
    assert(canvas_resize(&canvas, 40, 20, 2));
    canvas_fill(&canvas, (Rect){0, 0, 40, 20}, 0xff102030u);
    canvas_fill(&canvas, (Rect){-5, -5, 6, 6}, 0xffffffffu); /* one logical pixel is inside */
    assert(canvas.pixels[0] == 0xffffffffu && canvas.pixels[canvas.stride + 1] == 0xffffffffu);
    assert(canvas.pixels[2] == 0xff102030u);
    canvas_fill(&canvas, (Rect){10, 10, 1, 1}, 0x80ffffffu);
    assert((canvas.pixels[20 * canvas.stride + 20] & 255) > 0x90);
    Rect kept = canvas_clip(&canvas, (Rect){0, 0, 5, 5});
    canvas_fill(&canvas, (Rect){0, 0, 40, 20}, 0xff0000ffu);
    canvas.clip = kept;
    assert(canvas.pixels[2 * 5] == 0xff102030u && canvas.pixels[2 * 4] == 0xff0000ffu);
    assert(canvas_text(&canvas, FONT_SMALL, 0, 0, 30, 0xffffffffu, "a long text") == 30);
    assert(canvas_text_width(FONT_NORMAL, "a×b") == 24);
    canvas_free(&canvas);
}

/* The container; that what is inside unpacks is checked by golden.py, with zlib. */
static void test_png(void)
{
    uint32_t pixels[64 * 64];
    for (uint32_t i = 0; i < 64 * 64; i++)
        pixels[i] = i % 64 < 32 ? 0xff112233u : i * 2654435761u;
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    assert(png_write(file, pixels, 64, 64));
    fclose(file);
    assert(size > 60 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0 && memcmp(bytes + 12, "IHDR", 4) == 0);
    assert(memcmp(bytes + size - 8, "IEND", 4) == 0);
    free(bytes);
}

int main(void)
{
    test_kinds();
    test_glow();
    test_words();
    test_layouts();
    test_close();
    test_scroll_bar();
    test_tabs();
    test_drawing();
    test_copy();
    test_canvas();
    test_png();
    return 0;
}
