/* Replacement on the textbooks' reference strings, and against a slow but obvious simulation on random ones. */
#include <stdlib.h>

#include "mmu/replace.h"
#include "tests/unit/check.h"

enum { MAX_PAGES = 512, MAX_FRAMES = 300 };

typedef struct Machine {
    Replace replace;
    u32 page_of[MAX_FRAMES];   /* by frame; 0: empty, else page + 1 */
    bool accessed[MAX_FRAMES]; /* the A bit */
} Machine;

static PageState probe(void *context, u32 frame, bool clear)
{
    Machine *machine = context;
    bool accessed = machine->accessed[frame];
    if (clear)
        machine->accessed[frame] = false;
    return accessed ? PAGE_REFERENCED : PAGE_IDLE;
}

static u32 find(const Machine *machine, u32 frames, u32 page_plus_1)
{
    u32 frame = 0;
    while (frame < frames && machine->page_of[frame] != page_plus_1)
        frame++;
    return frame;
}

/* Faults of the engine on `string` with `frames` frames. */
static u32 faults(ReplacePolicy policy, const u32 *string, u32 length, u32 frames)
{
    static Machine machine;
    memset(&machine, 0, sizeof machine);
    CHECK(replace_create(&machine.replace, policy, frames));
    u64 *future = malloc((length + 1) * sizeof *future);
    for (u32 i = 0; i < length; i++)
        future[i] = string[i];
    CHECK(replace_future(future, length));
    replace_set_future(&machine.replace, future, length);
    u32 count = 0;
    for (u32 i = 0; i < length; i++) {
        u32 frame = find(&machine, frames, string[i] + 1);
        if (frame == frames) {
            count++;
            frame = find(&machine, frames, 0);
            if (frame == frames) {
                frame = replace_victim(&machine.replace, probe, &machine);
                replace_remove(&machine.replace, frame);
            }
            replace_insert(&machine.replace, frame);
            machine.page_of[frame] = string[i] + 1;
        }
        machine.accessed[frame] = true;
        replace_touch(&machine.replace, frame);
    }
    CHECK_EQUAL(machine.replace.count, frames - (find(&machine, frames, 0) < frames ? frames - find(&machine, frames, 0) : 0));
    free(future);
    replace_destroy(&machine.replace);
    return count;
}

#define FAULTS(policy, string, frames) faults(policy, string, ARRAY_LEN(string), frames)

