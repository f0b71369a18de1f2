/* The screen by SDL 2, opened by dlopen: its dozen of libraries would make every start of emu slower. SDL quietly takes an
 * invisible driver when it finds no screen; that is refused here. */
#include <SDL.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/window/screen.h"

#define SDL_FUNCTIONS(X) \
    X(SDL_Init) X(SDL_QuitSubSystem) X(SDL_Quit) X(SDL_GetError) X(SDL_SetHint) X(SDL_GetCurrentVideoDriver) \
    X(SDL_CreateWindow) X(SDL_DestroyWindow) X(SDL_GetWindowSurface) X(SDL_UpdateWindowSurface) X(SDL_PollEvent) \
    X(SDL_GetWindowSize) X(SDL_SetWindowTitle) X(SDL_SetWindowMinimumSize) X(SDL_CreateRGBSurfaceFrom) \
    X(SDL_UpperBlit) X(SDL_FreeSurface) X(SDL_StartTextInput)

#define POINTER(name) __typeof__(&name) name##_;
static struct Sdl { SDL_FUNCTIONS(POINTER) } sdl; /* of the one libSDL2 that a process can have */
#undef POINTER

struct Screen {
    void *library;
    SDL_Window *window;
};

static bool load(Screen *screen)
{
    screen->library = dlopen("libSDL2-2.0.so.0", RTLD_NOW);
    if (!screen->library) {
        fprintf(stderr, "emu: --window needs SDL 2: %s\n", dlerror());
        return false;
    }
    bool complete = true;
#define FIND(name) complete &= (*(void **)&sdl.name##_ = dlsym(screen->library, #name)) != NULL;
    SDL_FUNCTIONS(FIND)
#undef FIND
    if (!complete)
        fprintf(stderr, "emu: --window: this SDL 2 is too old\n");
    return complete;
}

/* Kept to what the environment names: trying all drivers makes their libraries talk. */
static bool choose_driver(void)
{
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    if (getenv("SDL_VIDEODRIVER"))
        return true;
    if ((!x11 || !*x11) && (!wayland || !*wayland)) {
        fprintf(
            stderr,
            "emu: --window: there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set); --window=headless needs none\n");
        return false;
    }
    sdl.SDL_SetHint_("SDL_VIDEODRIVER", !wayland || !*wayland ? "x11" : !x11 || !*x11 ? "wayland" : "x11,wayland");
    return true;
}

