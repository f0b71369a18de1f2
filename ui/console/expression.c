/* A recursive-descent parser that evaluates as it goes. One level of precedence is one row of the table below. */
#include "ui/console/expression.h"

#include <ctype.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/call.h"
#include "ui/console/console.h"
#include "ui/console/operate.h"
#include "ui/console/parser.h"
#include "ui/console/registers.h"
#include "ui/console/siginfo.h"
#include "ui/console/vector.h"

enum { MAX_DEPTH = 100, MAX_ARGUMENTS = 16 };

static bool parse_assignment(Parser *p, Value *v);
static bool parse_unary(Parser *p, Value *v);

/* ---- primaries ------------------------------------------------------------------------------------------------ */

/* $, $$, $3, $$2, $rax, $foo */
static bool parse_dollar(Parser *p, Value *v)
{
    size_t n = 0;
    bool back = *p->p == '$';
    p->p += back;
    char name[32];
    while ((isalnum((unsigned char)p->p[n]) || p->p[n] == '_') && n < sizeof name - 1)
        n++;
    memcpy(name, p->p, n);
    name[n] = 0;
    p->p += n;
    if (n == 0 || isdigit((unsigned char)name[0]))
        return console_history(p->console, back, n ? atol(name) : -1, v);
    if (strcmp(name, "_siginfo") == 0 && *p->p == '.')
        return siginfo_member(p->console, &p->p, v);
    int reg = register_named(name);
    if (reg >= 0 && !back)
        return register_value(p->console, (uint32_t)reg, v);
    console_variable(p->console, name, v);
    return true;
}

static bool parse_name(Parser *p, Value *v)
{
    char name[200];
    const char *start = p->p;
    if (!parser_identifier(p, name, sizeof name))
        return parser_error(p);
    bool tag = !strcmp(name, "struct") || !strcmp(name, "union") || !strcmp(name, "enum");
    char wanted[sizeof name];
    if (tag && parser_identifier(p, wanted, sizeof wanted))
        return console_error(p->console, "No %s type named %s.", name, wanted);
    char *dot = strchr(name, '.');
    if (!dot)
        return operate_name(p->console, name, v);
    bool muted = p->console->muted, failed = p->console->failed; /* "buf.0" is a symbol of C; or a member of Rust's tuple */
    p->console->muted = true;
    bool whole = operate_name(p->console, name, v);
    p->console->muted = muted;
    p->console->failed = failed;
    if (whole)
        return true;
    *dot = 0;
    p->p = start + strspn(start, " \t") + (dot - name);
    return operate_name(p->console, name, v);
}

static bool parse_sizeof(Parser *p, Value *v)
{
    const char *start = p->p;
    const Type *type = NULL;
    if (parser_take(p, "(")) {
        type = parser_type(p);
        if (type && !parser_take(p, ")"))
            return parser_error(p);
    }
    if (!type) {
        Value inner;
        p->p = start;
        p->skip++;
        bool good = parse_unary(p, &inner);
        p->skip--;
        if (!good)
            return false;
        type = inner.type;
    }
    *v = value_integer(type_builtin(TYPE_ULONG), type->size);
    return true;
}

/* {1, 2}: an array that lies nowhere. */
static bool parse_elements(Parser *p, Value *v)
{
    Value element;
    uint64_t count = 0, size = 0;
    memset(v, 0, sizeof *v);
    do {
        if (!parse_assignment(p, &element) ||
            (element.where == WHERE_MEMORY && !element.bit_size && !operate_load(p->console, &element)))
            return false;
        size = count ? size : element.type->size;
        if (element.type->size != size || !size)
            return console_error(p->console, "array elements must all be the same size");
        if ((count + 1) * size > sizeof v->bytes)
            return console_error(p->console, "An array in braces may have %zu bytes.", sizeof v->bytes);
        memcpy(v->bytes + count++ * size, element.bytes, size);
    } while (parser_take(p, ","));
    v->type = type_array(&p->console->types, element.type, count);
    return parser_expect(p, "}");
}

/* {type} address */
static bool parse_braces(Parser *p, Value *v)
{
    const char *start = p->p;
    const Type *type = parser_type(p);
    if (!type || *(p->p + strspn(p->p, " \t")) != '}') { /* a name may be a structure's and a variable's */
        p->p = start;
        return parse_elements(p, v);
    }
    return parser_expect(p, "}") && parse_unary(p, v) && operate_cast(p->console, type_pointer(&p->console->types, type), v) &&
           operate_dereference(p->console, v);
}