static void test_textbooks(void)
{
    /* Silberschatz, Galvin, Gagne: "Operating System Concepts" */
    const u32 silberschatz[] = {7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1};
    CHECK_EQUAL(FAULTS(REPLACE_FIFO, silberschatz, 3), 15);
    CHECK_EQUAL(FAULTS(REPLACE_LRU, silberschatz, 3), 12);
    CHECK_EQUAL(FAULTS(REPLACE_CLOCK, silberschatz, 3), 14);
    CHECK_EQUAL(FAULTS(REPLACE_OPT, silberschatz, 3), 9);
    CHECK_EQUAL(FAULTS(REPLACE_FIFO, silberschatz, 4), 10);
    CHECK_EQUAL(FAULTS(REPLACE_LRU, silberschatz, 4), 8);
    CHECK_EQUAL(FAULTS(REPLACE_CLOCK, silberschatz, 4), 9);
    CHECK_EQUAL(FAULTS(REPLACE_OPT, silberschatz, 4), 8);
    /* Belady's anomaly: more frames, more faults */
    const u32 belady[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    CHECK_EQUAL(FAULTS(REPLACE_FIFO, belady, 3), 9);
    CHECK_EQUAL(FAULTS(REPLACE_FIFO, belady, 4), 10);
    CHECK_EQUAL(FAULTS(REPLACE_LRU, belady, 3), 10);
    CHECK_EQUAL(FAULTS(REPLACE_LRU, belady, 4), 8);
    CHECK_EQUAL(FAULTS(REPLACE_OPT, belady, 3), 7);
    CHECK_EQUAL(FAULTS(REPLACE_OPT, belady, 4), 6);
    /* Arpaci-Dusseau: "Operating Systems: Three Easy Pieces", "Beyond Physical Memory: Policies" */
    const u32 ostep[] = {0, 1, 2, 0, 1, 3, 0, 3, 1, 2, 1};
    CHECK_EQUAL(FAULTS(REPLACE_FIFO, ostep, 3), 7);
    CHECK_EQUAL(FAULTS(REPLACE_LRU, ostep, 3), 5);
    CHECK_EQUAL(FAULTS(REPLACE_OPT, ostep, 3), 5);
}

static void test_cyclic(void)
{
    static u32 string[5 * 300];
    for (u32 pages = 1; pages <= 300; pages += 13)
        for (u32 frames = 1; frames <= 300; frames += 37) {
            for (u32 i = 0; i < 5 * pages; i++)
                string[i] = i % pages;
            u32 expected = pages <= frames ? pages : 5 * pages;
            CHECK_EQUAL(faults(REPLACE_FIFO, string, 5 * pages, frames), expected);
            CHECK_EQUAL(faults(REPLACE_LRU, string, 5 * pages, frames), expected);
            CHECK_EQUAL(faults(REPLACE_CLOCK, string, 5 * pages, frames), expected);
        }
}

/* LRU and OPT by the definition: look back or forward over the string for each resident page. */
static u32 obvious(bool opt, const u32 *string, u32 length, u32 frames)
{
    u32 resident[MAX_FRAMES], held = 0, count = 0;
    for (u32 i = 0; i < length; i++) {
        u32 k = 0;
        while (k < held && resident[k] != string[i])
            k++;
        if (k < held)
            continue;
        count++;
        if (held < frames) {
            resident[held++] = string[i];
            continue;
        }
        u32 best = 0, best_distance = 0;
        for (k = 0; k < held; k++) {
            u32 distance = 1;
            if (opt)
                while (i + distance < length && string[i + distance] != resident[k])
                    distance++;
            else
                while (string[i - distance] != resident[k])
                    distance++;
            if (distance > best_distance) {
                best = k;
                best_distance = distance;
            }
        }
        resident[best] = string[i];
    }
    return count;
}

static void test_random(void)
{
    static u32 string[3000];
    u64 seed = 11;
    for (int round = 0; round < 12; round++) {
        u32 frames = 1 + (u32)(check_random(&seed) % 250), pages = frames + 1 + (u32)(check_random(&seed) % 200);
        for (u32 i = 0; i < ARRAY_LEN(string); i++) {
            u64 r = check_random(&seed);
            string[i] = (u32)(r % 4 ? r / 8 % pages : r / 8 % (pages / 4 + 1)); /* some pages are favoured */
        }
        CHECK_EQUAL(FAULTS(REPLACE_LRU, string, frames), obvious(false, string, ARRAY_LEN(string), frames));
        CHECK_EQUAL(FAULTS(REPLACE_OPT, string, frames), obvious(true, string, ARRAY_LEN(string), frames));
        CHECK(FAULTS(REPLACE_OPT, string, frames) <= FAULTS(REPLACE_FIFO, string, frames));
    }
}

static PageState pin_even(void *context, u32 frame, bool clear)
{
    (void)clear;
    u32 *asked = context;
    ++*asked;
    return frame % 2 == 0 ? PAGE_PINNED : PAGE_REFERENCED;
}
static PageState pin_all(void *context, u32 frame, bool clear)
{
    (void)context, (void)frame, (void)clear;
    return PAGE_PINNED;
}

static void test_pinned(void)
{
    for (ReplacePolicy policy = REPLACE_FIFO; policy < REPLACE_POLICIES; policy++) {
        Replace replace;
        u32 asked = 0, victim;
        CHECK(replace_create(&replace, policy, 200));
        CHECK_EQUAL(replace_victim(&replace, pin_all, NULL), REPLACE_NONE);
        for (u32 frame = 0; frame < 200; frame++)
            replace_insert(&replace, frame);
        CHECK_EQUAL(replace_victim(&replace, pin_all, NULL), REPLACE_NONE);
        /* A page that is referenced whenever it is asked after is never idle: CLOCK gives up rather than loop. */
        for (u32 i = 0; i < 100 && policy != REPLACE_CLOCK; i++) {
            victim = replace_victim(&replace, pin_even, &asked);
            CHECK(victim % 2 == 1 && replace_resident(&replace, victim));
            replace_remove(&replace, victim);
            CHECK(!replace_resident(&replace, victim));
        }
        CHECK_EQUAL(replace_victim(&replace, pin_even, &asked), REPLACE_NONE);
        replace_destroy(&replace);
    }
}

int main(void)
{
    test_textbooks();
    test_cyclic();
    test_random();
    test_pinned();
    return check_result();
}
