/* Packets of the Remote Serial Protocol: "$DATA#CHECKSUM", escapes, acknowledgements; and the texts that go into them. */
#ifndef EMU_UI_GDB_PACKET_H
#define EMU_UI_GDB_PACKET_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/gdb/link.h"

enum { PACKET_SIZE = 32768 }; /* bytes of data that we take in one packet */

typedef struct Packet {
    char data[PACKET_SIZE + 1]; /* escapes undone; a NUL behind the end */
    size_t size;
    bool no_ack;
} Packet;

typedef enum PacketResult { PACKET_GOOD, PACKET_INTERRUPT, PACKET_TOO_LONG, PACKET_GONE } PacketResult;
/* Waits for the next whole packet, or a lone 0x03. Acknowledges it. */
PacketResult packet_receive(Packet *packet, Link *link);

/* ---- taking packets apart: every function leaves the cursor alone when it says false ---- */

typedef struct Cursor { const char *at, *end; } Cursor; /* *end is NUL */

Cursor packet_cursor(const Packet *packet);
bool take_char(Cursor *cursor, char c);
bool take_text(Cursor *cursor, const char *text);
/* Hexadecimal digits: at least one, no more than fit. */
bool take_hex(Cursor *cursor, uint64_t *number);
/* Two digits. */
bool take_byte(Cursor *cursor, uint8_t *byte);
/* Hexadecimal pairs up to the end or another character into a malloc'ed buffer with a NUL behind it. NULL: an odd digit, no memory. */
uint8_t *take_hex_bytes(Cursor *cursor, size_t *size);
/* The text up to `stop` (not taken) or the end. */
size_t take_until(Cursor *cursor, char stop, const char **text);

/* ---- making replies ---- */

typedef struct Reply {
    char *data; /* malloc'ed; NUL-terminated */
    size_t size, capacity;
    bool failed; /* no memory */
} Reply;

void reply_clear(Reply *reply);
void reply_free(Reply *reply);
void reply_text(Reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reply_bytes(Reply *reply, const void *bytes, size_t size); /* as they are */
void reply_hex(Reply *reply, const void *bytes, size_t size);   /* two digits each */
void reply_binary(Reply *reply, const void *bytes, size_t size); /* with 0x7d escapes */
/* Sends it and waits until it is acknowledged. false: the other side has gone. */
bool reply_send(const Reply *reply, Packet *packet, Link *link);

#endif
