/* Every row of vec.def against this machine: each operand form that Zydis can encode, executed natively and by the
 * interpreter (fast and slow handlers) on edge values and random ones; all registers, flags, MXCSR and memory must agree,
 * and so must #XM when exceptions are unmasked. Argument: states per form (default 24). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cpu/cpu.h"
#include "tests/unit/check.h"

#if defined(__x86_64__)
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <Zydis/Zydis.h>

#include "cpu/exec.h"
#include "cpu/flags.h"
#include "cpu/fpenv.h"
#include "cpu/vec.h"
#include "mmu/pte.h"

enum { CODE = 0x10000000, DATA = 0x20000000, DATA_SIZE = 2 * PAGE_SIZE, GPRS = 4 };

typedef struct State {
    Vector v[16];
    u64 r[GPRS]; /* rax, rcx, rdx, rbx */
    u64 base;    /* rsi */
    u64 rflags;
    u32 mxcsr;
    u32 fault;   /* vector, or 0 */
    u64 fault_address;
    u64 fault_offset; /* of the faulting instruction */
    u8 memory[128];
} State;

/* ---- natively ---------------------------------------------------------------------------------------------------- */

/* native(State *): loads the state, executes what was patched into the gap, stores the state. */
__asm__(".text\n"
        "native_begin:\n"
        "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
        "mov %rdi, %r15\n"
        ".set i, 0\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vmovdqu i(%r15), %ymm\\n\n .set i, i + 32\n .endr\n"
        "ldmxcsr 560(%r15)\n"
        "mov 512(%r15), %rax\n mov 520(%r15), %rcx\n mov 528(%r15), %rdx\n mov 536(%r15), %rbx\n mov 544(%r15), %rsi\n"
        "push 552(%r15)\n popf\n"
        "native_gap:\n"
        ".fill 64, 1, 0x90\n"
        "native_after:\n"
        "mov %rax, 512(%r15)\n mov %rcx, 520(%r15)\n mov %rdx, 528(%r15)\n mov %rbx, 536(%r15)\n"
        "pushf\n pop 552(%r15)\n"
        "stmxcsr 560(%r15)\n"
        ".set i, 0\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vmovdqu %ymm\\n, i(%r15)\n .set i, i + 32\n .endr\n"
        "movl $0x1f80, -8(%rsp)\n ldmxcsr -8(%rsp)\n cld\n vzeroupper\n"
        "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n"
        "native_end:\n");
extern const u8 native_begin[], native_gap[], native_after[], native_end[];
_Static_assert(offsetof(State, r) == 512 && offsetof(State, base) == 544 && offsetof(State, rflags) == 552 &&
                   offsetof(State, mxcsr) == 560, "the assembler above knows these");

static u8 *native_code;
static volatile u32 native_fault;
static volatile u64 native_fault_address, native_fault_rip;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    bool page = signal == SIGSEGV && info->si_code != SI_KERNEL;
    native_fault = signal == SIGFPE ? VECTOR_XM : page ? VECTOR_PF : signal == SIGSEGV ? VECTOR_GP : VECTOR_UD;
    native_fault_rip = (u64)uc->uc_mcontext.gregs[REG_RIP];
    native_fault_address = page ? (u64)(uintptr_t)info->si_addr : 0;
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(native_code + (native_after - native_begin));
    uc->uc_mcontext.fpregs->mxcsr |= MXCSR_MASKS;
}