static bool parse_primary(Parser *p, Value *v)
{
    parser_blanks(p);
    if (isdigit((unsigned char)*p->p) || (*p->p == '.' && isdigit((unsigned char)p->p[1])))
        return parser_number(p, v);
    if (parser_take(p, "'"))
        return parser_char(p, v);
    if (parser_take(p, "$"))
        return parse_dollar(p, v);
    if (parser_take(p, "{"))
        return parse_braces(p, v);
    if (parser_take(p, "\""))
        return parser_string(p, v);
    if (parser_take(p, "(")) {
        p->cast = NULL;
        bool good = parse_assignment(p, v);
        while (good && parser_take(p, ","))
            good = parse_assignment(p, v);
        return good && parser_expect(p, ")");
    }
    return parse_name(p, v);
}

/* The text at a pointer, or of an array, into text[size]. */
static bool text_of(Parser *p, const Value *v, char *text, size_t size)
{
    uint64_t address;
    bool literal = type_strip(v->type)->kind == EMU_TYPE_ARRAY && v->where == WHERE_NOWHERE;
    memset(text, 0, size);
    if (literal)
        memcpy(text, v->bytes, sizeof v->bytes < size ? sizeof v->bytes : size - 1);
    else if (!operate_address(p->console, v, &address))
        return false;
    else if (emu_read(p->console->emu, console_pid(p->console), address, text, size - 1) == 0)
        return console_error(p->console, "Cannot access memory at address 0x%" PRIx64, address);
    return true;
}

/* gdb's functions of strings and memory; `name` is behind "$_". */
static bool string_function(Parser *p, const char *name, const Value *arguments, uint32_t count, Value *v)
{
    char a[4096], b[4096];
    regex_t regex;
    uint64_t result = 0, length = count > 2 ? value_number(&arguments[2]) : 0;
    bool is_length = strcmp(name, "strlen") == 0, is_memory = strcmp(name, "memeq") == 0;
    if (count != (is_length ? 1u : is_memory ? 3u : 2u))
        return console_error(p->console, "You must provide %d argument%s.",
                             is_length   ? 1
                             : is_memory ? 3
                                         : 2,
                             is_length ? "" : "s");
    if (!text_of(p, &arguments[0], a, sizeof a) || (!is_length && !text_of(p, &arguments[1], b, sizeof b)))
        return false;
    if (is_length) {
        result = strlen(a);
    } else if (is_memory) {
        result = length <= sizeof a && memcmp(a, b, length) == 0;
    } else if (strcmp(name, "streq") == 0) {
        result = strcmp(a, b) == 0;
    } else {
        if (regcomp(&regex, b, REG_NOSUB) != 0)
            return console_error(p->console, "Invalid regexp: %s", b);
        result = regexec(&regex, a, 0, NULL, 0) == 0;
        regfree(&regex);
    }
    *v = value_integer(type_builtin(TYPE_INT), result);
    return true;
}