static bool open_window(Screen *screen, int width, int height)
{
    if (!choose_driver())
        return false;
    sdl.SDL_SetHint_(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* they are the program's */
    sdl.SDL_SetHint_(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    sdl.SDL_SetHint_(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0"); /* else it may start OpenGL to copy our pixels */
    if (sdl.SDL_Init_(SDL_INIT_VIDEO) != 0) {
        fprintf(stderr, "emu: --window: there is no screen to open a window on: %s; --window=headless needs none\n",
                sdl.SDL_GetError_());
        return false;
    }
    const char *driver = sdl.SDL_GetCurrentVideoDriver_();
    if (!driver || strcmp(driver, "dummy") == 0 || strcmp(driver, "offscreen") == 0 || strcmp(driver, "evdev") == 0) {
        fprintf(stderr, "emu: --window: there is no screen to open a window on; --window=headless needs none\n");
        return false;
    }
    screen->window = sdl.SDL_CreateWindow_("emu", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, width, height,
                                           SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!screen->window)
        fprintf(stderr, "emu: --window: no window: %s\n", sdl.SDL_GetError_());
    else
        sdl.SDL_SetWindowMinimumSize_(screen->window, 1000, 600);
    return screen->window;
}

Screen *screen_open(int width, int height)
{
    Screen *screen = calloc(1, sizeof *screen);
    if (screen && load(screen) && open_window(screen, width, height))
        return screen;
    screen_close(screen);
    return NULL;
}

void screen_close(Screen *screen)
{
    if (!screen)
        return;
    if (screen->window)
        sdl.SDL_DestroyWindow_(screen->window);
    if (screen->library && sdl.SDL_Quit_)
        sdl.SDL_Quit_(); /* the library itself stays: what it has started may still be unwinding */
    free(screen);
}

/* ---- events --------------------------------------------------------------------------------------------------- */

/* Keys that are no characters; those come as text, so that + and ? are found on every keyboard. */
static int special_key(SDL_Keycode key)
{
    switch (key) {
    case SDLK_F12: return KEY_F12;
    case SDLK_UP: return KEY_UP;
    case SDLK_DOWN: return KEY_DOWN;
    case SDLK_PAGEUP: return KEY_PAGE_UP;
    case SDLK_PAGEDOWN: return KEY_PAGE_DOWN;
    case SDLK_HOME: return KEY_HOME;
    case SDLK_END: return KEY_END;
    case SDLK_ESCAPE: return 'q';
    case SDLK_TAB: return '\t';
    default: return 0;
    }
}

static Event translate(const SDL_Event *e)
{
    switch (e->type) {
    case SDL_QUIT: return (Event){.kind = EVENT_QUIT};
    case SDL_KEYDOWN: {
        int key = special_key(e->key.keysym.sym);
        return (Event){.kind = key ? EVENT_KEY : EVENT_OTHER, .key = key};
    }
    case SDL_TEXTINPUT: return (Event){.kind = EVENT_KEY, .key = (unsigned char)e->text.text[0]};
    case SDL_MOUSEMOTION: return (Event){.kind = EVENT_MOVE, .x = e->motion.x, .y = e->motion.y};
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        return (Event){.kind = e->type == SDL_MOUSEBUTTONDOWN ? EVENT_PRESS : EVENT_RELEASE, .x = e->button.x, .y = e->button.y,
                       .amount = e->button.button == SDL_BUTTON_LEFT ? 1 : e->button.button == SDL_BUTTON_RIGHT ? 3 : 0};
    case SDL_MOUSEWHEEL: return (Event){.kind = EVENT_WHEEL, .amount = e->wheel.y};
    case SDL_WINDOWEVENT: return (Event){.kind = EVENT_SIZE}; /* or uncovered: drawn again in any case */
    default: return (Event){.kind = EVENT_OTHER};
    }
}

/* Not SDL_WaitEventTimeout(): it wakes itself up by events over a connection of its own, which on a busy host reach the
 * server when the window has been closed already; Xlib ends the process for that (BadWindow, exit code 1). */
bool screen_next(Screen *screen, Event *event)
{
    SDL_Event e;
    (void)screen;
    if (!sdl.SDL_PollEvent_(&e))
        return false;
    *event = translate(&e);
    return true;
}

/* ---- pixels --------------------------------------------------------------------------------------------------- */

void screen_size(Screen *screen, int *width, int *height)
{
    const SDL_Surface *surface = sdl.SDL_GetWindowSurface_(screen->window);
    if (surface) {
        *width = surface->w;
        *height = surface->h;
    } else {
        sdl.SDL_GetWindowSize_(screen->window, width, height);
    }
}

void screen_title(Screen *screen, const char *title) { sdl.SDL_SetWindowTitle_(screen->window, title); }

bool screen_show(Screen *screen, const uint32_t *pixels, int width, int height)
{
    SDL_Surface *surface = sdl.SDL_GetWindowSurface_(screen->window);
    if (!surface)
        return false;
    SDL_Surface *ours =
        sdl.SDL_CreateRGBSurfaceFrom_((void *)(uintptr_t)pixels, width, height, 32, width * 4, 0xff0000, 0xff00, 0xff, 0);
    bool shown =
        ours && sdl.SDL_UpperBlit_(ours, NULL, surface, NULL) == 0 && sdl.SDL_UpdateWindowSurface_(screen->window) == 0;
    if (ours)
        sdl.SDL_FreeSurface_(ours);
    return shown;
}
