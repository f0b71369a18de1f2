/* A PNG of RGB pixels: PNG Specification (ISO/IEC 15948), compressed as RFC 1951 with fixed Huffman codes. The idea: our
 * pictures are flat, so matching against the pixel before and the row above is nearly all that a compressor could find; it
 * looks for nothing else. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ui/window/png.h"

enum { MIN_MATCH = 3, MAX_MATCH = 258, WINDOW = 32768, HASH_BITS = 15, CHAIN = 32, LONG_ENOUGH = 64 };

typedef struct Bits {
    uint8_t *out;
    size_t size;
    uint64_t pending;
    int count;
} Bits;

static void put_bits(Bits *b, uint32_t value, int count)
{
    b->pending |= (uint64_t)value << b->count;
    for (b->count += count; b->count >= 8; b->count -= 8, b->pending >>= 8)
        b->out[b->size++] = (uint8_t)b->pending;
}

/* Huffman codes go in from their highest bit. RFC 1951, 3.1.1. */
static void put_code(Bits *b, uint32_t code, int count)
{
    uint32_t reversed = 0;
    for (int i = 0; i < count; i++)
        reversed |= (code >> i & 1) << (count - 1 - i);
    put_bits(b, reversed, count);
}

/* RFC 1951, 3.2.6: the fixed code of a literal or length symbol. */
static void put_symbol(Bits *b, uint32_t symbol)
{
    if (symbol < 144)
        put_code(b, 0x30 + symbol, 8);
    else if (symbol < 256)
        put_code(b, 0x190 + symbol - 144, 9);
    else if (symbol < 280)
        put_code(b, symbol - 256, 7);
    else
        put_code(b, 0xc0 + symbol - 280, 8);
}

/* RFC 1951, 3.2.5: groups of 4 lengths (2 distances) share a number of extra bits. */
static void put_match(Bits *b, uint32_t length, uint32_t distance)
{
    uint32_t l = length - MIN_MATCH, d = distance - 1;
    int extra = l < 8 ? 0 : 29 - __builtin_clz(l);
    if (length == MAX_MATCH) {
        put_symbol(b, 285);
    } else {
        put_symbol(b, 257 + (uint32_t)extra * 4 + (l >> extra));
        put_bits(b, l & ((1u << extra) - 1), extra);
    }
    extra = d < 4 ? 0 : 30 - __builtin_clz(d);
    put_code(b, (uint32_t)extra * 2 + (d >> extra), 5);
    put_bits(b, d & ((1u << extra) - 1), extra);
}

static uint32_t hash3(const uint8_t *p)
{
    return ((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]) * 2654435761u >> (32 - HASH_BITS);
}

typedef struct Matcher {
    const uint8_t *data;
    size_t size;
    int32_t *head, *previous; /* [1 << HASH_BITS] newest place of a hash, [WINDOW] the one before it; -1: none */
} Matcher;

static uint32_t match_at(const Matcher *m, size_t at, uint32_t *distance)
{
    uint32_t best = 0;
    size_t limit = m->size - at < MAX_MATCH ? m->size - at : MAX_MATCH;
    if (limit < MIN_MATCH)
        return 0;
    int32_t place = m->head[hash3(m->data + at)];
    for (int tries = 0; place >= 0 && at - (size_t)place < WINDOW && tries < CHAIN && best < LONG_ENOUGH; tries++) {
        uint32_t n = 0;
        while (n < limit && m->data[(size_t)place + n] == m->data[at + n])
            n++;
        if (n > best) {
            best = n;
            *distance = (uint32_t)(at - (size_t)place);
        }
        place = m->previous[(size_t)place % WINDOW];
    }
    return best >= MIN_MATCH ? best : 0;
}

static void remember(Matcher *m, size_t at)
{
    if (m->size - at < MIN_MATCH)
        return;
    uint32_t hash = hash3(m->data + at);
    m->previous[at % WINDOW] = m->head[hash];
    m->head[hash] = (int32_t)at;
}

static bool deflate(Bits *b, const uint8_t *data, size_t size)
{
    Matcher m = {data, size, malloc(sizeof(int32_t) << HASH_BITS), malloc(sizeof(int32_t) * WINDOW)};
    if (m.head && m.previous) {
        memset(m.head, 0xff, sizeof(int32_t) << HASH_BITS);
        put_bits(b, 1, 1); /* the last block */
        put_bits(b, 1, 2); /* fixed codes */
        for (size_t at = 0; at < size;) {
            uint32_t distance = 0, length = match_at(&m, at, &distance);
            if (length)
                put_match(b, length, distance);
            else
                put_symbol(b, data[at]);
            for (size_t end = at + (length ? length : 1); at < end; at++)
                remember(&m, at);
        }
        put_symbol(b, 256);
        put_bits(b, 0, 7); /* to a whole byte */
    }
    bool done = m.head && m.previous;
    free(m.head);
    free(m.previous);
    return done;
}

static uint32_t crc32_of(uint32_t crc, const uint8_t *data, size_t size)
{
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    return ~crc;
}

static uint32_t adler32_of(const uint8_t *data, size_t size)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + data[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void big_endian(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static bool write_chunk(FILE *file, const char *type, const uint8_t *data, size_t size)
{
    uint8_t head[8], tail[4];
    big_endian(head, (uint32_t)size);
    memcpy(head + 4, type, 4);
    big_endian(tail, crc32_of(crc32_of(0, head + 4, 4), data, size));
    return fwrite(head, 1, 8, file) == 8 && fwrite(data, 1, size, file) == size && fwrite(tail, 1, 4, file) == 4;
}

/* The rows as PNG filters them: a byte that says "no filter", then R, G, B. */
static uint8_t *raw_rows(const uint32_t *pixels, int width, int height, size_t *size)
{
    *size = (size_t)height * ((size_t)width * 3 + 1);
    uint8_t *raw = malloc(*size), *p = raw;
    for (int y = 0; raw && y < height; y++) {
        *p++ = 0;
        for (int x = 0; x < width; x++, p += 3) {
            uint32_t pixel = *pixels++;
            p[0] = (uint8_t)(pixel >> 16);
            p[1] = (uint8_t)(pixel >> 8);
            p[2] = (uint8_t)pixel;
        }
    }
    return raw;
}

bool png_write(FILE *file, const uint32_t *pixels, int width, int height)
{
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t header[13] = {[8] = 8, [9] = 2}; /* 8 bits, RGB */
    size_t size;
    uint8_t *raw = raw_rows(pixels, width, height, &size);
    Bits b = {.out = raw ? malloc(size + size / 8 + 64) : NULL}; /* a literal takes at most 9 bits */
    bool done = false;
    errno = ENOMEM;
    if (b.out) {
        b.out[b.size++] = 0x78; /* RFC 1950: deflate, 32 KiB window */
        b.out[b.size++] = 0x01;
        done = deflate(&b, raw, size);
    }
    if (done) {
        big_endian(b.out + b.size, adler32_of(raw, size));
        big_endian(header, (uint32_t)width);
        big_endian(header + 4, (uint32_t)height);
        done = fwrite(signature, 1, 8, file) == 8 && write_chunk(file, "IHDR", header, 13) &&
               write_chunk(file, "IDAT", b.out, b.size + 4) && write_chunk(file, "IEND", header, 0);
    }
    free(b.out);
    free(raw);
    return done;
}