static void native_prepare(void)
{
    native_code = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(native_code, native_begin, (size_t)(native_end - native_begin));
    if (mmap((void *)(uintptr_t)DATA, DATA_SIZE + PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ||
        mprotect((void *)(uintptr_t)DATA, DATA_SIZE, PROT_READ | PROT_WRITE))
        exit(2);
    struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
}

/* How much of the memory image, which starts 64 bytes before the base, is mapped: behind DATA there is nothing. */
static u32 window(const State *s)
{
    u64 left = DATA + DATA_SIZE - (s->base - 64);
    return left < sizeof s->memory ? (u32)left : sizeof s->memory;
}

static void native_run(State *s, const u8 *bytes, u32 length)
{
    u8 *gap = native_code + (native_gap - native_begin);
    memset(gap, 0x90, 64);
    memcpy(gap, bytes, length);
    memcpy((void *)(uintptr_t)(s->base - 64), s->memory, window(s));
    native_fault = 0;
    u32 masks = s->mxcsr & MXCSR_MASKS;
    ((void (*)(State *))(uintptr_t)native_code)(s);
    s->fault = native_fault;
    if (s->fault)
        s->mxcsr = (s->mxcsr & ~(u32)MXCSR_MASKS) | masks;
    s->fault_address = s->fault ? native_fault_address : 0;
    s->fault_offset = s->fault ? native_fault_rip - (u64)(uintptr_t)gap : 0;
    memcpy(s->memory, (void *)(uintptr_t)(s->base - 64), window(s));
}

/* ---- in the interpreter --------------------------------------------------------------------------------------------- */

static Phys phys;
static u64 cr3, code_next;
static Cpu *cpus[MODES];

static void map_page(u64 address)
{
    *pt_entry(&phys, cr3, address, true) = phys_alloc(&phys, FRAME_ANON) | PTE_P | PTE_W | PTE_U;
}

static void emulator_prepare(void)
{
    if (!phys_create(&phys, 64 << 20))
        exit(2);
    cr3 = pt_create(&phys);
    for (u64 at = 0; at < DATA_SIZE; at += PAGE_SIZE)
        map_page(DATA + at);
    map_page(CODE);
    for (u32 mode = 0; mode < MODES; mode++) {
        cpus[mode] = aligned_alloc(64, (sizeof(Cpu) + 63) & ~63ul);
        memset(cpus[mode], 0, sizeof(Cpu));
        if (!cpu_init(cpus[mode], &phys, 64 << 20))
            exit(2);
        cpus[mode]->mode = mode;
        mmu_set_cr3(&cpus[mode]->mmu, cr3);
    }
}

/* Places the instruction, followed by INT3, at a fresh address: in a frame of its own from time to time. */
static u64 emulator_place(const u8 *bytes, u32 length)
{
    if (code_next % PAGE_SIZE > PAGE_SIZE - 128) {
        code_next = (code_next | (PAGE_SIZE - 1)) + 1;
        map_page(CODE + code_next);
    }
    u64 address = CODE + code_next;
    code_next += (length + 32) & ~31u;
    mmu_poke(&cpus[0]->mmu, cr3, address, bytes, length);
    mmu_poke(&cpus[0]->mmu, cr3, address + length, "\xcc", 1);
    return address;
}

static void emulator_run(Cpu *cpu, State *s, u64 rip)
{
    static const u8 slots[GPRS] = { RAX, RCX, RDX, RBX };
    memcpy(cpu->v, s->v, sizeof s->v);
    for (u32 i = 0; i < GPRS; i++)
        cpu->r[slots[i]] = s->r[i];
    cpu->r[RSI] = s->base;
    cpu->rip = rip;
    cpu->mxcsr = s->mxcsr;
    cpu_set_rflags(&cpu->state, s->rflags);
    mmu_poke(&cpu->mmu, cr3, s->base - 64, s->memory, window(s));
    CHECK(cpu_run(cpu, 1000) == CPU_EXIT_EXCEPTION);
    s->fault = cpu->exception.vector == VECTOR_BP ? 0 : cpu->exception.vector;
    memcpy(s->v, cpu->v, sizeof s->v);
    for (u32 i = 0; i < GPRS; i++)
        s->r[i] = cpu->r[slots[i]];
    s->rflags = cpu_rflags(&cpu->state);
    s->mxcsr = cpu_mxcsr(cpu);
    s->fault_offset = s->fault ? cpu->rip - rip : 0;
    s->fault_address = s->fault == VECTOR_PF ? cpu->exception.address : 0;
    mmu_peek(&phys, cr3, s->base - 64, s->memory, window(s));
}

/* ---- values ---------------------------------------------------------------------------------------------------------- */

static u64 seed = 1;
static u64 rnd(void) { return check_random(&seed); }

static u32 edge_32(void)
{
    static const u32 edges[] = { 0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345,
                                 0xff8abcde, 1, 0x807fffff, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x4b000000, 0x4f000000,
                                 0xcf000000, 0x3f000000, 0x3effffff, 0x5f000000, 0x40490fdb, 0x00400001, 0x3fc00000, 0xc0200000 };
    u64 r = rnd();
    return r & 0x300 ? edges[(r >> 16) % ARRAY_LEN(edges)] : 0x3f000000 + (u32)(r >> 32) % 0x2000000;
}

static u64 edge_64(void)
{
    static const u64 edges[] = { 0, 1ull << 63, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
                                 0x7ff8000000000000, 0xfff8000012345678, 0x7ff0000000012345, 0xfff4000000abcdef, 1, 0x800fffffffffffff,
                                 0x0010000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x4330000000000000, 0x41e0000000000000,
                                 0xc1e0000000200000, 0x43e0000000000000, 0xc3e0000000000000, 0x3fe0000000000000, 0x3fdfffffffffffff,
                                 0x36a0000000000000, 0x380fffffe0000000, 0x47efffffe0000000, 0x3810000000000000, 0x0008000000000001 };
    u64 r = rnd();
    return r & 0x300 ? edges[(r >> 16) % ARRAY_LEN(edges)] : 0x3fe0000000000000 + (r >> 8) % 0x30000000000000;
}

static void fill(void *to, u32 size, u32 kind)
{
    u8 *p = to;
    for (u32 i = 0; i < size; i += 8) {
        u64 word = rnd();
        switch (kind) {
        case 0: word = edge_64(); break;
        case 1: word = edge_32() | (u64)edge_32() << 32; break;
        case 2: word &= rnd() & rnd() & 0x0f0f0f0f0f0f0f0f; break; /* small */
        case 3: word |= 0x7f7f80ff7f80ff7f & rnd(); break;
        case 4: word = 0x0101010101010101 * (word & 3); break; /* equal bytes */
        default: break;
        }
        memcpy(p + i, &word, 8);
    }
}

/* For gathers: register 2 holds doublewords (1) or quadwords (2) that keep addresses near the base. */
static u32 small_indices;

static void random_state(State *s)
{
    u32 kind = (u32)(rnd() % 8);
    for (u32 i = 0; i < 16; i++)
        fill(&s->v[i], sizeof(Vector), rnd() % 8 ? kind : (u32)(rnd() % 8));
    fill(s->memory, sizeof s->memory, kind);
    fill(s->r, sizeof s->r, (u32)(rnd() % 6));
    s->base = DATA + 64 + (rnd() & 1 ? 0 : 64 * (rnd() % 60));
    if (rnd() % 8 == 0) /* misaligned, and sometimes across the page's end */
        s->base = (rnd() & 1 ? DATA + PAGE_SIZE - 32 : s->base) + rnd() % 33;
    if (rnd() % 16 == 0) /* at the end of what is mapped */
        s->base = DATA + DATA_SIZE - rnd() % 33;
    s->rflags = FLAG_ONE | FLAG_IF | (rnd() & FLAGS_ARITH);
    s->mxcsr = MXCSR_MASKS;
    if (rnd() & 1)
        s->mxcsr |= (u32)rnd() & (MXCSR_RC | MXCSR_DAZ | MXCSR_FTZ);
    if (rnd() % 4 == 0)
        s->mxcsr &= ~((u32)rnd() & MXCSR_MASKS);
    if (rnd() % 8 == 0)
        s->mxcsr |= (u32)rnd() & MXCSR_FLAGS;
    for (u32 i = 0; i < 8 && small_indices == 1; i++)
        s->v[2].i32[i] = (i32)(rnd() % 13) - 6;
    for (u32 i = 0; i < 4 && small_indices == 2; i++)
        s->v[2].i64[i] = (i64)(rnd() % 13) - 6;
    s->fault = 0;
}

/* ---- forms ----------------------------------------------------------------------------------------------------------- */

/* An operand: X xmm, Y ymm, d 32-bit and q 64-bit register, 1 2 4 8 s t memory of 1 … 32 bytes, i imm8, 0 XMM0, 4 is4 mask. */
static bool sequence; /* few registers */

static bool encode_operand(ZydisEncoderOperand *o, char kind)
{
    static const ZydisRegister narrow[] = { ZYDIS_REGISTER_EAX, ZYDIS_REGISTER_EDX, ZYDIS_REGISTER_EBX };
    static const ZydisRegister broad[] = { ZYDIS_REGISTER_RAX, ZYDIS_REGISTER_RDX, ZYDIS_REGISTER_RBX };
    u32 few = (u32)(rnd() % 4 ? rnd() % 4 + 1 : rnd() % 16); /* often the same register twice */
    few = sequence ? 1 + few % 4 : few;
    memset(o, 0, sizeof *o);
    o->type = ZYDIS_OPERAND_TYPE_REGISTER;
    switch (kind) {
    case 'X': o->reg.value = ZYDIS_REGISTER_XMM0 + few; return true;
    case 'Y': o->reg.value = ZYDIS_REGISTER_YMM0 + few; return true;
    case 'a': o->reg.value = ZYDIS_REGISTER_XMM0 + few; o->reg.is4 = true; return true;
    case 'b': o->reg.value = ZYDIS_REGISTER_YMM0 + few; o->reg.is4 = true; return true;
    case '0': o->reg.value = ZYDIS_REGISTER_XMM0; return true;
    case 'd': o->reg.value = narrow[rnd() % 3]; return true;
    case 'q': o->reg.value = broad[rnd() % 3]; return true;
    case 'i': o->type = ZYDIS_OPERAND_TYPE_IMMEDIATE; o->imm.u = rnd() & (rnd() & 1 ? 0xff : 0x1f); return true;
    default: break;
    }
    o->type = ZYDIS_OPERAND_TYPE_MEMORY;
    o->mem.base = ZYDIS_REGISTER_RSI;
    o->mem.displacement = 0;
    o->mem.size = kind == 's' ? 16 : kind == 't' ? 32 : (u16)(kind - '0');
    return true;
}

static bool encode(ZydisMnemonic mnemonic, const char *form, u8 *bytes, u32 *length)
{
    ZydisEncoderRequest request = { .machine_mode = ZYDIS_MACHINE_MODE_LONG_64, .mnemonic = mnemonic,
                                    .allowed_encodings = ZYDIS_ENCODABLE_ENCODING_LEGACY | ZYDIS_ENCODABLE_ENCODING_VEX };
    for (; form[request.operand_count]; request.operand_count++)
        encode_operand(&request.operands[request.operand_count], form[request.operand_count]);
    ZyanUSize size = 15;
    if (!ZYAN_SUCCESS(ZydisEncoderEncodeInstruction(&request, bytes, &size)))
        return false;
    *length = (u32)size;
    return true;
}

static void show(const char *name, const char *form, const State *before, const State *native, const State *ours, const char *mode)
{
    printf("%s %s (%s handlers):\n", name, form, mode);
    for (u32 i = 0; i < 16; i++)
        if (i < 5 || memcmp(&native->v[i], &ours->v[i], 32))
            for (int k = 3; k >= 0; k--)
                printf("%s%016" PRIx64 " %s", k == 3 ? i < 10 ? "  v " : "  v" : "", before->v[i].u64[k],
                       native->v[i].u64[k] == ours->v[i].u64[k] ? k ? "" : "\n" : "DIFFERS\n");
    for (u32 i = 0; i < 16; i++)
        for (int k = 3; k >= 0; k--)
            if (native->v[i].u64[k] != ours->v[i].u64[k])
                printf("  v%u[%d] native %016" PRIx64 " ours %016" PRIx64 "\n", i, k, native->v[i].u64[k], ours->v[i].u64[k]);
    for (u32 i = 0; i < GPRS; i++)
        printf("  r%u was %016" PRIx64 " native %016" PRIx64 " ours %016" PRIx64 "\n", i, before->r[i], native->r[i], ours->r[i]);
    printf("  memory %016" PRIx64 " %016" PRIx64 "%s\n", load64(before->memory + 72), load64(before->memory + 64),
           memcmp(native->memory, ours->memory, sizeof ours->memory) ? " DIFFERS" : "");
    printf("  mxcsr was %04x native %04x ours %04x; flags was %03x native %03x ours %03x; fault native %u ours %u\n", before->mxcsr, native->mxcsr,
           ours->mxcsr, (u32)before->rflags & FLAGS_ARITH, (u32)native->rflags & FLAGS_ARITH, (u32)ours->rflags & FLAGS_ARITH, native->fault, ours->fault);
}

/* With an unmasked overflow or underflow, hardware sets PE only if the result would be inexact with any exponent; the
 * interpreter sets it whenever the masked result is inexact. Nothing but MXCSR in a signal frame shows it. */
static u32 comparable_mxcsr(const State *s)
{
    u32 unmasked = ~(s->mxcsr >> MXCSR_MASK_SHIFT) & s->mxcsr & (MXCSR_OE | MXCSR_UE);
    return s->fault && unmasked ? s->mxcsr & ~(u32)MXCSR_PE : s->mxcsr;
}

static bool same(const State *a, const State *b)
{
    return !memcmp(a->v, b->v, sizeof a->v) && !memcmp(a->r, b->r, sizeof a->r) && comparable_mxcsr(a) == comparable_mxcsr(b) && a->fault == b->fault && a->fault_address == b->fault_address &&
           a->fault_offset == b->fault_offset &&
           !((a->rflags ^ b->rflags) & FLAGS_ARITH) && !memcmp(a->memory, b->memory, sizeof a->memory);
}

/* VEX forms of later extensions: VAES, VPCLMULQDQ. */
static bool beyond_v3(const u8 *bytes, u32 length)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, length, &insn);
    return insn.meta.isa_set == ZYDIS_ISA_SET_VAES || insn.meta.isa_set == ZYDIS_ISA_SET_VPCLMULQDQ;
}

