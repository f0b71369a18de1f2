/* One table of register names over EmuRegisters. */
#include "ui/console/registers.h"

#include <stddef.h>
#include <string.h>

#include "ui/console/console.h"

const char *const register_names[17] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11",
"r12", "r13", "r14",
                                        "r15", "rip"};

#define AT(field) (uint16_t) offsetof(EmuRegisters, field)
#define GPR(n) (uint16_t)(offsetof(EmuRegisters, r) + 8 * (n))
#define VECTOR(n) (uint16_t)(offsetof(EmuRegisters, vector) + 32 * (n))
#define ST(n) (uint16_t)(offsetof(EmuRegisters, st) + 10 * (n))
#define PARTS(r64, r32, r16, r8, n) \
    {r32, REGISTERS_PART, GPR(n), 4, 8}, {r16, REGISTERS_PART, GPR(n), 2, 2}, {r8, REGISTERS_PART, GPR(n), 1, 1}
#define PARTS_R(n) PARTS("r" #n, "r" #n "d", "r" #n "w", "r" #n "l", n)
#define ST_ROW(n) {"st" #n, REGISTERS_FLOAT, ST(n), 10, 10}
#define XMM_ROW(n) {"xmm" #n, REGISTERS_VECTOR, VECTOR(n), 16, 16}
#define YMM_ROW(n) {"ymm" #n, REGISTERS_VECTOR, VECTOR(n), 32, 32}
#define SIXTEEN(ROW) ROW(0), ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7), ROW(8), ROW(9), ROW(10), ROW(11), \
                     ROW(12), ROW(13), ROW(14), ROW(15)

/* In gdb's order. */
static const RegisterRow rows[] = {
    {"rax", REGISTERS_GENERAL, GPR(0), 8, 8}, {"rbx", REGISTERS_GENERAL, GPR(3), 8, 8}, {"rcx", REGISTERS_GENERAL, GPR(1),
    8, 8},
    {"rdx", REGISTERS_GENERAL, GPR(2), 8, 8}, {"rsi", REGISTERS_GENERAL, GPR(6), 8, 8}, {"rdi", REGISTERS_GENERAL, GPR(7),
    8, 8},
    {"rbp", REGISTERS_GENERAL, GPR(5), 8, 8}, {"rsp", REGISTERS_GENERAL, GPR(4), 8, 8}, {"r8", REGISTERS_GENERAL, GPR(8), 8, 8},
    {"r9", REGISTERS_GENERAL, GPR(9), 8, 8}, {"r10", REGISTERS_GENERAL, GPR(10), 8, 8}, {"r11", REGISTERS_GENERAL, GPR(11),
    8, 8},
    {"r12", REGISTERS_GENERAL, GPR(12), 8, 8}, {"r13", REGISTERS_GENERAL, GPR(13), 8, 8},
    {"r14", REGISTERS_GENERAL, GPR(14), 8, 8}, {"r15", REGISTERS_GENERAL, GPR(15), 8, 8},
    {"rip", REGISTERS_GENERAL, AT(rip), 8, 8}, {"eflags", REGISTERS_GENERAL, AT(rflags), 4, 8},
    {"cs", REGISTERS_GENERAL, AT(cs), 2, 2}, {"ss", REGISTERS_GENERAL, AT(ss), 2, 2}, {"ds", REGISTERS_GENERAL, AT(ds), 2, 2},
    {"es", REGISTERS_GENERAL, AT(es), 2, 2}, {"fs", REGISTERS_GENERAL, AT(fs), 2, 2}, {"gs", REGISTERS_GENERAL, AT(gs), 2, 2},
    {"fs_base", REGISTERS_GENERAL, AT(fs_base), 8, 8}, {"gs_base", REGISTERS_GENERAL, AT(gs_base), 8, 8},
    ST_ROW(0), ST_ROW(1), ST_ROW(2), ST_ROW(3), ST_ROW(4), ST_ROW(5), ST_ROW(6), ST_ROW(7),
    {"fctrl", REGISTERS_FLOAT, AT(fcw), 2, 2}, {"fstat", REGISTERS_FLOAT, AT(fsw), 2, 2}, {"ftag", REGISTERS_FLOAT, AT(ftw),
    2, 2},
    {"fop", REGISTERS_FLOAT, AT(fop), 2, 2},
    SIXTEEN(XMM_ROW), {"mxcsr", REGISTERS_VECTOR, AT(mxcsr), 4, 4}, SIXTEEN(YMM_ROW),
    PARTS("rax", "eax", "ax", "al", 0), PARTS("rcx", "ecx", "cx", "cl", 1), PARTS("rdx", "edx", "dx", "dl", 2),
    PARTS("rbx", "ebx", "bx", "bl", 3), PARTS("rsp", "esp", "sp16", "spl", 4), PARTS("rbp", "ebp", "bp", "bpl", 5),
    PARTS("rsi", "esi", "si", "sil", 6), PARTS("rdi", "edi", "di", "dil", 7),
    {"ah", REGISTERS_PART, GPR(0) + 1, 1, 1}, {"ch", REGISTERS_PART, GPR(1) + 1, 1, 1},
    {"dh", REGISTERS_PART, GPR(2) + 1, 1, 1},
    {"bh", REGISTERS_PART, GPR(3) + 1, 1, 1},
    PARTS_R(8), PARTS_R(9), PARTS_R(10), PARTS_R(11), PARTS_R(12), PARTS_R(13), PARTS_R(14), PARTS_R(15),
};

