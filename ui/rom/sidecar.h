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
/* A number, or a string "0x…", of at most 64 bits. false: neither. */
bool value_u64(const Value *value, uint64_t *out);
/* Bytes of a string of hexadecimal digits (blanks between bytes are fine). Returns how many, at most `capacity`; -1: not hex. */
long value_bytes(const Value *value, uint8_t *out, size_t capacity);

#endif