static void check_form(const char *name, const char *form, const u8 *bytes, u32 length, u32 states)
{
    u64 rip = emulator_place(bytes, length);
    if (beyond_v3(bytes, length)) {
        State ours = { .base = DATA + 64, .mxcsr = MXCSR_DEFAULT };
        emulator_run(cpus[MODE_FAST], &ours, rip);
        CHECK_EQUAL(ours.fault, VECTOR_UD);
        return;
    }
    for (u32 i = 0; i < states; i++) {
        State before, native;
        random_state(&before);
        native = before;
        native_run(&native, bytes, length);
        if (native.fault == VECTOR_UD)
            return; /* this machine lacks it */
        for (u32 mode = 0; mode < MODES; mode++) {
            State ours = before;
            emulator_run(cpus[mode], &ours, rip);
            check_count++;
            if (same(&native, &ours))
                continue;
            check_failures++;
            show(name, form, &before, &native, &ours, mode == MODE_FAST ? "fast" : "slow");
            for (u32 k = 0; k < length; k++)
                printf("%s%02x", k ? " " : "  bytes ", bytes[k]);
            printf("\n");
            return;
        }
    }
}

/* What could be encoded, for the sequences. */
typedef struct Form { const char *name; ZydisMnemonic mnemonic; char text[8]; } Form;
static Form forms_seen[8192];
static u32 forms_seen_count;

