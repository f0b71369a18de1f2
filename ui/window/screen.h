/* A window on a real screen: shows pixels, delivers what the user does. The only part that knows SDL (sdl.c), which it loads
 * when a window is opened: programs that run without one do not pay for it. */
#ifndef EMU_UI_WINDOW_SCREEN_H
#define EMU_UI_WINDOW_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Screen Screen;

typedef enum EventKind {
    EVENT_QUIT,
    EVENT_KEY,
    EVENT_MOVE,
    EVENT_PRESS,
    EVENT_RELEASE,
    EVENT_WHEEL,
    EVENT_SIZE,
    EVENT_OTHER
} EventKind;
enum { KEY_F12 = 256, KEY_UP, KEY_DOWN, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_END };
typedef struct Event {
    EventKind kind;
    int key;    /* KEY: the character, or KEY_… */
    int x, y;   /* pixels */
    int amount; /* WHEEL: steps away from the user; PRESS, RELEASE: 1 left button, 3 right */
} Event;

/* NULL: there is no screen; one line on stderr has said why. */
Screen *screen_open(int width, int height);
void screen_close(Screen *screen);
/* The next event that is there. false: there is none. */
bool screen_next(Screen *screen, Event *event);
void screen_size(Screen *screen, int *width, int *height);
void screen_title(Screen *screen, const char *title);
/* Shows width x height pixels (0xffRRGGBB). false: the window has another size by now. */
bool screen_show(Screen *screen, const uint32_t *pixels, int width, int height);

#endif
