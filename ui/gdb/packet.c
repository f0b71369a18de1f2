/* Packets (packet.h). gdb manual, "Remote Protocol": Overview. */
#include "ui/gdb/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTERRUPT = 3, ESCAPE = 0x7d, ESCAPE_XOR = 0x20 };

static int digit(int c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Behind the '$'. PACKET_GOOD: *sum is that of the data, *said what the other side says it is. */
static PacketResult receive_data(Packet *packet, Link *link, uint8_t *sum, int *said)
{
    bool too_long = false;
    *sum = 0;
    packet->size = 0;
    for (;;) {
        int c = link_byte(link);
        if (c < 0)
            return PACKET_GONE;
        if (c == '#')
            break;
        if (c == '$') { /* the packet before was cut off */
            *sum = 0;
            packet->size = 0;
            too_long = false;
            continue;
        }
        *sum = (uint8_t)(*sum + c);
        if (c == ESCAPE) {
            int escaped = link_byte(link);
            if (escaped < 0)
                return PACKET_GONE;
            *sum = (uint8_t)(*sum + escaped);
            c = escaped ^ ESCAPE_XOR;
        }
        if (packet->size < PACKET_SIZE)
            packet->data[packet->size++] = (char)c;
        else
            too_long = true;
    }
    packet->data[packet->size] = 0;
    int high = link_byte(link), low = high < 0 ? -1 : link_byte(link);
    if (low < 0)
        return PACKET_GONE;
    *said = digit(high) < 0 || digit(low) < 0 ? -1 : digit(high) << 4 | digit(low);
    return too_long ? PACKET_TOO_LONG : PACKET_GOOD;
}

PacketResult packet_receive(Packet *packet, Link *link)
{
    uint8_t sum;
    int said;
    for (;;) {
        int c = link_byte(link);
        if (c < 0)
            return PACKET_GONE;
        if (c == INTERRUPT)
            return PACKET_INTERRUPT;
        if (c != '$') /* '+' and '-' of what was sent, noise */
            continue;
        PacketResult result = receive_data(packet, link, &sum, &said);
        if (result == PACKET_GONE || packet->no_ack)
            return result;
        if (!link_write(link, said == sum ? "+" : "-", 1))
            return PACKET_GONE;
        if (said == sum)
            return result;
    }
}

/* ---- taking apart ---------------------------------------------------------------------------------------------- */

Cursor packet_cursor(const Packet *packet) { return (Cursor){packet->data, packet->data + packet->size}; }

bool take_char(Cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

bool take_text(Cursor *cursor, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < size || memcmp(cursor->at, text, size) != 0)
        return false;
    cursor->at += size;
    return true;
}

bool take_hex(Cursor *cursor, uint64_t *number)
{
    const char *p = cursor->at;
    uint64_t value = 0;
    for (; p < cursor->end && digit(*p) >= 0; p++) {
        if (value >> 60)
            return false;
        value = value << 4 | (uint64_t)digit(*p);
    }
    if (p == cursor->at)
        return false;
    cursor->at = p;
    *number = value;
    return true;
}

bool take_byte(Cursor *cursor, uint8_t *byte)
{
    if (cursor->end - cursor->at < 2 || digit(cursor->at[0]) < 0 || digit(cursor->at[1]) < 0)
        return false;
    *byte = (uint8_t)(digit(cursor->at[0]) << 4 | digit(cursor->at[1]));
    cursor->at += 2;
    return true;
}

uint8_t *take_hex_bytes(Cursor *cursor, size_t *size)
{
    const char *start = cursor->at, *p = start;
    while (p < cursor->end && digit(*p) >= 0)
        p++;
    uint8_t *bytes = (p - start) % 2 ? NULL : malloc((size_t)(p - start) / 2 + 1);
    if (!bytes)
        return NULL;
    *size = 0;
    while (take_byte(cursor, &bytes[*size]))
        ++*size;
    bytes[*size] = 0;
    return bytes;
}

size_t take_until(Cursor *cursor, char stop, const char **text)
{
    const char *found = memchr(cursor->at, stop, (size_t)(cursor->end - cursor->at));
    *text = cursor->at;
    cursor->at = found ? found : cursor->end;
    return (size_t)(cursor->at - *text);
}

/* ---- replies --------------------------------------------------------------------------------------------------- */

void reply_clear(Reply *reply)
{
    reply->size = 0;
    reply->failed = false;
    if (reply->data)
        reply->data[0] = 0;
}

void reply_free(Reply *reply)
{
    free(reply->data);
    *reply = (Reply){0};
}

/* Room for `more` bytes and a NUL. */
static bool grow(Reply *reply, size_t more)
{
    if (reply->failed || reply->size + more < reply->capacity)
        return !reply->failed;
    size_t capacity = (reply->size + more + 1) * 2;
    char *grown = realloc(reply->data, capacity);
    if (!grown) {
        reply->failed = true;
        return false;
    }
    reply->data = grown;
    reply->capacity = capacity;
    return true;
}

void reply_bytes(Reply *reply, const void *bytes, size_t size)
{
    if (!grow(reply, size))
        return;
    if (size)
        memcpy(reply->data + reply->size, bytes, size);
    reply->size += size;
    reply->data[reply->size] = 0;
}

void reply_text(Reply *reply, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size > 0 && grow(reply, (size_t)size)) {
        vsnprintf(reply->data + reply->size, (size_t)size + 1, format, again);
        reply->size += (size_t)size;
    }
    va_end(again);
    va_end(arguments);
}

void reply_hex(Reply *reply, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    if (!grow(reply, size * 2))
        return;
    for (size_t i = 0; i < size; i++) {
        reply->data[reply->size++] = digits[((const uint8_t *)bytes)[i] >> 4];
        reply->data[reply->size++] = digits[((const uint8_t *)bytes)[i] & 15];
    }
    reply->data[reply->size] = 0;
}

void reply_binary(Reply *reply, const void *bytes, size_t size)
{
    if (!grow(reply, size * 2))
        return;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = ((const uint8_t *)bytes)[i];
        bool escape = c == '#' || c == '$' || c == '*' || c == ESCAPE;
        if (escape)
            reply->data[reply->size++] = ESCAPE;
        reply->data[reply->size++] = (char)(escape ? c ^ ESCAPE_XOR : c);
    }
    reply->data[reply->size] = 0;
}

bool reply_send(const Reply *reply, Packet *packet, Link *link)
{
    Reply whole = {0};
    uint8_t sum = 0;
    for (size_t i = 0; i < reply->size; i++)
        sum = (uint8_t)(sum + (uint8_t)reply->data[i]);
    reply_text(&whole, "$");
    reply_bytes(&whole, reply->data ? reply->data : "", reply->size);
    reply_text(&whole, "#%02x", sum);
    bool good = !whole.failed && !reply->failed, acknowledged = false;
    while (good && !acknowledged) {
        good = link_write(link, whole.data, whole.size);
        int c = '+';
        while (good && !packet->no_ack && (c = link_byte(link)) != '+' && c != '-' && c != '$')
            good = c >= 0; /* an interrupt that comes too late, noise */
        if (c == '$')
            link->at--; /* the next packet: so ours has arrived */
        acknowledged = c != '-';
    }
    reply_free(&whole);
    return good;
}
