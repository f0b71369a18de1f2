/* Writing JSON (RFC 8259). */
#include "ui/json.h"

#include <inttypes.h>

static void quote(FILE *out, const char *text)
{
    putc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 32 || *p >= 127)
            fprintf(out, "\\u%04x", *p); /* bytes of unknown encoding: as Latin-1 */
        else
            putc(*p, out);
    }
    putc('"', out);
}

static void begin(Json *json, const char *name)
{
    if (json->follows)
        putc(',', json->out);
    if (json->depth)
        fprintf(json->out, "\n%*s", json->depth * 2, "");
    if (name) {
        quote(json->out, name);
        fputs(": ", json->out);
    }
    json->follows = true;
}

void json_open(Json *json, const char *name, char bracket)
{
    begin(json, name);
    putc(bracket, json->out);
    json->depth++;
    json->follows = false;
}

void json_close(Json *json, char bracket)
{
    json->depth--;
    if (json->follows)
        fprintf(json->out, "\n%*s", json->depth * 2, "");
    putc(bracket, json->out);
    json->follows = true;
    if (json->depth == 0)
        putc('\n', json->out);
}

void json_number(Json *json, const char *name, uint64_t value)
{
    begin(json, name);
    fprintf(json->out, "%" PRIu64, value);
}

void json_real(Json *json, const char *name, double value)
{
    begin(json, name);
    fprintf(json->out, "%.3f", value);
}

void json_bool(Json *json, const char *name, bool value)
{
    begin(json, name);
    fputs(value ? "true" : "false", json->out);
}

void json_string(Json *json, const char *name, const char *value)
{
    begin(json, name);
    if (value)
        quote(json->out, value);
    else
        fputs("null", json->out);
}

void json_address(Json *json, const char *name, uint64_t value)
{
    begin(json, name);
    fprintf(json->out, "\"0x%" PRIx64 "\"", value);
}
