/* Functions, variables and types of a running program: DWARF's answers, at the addresses where the program lies. */
#include "base/bits.h"
#include "emu/file.h"
#include "emu/machine.h"

/* Handles of types carry the program that they belong to. */
enum { PROGRAM_SHIFT = 48 };

static u64 handle_out(const Program *program, u64 type) { return type ? type | (u64)program->number << PROGRAM_SHIFT : 0; }

static DebugInfo *handle_in(Emu *emu, u64 *type, Program **program)
{
    for (Program *p = emu->programs; p; p = p->next)
        if (p->number == *type >> PROGRAM_SHIFT && p->dwarf) {
            *type &= bits_mask(PROGRAM_SHIFT);
            *program = p;
            return p->dwarf;
        }
    return NULL;
}

/* ---- functions ------------------------------------------------------------------------------------------------ */

/* Behind `[endbr64;] push rbp; mov rbp, rsp`, or `start` when the function does not begin like that. */
static u64 behind_frame_setup(Emu *emu, int pid, u64 start)
{
    static const u8 endbr[4] = {0xf3, 0x0f, 0x1e, 0xfa}, setup[2][4] = {{0x55, 0x48, 0x89, 0xe5}, {0x55, 0x48, 0x8b, 0xec}};
    u8 bytes[8];
    if (emu_read(emu, pid, start, bytes, 8) != 8)
        return start;
    u32 at = memcmp(bytes, endbr, 4) == 0 ? 4 : 0;
    if (memcmp(bytes + at, setup[0], 4) == 0 || memcmp(bytes + at, setup[1], 4) == 0)
        return start + at + 4;
    return start;
}

/* As gdb finds it: where the line table marks the prologue's end (clang); else behind the set-up of the frame pointer, and
 * from there to the next line. A function without a frame pointer has no prologue to speak of. */
static u64 find_body(Emu *emu, int pid, const DwarfFunction *f, u64 bias)
{
    u64 start = f->start + bias, behind = behind_frame_setup(emu, pid, start);
    EmuSource source;
    if (f->after_prologue)
        return f->after_prologue + bias;
    if (behind == start || !emu_source_at(emu, pid, behind, &source) || source.start == behind)
        return behind;
    return source.end < f->end + bias ? source.end : behind;
}

bool emu_function_at(Emu *emu, int pid, uint64_t address, EmuFunction *out)
{
    u64 bias;
    Program *program = machine_program(emu, pid, &bias);
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    DwarfFunction f;
    EmuSymbol symbol;
    if (dwarf && dwarf_function_at(dwarf, address - bias, &f)) {
        *out = (EmuFunction){.name = f.name, .start = f.start + bias, .end = f.end + bias, .type = handle_out(program, f.type),
                             .signature = handle_out(program, f.signature), .has_lines = true};
        out->body = find_body(emu, pid, &f, bias);
        return true;
    }
    if (!emu_symbol_at(emu, pid, address, &symbol) || !symbol.function)
        return false;
    *out = (EmuFunction){.name = symbol.name, .start = symbol.address, .end = symbol.address + (symbol.size ? symbol.size : 1),
                         .body = behind_frame_setup(emu, pid, symbol.address)};
    return true;
}

uint32_t emu_functions_named(Emu *emu, int pid, const char *name, uint64_t *addresses, uint32_t capacity)
{
    u64 bias;
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    u32 count = dwarf ? dwarf_functions_named(dwarf, name, addresses, capacity) : 0;
    for (u32 i = 0; i < count; i++)
        addresses[i] += bias;
    return count;
}

bool emu_inlined_at(Emu *emu, int pid, uint64_t address, uint32_t index, EmuInlined *out)
{
    u64 bias;
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    DwarfInlined inlined;
    if (!dwarf || !dwarf_inlined_at(dwarf, address - bias, index, &inlined))
        return false;
    *out = (EmuInlined){.name = inlined.name, .entry = inlined.entry + bias, .call_file = inlined.call_file,
                        .call_name = inlined.call_name, .call_line = inlined.call_line};
    return true;
}

/* ---- variables ------------------------------------------------------------------------------------------------ */

typedef struct Site {
    Program *program;
    DebugInfo *dwarf;
    MachineFrame machine;
    MemoryOf memory;
    DwarfFrame frame;
} Site;

