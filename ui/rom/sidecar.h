/* What a ROM is expected to do: the JSON file beside it (docs/roms.md), parsed into a tree. */
#ifndef EMU_UI_ROM_SIDECAR_H
#define EMU_UI_ROM_SIDECAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ValueKind { VALUE_NULL, VALUE_BOOL, VALUE_NUMBER, VALUE_STRING, VALUE_LIST, VALUE_OBJECT } ValueKind;

typedef struct Value {
    ValueKind kind;
    char *key;           /* inside objects */
    char *text;          /* NUMBER: as written; STRING: its bytes (UTF-8), NUL behind */
    size_t length;
    bool truth;
    struct Value *first, *next; /* members; siblings */
} Value;

/* Parses a whole document. NULL and *error (a static string) when it is not JSON or memory is short. Values are never freed:
 * each ROM has a process of its own. */
Value *value_parse(const char *text, size_t size, const char **error);
/* The member with this name, or NULL (also for NULL objects). */
const Value *value_member(const Value *object, const char *key);
/* A number, or a string with one, decimal or "0x…", of at most 64 bits; may be negative. false: neither. */
bool value_u64(const Value *value, uint64_t *out);
/* A string "0x…" of up to 2 * size digits as `size` bytes, low first; or a number as value_u64() takes it. false: neither, or too long. */
bool value_hex(const Value *value, uint8_t *out, size_t size);
/* A number, or a string with one, with or without a fraction. false: neither. */
bool value_fraction(const Value *value, double *out);
/* Bytes of a string of hexadecimal digits (with "0x" in front or not; blanks between bytes are fine). Returns how many, at most
 * `capacity`; -1: not hex. */
long value_bytes(const Value *value, uint8_t *out, size_t capacity);

#endif
