/* What DWARF knows of an address: the variable that lies there, down to the element and the member, and its value. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ui/window/model.h"

enum { DEPTH_MAX = 12, VARIABLE_FRAMES = 12, VARIABLES_MAX = 64 };

/* The type without its other names. */
static bool bare_type(Emu *emu, uint64_t handle, uint64_t *bare, EmuType *type)
{
    for (int i = 0; i < DEPTH_MAX && emu_type(emu, handle, type); i++) {
        if (type->kind != EMU_TYPE_TYPEDEF && type->kind != EMU_TYPE_CONST && type->kind != EMU_TYPE_VOLATILE) {
            *bare = handle;
            return true;
        }
        handle = type->target;
    }
    return false;
}

static uint64_t size_of(Emu *emu, uint64_t handle)
{
    EmuType type;
    uint64_t bare;
    if (!bare_type(emu, handle, &bare, &type))
        return 0;
    return type.kind == EMU_TYPE_ARRAY && !type.size ? type.count * size_of(emu, type.target) : type.size;
}

static void name_enum(Emu *emu, uint64_t handle, int64_t value, char *text, size_t size)
{
    EmuMember member;
    for (uint32_t i = 0; emu_type_member(emu, handle, i, &member); i++)
        if (member.value == value) {
            snprintf(text, size, "%s", member.name);
            return;
        }
    snprintf(text, size, "%lld", (long long)value);
}

static void show_characters(const char *bytes, uint64_t count, char *text, size_t size)
{
    char shown[33];
    uint64_t length = strnlen(bytes, count < sizeof shown - 1 ? count : sizeof shown - 1);
    for (uint64_t i = 0; i < length; i++)
        shown[i] = isprint((unsigned char)bytes[i]) ? bytes[i] : '.';
    snprintf(text, size, "\"%.*s\"", (int)length, shown);
}

static void show_float(const char *bytes, uint64_t width, char *text, size_t size)
{
    float narrow;
    double wide;
    long double widest;
    memcpy(&narrow, bytes, sizeof narrow);
    memcpy(&wide, bytes, sizeof wide);
    memcpy(&widest, bytes, sizeof widest);
    snprintf(text, size, "%.6Lg", width == 4 ? (long double)narrow : width == 8 ? (long double)wide : widest);
}

/* The value of `type` at the address. */
static void show_value(Emu *emu, int pid, uint64_t handle, uint64_t address, char *text, size_t size)
{
    EmuType type, element;
    uint64_t bare, raw = 0, of;
    char bytes[32] = "";
    snprintf(text, size, "?");
    if (!bare_type(emu, handle, &bare, &type))
        return;
    uint64_t wanted = type.kind == EMU_TYPE_ARRAY ? sizeof bytes : type.size;
    if (wanted > sizeof bytes || emu_read(emu, pid, address, bytes, wanted) == 0)
        wanted = 0;
    memcpy(&raw, bytes, 8);
    uint64_t value = type.size < 8 ? raw & ((1ull << 8 * type.size) - 1) : raw;
    int64_t sign = type.size && type.size < 8 ? (int64_t)(raw << (64 - 8 * type.size)) >> (64 - 8 * type.size) : (int64_t)raw;
    switch (type.kind) {
    case EMU_TYPE_SIGNED: snprintf(text, size, "%lld", (long long)sign); break;
    case EMU_TYPE_UNSIGNED: snprintf(text, size, "%llu", (unsigned long long)value); break;
    case EMU_TYPE_SIGNED_CHAR:
    case EMU_TYPE_UNSIGNED_CHAR:
        snprintf(text, size, isprint((int)(value & 127)) && value < 128 ? "%lld '%c'" : "%lld", (long long)sign, (int)value);
        break;
    case EMU_TYPE_BOOL: snprintf(text, size, "%s", value ? "true" : "false"); break;
    case EMU_TYPE_ENUM: name_enum(emu, bare, sign, text, size); break;
    case EMU_TYPE_POINTER: snprintf(text, size, "0x%llx", (unsigned long long)value); break;
    case EMU_TYPE_FLOAT: show_float(bytes, type.size, text, size); break;
    case EMU_TYPE_ARRAY:
        if (bare_type(emu, type.target, &of, &element) &&
            (element.kind == EMU_TYPE_SIGNED_CHAR || element.kind == EMU_TYPE_UNSIGNED_CHAR))
            show_characters(bytes, type.count < sizeof bytes ? type.count : sizeof bytes, text, size);
        else
            snprintf(text, size, "[%llu]", (unsigned long long)type.count);
        break;
    default: snprintf(text, size, "{..}");
    }
}

