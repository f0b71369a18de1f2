/* Address spaces against a model of one word per page: random map, unmap, protect, write, fork and move. After every step
 * the VMAs are sorted, disjoint and merged, rights and contents are the model's, and at the end no frame is missing. */
#include "kernel/frames.h"
#include "kernel/kernel_api.h"
#include "kernel/space.h"
#include "tests/unit/check.h"

enum { PAGES = 96, STEPS = 4000 };
#define BASE 0x10000000ull

typedef struct Model {
    bool mapped[PAGES];
    u32 rights[PAGES];
    u8 value[PAGES]; /* the first byte of the page */
} Model;

static u64 random_state = 1;
static u32 random_below(u32 limit) { return (u32)(check_random(&random_state) % limit); }

static u64 page_address(u32 page) { return BASE + (u64)page * PAGE_SIZE; }

static void check_vmas(const Space *space)
{
    u64 pages = 0;
    for (u32 i = 0; i < space->count; i++) {
        const Vma *vma = &space->vmas[i], *next = i + 1 < space->count ? vma + 1 : NULL;
        CHECK(vma->start < vma->end);
        CHECK(!next || vma->end <= next->start);
        CHECK(!next || vma->end < next->start || vma->flags != next->flags);
        pages += (vma->end - vma->start) >> PAGE_SHIFT;
    }
    CHECK_EQUAL(pages, space->total_pages);
}

/* Rights and contents of every page. Reading goes the way of a fault. */
static void check_pages(Space *space, const Model *model)
{
    for (u32 page = 0; page < PAGES; page++) {
        const Vma *vma = space_find(space, page_address(page));
        CHECK_EQUAL(vma != NULL, model->mapped[page]);
        if (!vma)
            continue;
        CHECK_EQUAL(vma->flags & 7, model->rights[page]);
        u8 byte = 0;
        u64 read = space_read(space, page_address(page), &byte, 1);
        CHECK_EQUAL(read, model->rights[page] ? 1 : 0);
        if (read)
            CHECK_EQUAL(byte, model->value[page]);
    }
}

static void step_map(Space *space, Model *model, u32 first, u32 count)
{
    u32 rights = random_below(8);
    CHECK_EQUAL(space_map(space, page_address(first), (u64)count * PAGE_SIZE, rights, VMA_ANON, NULL, 0), 0);
    for (u32 page = first; page < first + count; page++) {
        model->mapped[page] = true;
        model->rights[page] = rights;
        model->value[page] = 0;
    }
}

static void step_unmap(Space *space, Model *model, u32 first, u32 count)
{
    CHECK_EQUAL(space_unmap(space, page_address(first), page_address(first + count)), 0);
    memset(&model->mapped[first], 0, count);
}

/* Stops with ENOMEM at the first hole; what came before it is changed. */
static void step_protect(Space *space, Model *model, u32 first, u32 count)
{
    u32 rights = random_below(8), page = first;
    i64 result = space_protect(space, page_address(first), page_address(first + count), rights);
    for (; page < first + count && model->mapped[page]; page++)
        model->rights[page] = rights;
    CHECK_EQUAL(result == 0, page == first + count);
}

static void step_write(Space *space, Model *model, u32 page)
{
    u8 byte = (u8)random_below(256);
    bool writable = model->mapped[page] && (model->rights[page] & VMA_WRITE);
    CHECK_EQUAL(space_write(space, page_address(page), &byte, 1), writable ? 1 : 0);
    if (writable)
        model->value[page] = byte;
}

/* A child sees the same; what either writes afterwards the other does not see. */
static void step_fork(Space *space, Model *model)
{
    Space *child = space_copy(space);
    CHECK(child != NULL);
    if (!child)
        return;
    Model copy = *model;
    for (u32 i = 0; i < 20; i++) {
        step_write(child, &copy, random_below(PAGES));
        step_write(space, model, random_below(PAGES));
    }
    check_pages(child, &copy);
    check_vmas(child);
    space_unref(child);
}

static void random_steps(Space *space, Model *model)
{
    for (u32 i = 0; i < STEPS; i++) {
        u32 first = random_below(PAGES), count = 1 + random_below(PAGES - first);
        switch (random_below(8)) {
        case 0: step_map(space, model, first, count); break;
        case 1: step_unmap(space, model, first, count); break;
        case 2: case 3: step_protect(space, model, first, count); break;
        case 4: step_fork(space, model); break;
        default: step_write(space, model, first); break;
        }
        check_vmas(space);
        if (i % 16 == 0)
            check_pages(space, model);
    }
    check_pages(space, model);
}

/* Free ranges are found at the top, respect what is mapped, and leave the stack its guard gap. */
static void check_searching(Space *space)
{
    u64 top = space_find_free(space, 0, 5 * PAGE_SIZE, MMAP_MIN);
    CHECK_EQUAL(top, space->mmap_base - 5 * PAGE_SIZE);
    CHECK_EQUAL(space_map(space, top, 5 * PAGE_SIZE, VMA_READ | VMA_WRITE | VMA_GROWSDOWN, VMA_ANON, NULL, 0), 0);
    CHECK_EQUAL(space_find_free(space, 0, PAGE_SIZE, MMAP_MIN), top - STACK_GUARD_GAP - PAGE_SIZE);
    CHECK_EQUAL(space_find_free(space, top, PAGE_SIZE, MMAP_MIN), top - STACK_GUARD_GAP - PAGE_SIZE);
    CHECK_EQUAL(space_find_free(space, 0x20000000, PAGE_SIZE, MMAP_MIN), 0x20000000);
    CHECK_EQUAL(space_find_free(space, 0, USER_LIMIT, MMAP_MIN), 0);
    CHECK_EQUAL(space_unmap(space, top, top + 5 * PAGE_SIZE), 0);
}

int main(void)
{
    KernelConfig config = {.memory_size = 64 << 20, .deterministic = true, .stdio = {-1, -1, -1}};
    Kernel *kernel = kernel_create(&config);
    CHECK(kernel != NULL);
    if (!kernel)
        return check_result();
    u32 before = kernel->phys.used_total;
    Space *space = space_create(kernel);
    Model model = {0};
    check_searching(space);
    random_steps(space, &model);
    space_unref(space);
    CHECK_EQUAL(kernel->phys.used_total, before);
    kernel_destroy(kernel);
    return check_result();
}
