/* Calling the program's functions: `print f(1)`. The call is made where the selected thread stands, with arguments and result
 * as the System V psABI passes them ("Parameter Passing"); it returns to the very instruction that is next anyway, where a
 * breakpoint waits, and then all registers are put back. So frames unwind through it, and nothing is written into the program's
 * code. */
#include "ui/console/call.h"

#include <inttypes.h>
#include <string.h>

#include "ui/console/console.h"
#include "ui/console/operate.h"

enum { RAX = 0, RDX = 2, RSP = 4, RED_ZONE = 128, INTEGERS = 6, VECTORS = 8, WORDS_MAX = 256 };

/* Where an argument or result goes: registers for each of its eight bytes, or memory. */
typedef enum PassClass { PASS_NONE, PASS_VECTOR, PASS_INTEGER, PASS_MEMORY } PassClass;

typedef struct Call {
    Console *console;
    EmuRegisters registers;
    uint64_t words[WORDS_MAX]; /* of arguments on the stack */
    uint32_t word_count, integers, vectors;
} Call;

/* The greater of both, per eightbyte: INTEGER beats SSE, MEMORY beats all. */
static void classify(Console *console, const Type *type, uint64_t offset, PassClass classes[2], int depth)
{
    const Type *plain = type_strip(type);
    EmuMember m;
    if (offset + plain->size > 16 || depth > 8 || (plain->kind == EMU_TYPE_FLOAT && plain->size > 8)) {
        classes[0] = classes[1] = PASS_MEMORY;
    } else if (plain->kind == EMU_TYPE_STRUCT || plain->kind == EMU_TYPE_UNION) {
        for (uint32_t i = 0; emu_type_member(console->emu, plain->handle, i, &m); i++)
            classify(console, type_from_handle(&console->types, m.type), offset + m.offset, classes, depth + 1);
    } else if (plain->kind == EMU_TYPE_ARRAY) {
        for (uint64_t i = 0; i < plain->count && plain->target->size; i++)
            classify(console, plain->target, offset + i * plain->target->size, classes, depth + 1);
    } else {
        PassClass class = plain->kind == EMU_TYPE_FLOAT ? PASS_VECTOR : PASS_INTEGER;
        for (uint64_t at = offset / 8; at <= (offset + plain->size - 1) / 8 && at < 2; at++)
            if (classes[at] < class)
                classes[at] = class;
    }
}

/* ---- arguments ---- */

static bool push(Call *call, const void *bytes, uint64_t size)
{
    uint64_t words = (size + 7) / 8;
    if (words > WORDS_MAX - call->word_count)
        return console_error(call->console, "Too many arguments in function call.");
    memcpy(&call->words[call->word_count], bytes, size);
    call->word_count += (uint32_t)words;
    return true;
}

static bool pass(Call *call, const Value *v)
{
    static const int order[INTEGERS] = {7, 6, 2, 1, 8, 9}; /* rdi, rsi, rdx, rcx, r8, r9 */
    PassClass classes[2] = {PASS_NONE, PASS_NONE};
    Value loaded = *v;
    classify(call->console, v->type, 0, classes, 0);
    uint32_t integers = (classes[0] == PASS_INTEGER) + (classes[1] == PASS_INTEGER),
             vectors = (classes[0] == PASS_VECTOR) + (classes[1] == PASS_VECTOR);
    if (v->type->size > sizeof v->bytes)
        return console_error(call->console, "Cannot pass %" PRIu64 " bytes by value.", v->type->size);
    if (v->where == WHERE_MEMORY && !v->bit_size && !operate_load(call->console, &loaded))
        return false;
    if (classes[0] == PASS_MEMORY || call->integers + integers > INTEGERS || call->vectors + vectors > VECTORS)
        return push(call, loaded.bytes, v->type->size);
    for (int i = 0; i < 2; i++) {
        if (classes[i] == PASS_INTEGER)
            memcpy(&call->registers.r[order[call->integers++]], loaded.bytes + 8 * i, 8);
        else if (classes[i] == PASS_VECTOR)
            memset(call->registers.vector[call->vectors], 0, 16),
                memcpy(call->registers.vector[call->vectors++], loaded.bytes + 8 * i, 8);
    }
    return true;
}