/* One step down: to the element, or the member, that holds the offset. false: there is nothing below. */
static bool descend(Emu *emu, uint64_t *handle, uint64_t *offset, char *path, size_t size)
{
    EmuType type;
    uint64_t bare, element;
    size_t length = strlen(path);
    if (!bare_type(emu, *handle, &bare, &type))
        return false;
    if (type.kind == EMU_TYPE_ARRAY && (element = size_of(emu, type.target)) != 0 && element > 1) {
        snprintf(path + length, size - length, "[%llu]", (unsigned long long)(*offset / element));
        *handle = type.target;
        *offset %= element;
        return true;
    }
    EmuMember member;
    for (uint32_t i = 0;
         (type.kind == EMU_TYPE_STRUCT || type.kind == EMU_TYPE_UNION) && emu_type_member(emu, bare, i, &member); i++) {
        uint64_t member_size = size_of(emu, member.type);
        if (*offset < member.offset || *offset >= member.offset + member_size)
            continue;
        snprintf(path + length, size - length, ".%s", member.name);
        *handle = member.type;
        *offset -= member.offset;
        return true;
    }
    return false;
}

static void describe(Emu *emu, int pid, const EmuVariable *v, uint64_t address, char *text, size_t size)
{
    char path[96], value[64];
    uint64_t handle = v->type, offset = address - v->value;
    EmuType type;
    snprintf(path, sizeof path, "%s", v->name);
    for (int i = 0; i < DEPTH_MAX && descend(emu, &handle, &offset, path, sizeof path); i++)
        ;
    show_value(emu, pid, handle, address - offset, value, sizeof value);
    bool named = emu_type(emu, handle, &type) && type.name[0];
    snprintf(text, size, "%s%s%s = %s", named ? type.name : "", named ? " " : "", path, value);
}

static bool holds(Emu *emu, const EmuVariable *v, uint64_t address)
{
    return v->place == EMU_AT_ADDRESS && address >= v->value && address - v->value < size_of(emu, v->type);
}

void model_describe_object(const Model *model, Emu *emu, uint64_t address, char *text, size_t size)
{
    EmuSymbol symbol;
    EmuVariable v;
    const Band *band = model_band_at(model, address);
    text[0] = 0;
    if (!band)
        return;
    if (emu_symbol_at(emu, model->pid, address, &symbol)) {
        if (!symbol.function && emu_variable_named(emu, model->tid, (EmuFrameId){0, 0}, symbol.name, &v) && holds(emu, &v, address))
            describe(emu, model->pid, &v, address, text, size);
        return;
    }
    if (band->kind != BAND_STACK && band->kind != BAND_THREAD_STACK)
        return;
    for (uint32_t frame = 0; frame < VARIABLE_FRAMES; frame++)
        for (uint32_t i = 0; i < VARIABLES_MAX && emu_variable(emu, model->tid, (EmuFrameId){frame, 0}, i, &v); i++)
            if (holds(emu, &v, address)) {
                describe(emu, model->pid, &v, address, text, size);
                return;
            }
}

/* ---- locals on the stack ---------------------------------------------------------------------------------------- */

/* What a variable at a word's address adds to its note: "int i = 5 (rbp-0x14)". */
static void note_variable(const Model *model, Emu *emu, const EmuVariable *v, const EmuFrame *frame, StackWord *word)
{
    char text[64], place[32] = "";
    size_t length = word->named ? strlen(word->note) : 0;
    describe(emu, model->pid, v, v->value, text, sizeof text);
    if (frame->known & 1u << 5) {
        int64_t from = (int64_t)(v->value - frame->r[5]);
        snprintf(place, sizeof place, " (rbp%c0x%llx)", from < 0 ? '-' : '+', (unsigned long long)(from < 0 ? -from : from));
    }
    snprintf(word->note + length, sizeof word->note - length, "%s%s%s", length ? ", " : "", text, place);
    word->named = true;
}

void model_name_locals(Model *model, Emu *emu, const EmuFrame *frames)
{
    for (uint32_t frame = 0; frame < model->frame_count && frame < VARIABLE_FRAMES; frame++) {
        EmuVariable v;
        for (uint32_t i = 0; i < VARIABLES_MAX && emu_variable(emu, model->tid, (EmuFrameId){frame, 0}, i, &v); i++) {
            uint64_t first = model->stack_count ? model->stack[0].address : 0, at = (v.value & ~7ull) - first;
            if (v.place == EMU_AT_ADDRESS && v.value >= first && at / 8 < model->stack_count)
                note_variable(model, emu, &v, &frames[frame], &model->stack[at / 8]);
        }
    }
}
