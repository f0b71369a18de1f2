/* Moves the x87 registers between cpu->x87 and the host's FPU, and keeps what is the same in both: status, tags, control.
 * x87.h says when and why. */
#include "cpu/x87.h"

#include "cpu/exec.h"

enum { IMAGE_SIZE = 108, IMAGE_ENVIRONMENT = 28 };

/* What FNSAVE writes and FRSTOR reads in 64-bit mode. SDM Vol. 1, "Saving the x87 FPU's State with FSTENV/FNSTENV and
 * FSAVE/FNSAVE". */
typedef struct Image {
    u32 control, status, tags, ip, selector_opcode, dp, data_selector;
    u8 st[8][10];
} Image;
_Static_assert(sizeof(Image) == IMAGE_SIZE, "the layout of FNSAVE");

u16 x87_status_word(const X87 *x87)
{
    u32 summary = x87_pending(x87) ? X87_SUMMARY | X87_BUSY : 0;
    return (u16)(x87->status | summary | (u32)x87->top << X87_TOP_SHIFT);
}

void x87_set_status_word(X87 *x87, u16 status)
{
    x87->top = status >> X87_TOP_SHIFT & 7;
    x87->status = status & (u16)~(X87_SUMMARY | X87_BUSY | 7u << X87_TOP_SHIFT);
}

static u32 tag_of(const u8 *st)
{
    u32 exponent = load16(st + 8) & 0x7fff;
    u64 significand = load64(st);
    if (exponent == 0 && significand == 0)
        return 1;
    return exponent == 0 || exponent == 0x7fff || !(significand >> 63) ? 2 : 0;
}

u16 x87_tag_word(const X87 *x87)
{
    u32 word = 0;
    for (u32 i = 0; i < 8; i++)
        word |= (x87->tags >> i & 1 ? tag_of(x87->st[i]) : 3) << 2 * i;
    return (u16)word;
}

void x87_set_tag_word(X87 *x87, u16 tags)
{
    x87->tags = 0;
    for (u32 i = 0; i < 8; i++)
        if ((tags >> 2 * i & 3) != 3)
            x87->tags |= (u8)(1u << i);
}

void x87_reset(X87 *x87)
{
    x87->control = X87_CONTROL_INIT;
    x87->status = 0;
    x87->top = x87->tags = 0;
    x87->opcode = x87->code_selector = x87->data_selector = 0;
    x87->ip = x87->dp = 0;
}

#ifdef __x86_64__

static void host_load(X87 *x87)
{
    Image image = { .control = x87->control, .status = x87_status_word(x87), .tags = x87_tag_word(x87) };
    for (u32 i = 0; i < 8; i++)
        memcpy(image.st[i], x87_st(x87, i), 10);
    __asm__ volatile("frstor %0" : : "m"(image));
}

/* FNSAVE also leaves the host's FPU as the host's own code expects it. */
static void host_store(X87 *x87)
{
    Image image;
    __asm__ volatile("fnsave %0" : "=m"(image));
    x87_set_status_word(x87, (u16)image.status);
    x87_set_tag_word(x87, (u16)image.tags);
    for (u32 i = 0; i < 8; i++)
        memcpy(x87_st(x87, i), image.st[i], 10);
}

#else /* no handler ever loads it: x87 instructions are not implemented on this host (x87_translate.c) */
static void host_load(X87 *x87) { (void)x87; }
static void host_store(X87 *x87) { (void)x87; }
#endif

COLD void x87_settle_live(Cpu *cpu)
{
    if (cpu->x87_mode != X87_MMX)
        host_store(&cpu->x87);
    cpu->x87_mode = X87_STORED;
}

COLD void x87_wait(Cpu *cpu, const Op *op, u64 acc)
{
    if (cpu->x87_mode == X87_STORED && x87_pending(&cpu->x87)) {
        cpu_enter_slow(cpu, op, acc);
        cpu_raise(cpu, VECTOR_MF, 0, 0);
    }
}

COLD void x87_load(Cpu *cpu, const Op *op, u64 acc)
{
    if (cpu->x87_mode == X87_LIVE)
        return;
    x87_settle(cpu);
    x87_wait(cpu, op, acc);
    host_load(&cpu->x87);
    cpu->x87_mode = (cpu->x87.control & X87_EXCEPTIONS) == X87_EXCEPTIONS ? X87_LIVE : X87_UNMASKED;
}

COLD void x87_enter_mmx(Cpu *cpu, const Op *op, u64 acc)
{
    if (cpu->x87_mode == X87_MMX)
        return;
    x87_settle(cpu);
    x87_wait(cpu, op, acc);
    cpu->x87.top = 0;
    cpu->x87.tags = 0xff;
    cpu->x87_mode = X87_MMX;
}

COLD void x87_set_control(Cpu *cpu, u16 control)
{
    x87_settle(cpu);
    cpu->x87.control = (control & X87_CONTROL_WRITABLE) | X87_CONTROL_ONE;
}