static void check_row(const char *name, ZydisMnemonic mnemonic, u32 states)
{
    static const char *const destinations[] = { "X", "Y", "d", "q", "1", "2", "4", "8", "s", "t" };
    static const char *const middles[] = { "", "X", "Y" };
    static const char *const sources[] = { "", "X", "Y", "d", "q", "1", "2", "4", "8", "s", "t" };
    static const char *const tails[] = { "", "i", "0", "a", "b" };
    u32 forms = 0;
    {
        u8 bytes[16];
        u32 length;
        if (strstr(name, "VZERO") && encode(mnemonic, "", bytes, &length)) {
            check_form(name, "", bytes, length, states);
            return;
        }
    }
    for (u32 d = 0; d < ARRAY_LEN(destinations); d++)
        for (u32 m = 0; m < ARRAY_LEN(middles); m++)
            for (u32 s = 0; s < ARRAY_LEN(sources); s++)
                for (u32 t = 0; t < ARRAY_LEN(tails); t++) {
                    char form[8];
                    u8 bytes[16];
                    u32 length;
                    snprintf(form, sizeof form, "%s%s%s%s", destinations[d], middles[m], sources[s], tails[t]);
                    if (!form[1] || (!*sources[s] && *middles[m]))
                        continue;
                    for (u32 repeat = 0; repeat < (*tails[t] == 'i' ? 24 : 4); repeat++) {
                        if (!encode(mnemonic, form, bytes, &length))
                            break;
                        forms += !repeat;
                        if (!repeat && forms_seen_count < ARRAY_LEN(forms_seen)) {
                            Form *seen = &forms_seen[forms_seen_count++];
                            *seen = (Form){ .name = name, .mnemonic = mnemonic };
                            memcpy(seen->text, form, sizeof form);
                        }
                        check_form(name, form, bytes, length, states);
                    }
                }
    if (!forms)
        printf("%s: no form could be encoded\n", name);
    CHECK(forms > 0);
}

