/* The run loop's promises: exact budgets, exact counts, precise faults, code that changes itself, instructions that cross pages,
 * breakpoints. Each on a few bytes of code in a machine of its own. */
#include "tests/unit/check.h"

#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "mmu/pte.h"

enum { CODE = 0x400000, DATA = 0x600000, STACK = 0x700000 };

static Phys phys;
static Cpu cpu;

static void map(u64 address, u64 flags)
{
    u64 frame = phys_alloc(&phys, FRAME_ANON);
    u64 *entry = pt_entry(&phys, cpu.mmu.cr3, address, true);
    CHECK(frame && entry);
    *entry = frame | flags | PTE_P | PTE_U;
}

/* Two pages of writable code, one of data, one of stack; everything behind them is unmapped. */
static void machine(const u8 *code, u64 size, u64 at)
{
    CHECK(phys_create(&phys, 16 << 20));
    CHECK(cpu_init(&cpu, &phys, 0));
    mmu_set_cr3(&cpu.mmu, pt_create(&phys));
    map(CODE, PTE_W), map(CODE + PAGE_SIZE, PTE_W), map(DATA, PTE_W | PTE_NX), map(STACK, PTE_W | PTE_NX);
    CHECK(mmu_poke(&cpu.mmu, cpu.mmu.cr3, at, code, size) == size);
    cpu.rip = at;
    cpu.r[RSP] = STACK + PAGE_SIZE;
}

static void machine_end(void)
{
    cpu_destroy(&cpu);
    phys_destroy(&phys);
    cpu = (Cpu){ 0 };
}
#define MACHINE(at, ...)                         \
    static const u8 code[] = { __VA_ARGS__ };    \
    machine(code, sizeof code, at)

static void test_budget_is_exact(void)
{
    /* mov ecx, 1000000; l: add [0x600000], ecx; sub ecx, 1; jnz l; ud2 */
    MACHINE(CODE, 0xb9, 0x40, 0x42, 0x0f, 0x00, 0x01, 0x0c, 0x25, 0x00, 0x00, 0x60, 0x00, 0x83, 0xe9, 0x01, 0x75, 0xf4, 0x0f, 0x0b);
    static const u64 budgets[] = { 1, 2, 3, 46, 47, 48, 49, 95, 1000, 65535, 65536, 65537, 200000 };
    u64 total = 0;
    for (u64 i = 0; i < ARRAY_LEN(budgets); i++) {
        CHECK(cpu_run(&cpu, budgets[i]) == CPU_EXIT_BUDGET);
        total += budgets[i];
        CHECK(cpu.stats.insns == total);
        CHECK(cpu.stats.writes == (total - 1 + 2) / 3);
        CHECK(cpu.r[RCX] == 1000000 - (total - 1 + 1) / 3);
    }
    CHECK(cpu_run(&cpu, ~0ull >> 1) == CPU_EXIT_EXCEPTION);
    CHECK(cpu.exception.vector == VECTOR_UD && cpu.rip == CODE + 17);
    CHECK(cpu.stats.insns == 3000001 && cpu.stats.writes == 1000000 && cpu.stats.reads == 0);
    machine_end();
}

static void test_fault_is_precise(void)
{
    /* add eax, 1; mov [rbx], eax; add eax, 1; mov ecx, [rbx+4094]: crosses into an unmapped page */
    MACHINE(CODE, 0x83, 0xc0, 0x01, 0x89, 0x03, 0x83, 0xc0, 0x01, 0x8b, 0x8b, 0xfe, 0x0f, 0x00, 0x00, 0x90);
    cpu.r[RBX] = DATA;
    cpu.r[RAX] = 0x7fffffff;
    cpu.r[RCX] = 77;
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_EXCEPTION);
    CHECK(cpu.exception.vector == VECTOR_PF && cpu.exception.error == 4 && cpu.exception.address == DATA + PAGE_SIZE);
    CHECK(cpu.rip == CODE + 8 && cpu.r[RCX] == 77 && cpu.r[RAX] == 0x80000001);
    CHECK(cpu.stats.insns == 3 && cpu.stats.writes == 1 && cpu.stats.reads == 0);
    CHECK((cpu_rflags(&cpu.state) & FLAGS_ARITH) == FLAG_SF);
    cpu.r[RBX] = DATA - 2; /* and again, now that it can succeed */
    CHECK(cpu_run(&cpu, 1) == CPU_EXIT_BUDGET && cpu.rip == CODE + 14);
    machine_end();
}

static void test_self_modifying_code(void)
{
    /* l: mov eax, 1; add byte [rip-8], 1 (the immediate above); cmp eax, 5; jne l; ud2 */
    MACHINE(CODE, 0xb8, 0x01, 0x00, 0x00, 0x00, 0x80, 0x05, 0xf5, 0xff, 0xff, 0xff, 0x01, 0x83, 0xf8, 0x05, 0x75, 0xef, 0x0f, 0x0b);
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_EXCEPTION);
    CHECK(cpu.exception.vector == VECTOR_UD && cpu.r[RAX] == 5);
    CHECK(cpu.stats.insns == 20);
    machine_end();
}

