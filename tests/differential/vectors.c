#include "vectors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "generate.h"

#define HEAD "emu-vectors-1"
enum { STATE_WORDS = sizeof(State) / 8, MEMORY_WORDS = DATA_RW / 8, LINE = 65536 };
_Static_assert(sizeof(State) % 8 == 0, "State is written in words");

static u64 checksum_add(u64 sum, const void *bytes, u64 size)
{
    for (u64 i = 0; i < size; i++) /* FNV-1a */
        sum = (sum ^ ((const u8 *)bytes)[i]) * 0x100000001b3;
    return sum;
}

static u64 checksum(const Case *c)
{
    u64 sum = checksum_add(0xcbf29ce484222325, c->code, sizeof c->code);
    for (u32 i = 0; i < c->patch_count; i++) {
        sum = checksum_add(sum, &c->patch[i].offset, sizeof c->patch[i].offset);
        sum = checksum_add(sum, c->patch[i].bytes, c->patch[i].size);
    }
    return checksum_add(sum, &c->before, sizeof c->before);
}

static u32 form_flags(const Form *f)
{
    return (u32)(f->vex | f->wide << 1 | f->l256 << 2 | f->has_modrm << 3 | f->memory << 4 | f->reg_free << 5 | f->rm_free << 6 | f->vvvv_free << 7);
}

static void memory_before(const Case *c, u8 memory[DATA_SIZE])
{
    case_base_memory(memory);
    for (u32 i = 0; i < c->patch_count; i++)
        memcpy(memory + c->patch[i].offset, c->patch[i].bytes, c->patch[i].size);
}

FILE *vectors_create(const char *path, u64 fs_base)
{
    FILE *out = fopen(path, "w");
    if (out)
        fprintf(out, HEAD " %" PRIx64 "\n", fs_base);
    return out;
}

static void put_words(FILE *out, char kind, const void *before, const void *after, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        u64 word = load64((const u8 *)after + 8 * i);
        if (word != load64((const u8 *)before + 8 * i))
            fprintf(out, " %c%x=%" PRIx64, kind, i, word);
    }
}

void vectors_put(FILE *out, const Form *form, const Case *c, const Outcome *host)
{
    static u8 memory[DATA_SIZE];
    memory_before(c, memory);
    fprintf(out, "%s %x %x %x %x %x %" PRIx64 " %" PRIx64 " %x %x %" PRIx64, ZydisMnemonicGetString(form->mnemonic), form->prefix, form->map,
            form->opcode, form_flags(form), form->modrm, c->seed, checksum(c), host->vector, host->error, host->address);
    put_words(out, 's', &c->before, &host->after, STATE_WORDS);
    put_words(out, 'm', memory, host->memory, MEMORY_WORDS);
    fputc('\n', out);
}

/* The form that a line names; form_count: none. */
static u32 find_form(const Form *forms, u32 form_count, const char *name, const u32 field[5])
{
    u32 i = 0;
    while (i < form_count && (forms[i].prefix != field[0] || forms[i].map != field[1] || forms[i].opcode != field[2] ||
                              form_flags(&forms[i]) != field[3] || forms[i].modrm != field[4] ||
                              strcmp(ZydisMnemonicGetString(forms[i].mnemonic), name) != 0))
        i++;
    return i;
}

static const char *parse_changes(const char *at, const Case *c, Outcome *host)
{
    static u8 memory[DATA_SIZE];
    memory_before(c, memory);
    memcpy(host->memory, memory, DATA_RW);
    host->after = c->before;
    while (*at == ' ') {
        char kind = at[1], *end;
        u64 index = strtoull(at + 2, &end, 16);
        if (*end != '=' || (kind == 's' ? index >= STATE_WORDS : kind != 'm' || index >= MEMORY_WORDS))
            break;
        store64(kind == 's' ? (u8 *)&host->after + 8 * index : host->memory + 8 * index, strtoull(end + 1, &end, 16));
        at = end;
    }
    return *at == '\n' ? NULL : "not a change of a word";
}

static const char *parse_line(const char *line, const Form *forms, u32 form_count, u64 fs_base, Case *c, Outcome *host)
{
    char name[32];
    u32 field[5], vector, error;
    u64 seed, sum, address;
    int used = 0;
    if (sscanf(line, "%31s %x %x %x %x %x %" SCNx64 " %" SCNx64 " %x %x %" SCNx64 "%n", name, &field[0], &field[1], &field[2], &field[3],
               &field[4], &seed, &sum, &vector, &error, &address, &used) != 11)
        return "not a vector";
    u32 form = find_form(forms, form_count, name, field);
    if (form == form_count)
        return "no such form any more: record anew";
    if (!generate_case(c, &forms[form], form, seed, fs_base) || checksum(c) != sum)
        return "the generator makes another case of this seed now: record anew";
    *host = (Outcome){ .vector = (u8)vector, .error = error, .address = address, .cs = 0x33 };
    return parse_changes(line + used, c, host);
}

bool vectors_replay(const char *path, const Form *forms, u32 form_count, VectorFunction *function, void *context, const char **why)
{
    static char line[LINE], message[160];
    static Case c;
    static Outcome host;
    u64 fs_base;
    u32 number = 1;
    FILE *in = fopen(path, "r");
    *why = in ? NULL : "cannot be read";
    if (in && (!fgets(line, sizeof line, in) || sscanf(line, HEAD " %" SCNx64, &fs_base) != 1))
        *why = "is not a file of recorded vectors";
    while (!*why && fgets(line, sizeof line, in)) {
        const char *error = parse_line(line, forms, form_count, fs_base, &c, &host);
        number++;
        if (!error)
            function(&c, &host, context);
        else
            snprintf(message, sizeof message, "line %u: %s", number, error), *why = message;
    }
    if (in)
        fclose(in);
    return !*why;
}