static bool find_site(Emu *emu, int tid, EmuFrameId id, Site *site)
{
    Task *task = machine_task(emu, tid);
    u64 bias = 0;
    if (!task || !task->process->space)
        return false;
    site->memory = (MemoryOf){emu, task->process->pid};
    site->program = machine_program(emu, site->memory.pid, &bias);
    site->dwarf = machine_dwarf(emu, site->memory.pid, &bias);
    if (!site->dwarf || !machine_frame(emu, tid, id.level, &site->machine))
        return false;
    site->frame = (DwarfFrame){
        .pc = site->machine.registers.value[16] - !site->machine.exact - bias,
        .bias = bias,
        .registers = &site->machine.registers,
        .read = machine_read_word,
        .context = &site->memory,
        .tls_size = file_tls_size(site->program->file),
        .inlined = id.inlined,
    };
    return true;
}

static const u8 register_of[17] = {RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, 0};

static void variable_out(const Site *site, const DwarfVariable *v, EmuVariable *out)
{
    *out = (EmuVariable){
        .name = v->name, .type = handle_out(site->program, v->type), .place = (EmuPlace)v->place, .argument = v->argument,
        .value = v->value + (v->fixed ? site->frame.bias : 0), .depth = v->depth,
    };
    if (v->place == DWARF_IN_REGISTER && v->reg >= 0 && v->reg < 16)
        out->reg = register_of[v->reg];
}

bool emu_variable(Emu *emu, int tid, EmuFrameId frame, uint32_t index, EmuVariable *out)
{
    Site site;
    DwarfVariable v;
    if (!find_site(emu, tid, frame, &site) || !dwarf_variable(site.dwarf, &site.frame, index, &v))
        return false;
    variable_out(&site, &v, out);
    return true;
}

bool emu_variable_named(Emu *emu, int tid, EmuFrameId frame, const char *name, EmuVariable *out)
{
    Site site;
    DwarfVariable v;
    if (!find_site(emu, tid, frame, &site))
        return false;
    for (u32 i = 0; dwarf_variable(site.dwarf, &site.frame, i, &v); i++)
        if (strcmp(v.name, name) == 0) {
            variable_out(&site, &v, out);
            return true;
        }
    if (!dwarf_global(site.dwarf, &site.frame, name, &v))
        return false;
    variable_out(&site, &v, out);
    return true;
}

/* Registers that hold nothing but which they are: what a location is counted from can be read off its address. */
enum { MARK_SHIFT = 40, MARK_CFA = 64 };

static bool read_nothing(void *context, u64 address, u64 *value)
{
    (void)context, (void)address, (void)value;
    return false;
}

bool emu_scope_variable(Emu *emu, int pid, uint64_t address, uint32_t index, EmuVariable *out)
{
    u64 bias = 0;
    Program *program = machine_program(emu, pid, &bias);
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    DwarfRegisters registers = {.cfa = (u64)MARK_CFA << MARK_SHIFT};
    DwarfVariable v;
    for (u32 i = 0; i < 17; i++) {
        registers.value[i] = (u64)(i + 1) << MARK_SHIFT;
        registers.known[i] = true;
    }
    DwarfFrame frame = {.pc = address - bias, .bias = bias, .registers = &registers, .read = read_nothing};
    if (!dwarf || !dwarf_variable(dwarf, &frame, index, &v))
        return false;
    u64 mark = (v.value + (1ull << (MARK_SHIFT - 1))) >> MARK_SHIFT;
    variable_out(&(Site){.program = program, .frame = frame}, &v, out);
    if (out->place != EMU_AT_ADDRESS)
        return true;
    out->reg = v.fixed || mark == 0 ? -1 : mark == MARK_CFA ? -2 : register_of[(mark - 1) % 16];
    if (out->reg != -1)
        out->value = v.value - (mark << MARK_SHIFT);
    return true;
}

typedef struct DeclarationsOf {
    Program *program;
    EmuDeclarationVisit *visit;
    void *context;
} DeclarationsOf;

static void declaration_out(void *context, const DwarfDeclaration *d)
{
    const DeclarationsOf *to = context;
    to->visit(to->context, &(EmuDeclaration){.name = d->name,
                                             .file = d->file,
                                             .line = d->line,
                                             .type = handle_out(to->program, d->type),
                                             .is_static = d->is_static});
}

