/* Names, types and literals (parser.h). */
#include "ui/console/parser.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/console.h"
#include "ui/console/expression.h"

void parser_blanks(Parser *p)
{
    while (isspace((unsigned char)*p->p))
        p->p++;
}

bool parser_take(Parser *p, const char *text)
{
    parser_blanks(p);
    if (strncmp(p->p, text, strlen(text)) != 0)
        return false;
    p->p += strlen(text);
    return true;
}

bool parser_error(Parser *p)
{
    parser_blanks(p);
    return console_error(p->console, "A syntax error in expression, near `%s'.", p->p);
}

bool parser_expect(Parser *p, const char *text) { return parser_take(p, text) || parser_error(p); }

/* "::" in front of another name */
static bool starts_space(const char *text)
{
    return text[0] == ':' && text[1] == ':' && (isalpha((unsigned char)text[2]) || text[2] == '_');
}

bool parser_identifier(Parser *p, char *name, size_t size)
{
    parser_blanks(p);
    size_t n = 0;
    if (!isalpha((unsigned char)*p->p) && *p->p != '_')
        return false;
    while (isalnum((unsigned char)p->p[n]) || p->p[n] == '_' || p->p[n] == '.' || starts_space(p->p + n)) {
        if (p->p[n] == ':') {
            n += 2;
            continue;
        }
        if (p->p[n] == '.' && !strchr("_.", p->p[n - 1]) && !isdigit((unsigned char)p->p[n + 1]))
            break; /* a member; but "buf.0" and "foo.part.1" are names of symbols */
        n++;
    }
    if (n >= size)
        return false;
    memcpy(name, p->p, n);
    name[n] = 0;
    p->p += n;
    return true;
}

/* ---- types ---------------------------------------------------------------------------------------------------- */

static const Type *named_type(Parser *p, const char *name)
{
    uint64_t handle;
    const Type *type = type_builtin_named(name);
    if (type || !p->console->emu || !emu_type_named(p->console->emu, 0, name, &handle))
        return type;
    return type_from_handle(&p->console->types, handle);
}

