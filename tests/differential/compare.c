#include "compare.h"

#include <inttypes.h>

#include "base/bits.h"
#include "cpu/cpu.h"

typedef struct Report {
    FILE *out;
    bool equal;
} Report;

static const char *const gpr_names[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                           "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };

static void differ(Report *r, const char *name, u64 before, u64 host, u64 emulated)
{
    if (host == emulated)
        return;
    r->equal = false;
    if (r->out)
        fprintf(r->out, "    %-8s before %016" PRIx64 "  host %016" PRIx64 "  emu %016" PRIx64 "\n", name, before, host, emulated);
}

static void differ_bytes(Report *r, const char *name, u32 index, const u8 *before, const u8 *host, const u8 *emulated, u32 size)
{
    char label[16];
    for (u32 i = 0; i + 8 <= size; i += 8) {
        snprintf(label, sizeof label, "%s%u.%u", name, index, i / 8);
        differ(r, label, load64(before + i), load64(host + i), load64(emulated + i));
    }
}

bool compare_undefined;

static u64 flags_compared(const Case *c, const Outcome *host)
{
    u64 mask = FLAGS_ARITH | FLAG_DF | FLAG_TF | FLAG_NT | FLAG_AC | FLAG_ID;
    if (c->step)
        mask &= ~(u64)FLAG_TF;
    return compare_undefined ? mask : mask & ~(u64)(host->vector == 3 ? c->undefined : c->ever_undefined);
}

/* Linux hides from programs which kernel addresses are mapped: it always sets the "present" bit there. */
static u32 error_of(const Outcome *o)
{
    const u64 task_size_max = 0x7ffffffff000;
    return o->vector == 14 && o->address >= task_size_max ? o->error | 1 : o->error;
}

/* An unmasked overflow or underflow reports PE when the result, rounded as if exponents had no bounds, is inexact. The
 * emulator computes with exceptions masked and only knows the bounded result. */
static u32 mxcsr_compared(const Outcome *host)
{
    enum { OE_UE = 0x18, PE = 0x20 };
    bool unmasked = host->after.mxcsr & ~(host->after.mxcsr >> 7) & OE_UE;
    return host->vector == 19 && unmasked ? ~(u32)PE : ~0u;
}

static void compare_x87(Report *r, const Case *c, const State *h, const State *e)
{
    differ(r, "fcw", c->before.fcw, h->fcw, e->fcw);
    differ(r, "fsw", c->before.fsw, h->fsw, e->fsw);
    differ(r, "tags", c->before.tags, h->tags, e->tags);
    differ(r, "fop", c->before.fop, h->fop, e->fop);
    differ(r, "fip", c->before.fip, h->fip, e->fip);
    differ(r, "fdp", c->before.fdp, h->fdp, e->fdp);
    for (u32 i = 0; i < 8; i++)
        differ_bytes(r, "st", i, c->before.st[i], h->st[i], e->st[i], 16);
}

/* MXCSR_MASK in an FXSAVE image: AMD's processors have a bit more, Intel's not. */
static bool is_mxcsr_mask(u64 host, u64 emulated) { return host == (emulated | 2ull << 48) && emulated >> 32 == 0xffff; }

static void compare_memory(Report *r, const Outcome *host, const Outcome *emulated)
{
    u32 shown = 0;
    for (u32 i = 0; i < DATA_RW; i += 8) {
        u64 h = load64(host->memory + i), e = load64(emulated->memory + i);
        if (h == e || is_mxcsr_mask(h, e))
            continue;
        r->equal = false;
        if (r->out && shown++ < 8)
            fprintf(r->out, "    [%x]  host %016" PRIx64 "  emu %016" PRIx64 "\n", DATA + i, h, e);
    }
}

bool compare(const Case *c, const Outcome *host, const Outcome *emulated, FILE *out)
{
    Report r = { .out = out, .equal = true };
    const State *h = &host->after, *e = &emulated->after, *b = &c->before;
    u64 flags = flags_compared(c, host);
    differ(&r, "vector", 0, host->vector, emulated->vector);
    differ(&r, "rip", b->rip, h->rip, e->rip);
    if (host->vector != 1 && host->vector != 3)
        differ(&r, "error", 0, error_of(host), error_of(emulated));
    differ(&r, "cr2", 0, host->address, emulated->address);
    for (u32 i = 0; i < 16; i++)
        differ(&r, gpr_names[i], b->gpr[i], h->gpr[i], e->gpr[i]);
    differ(&r, "rflags", b->rflags, h->rflags & flags, e->rflags & flags);
    differ(&r, "fs", b->fs, h->fs, e->fs);
    differ(&r, "gs", b->gs, h->gs, e->gs);
    u32 mxcsr = mxcsr_compared(host);
    differ(&r, "mxcsr", b->mxcsr, h->mxcsr & mxcsr, e->mxcsr & mxcsr);
    for (u32 i = 0; i < 16; i++)
        differ_bytes(&r, "ymm", i, b->ymm[i], h->ymm[i], e->ymm[i], 32);
    compare_x87(&r, c, h, e);
    compare_memory(&r, host, emulated);
    return r.equal;
}

/* The registers that an instruction names, as they were before the case. */
static void describe_registers(const Case *c, const Insn1 *insn, FILE *out)
{
    for (u32 i = 0; i < insn->z.operand_count; i++) {
        const ZydisDecodedOperand *o = &insn->operand[i];
        if (o->type != ZYDIS_OPERAND_TYPE_REGISTER)
            continue;
        u32 id = (u32)ZydisRegisterGetId(o->reg.value) & 15;
        ZydisRegisterClass class = ZydisRegisterGetClass(o->reg.value);
        if (class == ZYDIS_REGCLASS_XMM || class == ZYDIS_REGCLASS_YMM)
            fprintf(out, "    ymm%u = %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64 "\n", id, load64(c->before.ymm[id]),
                    load64(c->before.ymm[id] + 8), load64(c->before.ymm[id] + 16), load64(c->before.ymm[id] + 24));
        else if (class == ZYDIS_REGCLASS_GPR8 || class == ZYDIS_REGCLASS_GPR16 || class == ZYDIS_REGCLASS_GPR32 || class == ZYDIS_REGCLASS_GPR64)
            fprintf(out, "    %s: %s = %016" PRIx64 "\n", ZydisRegisterGetString(o->reg.value), gpr_names[id], c->before.gpr[id]);
        else if (class == ZYDIS_REGCLASS_MMX || class == ZYDIS_REGCLASS_X87)
            fprintf(out, "    st%u = %04x %016" PRIx64 "\n", id & 7, load16(c->before.st[id & 7] + 8), load64(c->before.st[id & 7]));
    }
}

void compare_describe(const Case *c, FILE *out)
{
    ZydisFormatter formatter;
    Insn1 insn;
    char text[128];
    ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
    for (u32 at = 0; at < c->length; at += insn.z.length) {
        if (!form_decode(c->code + at, 15, &insn)) {
            for (u32 i = at; i < c->length; i++)
                fprintf(out, "%s%02x", i > at ? " " : "  ", c->code[i]);
            fprintf(out, "   (not an instruction)\n");
            break;
        }
        ZydisFormatterFormatInstruction(&formatter, &insn.z, insn.operand, insn.z.operand_count_visible, text, sizeof text,
                                        c->before.rip + at, NULL);
        for (u32 i = 0; i < insn.z.length; i++)
            fprintf(out, "%s%02x", i ? " " : "  ", c->code[at + i]);
        fprintf(out, "   %s\n", text);
        if (insn.z.length == c->length)
            describe_registers(c, &insn, out);
    }
    for (u32 i = 0; i < c->patch_count; i++)
        fprintf(out, "    [%x] = %016" PRIx64 " %016" PRIx64 " …\n", DATA + c->patch[i].offset, load64(c->patch[i].bytes), load64(c->patch[i].bytes + 8));
}
