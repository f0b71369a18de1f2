/* The smallest parts of expressions: names, types, literals. expression.c puts them together. */
#ifndef EMU_UI_CONSOLE_PARSER_H
#define EMU_UI_CONSOLE_PARSER_H

#include "ui/console/value.h"

typedef struct Parser {
    Console *console;
    const char *p;
    int depth;  /* of nesting: the text comes from a person, or from a fuzzer */
    const Type *cast; /* what the value that is parsed will be cast to at once; NULL: to nothing */
    int skip;   /* > 0: parse, but have no effect (the unused side of && || ?:) */
} Parser;

void parser_blanks(Parser *p);
/* Takes `text` if it comes next. */
bool parser_take(Parser *p, const char *text);
/* The same, or an error. */
bool parser_expect(Parser *p, const char *text);
/* false, having said that what comes next does not belong there. */
bool parser_error(Parser *p);
/* An identifier into `name`, with its namespaces; false: none here. */
bool parser_identifier(Parser *p, char *name, size_t size);
/* A type's name and the declarator of an abstract type: stars, [n], (*)(). NULL: no type stands here. */
const Type *parser_type(Parser *p);
/* What begins with a digit; behind a single quote; behind a double quote. false after an error. */
bool parser_number(Parser *p, Value *v);
bool parser_char(Parser *p, Value *v);
bool parser_string(Parser *p, Value *v);

#endif
