/* Reading JSON (RFC 8259), small: trees of Value. */
#include "ui/rom/sidecar.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

typedef struct Reader {
    const char *at, *end;
    const char *error;
    int depth;
} Reader;

static Value *parse_value(Reader *r);

static void skip_blanks(Reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
}

static bool expect(Reader *r, char c)
{
    skip_blanks(r);
    if (r->at < r->end && *r->at == c) {
        r->at++;
        return true;
    }
    return false;
}

static void *fail(Reader *r, const char *error)
{
    if (!r->error)
        r->error = error;
    return NULL;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80)
        return out[0] = (char)c, 1;
    if (c < 0x800)
        return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
    if (c < 0x10000)
        return out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 63)), out[2] = (char)(0x80 | (c & 63)), 3;
    out[0] = (char)(0xf0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 63)), out[2] = (char)(0x80 | (c >> 6 & 63));
    return out[3] = (char)(0x80 | (c & 63)), 4;
}

static bool hex4(Reader *r, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        if (r->at >= r->end || !isxdigit((unsigned char)*r->at))
            return false;
        *code = *code << 4 | (uint32_t)(isdigit((unsigned char)*r->at) ? *r->at - '0' : (*r->at | 32) - 'a' + 10);
    }
    return true;
}

/* Behind the backslash. Returns bytes written, 0: not an escape. */
static size_t parse_escape(Reader *r, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : 0;
    const char *found = c ? strchr(from, c) : NULL;
    uint32_t code, low;
    if (found)
        return out[0] = to[found - from], 1;
    if (c != 'u' || !hex4(r, &code))
        return 0;
    if (code >> 10 == 0x36 && r->end - r->at > 5 && r->at[0] == '\\' && r->at[1] == 'u') { /* a surrogate pair */
        r->at += 2;
        if (!hex4(r, &low))
            return 0;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    if (code >= 0xdc80 && code <= 0xdcff) /* alone: a byte that is no UTF-8, as Python writes it ("surrogateescape") */
        return out[0] = (char)(code & 0xff), 1;
    return put_utf8(out, code);
}

/* Behind the opening quote. */
static char *parse_string(Reader *r, size_t *length)
{
    char *text = malloc((size_t)(r->end - r->at) + 4);
    size_t n = 0;
    while (text && r->at < r->end && *r->at != '"') {
        if (*r->at != '\\') {
            text[n++] = *r->at++;
            continue;
        }
        r->at++;
        size_t bytes = parse_escape(r, text + n);
        if (!bytes)
            return fail(r, "a backslash that is no escape");
        n += bytes;
    }
    if (!text || r->at >= r->end)
        return fail(r, "a string without end");
    r->at++;
    text[n] = 0;
    *length = n;
    return text;
}

static Value *parse_members(Reader *r, Value *parent, char close)
{
    Value **link = &parent->first;
    if (expect(r, close))
        return parent;
    do {
        char *key = NULL;
        size_t ignored;
        if (parent->kind == VALUE_OBJECT) {
            if (!expect(r, '"') || !(key = parse_string(r, &ignored)) || !expect(r, ':'))
                return fail(r, "an object member without name");
        }
        Value *value = parse_value(r);
        if (!value)
            return NULL;
        value->key = key;
        *link = value;
        link = &value->next;
    } while (expect(r, ','));
    return expect(r, close) ? parent : fail(r, "a list or object without end");
}

static Value *parse_word(Reader *r, Value *value)
{
    const char *start = r->at;
    while (r->at < r->end && (isalnum((unsigned char)*r->at) || strchr("+-.", *r->at)))
        r->at++;
    value->length = (size_t)(r->at - start);
    value->text = strndup(start, value->length);
    if (!value->length || !value->text)
        return fail(r, "something that is no value");
    if (!strcmp(value->text, "null"))
        value->kind = VALUE_NULL;
    else if (!strcmp(value->text, "true") || !strcmp(value->text, "false"))
        value->kind = VALUE_BOOL, value->truth = value->text[0] == 't';
    else if (isdigit((unsigned char)value->text[0]) || value->text[0] == '-')
        value->kind = VALUE_NUMBER;
    else
        return fail(r, "something that is no value");
    return value;
}

static Value *parse_value(Reader *r)
{
    Value *value = calloc(1, sizeof *value);
    if (!value || r->depth > MAX_DEPTH)
        return fail(r, "too deep");
    r->depth++;
    if (expect(r, '{'))
        value->kind = VALUE_OBJECT, value = parse_members(r, value, '}');
    else if (expect(r, '['))
        value->kind = VALUE_LIST, value = parse_members(r, value, ']');
    else if (expect(r, '"'))
        value->kind = VALUE_STRING, value = (value->text = parse_string(r, &value->length)) ? value : NULL;
    else
        value = parse_word(r, value);
    r->depth--;
    return value;
}

Value *value_parse(const char *text, size_t size, const char **error)
{
    Reader r = {text, text + size, NULL, 0};
    Value *value = parse_value(&r);
    skip_blanks(&r);
    if (value && r.at != r.end)
        value = fail(&r, "something behind the end");
    *error = r.error;
    return value;
}

const Value *value_member(const Value *object, const char *key)
{
    for (const Value *v = object ? object->first : NULL; v; v = v->next)
        if (v->key && !strcmp(v->key, key))
            return v;
    return NULL;
}

static bool is_number(const Value *value)
{
    return value && (value->kind == VALUE_NUMBER || value->kind == VALUE_STRING) && value->length;
}

bool value_u64(const Value *value, uint64_t *out)
{
    char *end;
    if (!is_number(value))
        return false;
    const char *digits = value->text + (value->text[0] == '-');
    int base = digits[0] == '0' && (digits[1] | 32) == 'x' ? 16 : 10; /* 010 is ten, as everywhere but in C */
    errno = 0;
    *out = value->text[0] == '-' ? (uint64_t)strtoll(value->text, &end, base) : strtoull(value->text, &end, base);
    return !*end && !errno && isxdigit((unsigned char)*digits);
}

static uint8_t digit_of(char c) { return (uint8_t)(isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10); }

bool value_hex(const Value *value, uint8_t *out, size_t size)
{
    uint64_t word;
    memset(out, 0, size);
    if (value_u64(value, &word)) {
        for (size_t i = 0; i < 8 && i < size; i++)
            out[i] = (uint8_t)(word >> 8 * i);
        return true;
    }
    if (!is_number(value) || value->text[0] != '0' || (value->text[1] | 32) != 'x' || value->length - 2 > 2 * size)
        return false;
    for (size_t i = 0; i < value->length - 2; i++) {
        char c = value->text[value->length - 1 - i];
        if (!isxdigit((unsigned char)c))
            return false;
        out[i / 2] |= (uint8_t)(digit_of(c) << (i & 1 ? 4 : 0));
    }
    return true;
}

bool value_fraction(const Value *value, double *out)
{
    char *end;
    if (!is_number(value))
        return false;
    *out = strtod(value->text, &end);
    return !*end;
}

long value_bytes(const Value *value, uint8_t *out, size_t capacity)
{
    size_t digits = 0;
    if (!value || value->kind != VALUE_STRING)
        return -1;
    for (const char *p = value->text + (strncmp(value->text, "0x", 2) ? 0 : 2); *p; p++) {
        if (*p == ' ')
            continue;
        if (!isxdigit((unsigned char)*p) || digits / 2 >= capacity)
            return -1;
        out[digits / 2] = (uint8_t)(digits & 1 ? out[digits / 2] << 4 | digit_of(*p) : digit_of(*p));
        digits++;
    }
    return digits & 1 ? -1 : (long)(digits / 2);
}