uint32_t register_count(void) { return sizeof rows / sizeof rows[0]; }
const RegisterRow *register_row(uint32_t index) { return &rows[index]; }

int register_named(const char *name)
{
    static const char *const aliases[][2] = {{"pc", "rip"}, {"sp", "rsp"}, {"fp", "rbp"}, {"rflags", "eflags"},
    {"ps", "eflags"}};
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(name, aliases[i][0]) == 0)
            name = aliases[i][1];
    for (uint32_t i = 0; i < register_count(); i++)
        if (strcmp(rows[i].name, name) == 0)
            return (int)i;
    return -1;
}

typedef struct Flag { uint8_t bit; char name[4]; } Flag;
static const Flag eflags_bits[] = {
    {0, "CF"}, {2, "PF"}, {4, "AF"}, {6, "ZF"}, {7, "SF"}, {8, "TF"}, {9, "IF"}, {10, "DF"}, {11, "OF"}, {14, "NT"}, {16, "RF"},
    {18, "AC"}, {21, "ID"}, {0, ""},
};
static const Flag mxcsr_bits[] = {
    {0, "IE"}, {1, "DE"}, {2, "ZE"}, {3, "OE"}, {4, "UE"}, {5, "PE"}, {6, "DAZ"}, {7, "IM"}, {8, "DM"}, {9, "ZM"},
    {10, "OM"}, {11, "UM"},
    {12, "PM"}, {15, "FZ"}, {0, ""},
};

bool register_flags(const char *name) { return strcmp(name, "eflags") == 0 || strcmp(name, "mxcsr") == 0; }

void register_flags_text(const char *name, uint64_t value, char *text, size_t size)
{
    size_t n = (size_t)snprintf(text, size, "[");
    for (const Flag *flag = *name == 'e' ? eflags_bits : mxcsr_bits; *flag->name; flag++)
        if (value >> flag->bit & 1 && n < size)
            n += (size_t)snprintf(text + n, size - n, " %s", flag->name);
    if (n < size)
        snprintf(text + n, size - n, " ]");
}

static const Type *type_of(Console *console, uint32_t index)
{
    const RegisterRow *row = &rows[index];
    if (row->group == REGISTERS_FLOAT && row->size == 10)
        return type_builtin(TYPE_LDOUBLE);
    if (strcmp(row->name, "rip") == 0)
        return type_pointer(&console->types, type_function(&console->types, type_builtin(TYPE_VOID)));
    if (strcmp(row->name, "rsp") == 0 || strcmp(row->name, "rbp") == 0)
        return type_pointer(&console->types, type_builtin(TYPE_VOID));
    static const BuiltIn by_size[] = {[1] = TYPE_BYTE, [2] = TYPE_I16, [4] = TYPE_INT, [8] = TYPE_LONG};
    if (row->size <= 8)
        return type_builtin(by_size[row->size]);
    return type_array(&console->types, type_builtin(TYPE_U8), row->size); /* vectors: value_print knows */
}

/* The registers of the selected frame: those that its callees have saved are known from the unwinding. */
static bool frame_registers(Console *console, EmuRegisters *registers)
{
    uint32_t count;
    if (!emu_registers(console->emu, console->tid, registers))
        return false;
    if (console->frame == 0)
        return true;
    const EmuFrame *frames = frames_get(console, &count);
    if (console->frame >= count)
        return false;
    const EmuFrame *frame = &frames[console->frame];
    registers->rip = frame->pc;
    for (int i = 0; i < 16; i++)
        if (frame->known >> i & 1)
            registers->r[i] = frame->r[i];
    return true;
}

bool register_value(Console *console, uint32_t index, Value *value)
{
    EmuRegisters registers;
    if (!console->emu || !console->running)
        return console_error(console, "No registers.");
    if (!frame_registers(console, &registers))
        return console_error(console, "No registers.");
    memset(value, 0, sizeof *value);
    value->type = type_of(console, index);
    value->where = WHERE_REGISTER;
    value->reg = (int)index;
    memcpy(value->bytes, (const char *)&registers + rows[index].offset, rows[index].size);
    return true;
}

bool register_assign(Console *console, uint32_t index, const Value *value)
{
    const RegisterRow *row = &rows[index];
    EmuRegisters registers;
    if (!console->emu || !emu_registers(console->emu, console->tid, &registers))
        return console_error(console, "No registers.");
    if (console->frame != 0)
        return console_error(console, "Only registers of the innermost frame can be changed (try `frame 0').");
    char *place = (char *)&registers + row->offset;
    memset(place, 0, row->store);
    if (row->size == 10) {
        long double real = value_real(value);
        memcpy(place, &real, 10);
    } else if (row->size > 8) {
        memcpy(place, value->bytes, row->size);
    } else {
        uint64_t number = value_number(value);
        memcpy(place, &number, row->size);
    }
    if (!reverse_may_change(console))
        return false;
    if (!emu_set_registers(console->emu, console->tid, &registers))
        return console_error(console, "The register cannot be changed now.");
    frames_forget(console);
    return true;
}