void emu_declarations(Emu *emu, int pid, EmuDeclared what, EmuDeclarationVisit *visit, void *context)
{
    u64 bias = 0;
    DeclarationsOf to = {machine_program(emu, pid, &bias), visit, context};
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    if (dwarf)
        dwarf_declarations(dwarf, (DwarfDeclared)what, declaration_out, &to);
}

/* ---- types ---------------------------------------------------------------------------------------------------- */

bool emu_type(Emu *emu, uint64_t type, EmuType *out)
{
    Program *program;
    DebugInfo *dwarf = handle_in(emu, &type, &program);
    DwarfType t;
    if (!dwarf || !dwarf_type(dwarf, type, &t))
        return false;
    *out = (EmuType){.kind = (EmuTypeKind)t.kind, .name = t.name, .size = t.size, .target = handle_out(program, t.target),
                     .count = t.count, .plain = t.plain, .rust = t.rust, .scoped = t.scoped, .reference = t.reference};
    return true;
}

u64 machine_global_type(Emu *emu, const char *name, u64 address)
{
    u64 bias = 0;
    Program *program = machine_program(emu, 0, &bias);
    DebugInfo *dwarf = machine_dwarf(emu, 0, &bias);
    DwarfRegisters registers = {0};
    MemoryOf memory = {emu, 0};
    DwarfFrame frame = {.pc = address, .bias = bias, .registers = &registers, .read = machine_read_word, .context = &memory};
    DwarfVariable v;
    bool found = dwarf && dwarf_global(dwarf, &frame, name, &v);
    return found ? handle_out(program, v.type) : 0;
}

u64 machine_type_size(Emu *emu, u64 type)
{
    u64 elements = 1;
    EmuType t;
    for (u32 depth = 0; depth < 32 && emu_type(emu, type, &t); depth++) {
        bool wraps = t.kind == EMU_TYPE_TYPEDEF || t.kind == EMU_TYPE_CONST || t.kind == EMU_TYPE_VOLATILE;
        if (t.kind == EMU_TYPE_ARRAY && !t.size)
            elements *= t.count;
        else if (!wraps || t.size)
            return t.size * elements;
        type = t.target;
    }
    return 0;
}

typedef bool MemberOf(DebugInfo *info, u64 type, u32 index, DwarfMember *member);

static bool member_out(Emu *emu, u64 type, u32 index, MemberOf *member_of, EmuMember *out)
{
    Program *program;
    DebugInfo *dwarf = handle_in(emu, &type, &program);
    DwarfMember m;
    if (!dwarf || !member_of(dwarf, type, index, &m))
        return false;
    *out = (EmuMember){.name = m.name, .type = handle_out(program, m.type), .offset = m.offset, .bit_offset = m.bit_offset,
                       .bit_size = m.bit_size, .value = m.value, .base = m.base};
    return true;
}

bool emu_type_member(Emu *emu, uint64_t type, uint32_t index, EmuMember *out)
{
    return member_out(emu, type, index, dwarf_type_member, out);
}

bool emu_type_variant(Emu *emu, uint64_t type, uint32_t index, EmuMember *out)
{
    return member_out(emu, type, index, dwarf_type_variant, out);
}

static bool discriminant_of(DebugInfo *info, u64 type, u32 index, DwarfMember *member)
{
    return index == 0 && dwarf_type_discriminant(info, type, member);
}

bool emu_type_discriminant(Emu *emu, uint64_t type, EmuMember *out) { return member_out(emu, type, 0, discriminant_of, out); }

bool emu_enumerator(Emu *emu, int pid, const char *name, uint64_t *type, int64_t *value)
{
    u64 bias;
    Program *program = machine_program(emu, pid, &bias);
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    if (!dwarf || !dwarf_enumerator(dwarf, name, type, value))
        return false;
    *type = handle_out(program, *type);
    return true;
}

bool emu_type_named(Emu *emu, int pid, const char *name, uint64_t *type)
{
    u64 bias;
    Program *program = machine_program(emu, pid, &bias);
    DebugInfo *dwarf = machine_dwarf(emu, pid, &bias);
    if (!dwarf || !dwarf_type_named(dwarf, name, type))
        return false;
    *type = handle_out(program, *type);
    return true;
}