/* ---- sequences: neighbours forward registers to each other, and moves merge into what follows ----------------------------- */

static void check_sequence(u32 states)
{
    static const ZydisMnemonic moves[] = { ZYDIS_MNEMONIC_MOVAPS, ZYDIS_MNEMONIC_MOVAPD, ZYDIS_MNEMONIC_MOVDQA, ZYDIS_MNEMONIC_MOVUPS };
    u8 bytes[64];
    char text[128] = "";
    u32 length = 0, count = 2 + (u32)(rnd() % 5);
    sequence = true;
    for (u32 i = 0; i < count; i++) {
        const Form *form = &forms_seen[rnd() % forms_seen_count];
        u32 size = 0;
        if (rnd() % 3 == 0) {
            encode(moves[rnd() % 4], "XX", bytes + length, &size);
            strcat(text, "mov ");
        } else if (encode(form->mnemonic, form->text, bytes + length, &size) && length + size < sizeof bytes - 16 &&
                   !beyond_v3(bytes + length, size)) {
            strcat(strcat(text, form->name), " ");
        } else {
            size = 0;
        }
        length += size;
    }
    sequence = false;
    if (length)
        check_form(text, "", bytes, length, states);
}

/* Gathers: destination 1, indices 2 (small), mask 3. */
static bool encode_gather(ZydisMnemonic mnemonic, const char *form, u8 *bytes, u32 *length)
{
    ZydisEncoderRequest request = { .machine_mode = ZYDIS_MACHINE_MODE_LONG_64, .mnemonic = mnemonic, .operand_count = 3,
                                    .allowed_encodings = ZYDIS_ENCODABLE_ENCODING_VEX };
    ZydisRegister first = form[0] == 'X' ? ZYDIS_REGISTER_XMM0 : ZYDIS_REGISTER_YMM0;
    ZydisEncoderOperand *o = request.operands;
    o[0].type = o[2].type = ZYDIS_OPERAND_TYPE_REGISTER;
    o[0].reg.value = first + 1;
    o[2].reg.value = first + 3;
    o[1].type = ZYDIS_OPERAND_TYPE_MEMORY;
    o[1].mem.base = ZYDIS_REGISTER_RSI;
    o[1].mem.index = (form[1] == 'x' ? ZYDIS_REGISTER_XMM0 : ZYDIS_REGISTER_YMM0) + 2;
    o[1].mem.scale = (u8)(1 << rnd() % 4);
    o[1].mem.displacement = rnd() & 1 ? 0 : -8;
    o[1].mem.size = (u16)(form[2] - '0');
    ZyanUSize size = 15;
    if (!ZYAN_SUCCESS(ZydisEncoderEncodeInstruction(&request, bytes, &size)))
        return false;
    *length = (u32)size;
    return true;
}