static void test_store_into_the_next_instruction(void)
{
    /* mov byte [rip+1], 7; mov al, 1 (becomes 7); ud2 */
    MACHINE(CODE, 0xc6, 0x05, 0x01, 0x00, 0x00, 0x00, 0x07, 0xb0, 0x01, 0x0f, 0x0b);
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_EXCEPTION);
    CHECK((u8)cpu.r[RAX] == 7 && cpu.stats.insns == 2);
    machine_end();
}

static void test_instruction_crosses_a_page(void)
{
    /* three bytes before the page end: l: mov eax, 5; sub ecx, 1; jnz l; ud2 */
    MACHINE(CODE + PAGE_SIZE - 3, 0xb8, 0x05, 0x00, 0x00, 0x00, 0x83, 0xe9, 0x01, 0x75, 0xf6, 0x0f, 0x0b);
    cpu.r[RCX] = 10;
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_EXCEPTION);
    CHECK(cpu.exception.vector == VECTOR_UD && cpu.r[RAX] == 5 && cpu.stats.insns == 30);
    /* its second half changes */
    u8 six = 6;
    CHECK(mmu_poke(&cpu.mmu, cpu.mmu.cr3, CODE + PAGE_SIZE - 2, &six, 1) == 1);
    cpu.rip = CODE + PAGE_SIZE - 3;
    cpu.r[RCX] = 1;
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_EXCEPTION && cpu.r[RAX] == 6);
    /* its second page goes away: the fetch faults there */
    *pt_entry(&phys, cpu.mmu.cr3, CODE + PAGE_SIZE, false) = 0;
    mmu_flush_range(&cpu.mmu, CODE + PAGE_SIZE, CODE + 2 * PAGE_SIZE);
    cpu.rip = CODE + PAGE_SIZE - 3;
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_EXCEPTION && cpu.exception.vector == VECTOR_PF);
    CHECK(cpu.exception.address == CODE + PAGE_SIZE && cpu.exception.error == (1 << 2 | 1 << 4));
    CHECK(cpu.rip == CODE + PAGE_SIZE - 3);
    machine_end();
}

static void test_breakpoint(void)
{
    /* l: add eax, 1; nop; jmp l */
    MACHINE(CODE, 0x83, 0xc0, 0x01, 0x90, 0xeb, 0xfa);
    CHECK(cpu_run(&cpu, 100) == CPU_EXIT_BUDGET);
    cpu_breakpoint(&cpu, CODE + 3, true);
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_BREAKPOINT && cpu.rip == CODE + 3);
    u64 insns = cpu.stats.insns;
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_BREAKPOINT && cpu.stats.insns == insns);
    for (u64 budget = 1; budget < 100; budget++) /* short runs, which make single steps, see it too */
        CHECK(cpu_run(&cpu, budget) == CPU_EXIT_BREAKPOINT && cpu.stats.insns == insns);
    cpu_pass_breakpoint(&cpu, true);
    CHECK(cpu_run(&cpu, 1) == CPU_EXIT_BUDGET && cpu.stats.insns == insns + 1 && !cpu_passes_breakpoint(&cpu));
    CHECK(cpu_run(&cpu, 2) == CPU_EXIT_BUDGET && cpu.rip == CODE + 3);
    CHECK(cpu_run(&cpu, 1) == CPU_EXIT_BREAKPOINT && cpu.stats.insns == insns + 3);
    cpu_pass_breakpoint(&cpu, true);
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_BREAKPOINT && cpu.stats.insns == insns + 6);
    cpu_breakpoint(&cpu, CODE + 3, false);
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_BUDGET);
    machine_end();
}

static void test_rep_stops_where_it_faults(void)
{
    /* rep stosb */
    MACHINE(CODE, 0xf3, 0xaa);
    cpu.r[RDI] = DATA + PAGE_SIZE - 100;
    cpu.r[RCX] = 150;
    CHECK(cpu_run(&cpu, 1000) == CPU_EXIT_EXCEPTION && cpu.exception.vector == VECTOR_PF);
    CHECK(cpu.rip == CODE && cpu.r[RCX] == 50 && cpu.r[RDI] == DATA + PAGE_SIZE);
    CHECK(cpu.stats.insns == 0 && cpu.stats.rep_iterations == 100 && cpu.stats.writes == 100);
    machine_end();
}

int main(void)
{
    test_budget_is_exact();
    test_fault_is_precise();
    test_self_modifying_code();
    test_store_into_the_next_instruction();
    test_instruction_crosses_a_page();
    test_breakpoint();
    test_rep_stops_where_it_faults();
    return check_result();
}
