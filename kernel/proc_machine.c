/* The files of /proc that describe the machine: the emulated one, with its one core and its RAM. */
#include <stdio.h>
#include <sys/utsname.h>

#include "cpu/cpu.h"
#include "kernel/host.h"
#include "kernel/paging.h"
#include "kernel/proc_entries.h"
#include "kernel/proc_fs.h"

typedef unsigned long long ull;
enum { TICK_NS = 10 * 1000 * 1000 };

/* The names of CPUID bits, as Linux prints them: leaf 1 EDX, leaf 1 ECX, leaf 7 EBX, leaf 80000001h EDX and ECX. */
static const char *const names_1_edx[32] = {"fpu", "vme", "de",   "pse", "tsc",  "msr",  "pae",  "mce",   "cx8", "apic",
                                            NULL,  "sep", "mtrr", "pge", "mca",  "cmov", "pat",  "pse36", "pn",  "clflush",
                                            NULL,  "dts", "acpi", "mmx", "fxsr", "sse",  "sse2", "ss",    "ht",  "tm"};
static const char *const names_1_ecx[32] = {"pni",    "pclmulqdq", "dtes64", "monitor", "ds_cpl",
                                            "vmx",    "smx",       "est",    "tm2",     "ssse3",
                                            "cid",    "sdbg",      "fma",    "cx16",    "xtpr",
                                            "pdcm",   NULL,        "pcid",   "dca",     "sse4_1",
                                            "sse4_2", "x2apic",    "movbe",  "popcnt",  "tsc_deadline_timer",
                                            "aes",    "xsave",     NULL,     "avx",     "f16c",
                                            "rdrand", "hypervisor"};
static const char *const names_7_ebx[32] = {"fsgsbase", "tsc_adjust", NULL, "bmi1", "hle", "avx2", NULL, "smep", "bmi2", "erms",
    "invpcid", "rtm", "cqm", NULL, "mpx", "rdt_a", "avx512f", "avx512dq", "rdseed", "adx", "smap"};
static const char *const names_81_edx[32] = {[11] = "syscall", [20] = "nx", [26] = "pdpe1gb", [27] = "rdtscp", [29] = "lm"};
static const char *const names_81_ecx[32] = {[0] = "lahf_lm", [5] = "abm", [8] = "3dnowprefetch"};

static void add_bits(Text *text, u32 bits, const char *const names[32])
{
    for (u32 i = 0; i < 32; i++)
        if ((bits >> i & 1) && names[i])
            text_add(text, " %s", names[i]);
}

static void add_flags(Text *text, const Cpu *cpu)
{
    u32 out[4];
    text_add(text, "flags\t\t:");
    cpu_cpuid(cpu, 1, 0, out);
    add_bits(text, out[3], names_1_edx);
    u32 ecx = out[2];
    cpu_cpuid(cpu, 0x80000001, 0, out);
    add_bits(text, out[3], names_81_edx);
    add_bits(text, ecx, names_1_ecx);
    add_bits(text, out[2], names_81_ecx);
    cpu_cpuid(cpu, 7, 0, out);
    add_bits(text, out[1], names_7_ebx);
    text_add(text, "\n");
}

static void text_cpuinfo(Text *text, const ProcSubject *s)
{
    const Cpu *cpu = &s->kernel->cpu;
    u32 leaf[4];
    char vendor[13] = "", brand[49] = "";
    cpu_cpuid(cpu, 0, 0, leaf);
    u32 highest = leaf[0];
    memcpy(vendor, &leaf[1], 4);
    memcpy(vendor + 4, &leaf[3], 4);
    memcpy(vendor + 8, &leaf[2], 4);
    for (u32 i = 0; i < 3; i++) {
        cpu_cpuid(cpu, 0x80000002 + i, 0, leaf);
        memcpy(brand + 16 * i, leaf, 16);
    }
    cpu_cpuid(cpu, 1, 0, leaf);
    u32 family = (leaf[0] >> 8 & 15) + ((leaf[0] >> 8 & 15) == 15 ? leaf[0] >> 20 & 255 : 0);
    u32 model = (leaf[0] >> 4 & 15) | (leaf[0] >> 12 & 0xf0);
    text_add(text, "processor\t: 0\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n",
             vendor, family, model, brand, leaf[0] & 15);
    text_add(text,
             "cpu MHz\t\t: 1000.000\ncache size\t: 0 KB\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\ncpu cores\t: 1\n");
    text_add(text, "apicid\t\t: 0\ninitial apicid\t: 0\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
             highest);
    add_flags(text, cpu);
    text_add(text, "bugs\t\t:\nbogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\n");
    text_add(text, "address sizes\t: 48 bits physical, 48 bits virtual\npower management:\n\n");
}

static void text_meminfo(Text *text, const ProcSubject *s)
{
    const Phys *phys = &s->kernel->phys;
    u64 total = s->kernel->config.claimed_memory / 1024, free = kernel_free_memory(s->kernel) / 1024, page = PAGE_SIZE / 1024;
    const struct { const char *name; u64 kib;
    } rows[] = {
        {"MemTotal", total},
        {"MemFree", free},
        {"MemAvailable", free},
        {"Buffers", 0},
        {"Cached", phys->used[FRAME_FILE] * page},
        {"SwapCached", 0},
        {"Active", phys->used[FRAME_ANON] * page},
        {"Inactive", 0},
        {"SwapTotal", swap_total(s->kernel) / 1024},
        {"SwapFree", (swap_total(s->kernel) - swap_in_use(s->kernel)) / 1024},
        {"Dirty", 0},
        {"Writeback", 0},
        {"AnonPages", phys->used[FRAME_ANON] * page},
        {"Mapped", phys->used[FRAME_FILE] * page},
        {"Shmem", 0},
        {"KReclaimable", 0},
        {"Slab", 0},
        {"KernelStack", 0},
        {"PageTables", phys->used[FRAME_TABLE] * page},
        {"CommitLimit", total / 2},
        {"Committed_AS", phys->used[FRAME_ANON] * page},
        {"VmallocTotal", 34359738367ull},
        {"VmallocUsed", 0},
    };
    for (u32 i = 0; i < ARRAY_LEN(rows); i++) {
        char label[24];
        snprintf(label, sizeof label, "%s:", rows[i].name);
        text_add(text, "%-15s %8llu kB\n", label, (ull)rows[i].kib);
    }
    text_add(text, "HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n");
}