/* As C converts: to the parameter's type; where there is none, char and short become int, float becomes double. */
static bool convert(Console *console, const Type *parameter, Value *v)
{
    if (!parameter && type_is_float(v->type) && v->type->size < 8)
        parameter = type_builtin(TYPE_DOUBLE);
    if (!parameter && type_is_integer(v->type) && v->type->size < 4)
        parameter = type_builtin(TYPE_INT);
    if (type_strip(v->type)->kind == EMU_TYPE_ARRAY || type_strip(v->type)->kind == EMU_TYPE_FUNCTION)
        return operate_binary(console, "+", v, &(Value){.type = type_builtin(TYPE_INT)}); /* its address */
    if (!parameter)
        return true;
    if (type_is_integer(v->type) &&
        !v->bit_size) { /* all 64 bits are defined: what is wider than the argument's type counts too */
        *v = value_integer(v->type, value_number(v));
    }
    return operate_cast(console, parameter, v);
}

/* "text" is laid on the stack. */
static bool place_string(Call *call, Value *v)
{
    Console *console = call->console;
    const Type *type = type_strip(v->type);
    if (type->kind != EMU_TYPE_ARRAY || v->where != WHERE_NOWHERE)
        return true;
    call->registers.r[RSP] -= (type->size + 7) & ~7ull;
    if (emu_write(console->emu, console_pid(console), call->registers.r[RSP], v->bytes, type->size) != type->size)
        return console_error(console, "Cannot access memory at address 0x%" PRIx64, call->registers.r[RSP]);
    *v = value_integer(type_pointer(&console->types, type->target), call->registers.r[RSP]);
    return true;
}

static bool pass_all(Call *call, const Type *function, Value *arguments, uint32_t count)
{
    uint32_t parameters = 0;
    EmuMember m;
    while (function->handle && emu_type_member(call->console->emu, function->handle, parameters, &m))
        parameters++;
    if (count < parameters)
        return console_error(call->console, "Too few arguments in function call.");
    for (uint32_t i = 0; i < count; i++) {
        const Type *parameter = NULL;
        if (i < parameters && emu_type_member(call->console->emu, function->handle, i, &m))
            parameter = type_from_handle(&call->console->types, m.type);
        if (!place_string(call, &arguments[i]) || !convert(call->console, parameter, &arguments[i]) ||
            !pass(call, &arguments[i]))
            return false;
    }
    call->registers.r[RAX] = call->vectors; /* for functions with a variable number of arguments */
    return true;
}

/* ---- the result ---- */

void call_result(Console *console, const Type *type, const EmuRegisters *r, Value *v)
{
    const Type *plain = type_strip(type);
    PassClass classes[2] = {PASS_NONE, PASS_NONE};
    memset(v, 0, sizeof *v);
    v->type = type;
    if (plain->kind == EMU_TYPE_VOID)
        return;
    if (plain->kind == EMU_TYPE_FLOAT && plain->size > 8) {
        memcpy(v->bytes, r->st[0], 10);
        return;
    }
    classify(console, type, 0, classes, 0);
    if (classes[0] == PASS_MEMORY) { /* rax has its address */
        v->where = WHERE_MEMORY;
        v->address = r->r[RAX];
        if (plain->size <= sizeof v->bytes &&
            emu_read(console->emu, console_pid(console), v->address, v->bytes, plain->size) == plain->size)
            v->where = WHERE_NOWHERE;
        return;
    }
    for (int i = 0, integers = 0, vectors = 0; i < 2; i++) {
        if (classes[i] == PASS_INTEGER)
            memcpy(v->bytes + 8 * i, &r->r[integers++ ? RDX : RAX], 8);
        else if (classes[i] == PASS_VECTOR)
            memcpy(v->bytes + 8 * i, r->vector[vectors++], 8);
    }
    memset(v->bytes + plain->size, 0, sizeof v->bytes - plain->size);
}

/* ---- the call ---- */

static bool set_up(Call *call, const Type *function, uint64_t address, Value *arguments, uint32_t count)
{
    Console *console = call->console;
    EmuRegisters *r = &call->registers;
    const Type *result = type_strip(function->target);
    PassClass classes[2] = {PASS_NONE, PASS_NONE};
    uint64_t back = r->rip;
    r->r[RSP] = (r->r[RSP] - RED_ZONE) & ~15ull;
    if (result->kind != EMU_TYPE_VOID && result->kind != EMU_TYPE_FLOAT)
        classify(console, result, 0, classes, 0);
    if (classes[0] == PASS_MEMORY) { /* the caller says where it goes */
        r->r[RSP] -= (result->size + 15) & ~15ull;
        r->r[7] = r->r[RSP];
        call->integers = 1;
    }
    if (!pass_all(call, function, arguments, count))
        return false;
    r->r[RSP] = ((r->r[RSP] - 8 * call->word_count) & ~15ull) - 8;
    uint64_t at = r->r[RSP], size = 8 * call->word_count;
    if (emu_write(console->emu, console_pid(console), at, &back, 8) != 8 ||
        emu_write(console->emu, console_pid(console), at + 8, call->words, size) != size)
        return console_error(console, "Cannot access memory at address 0x%" PRIx64, at);
    r->rip = address;
    return true;
}

