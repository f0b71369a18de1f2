/* Frames: order, zeroing, references, giving host memory back, and what an untouched machine costs. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mmu/mmu.h"
#include "tests/unit/check.h"

/* Resident bytes of this process that are its own, from the host. (statm is approximate; Rss also counts pages of libc
 * that the host maps around a fault.) */
static u64 resident(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    unsigned long kib = 0;
    char line[256];
    while (file && fgets(line, sizeof line, file) && sscanf(line, "Anonymous: %lu kB", &kib) != 1)
        continue;
    CHECK(file && kib);
    fclose(file);
    return (u64)kib << 10;
}

static u64 now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static bool is_zero(const u8 *p)
{
    for (int i = 0; i < PAGE_SIZE; i++)
        if (p[i])
            return false;
    return true;
}

static void test_sizes(void)
{
    Phys phys;
    CHECK(!phys_create(&phys, 0) && errno == EINVAL);
    CHECK(!phys_create(&phys, (1ull << 40) + 1) && errno == EINVAL);
    CHECK(phys_create(&phys, (1 << 20) + 1));
    CHECK_EQUAL(phys.size, (1 << 20) + PAGE_SIZE);
    CHECK(phys_host(&phys, phys.size - 1) != NULL);
    CHECK(phys_host(&phys, phys.size) == NULL);
    CHECK(phys_host(&phys, ~0ull) == NULL);
    phys_destroy(&phys);
    CHECK(phys_create(&phys, 1ull << 40));
    u64 frame = phys_alloc(&phys, FRAME_ANON);
    CHECK(frame != 0);
    phys_unref(&phys, frame);
    CHECK_EQUAL(phys_alloc(&phys, FRAME_ANON), frame);
    phys_destroy(&phys);
}

static void test_start_cost(void)
{
    Phys phys;
    u64 before = resident(), start = now_ns();
    CHECK(phys_create(&phys, 4ull << 30));
    u64 took = now_ns() - start;
    CHECK(resident() - before < 300 << 10);
    CHECK(took < 20000000); /* typically 20 µs; the host may be busy */
    /* 1,000 frames: their memory, not that of the bookkeeping of a million */
    for (int i = 0; i < 1000; i++)
        phys_host(&phys, phys_alloc(&phys, FRAME_ANON))[0] = 1;
    CHECK(resident() - before < (1000 * 4 + 300 + 2048) << 10); /* up to a large host page ahead */
    phys_destroy(&phys);
    CHECK(resident() < before + (512 << 10));
}

static void test_order_and_exhaustion(void)
{
    Phys phys;
    CHECK(phys_create(&phys, 1 << 20)); /* 256 frames: 0 reserved, 1 of zeroes */
    CHECK_EQUAL(phys_available(&phys), 254);
    u64 last = phys.zero_page;
    CHECK(last != 0);
    for (int i = 0; i < 254; i++) {
        u64 paddr = phys_alloc(&phys, i & 1 ? FRAME_ANON : FRAME_TABLE);
        CHECK_EQUAL(paddr, last + PAGE_SIZE);
        CHECK(is_zero(phys_host(&phys, paddr)));
        memset(phys_host(&phys, paddr), 0xaa, PAGE_SIZE);
        last = paddr;
    }
    CHECK_EQUAL(phys_alloc(&phys, FRAME_ANON), 0);
    CHECK_EQUAL(phys_available(&phys), 0);
    CHECK_EQUAL(phys.used[FRAME_TABLE], 127);
    CHECK_EQUAL(phys.table_peak, 127);
    CHECK_EQUAL(phys.used_total, 256);
    phys_unref(&phys, 0x50000);
    phys_unref(&phys, 0x30000);
    phys_unref(&phys, 0x40000);
    CHECK_EQUAL(phys.used_peak, 256);
    CHECK_EQUAL(phys_alloc(&phys, FRAME_ANON), 0x30000);
    CHECK_EQUAL(phys_alloc(&phys, FRAME_ANON), 0x40000);
    CHECK_EQUAL(phys_alloc(&phys, FRAME_ANON), 0x50000);
    CHECK(is_zero(phys_host(&phys, 0x30000)) && is_zero(phys_host(&phys, 0x50000)));
    CHECK_EQUAL(phys_alloc(&phys, FRAME_ANON), 0);
    phys_destroy(&phys);
}