static void check_gather(const char *name, ZydisMnemonic mnemonic, u32 states)
{
    static const char *const all[] = { "Xx4", "Xx8", "Xy4", "Xy8", "Yx4", "Yx8", "Yy4", "Yy8" };
    u32 forms = 0, length;
    u8 bytes[16];
    for (u32 f = 0; f < ARRAY_LEN(all); f++)
        for (u32 repeat = 0; repeat < 8; repeat++)
            if (encode_gather(mnemonic, all[f], bytes, &length)) {
                forms++;
                small_indices = 1 + (strstr(name, "GATHERQ") != NULL);
                check_form(name, all[f], bytes, length, states);
            }
    small_indices = 0;
    CHECK(forms > 0);
}

static const struct { const char *name; ZydisMnemonic mnemonic; } rows[] = {
#define VEC(m, ...) { #m, ZYDIS_MNEMONIC_##m }, { "V" #m, ZYDIS_MNEMONIC_V##m },
#define VEC_SSE(m, ...) { #m, ZYDIS_MNEMONIC_##m },
#define VEC_AVX(m, ...) { #m, ZYDIS_MNEMONIC_##m },
#include "cpu/vec.def"
};

int main(int argc, char **argv)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        printf("this machine lacks AVX2 or FMA: nothing to compare with\n");
        return 0;
    }
    native_prepare();
    emulator_prepare();
    u32 states = argc > 1 ? (u32)atoi(argv[1]) : 24;
    for (u32 i = 0; i < ARRAY_LEN(rows); i++)
        if (argc < 3 || !strcmp(argv[2], rows[i].name))
            (strstr(rows[i].name, "GATHER") ? check_gather : check_row)(rows[i].name, rows[i].mnemonic, states);
    for (u32 i = 0; i < states * 400 && argc < 3; i++)
        check_sequence(states / 4 + 1);
    return check_result();
}
#else
int main(void)
{
    printf("not an x86-64 machine: nothing to compare with\n");
    return 0;
}
#endif
