/* The backing store: contents come back, a clean page is not written twice, shared slots keep their contents, no file remains. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mmu/swap.h"
#include "tests/unit/check.h"

static Phys phys;
static Swap swap;

static void fill(u64 paddr, u8 value) { memset(phys_host(&phys, paddr), value, PAGE_SIZE); }
static bool holds(u64 paddr, u8 value)
{
    const u8 *p = phys_host(&phys, paddr);
    return p[0] == value && memcmp(p, p + 1, PAGE_SIZE - 1) == 0;
}

static u32 files_in(const char *path)
{
    u32 count = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void test_one_page(void)
{
    u64 a = phys_alloc(&phys, FRAME_ANON), b = phys_alloc(&phys, FRAME_ANON);
    fill(a, 0x11);
    CHECK_EQUAL(swap_drop_clean(&swap, a), SWAP_NONE);
    u32 slot = swap_out(&swap, &phys, a);
    CHECK_EQUAL(swap.used, 1);
    CHECK(swap_is_entry(swap_entry(slot)) && swap_slot(swap_entry(slot)) == slot && !swap_is_entry(a | PTE_P | PTE_SWAP));
    fill(a, 0);
    CHECK(swap_in(&swap, &phys, slot, b) && holds(b, 0x11));
    swap_keep(&swap, b, slot); /* clean */
    CHECK_EQUAL(swap_drop_clean(&swap, b), slot);
    CHECK_EQUAL(swap.stats.outs, 1);
    CHECK_EQUAL(swap.stats.clean_drops, 1);
    CHECK(swap_in(&swap, &phys, slot, b));
    swap_keep(&swap, b, slot);
    fill(b, 0x22); /* dirty: the same slot is written again */
    CHECK_EQUAL(swap_out(&swap, &phys, b), slot);
    CHECK_EQUAL(swap.used, 1);
    /* two entries share the slot (fork): a dirty page of one must not overwrite it */
    swap_ref(&swap, slot);
    CHECK(swap_in(&swap, &phys, slot, a) && holds(a, 0x22));
    swap_keep(&swap, a, slot);
    fill(a, 0x33);
    u32 other = swap_out(&swap, &phys, a);
    CHECK(other != slot && other != SWAP_NONE);
    CHECK(swap_in(&swap, &phys, slot, b) && holds(b, 0x22));
    CHECK(swap_in(&swap, &phys, other, b) && holds(b, 0x33));
    swap_keep(&swap, b, other);
    swap_forget(&swap, b);
    swap_unref(&swap, slot);
    CHECK_EQUAL(swap.used, 0);
    CHECK_EQUAL(swap.peak, 2);
    phys_unref(&phys, a);
    phys_unref(&phys, b);
}

static void test_full(void)
{
    u64 a = phys_alloc(&phys, FRAME_ANON);
    u32 slots[16];
    for (u32 i = 0; i < 16; i++) {
        fill(a, (u8)(i + 1));
        slots[i] = swap_out(&swap, &phys, a);
        CHECK(slots[i] < 16);
    }
    CHECK_EQUAL(swap_out(&swap, &phys, a), SWAP_NONE);
    swap_unref(&swap, slots[7]);
    fill(a, 0x77);
    CHECK_EQUAL(swap_out(&swap, &phys, a), slots[7]);
    for (u32 i = 0; i < 16; i++) {
        CHECK(swap_in(&swap, &phys, slots[i], a) && holds(a, i == 7 ? 0x77 : (u8)(i + 1)));
        swap_unref(&swap, slots[i]);
    }
    CHECK_EQUAL(swap.used, 0);
    phys_unref(&phys, a);
}

static void test_refusals(void)
{
    Swap none;
    CHECK(!swap_create(&none, &phys, 100, NULL, false) && errno == EINVAL);
    CHECK(!swap_create(&none, &phys, 1 << 20, "/no/such/directory", false) && errno == ENOENT);
    swap_destroy(&none);
    /* the store's file is closed under us: the failure is reported, and nothing leaks */
    u64 a = phys_alloc(&phys, FRAME_ANON);
    int fd = swap.fd;
    swap.fd = 1 << 20; /* no such descriptor */
    CHECK_EQUAL(swap_out(&swap, &phys, a), SWAP_NONE);
    CHECK_EQUAL(errno, EBADF);
    CHECK_EQUAL(swap.used, 0);
    swap.fd = fd;
    phys_unref(&phys, a);
}

int main(void)
{
    char directory[] = "/tmp/emu-swap-test-XXXXXX";
    CHECK(mkdtemp(directory) != NULL);
    CHECK(phys_create(&phys, 1 << 20));
    CHECK(swap_create(&swap, &phys, 16 * PAGE_SIZE, directory, false));
    test_one_page();
    test_full();
    test_refusals();
    CHECK_EQUAL(files_in(directory), 2); /* . and .. */
    swap_destroy(&swap);
    phys_destroy(&phys);
    CHECK_EQUAL(rmdir(directory), 0);
    return check_result();
}