static bool is_type_word(const char *word)
{
    static const char *const words[] = {"unsigned", "signed", "long",  "short", "int",   "char",     "double",
                                        "float",    "struct", "union", "enum",  "const", "volatile", "void"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* "unsigned long", "struct node", "size_t": as many words as belong together. NULL: no type stands here (p unmoved). */
static const Type *type_words(Parser *p)
{
    char all[128] = "", word[64];
    const char *start = p->p, *end = p->p;
    bool more = true;
    while (more && parser_identifier(p, word, sizeof word)) {
        bool tag = strcmp(word, "struct") == 0 || strcmp(word, "union") == 0 || strcmp(word, "enum") == 0;
        if (*all && !is_type_word(word) && !strchr("sue", all[0] * !strchr(all, ' ')))
            break;
        if (strcmp(word, "const") == 0 || strcmp(word, "volatile") == 0) {
            end = p->p;
            continue;
        }
        if (strlen(all) + strlen(word) + 2 > sizeof all)
            break;
        if (*all)
            strcat(all, " ");
        strcat(all, word);
        more = tag || is_type_word(word);
        end = p->p;
    }
    const Type *type = *all ? named_type(p, all) : NULL;
    p->p = type ? end : start;
    return type;
}

const Type *parser_type(Parser *p)
{
    const Type *type = type_words(p);
    if (!type)
        return NULL;
    for (;;) {
        if (parser_take(p, "(*)")) {
            if (parser_take(p, "()"))
                type = type_function(&p->console->types, type);
            type = type_pointer(&p->console->types, type);
        } else if (parser_take(p, "*")) {
            type = type_pointer(&p->console->types, type);
        } else if (parser_take(p, "const")) {
            continue;
        } else {
            break;
        }
    }
    uint64_t counts[4];
    int n = 0;
    while (n < 4 && parser_take(p, "[")) {
        char *end;
        counts[n++] = strtoull(p->p, &end, 0);
        p->p = end;
        if (!parser_take(p, "]"))
            return NULL;
    }
    while (n-- > 0)
        type = type_array(&p->console->types, type, counts[n]);
    return type;
}

/* ---- literals ------------------------------------------------------------------------------------------------- */

bool parser_number(Parser *p, Value *v)
{
    char *end;
    const char *start = p->p;
    bool hex = start[0] == '0' && (start[1] | 32) == 'x', binary = start[0] == '0' && (start[1] | 32) == 'b' && !hex;
    size_t digits = strspn(start, hex ? "0123456789abcdefABCDEFxX" : "0123456789");
    if (!hex && (start[digits] == '.' || (start[digits] | 32) == 'e')) {
        long double real = strtold(start, &end);
        bool single = (*end | 32) == 'f';
        p->p = end + single;
        *v = value_float(type_builtin(single ? TYPE_FLOAT : TYPE_DOUBLE), real);
        return true;
    }
    uint64_t number = binary ? strtoull(start + 2, &end, 2) : strtoull(start, &end, 0);
    bool is_unsigned = hex && number > 0x7fffffffffffffff, is_long = number > 0x7fffffff && !(hex && number <= 0xffffffff);
    is_unsigned |= hex && number > 0x7fffffff && number <= 0xffffffff;
    for (; strchr("uUlL", *end) && *end; end++) {
        is_unsigned |= (*end | 32) == 'u';
        is_long |= (*end | 32) == 'l';
    }
    p->p = end;
    if (isalnum((unsigned char)*end) || *end == '_')
        return console_error(p->console, "Invalid number \"%.*s\".", (int)(strcspn(start, " +-*/)]") & 63), start);
    *v = value_integer(type_builtin(is_long       ? is_unsigned ? TYPE_ULONG : TYPE_LONG
                                    : is_unsigned ? TYPE_UINT
                                                  : TYPE_INT),
                       number);
    return true;
}

unsigned char expression_escape(const char **text)
{
    static const char escapes[] = "n\nt\tr\ra\ab\bf\fv\ve\033";
    unsigned char c = (unsigned char)*(*text)++;
    const char *known = strchr(escapes, c);
    if (c == 'x' && isxdigit((unsigned char)**text)) {
        char *end, digits[3] = {(*text)[0], isxdigit((unsigned char)(*text)[1]) ? (*text)[1] : 0};
        c = (unsigned char)strtoul(digits, &end, 16);
        *text += end - digits;
    } else if (c >= '0' && c <= '7') {
        char *end;
        char digits[4] = {0};
        memcpy(digits, *text - 1, strnlen(*text - 1, 3));
        c = (unsigned char)strtoul(digits, &end, 8);
        *text += end - digits - 1;
    } else if (c && known && (known - escapes) % 2 == 0) {
        c = (unsigned char)known[1];
    } else if (!c) {
        --*text;
    }
    return c;
}

bool parser_char(Parser *p, Value *v)
{
    unsigned char c = (unsigned char)*p->p++;
    bool escaped = c == '\\';
    if (escaped)
        c = expression_escape(&p->p);
    if ((!c && !escaped) || *p->p != '\'')
        return console_error(p->console, "Unmatched single quote.");
    p->p++;
    *v = value_integer(type_builtin(TYPE_CHAR), c);
    return true;
}

/* "text": an array of char that lies nowhere yet. */
bool parser_string(Parser *p, Value *v)
{
    size_t n = 0;
    memset(v, 0, sizeof *v);
    while (*p->p && *p->p != '"') {
        char c = *p->p++;
        if (n == sizeof v->bytes - 1)
            return console_error(p->console, "A string may have %zu characters.", sizeof v->bytes - 1);
        v->bytes[n++] = c == '\\' ? expression_escape(&p->p) : (uint8_t)c;
    }
    if (!parser_take(p, "\""))
        return console_error(p->console, "Unterminated string in expression.");
    if (parser_take(p, "\"")) { /* "a" "b" is one */
        uint8_t first[sizeof v->bytes];
        memcpy(first, v->bytes, n);
        if (!parser_string(p, v))
            return false;
        uint64_t rest = v->type->count;
        if (n + rest > sizeof v->bytes)
            return console_error(p->console, "A string may have %zu characters.", sizeof v->bytes - 1);
        memmove(v->bytes + n, v->bytes, rest);
        memcpy(v->bytes, first, n);
        n += rest - 1;
    }
    v->type = type_array(&p->console->types, type_builtin(TYPE_CHAR), n + 1);
    return true;
}