static CpuTime machine_time(Kernel *kernel)
{
    CpuTime total = {0, 0};
    for (Process *process = kernel->processes; process; process = process->next) {
        CpuTime own = process_cpu_time(process);
        total.user += own.user;
        total.system += own.system;
    }
    return total;
}

static void text_uptime(Text *text, const ProcSubject *s)
{
    u64 now = kernel_monotonic(s->kernel), busy = machine_time(s->kernel).user + machine_time(s->kernel).system;
    u64 idle = now > busy ? now - busy : 0;
    text_add(text, "%llu.%02llu %llu.%02llu\n", (ull)(now / 1000000000), (ull)(now / TICK_NS % 100), (ull)(idle / 1000000000),
             (ull)(idle / TICK_NS % 100));
}

static void text_loadavg(Text *text, const ProcSubject *s)
{
    u32 runnable = 0;
    for (Task *task = s->kernel->tasks; task; task = task->next)
        runnable += task->state == TASK_RUNNABLE;
    text_add(text, "0.00 0.00 0.00 %u/%u %d\n", runnable, s->kernel->task_count,
             s->kernel->next_pid > 1 ? s->kernel->next_pid - 1 : 1);
}

static void text_stat(Text *text, const ProcSubject *s)
{
    CpuTime time = machine_time(s->kernel);
    u64 now = kernel_monotonic(s->kernel), busy = time.user + time.system, idle = now > busy ? now - busy : 0;
    u64 switches = 0;
    u32 running = 0, blocked = 0;
    for (Task *task = s->kernel->tasks; task; task = task->next) {
        switches += task->voluntary_switches + task->involuntary_switches;
        running += task->state == TASK_RUNNABLE;
    }
    for (int i = 0; i < 2; i++)
        text_add(text, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", i ? "cpu0" : "cpu ", (ull)(time.user / TICK_NS),
                 (ull)(time.system / TICK_NS), (ull)(idle / TICK_NS));
    text_add(text, "intr 0\nctxt %llu\nbtime %llu\nprocesses %d\nprocs_running %u\nprocs_blocked %u\n", (ull)switches,
             (ull)((kernel_realtime(s->kernel) - now) / 1000000000), s->kernel->next_pid - FIRST_PID + 1, running, blocked);
    text_add(text, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
}

static void text_version(Text *text, const ProcSubject *s)
{
    (void)s;
    struct utsname name;
    host_uname(&name);
    text_add(text, "%s version %s (emu) %s\n", name.sysname, name.release, name.version);
}

static void text_max_map_count(Text *text, const ProcSubject *s)
{
    (void)s;
    text_add(text, "%d\n", 65530);
}

static void text_overcommit(Text *text, const ProcSubject *s)
{
    (void)s;
    text_add(text, "0\n");
}

static void text_uuid(Text *text, const ProcSubject *s)
{
    u8 b[16];
    kernel_random(s->kernel, b, sizeof b);
    b[6] = (u8)((b[6] & 0x0f) | 0x40); /* RFC 4122, version 4 */
    b[8] = (u8)((b[8] & 0x3f) | 0x80);
    for (u32 i = 0; i < 16; i++)
        text_add(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
    text_add(text, "\n");
}

/* A list of processors: there is one. */
static void text_first_cpu(Text *text, const ProcSubject *s)
{
    (void)s;
    text_add(text, "0\n");
}

const ProcEntry proc_machine_entries[] = {
    {"cpuinfo", PROC_ROOT_FILE, 0444, false, text_cpuinfo, NULL},
    {"meminfo", PROC_ROOT_FILE, 0444, false, text_meminfo, NULL},
    {"uptime", PROC_ROOT_FILE, 0444, false, text_uptime, NULL},
    {"loadavg", PROC_ROOT_FILE, 0444, false, text_loadavg, NULL},
    {"stat", PROC_ROOT_FILE, 0444, false, text_stat, NULL},
    {"version", PROC_ROOT_FILE, 0444, false, text_version, NULL},
    {"sys/kernel/random/uuid", PROC_ROOT_FILE, 0444, false, text_uuid, NULL},
    {"sys/vm/max_map_count", PROC_ROOT_FILE, 0444, false, text_max_map_count, NULL},
    {"sys/vm/overcommit_memory", PROC_ROOT_FILE, 0444, false, text_overcommit, NULL},
    {PROC_CPU_DIRECTORY "/online", PROC_ROOT_FILE, 0444, false, text_first_cpu, NULL},
    {PROC_CPU_DIRECTORY "/possible", PROC_ROOT_FILE, 0444, false, text_first_cpu, NULL},
    {PROC_CPU_DIRECTORY "/present", PROC_ROOT_FILE, 0444, false, text_first_cpu, NULL},
};
const u32 proc_machine_entry_count = ARRAY_LEN(proc_machine_entries);
