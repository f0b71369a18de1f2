/* The stack machine of DWARF expressions (DWARF 5, section 2.5), as far as x86-64 compilers use it. */
#include "loader/expression.h"

#ifdef HAVE_LIBDW
#include <dwarf.h>

enum { DEPTH = 64, REGISTERS = 17, STEPS = 10000 };

typedef struct Machine {
    const Expression *e;
    u64 stack[DEPTH];
    u32 depth;
    bool bad;
} Machine;

static void push(Machine *m, u64 value)
{
    if (m->depth == DEPTH)
        m->bad = true;
    else
        m->stack[m->depth++] = value;
}

static u64 pop(Machine *m)
{
    if (m->depth == 0) {
        m->bad = true;
        return 0;
    }
    return m->stack[--m->depth];
}

static u64 pick(Machine *m, u64 index)
{
    if (index >= m->depth) {
        m->bad = true;
        return 0;
    }
    return m->stack[m->depth - 1 - index];
}

static u64 register_value(Machine *m, u64 number)
{
    if (number >= REGISTERS || !m->e->registers->known[number]) {
        m->bad = true;
        return 0;
    }
    return m->e->registers->value[number];
}

static u64 load(Machine *m, u64 address, u64 size)
{
    u64 value = 0;
    if (size > 8 || !m->e->read(m->e->context, address, &value))
        m->bad = true;
    return size < 8 ? value & ((1ull << 8 * size) - 1) : value;
}

static u64 divide(Machine *m, u64 a, u64 b)
{
    if (b == 0 || (b == ~0ull && a == 1ull << 63)) {
        m->bad = true;
        return 0;
    }
    return (u64)((i64)a / (i64)b);
}

/* Operations on the two topmost: a is below b. false: not such an operation. */
static bool binary(Machine *m, u8 atom)
{
    u64 b = pick(m, 0), a = m->depth > 1 ? pick(m, 1) : 0, r;
    switch (atom) {
    case DW_OP_plus: r = a + b; break;
    case DW_OP_minus: r = a - b; break;
    case DW_OP_mul: r = a * b; break;
    case DW_OP_div: r = divide(m, a, b); break;
    case DW_OP_mod: r = b ? a % b : divide(m, a, b); break;
    case DW_OP_and: r = a & b; break;
    case DW_OP_or: r = a | b; break;
    case DW_OP_xor: r = a ^ b; break;
    case DW_OP_shl: r = b < 64 ? a << b : 0; break;
    case DW_OP_shr: r = b < 64 ? a >> b : 0; break;
    case DW_OP_shra: r = (u64)((i64)a >> (b < 64 ? b : 63)); break;
    case DW_OP_eq: r = a == b; break;
    case DW_OP_ne: r = a != b; break;
    case DW_OP_lt: r = (i64)a < (i64)b; break;
    case DW_OP_gt: r = (i64)a > (i64)b; break;
    case DW_OP_le: r = (i64)a <= (i64)b; break;
    case DW_OP_ge: r = (i64)a >= (i64)b; break;
    default: return false;
    }
    pop(m);
    pop(m);
    push(m, r);
    return true;
}

static bool shuffle(Machine *m, const Dwarf_Op *op)
{
    u64 a, b;
    switch (op->atom) {
    case DW_OP_dup: push(m, pick(m, 0)); return true;
    case DW_OP_over: push(m, pick(m, 1)); return true;
    case DW_OP_pick: push(m, pick(m, op->number)); return true;
    case DW_OP_drop: pop(m); return true;
    case DW_OP_swap: b = pop(m); a = pop(m); push(m, b); push(m, a); return true;
    case DW_OP_neg: push(m, -pop(m)); return true;
    case DW_OP_not: push(m, ~pop(m)); return true;
    case DW_OP_abs: a = pop(m); push(m, (i64)a < 0 ? -a : a); return true;
    case DW_OP_plus_uconst: push(m, pop(m) + op->number); return true;
    default: return false;
    }
}

static void step(Machine *m, const Dwarf_Op *op)
{
    u8 atom = op->atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
        return push(m, atom - DW_OP_lit0);
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
        return push(m, register_value(m, atom - DW_OP_breg0) + op->number);
    switch (atom) {
    case DW_OP_const1u: case DW_OP_const1s: case DW_OP_const2u: case DW_OP_const2s: case DW_OP_const4u: case DW_OP_const4s:
    case DW_OP_const8u: case DW_OP_const8s: case DW_OP_constu: case DW_OP_consts: case DW_OP_addr:
        return push(m, op->number);
    case DW_OP_bregx: return push(m, register_value(m, op->number) + op->number2);
    case DW_OP_fbreg:
        m->bad |= m->e->frame_base == 0;
        return push(m, m->e->frame_base + op->number);
    case DW_OP_call_frame_cfa:
        m->bad |= m->e->cfa == 0;
        return push(m, m->e->cfa);
    case DW_OP_form_tls_address:
    case DW_OP_GNU_push_tls_address: return push(m, pop(m) + m->e->thread_base);
    case DW_OP_deref: return push(m, load(m, pop(m), 8));
    case DW_OP_deref_size: return push(m, load(m, pop(m), op->number));
    case DW_OP_nop: return;
    default:
        if (!shuffle(m, op) && !binary(m, atom))
            m->bad = true;
    }
}

/* The operation that a branch goes to: libdw gives byte offsets. */
static size_t target(Machine *m, const Dwarf_Op *ops, size_t count, size_t at)
{
    u64 offset = ops[at].offset + 3 + (u64)(i64)(i16)ops[at].number; /* both branches are three bytes long */
    for (size_t i = 0; i < count; i++)
        if (ops[i].offset == offset)
            return i;
    m->bad = true;
    return count;
}

ExpressionKind dwarf_expression_evaluate(const Expression *e, const Dwarf_Op *ops, size_t count, u64 *result)
{
    Machine m = {.e = e};
    u32 steps = 0;
    for (size_t i = 0; i < count && !m.bad && steps++ < STEPS;) {
        u8 atom = ops[i].atom;
        if ((atom >= DW_OP_reg0 && atom <= DW_OP_reg31) || atom == DW_OP_regx) {
            *result = register_value(&m, atom == DW_OP_regx ? ops[i].number : (u64)(atom - DW_OP_reg0));
            return m.bad ? EXPRESSION_BAD : EXPRESSION_REGISTER;
        }
        if (atom == DW_OP_stack_value) {
            *result = pop(&m);
            return m.bad ? EXPRESSION_BAD : EXPRESSION_VALUE;
        }
        if (atom == DW_OP_skip || (atom == DW_OP_bra && pop(&m))) {
            i = target(&m, ops, count, i);
            continue;
        }
        if (atom != DW_OP_bra)
            step(&m, &ops[i]);
        i++;
    }
    *result = pop(&m);
    return m.bad || steps >= STEPS ? EXPRESSION_BAD : EXPRESSION_ADDRESS;
}
#endif