static void test_references(void)
{
    Phys phys;
    CHECK(phys_create(&phys, 1 << 20));
    u64 a = phys_alloc(&phys, FRAME_ANON);
    phys_ref(&phys, a);
    phys_unref(&phys, a);
    CHECK_EQUAL(phys_frame(&phys, a)->kind, FRAME_ANON);
    phys_unref(&phys, a);
    CHECK_EQUAL(phys_frame(&phys, a)->kind, FRAME_FREE);
    for (int i = 0; i < 10; i++)
        phys_unref(&phys, phys.zero_page);
    CHECK_EQUAL(phys_frame(&phys, phys.zero_page)->kind, FRAME_ZERO);
    phys_destroy(&phys);
}

/* Against a simple model: random allocations and frees, never the same frame twice, always zero, always the lowest. */
static void test_random(void)
{
    enum { FRAMES = 20000 };
    static bool used[FRAMES];
    static u32 held[FRAMES];
    Phys phys;
    u64 seed = 1;
    u32 count = 0, peak = 0, fresh = 2;
    CHECK(phys_create(&phys, (u64)FRAMES * PAGE_SIZE));
    for (int step = 0; step < 200000; step++) {
        bool growing = step / 25000 % 2 == 0;
        if (check_random(&seed) % 8 < (growing ? 6u : 2u)) {
            u64 paddr = phys_alloc(&phys, FRAME_ANON);
            u32 lowest = 2;
            if (step % 64 == 0) { /* the search is slow; the claim holds each time */
                while (lowest < fresh && used[lowest])
                    lowest++;
                CHECK_EQUAL(paddr >> PAGE_SHIFT, lowest == FRAMES ? 0 : lowest);
            }
            if (!paddr)
                continue;
            u32 frame = (u32)(paddr >> PAGE_SHIFT);
            CHECK(!used[frame]);
            CHECK(is_zero(phys_host(&phys, paddr)));
            memset(phys_host(&phys, paddr), 0x5a, PAGE_SIZE);
            used[frame] = true;
            held[count++] = frame;
            fresh = frame >= fresh ? frame + 1 : fresh;
            peak = count > peak ? count : peak;
        } else if (count) {
            u32 pick = (u32)(check_random(&seed) % count), frame = held[pick];
            held[pick] = held[--count];
            used[frame] = false;
            phys_unref(&phys, (u64)frame << PAGE_SHIFT);
        }
        if (phys.used[FRAME_ANON] != count || phys.used_peak != peak + 2)
            CHECK(!"accounting differs from the model");
    }
    phys_destroy(&phys);
}

static void test_gives_back(void)
{
    enum { COUNT = 25600 }; /* 100 MiB */
    Phys phys;
    CHECK(phys_create(&phys, 1ull << 30));
    u64 before = resident();
    for (int i = 0; i < COUNT; i++)
        phys_host(&phys, phys_alloc(&phys, FRAME_ANON))[7] = 1;
    CHECK(resident() - before > 95 << 20);
    for (u64 paddr = 2 * PAGE_SIZE; paddr < (COUNT + 2ull) * PAGE_SIZE; paddr += PAGE_SIZE)
        phys_unref(&phys, paddr);
    CHECK(resident() - before < 18 << 20);
    phys_trim(&phys);
    CHECK(resident() - before < 3 << 20);
    phys_destroy(&phys);
}

/* A byte before RAM or behind it is a host fault: nothing else of ours lies there. */
static void test_guards(void)
{
    Phys phys;
    CHECK(phys_create(&phys, (1 << 20) + 4096));
    const i64 outside[] = {-1, -65536, (1 << 20) + 4096, (1 << 20) + 4096 + 65535};
    for (u32 i = 0; i < ARRAY_LEN(outside); i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            signal(SIGSEGV, SIG_DFL);
            *(volatile u8 *)(phys.ram + outside[i]) = 1;
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK(!(WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
    phys_destroy(&phys);
}

static u64 freed_paddr;
static void note_freed(void *context, u64 paddr)
{
    *(int *)context += 1;
    freed_paddr = paddr;
}

static void test_code_freed(void)
{
    Phys phys;
    int calls = 0;
    CHECK(phys_create(&phys, 1 << 20));
    phys.code_freed = note_freed;
    phys.code_context = &calls;
    u64 plain = phys_alloc(&phys, FRAME_ANON), code = phys_alloc(&phys, FRAME_ANON);
    phys_frame(&phys, code)->flags = FRAME_CODE;
    phys_unref(&phys, plain);
    CHECK_EQUAL(calls, 0);
    phys_unref(&phys, code);
    CHECK_EQUAL(calls, 1);
    CHECK_EQUAL(freed_paddr, code);
    CHECK_EQUAL(phys_frame(&phys, code)->flags, 0);
    phys_destroy(&phys);
}

int main(void)
{
    test_sizes();
    test_start_cost();
    test_order_and_exhaustion();
    test_references();
    test_random();
    test_gives_back();
    test_guards();
    test_code_freed();
    return check_result();
}
