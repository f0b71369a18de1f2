/* Writing JSON: commas, quoting and indentation in one place. */
#ifndef EMU_UI_JSON_H
#define EMU_UI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Json {
    FILE *out;
    int depth;
    bool follows; /* something stands before in this object or list: a comma is due */
} Json;

/* `name` is NULL inside lists. */
void json_open(Json *json, const char *name, char bracket); /* '{' or '[' */
void json_close(Json *json, char bracket);
void json_number(Json *json, const char *name, uint64_t value);
void json_real(Json *json, const char *name, double value);
void json_bool(Json *json, const char *name, bool value);
void json_string(Json *json, const char *name, const char *value); /* NULL: null */
void json_address(Json *json, const char *name, uint64_t value);   /* a string "0x…": exact in every reader */

#endif