static bool is_string_function(const char *name)
{
    static const char *const names[] = {"strlen", "streq", "memeq", "regex"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* f(1, 2): what stands before the parenthesis is in v. */
static bool parse_call(Parser *p, Value *v, const Type *result)
{
    Value *arguments = calloc(MAX_ARGUMENTS, sizeof *arguments);
    uint32_t count = 0;
    bool good = arguments != NULL;
    if (good && !parser_take(p, ")")) {
        do {
            good = count < MAX_ARGUMENTS ? parse_assignment(p, &arguments[count++])
                                         : console_error(p->console, "Too many arguments in function call.");
        } while (good && parser_take(p, ","));
        good = good && parser_expect(p, ")");
    }
    const Type *type = type_strip(v->type);
    if (type->kind == EMU_TYPE_POINTER)
        type = type_strip(type->target);
    bool ours = v->where == WHERE_VARIABLE && v->variable[0] == '_' && is_string_function(v->variable + 1);
    if (good && ours)
        good = string_function(p, v->variable + 1, arguments, count, v);
    else if (good && p->skip)
        *v = (Value){.type = type->kind == EMU_TYPE_FUNCTION ? type->target : type_builtin(TYPE_INT)};
    else
        good = good && call_function(p->console, v, arguments, count, result);
    free(arguments);
    return good;
}

/* x++: the value is the old one. */
static bool step_after(Parser *p, Value *v, const char *operator)
{
    Value one = value_integer(type_builtin(TYPE_INT), 1), sum = *v, target = *v;
    if (!operate_binary(p->console, operator, &sum, &one))
        return false;
    return p->skip || operate_assign(p->console, &target, &sum);
}

static bool parse_postfix(Parser *p, Value *v)
{
    char name[128];
    Value index;
    const Type *cast = p->cast;
    p->cast = NULL;
    if (!parse_primary(p, v))
        return false;
    for (;;) {
        if (parser_take(p, "(")) {
            if (!parse_call(p, v, cast))
                return false;
            continue;
        }
        if (parser_take(p, "++") || parser_take(p, "--")) {
            if (!step_after(p, v, p->p[-1] == '+' ? "+" : "-"))
                return false;
            continue;
        }
        if (parser_take(p, "[")) {
            if (!parse_assignment(p, &index) || !parser_expect(p, "]") || !operate_index(p->console, v, &index))
                return false;
        } else if (parser_take(p, "->") || (*p->p == '.' && parser_take(p, "."))) {
            if (isdigit((unsigned char)*p->p)) { /* the member of a tuple: 0 is __0 */
                size_t digits = strspn(p->p, "0123456789");
                snprintf(name, sizeof name, "__%.*s", (int)(digits & 15), p->p);
                p->p += digits;
            } else if (!parser_identifier(p, name, sizeof name)) {
                return parser_error(p);
            }
            if (v->where == WHERE_REGISTER && type_strip(v->type)->kind == EMU_TYPE_ARRAY) {
                if (!vector_member(p->console, v, name))
                    return false;
            } else if (!operate_member(p->console, v, name))
                return false;
        } else if (strncmp(p->p, "as ", 3) == 0) { /* Rust's cast */
            p->p += 3;
            const Type *type = parser_type(p);
            if (!type)
                return console_error(p->console, "No such type in expression, near `%s'.", p->p);
            if (!operate_cast(p->console, type, v))
                return false;
        } else {
            return true;
        }
    }
}

/* A cast, if a type in parentheses comes next. *is_cast tells; false: an error in what was cast. */
static bool parse_cast(Parser *p, Value *v, bool *is_cast)
{
    const char *start = p->p;
    const Type *type = parser_take(p, "(") ? parser_type(p) : NULL;
    *is_cast = type && parser_take(p, ")");
    if (!*is_cast) {
        p->p = start;
        return true;
    }
    p->cast = type;
    bool good = parse_unary(p, v);
    p->cast = NULL;
    return good && operate_cast(p->console, type, v);
}

/* ++x */
static bool step_before(Parser *p, Value *v, const char *operator)
{
    Value one = value_integer(type_builtin(TYPE_INT), 1), sum;
    if (!parse_unary(p, v))
        return false;
    sum = *v;
    return operate_binary(p->console, operator, &sum, &one) && (p->skip || operate_assign(p->console, v, &sum));
}

static bool parse_unary_inner(Parser *p, Value *v)
{
    bool is_cast;
    parser_blanks(p);
    if (!parse_cast(p, v, &is_cast) || is_cast)
        return is_cast && v->type && !p->console->failed;
    if (strncmp(p->p, "sizeof", 6) == 0 && !isalnum((unsigned char)p->p[6]) && p->p[6] != '_') {
        p->p += 6;
        return parse_sizeof(p, v);
    }
    if (parser_take(p, "++") || parser_take(p, "--"))
        return step_before(p, v, p->p[-1] == '+' ? "+" : "-");
    char operator = *p->p;
    if (!operator || !strchr("-+!~*&", operator) || (operator == '&' && p->p[1] == '&'))
        return parse_postfix(p, v);
    p->p++;
    if (!parse_unary(p, v))
        return false;
    if (operator == '*')
        return operate_dereference(p->console, v);
    if (operator == '&')
        return operate_address_of(p->console, v);
    return operate_unary(p->console, operator, v);
}

static bool parse_unary(Parser *p, Value *v)
{
    if (++p->depth > MAX_DEPTH)
        return console_error(p->console, "Expression nested too deeply.");
    bool good = parse_unary_inner(p, v);
    p->depth--;
    return good;
}

/* ---- binary operators ----------------------------------------------------------------------------------------- */

/* Loosest first. gdb's @ stands between the shifts and the sums. */
static const char *const levels[][5] = {
    {"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"==", "!="}, {"<=", ">=", "<", ">"}, {"<<", ">>"}, {"@"}, {"+", "-"}, {"*", "/", "%"},
};
enum { LEVELS = sizeof levels / sizeof levels[0] };

/* The operator of that level that comes next; NULL: none. Not "|" of "||", "<" of "<<", nor what ends in "=". */
static const char *next_operator(Parser *p, size_t level)
{
    parser_blanks(p);
    for (size_t i = 0; i < 5 && levels[level][i]; i++) {
        const char *text = levels[level][i];
        size_t n = strlen(text);
        if (strncmp(p->p, text, n) != 0)
            continue;
        char c = text[0], after = p->p[n];
        bool longer = n == 1 && strchr("&|<>", c) && after == c;
        bool assigns = after == '=' && (n == 1 ? strchr("+-*/%&|^", c) != NULL : text[1] == c && strchr("<>", c));
        if (longer || assigns)
            continue;
        p->p += n;
        return text;
    }
    return NULL;
}

static bool parse_binary(Parser *p, size_t level, Value *v)
{
    if (level == LEVELS)
        return parse_unary(p, v);
    if (!parse_binary(p, level + 1, v))
        return false;
    for (const char *text; (text = next_operator(p, level));) {
        bool logical = level < 2, decided = logical && value_is_zero(v) == (level == 1);
        Value right;
        p->skip += decided;
        bool good = parse_binary(p, level + 1, &right);
        p->skip -= decided;
        if (!good)
            return false;
        if (logical)
            *v = value_integer(operate_truth(p->console), decided ? level == 0 : !value_is_zero(&right));
        else if (!operate_binary(p->console, text, v, &right))
            return false;
    }
    return true;
}

static bool parse_conditional(Parser *p, Value *v)
{
    if (!parse_binary(p, 0, v))
        return false;
    if (!parser_take(p, "?"))
        return true;
    Value yes, no;
    bool chosen = !value_is_zero(v);
    p->skip += !chosen;
    bool good = parse_assignment(p, &yes) && parser_expect(p, ":");
    p->skip += chosen - !chosen;
    good = good && parse_conditional(p, &no);
    p->skip -= chosen;
    *v = chosen ? yes : no;
    return good;
}

/* =, and += and its like, to the right. */
static bool parse_assignment_inner(Parser *p, Value *v)
{
    static const char *const compound[] = {"<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};
    Value right;
    if (!parse_conditional(p, v))
        return false;
    parser_blanks(p);
    for (size_t i = 0; i < sizeof compound / sizeof compound[0]; i++) {
        char operator[3] = {0};
        if (!parser_take(p, compound[i]))
            continue;
        memcpy(operator, compound[i], strlen(compound[i]) - 1);
        Value sum = *v;
        return parse_assignment(p, &right) && operate_binary(p->console, operator, &sum, &right) &&
               (p->skip || operate_assign(p->console, v, &sum));
    }
    if (*p->p != '=' || p->p[1] == '=')
        return true;
    p->p++;
    return parse_assignment(p, &right) && (p->skip || operate_assign(p->console, v, &right));
}

static bool parse_assignment(Parser *p, Value *v)
{
    if (++p->depth > MAX_DEPTH)
        return console_error(p->console, "Expression nested too deeply.");
    bool good = parse_assignment_inner(p, v);
    p->depth--;
    return good;
}

/* ---- entrances ------------------------------------------------------------------------------------------------ */

bool expression_prefix(Console *console, const char **text, Value *value)
{
    Parser p = {.console = console, .p = *text};
    memset(value, 0, sizeof *value);
    if (!parse_assignment(&p, value))
        return false;
    parser_blanks(&p);
    *text = p.p;
    return true;
}

bool expression_evaluate(Console *console, const char *text, Value *value)
{
    const char *rest = text;
    if (!expression_prefix(console, &rest, value))
        return false;
    while (*rest == ',' && rest++) /* C's comma: the last one counts */
        if (!expression_prefix(console, &rest, value))
            return false;
    return !*rest || console_error(console, "A syntax error in expression, near `%s'.", rest);
}

bool expression_address(Console *console, const char *text, uint64_t *address)
{
    Value value;
    return expression_evaluate(console, text, &value) && operate_address(console, &value, address);
}

bool expression_type(Console *console, const char *text, const Type **type)
{
    Parser p = {.console = console, .p = text};
    *type = parser_type(&p);
    parser_blanks(&p);
    return *type && !*p.p;
}
