/* The wire to gdb: a TCP port on this machine's loopback, a Unix socket, or standard input and output. */
#ifndef EMU_UI_GDB_LINK_H
#define EMU_UI_GDB_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/emu.h"

typedef struct Link {
    int listener;    /* -1: none: somebody is connected, and a second is refused; or standard input and output */
    int in, out;     /* -1: nobody is connected */
    bool serves;     /* one connection after another, at: */
    char *path;      /* of the Unix socket, removed at the end; NULL: */
    uint16_t port;
    size_t at, have; /* what is read and not yet taken */
    uint8_t buffer[4096];
} Link;

/* false: a line on stderr says why. */
bool link_open(Link *link, const char *place);
void link_close(Link *link);
/* Waits for somebody to connect. false: nobody can. */
bool link_accept(Link *link);
/* Nobody is connected any more: the next may come. */
void link_drop(Link *link);
/* The next byte; -1: the other side has gone. Waits. */
int link_byte(Link *link);
bool link_write(Link *link, const void *bytes, size_t size);
/* Is there something to read (a connection to accept, when nobody is connected) or has the other side gone? */
bool link_pending(Link *link);
/* Waits until link_pending(). false: it never will be. */
bool link_wait(Link *link);
/* From now on what arrives interrupts the machine. NULL: not any more. */
void link_interrupts(Link *link, Emu *emu);

#endif