static bool abandoned(Console *console, uint64_t address)
{
    EmuSymbol symbol = {.name = "at something"};
    EmuStopKind kind = console->stop.kind;
    bool exited = kind == EMU_EXITED || kind == EMU_KILLED || kind == EMU_ENDED;
    if (!exited)
        emu_symbol_at(console->emu, console_pid(console), address, &symbol);
    char name[128];
    snprintf(name, sizeof name, "%s", symbol.name);
    control_report(console, true);
    if (exited)
        return console_error(console, "The program being debugged exited while in a function called from here.");
    return console_error(
        console,
        "The program being debugged %s while in a function called from here.\nEvaluation of the expression containing the "
        "function\n(%s) will be abandoned.",
        kind == EMU_SIGNAL ? "was signaled" : "stopped", name);
}

/* Runs the thread through the call; what the console knows of the stop is as before, where it returns. */
static bool run(Console *console, int tid, const Call *call, const EmuRegisters *before, uint64_t address, EmuRegisters *after)
{
    Console kept = *console;
    int64_t number = emu_call(console->emu, tid);
    int signal = emu_pending_signal(console->emu, tid);
    emu_interrupt_call(console->emu, tid);
    emu_set_registers(console->emu, tid, &call->registers);
    emu_set_call(console->emu, tid, -1);
    emu_set_pending_signal(console->emu, tid, 0);
    console->tid = tid;
    if (!control_run_to(console, &before->rip, 1, call->registers.r[RSP] + 8))
        return abandoned(console, address);
    emu_registers(console->emu, console->tid, after);
    emu_set_registers(console->emu, tid, before);
    emu_set_call(console->emu, tid, number);
    emu_set_pending_signal(console->emu, tid, signal);
    frames_forget(console);
    console->stop = kept.stop;
    console->tid = kept.tid;
    console->frame = kept.frame;
    console->before = kept.before;
    console->has_before = kept.has_before;
    console->hit = kept.hit;
    console->silent = kept.silent;
    console->signal_chosen = kept.signal_chosen;
    return true;
}

bool call_function(Console *console, Value *v, Value *arguments, uint32_t count, const Type *result)
{
    Call call = {.console = console};
    EmuRegisters before, after;
    int pid, tid = console->tid;
    const Type *type = type_strip(v->type);
    uint64_t address = type->kind == EMU_TYPE_POINTER ? value_number(v) : v->address;
    if (type->kind == EMU_TYPE_POINTER)
        type = type_strip(type->target);
    if (type->kind != EMU_TYPE_FUNCTION)
        return console_error(console, "Cannot perform a call on a non-function value.");
    Type as = *type;
    EmuSymbol symbol;
    bool resolves =
        emu_symbol_at(console->emu, console_pid(console), address, &symbol) && symbol.address == address && symbol.indirect;
    if (type == type_builtin(TYPE_TEXT_SYMBOL) && !result)
        return console_error(console, "The function has unknown return type; cast the call to its declared return type");
    if (type == type_builtin(TYPE_TEXT_SYMBOL))
        as.target = result;
    if (!console->running || console->borrowed)
        return console_error(console, "You can't do that without a process to debug.");
    if (!tid)
        emu_last_task(console->emu, &pid, &tid);
    if (!reverse_may_change(console))
        return false;
    if (!emu_registers(console->emu, tid, &before))
        return console_error(console, "The thread is gone.");
    call.registers = before;
    if (resolves) { /* the function that it stands for is what it returns */
        Value chosen = value_integer(type_builtin(TYPE_LONG), address);
        const Type *resolver = type_pointer(&console->types, type_function(&console->types, type_builtin(TYPE_LONG)));
        chosen.type = resolver;
        if (!console->resolving) {
            console->resolving = true;
            bool good = call_function(console, &chosen, NULL, 0, NULL);
            console->resolving = false;
            if (!good)
                return false;
            address = value_number(&chosen);
        }
    }
    if (!set_up(&call, &as, address, arguments, count) || !run(console, tid, &call, &before, address, &after))
        return false;
    call_result(console, as.target, &after, v);
    return true;
}
