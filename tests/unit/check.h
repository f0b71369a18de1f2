/* What a unit test needs: CHECK reports and counts, the program ends with check_result(). */
#ifndef EMU_TESTS_UNIT_CHECK_H
#define EMU_TESTS_UNIT_CHECK_H

#include <inttypes.h>
#include <stdio.h>

#include "base/types.h"

static int check_failures, check_count;

#define CHECK(condition)                                                         \
    do {                                                                         \
        check_count++;                                                           \
        if (!(condition)) {                                                      \
            check_failures++;                                                    \
            printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);       \
        }                                                                        \
    } while (0)

/* Integers that must be equal; both are shown. */
#define CHECK_EQUAL(got, expected)                                                                              \
    do {                                                                                                        \
        u64 got_ = (u64)(got), expected_ = (u64)(expected);                                                     \
        check_count++;                                                                                          \
        if (got_ != expected_) {                                                                                \
            check_failures++;                                                                                   \
            printf("%s:%d: %s is %" PRIu64 " (0x%" PRIx64 "), expected %" PRIu64 " (0x%" PRIx64 ")\n", __FILE__, \
                   __LINE__, #got, got_, got_, expected_, expected_);                                           \
        }                                                                                                       \
    } while (0)

static inline int check_result(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures != 0;
}

/* Reproducible randomness: splitmix64. */
static inline u64 check_random(u64 *state)
{
    u64 z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

#endif
