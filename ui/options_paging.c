/* Options that limit memory, and say which page leaves. */
#include <stdlib.h>
#include <string.h>

#include "ui/help.h"

static const uint64_t DEFAULT_SWAP = 4ull << 30; /* as the default of --mem; the file grows as it is used */

static int wrong(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "emu: --%s: '%s' is not %s\n", option, value, expected);
    return EXIT_FAILED;
}

static void imply_swap(Options *options)
{
    if (!options->config.paging.swap_size && !options->no_swap)
        options->config.paging.swap_size = DEFAULT_SWAP;
}

int options_swap(Options *options, const char *value)
{
    uint64_t size = DEFAULT_SWAP;
    if (value && (!options_parse_size(value, &size) || (size && size < 4096) || size > 1ull << 44))
        return wrong("swap", value, "a size between 4K and 16T, or 0");
    options->no_swap = !size;
    options->config.paging.swap_size = size;
    return -1;
}

int options_user_frames(Options *options, const char *value)
{
    uint64_t frames;
    if (!options_parse_number(value, &frames) || frames < 1 || frames > 1u << 28)
        return wrong("user-frames", value, "a number from 1 to 268435456");
    options->config.paging.user_frames = (uint32_t)frames;
    imply_swap(options);
    return -1;
}

int options_replacement(Options *options, const char *value)
{
    static const char *const names[] = {
        [EMU_REPLACE_FIFO] = "fifo", [EMU_REPLACE_LRU] = "lru", [EMU_REPLACE_CLOCK] = "clock", [EMU_REPLACE_OPT] = "opt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0) {
            options->config.paging.replacement = (EmuReplacement)i;
            options->config.deterministic |= i == EMU_REPLACE_OPT; /* or the second run might go another way */
            imply_swap(options);
            return -1;
        }
    return wrong("replacement", value, "fifo, lru, clock or opt");
}

int options_frame_order(Options *options, const char *value)
{
    EmuPagingConfig *paging = &options->config.paging;
    const char *colon = strchr(value, ':');
    size_t length = colon ? (size_t)(colon - value) : strlen(value);
    uint64_t number = 0;
    bool good = !colon || options_parse_number(colon + 1, &number);
    if (length == 3 && !colon && memcmp(value, "seq", 3) == 0) {
        paging->frame_order = EMU_FRAMES_SEQUENTIAL;
    } else if (length == 6 && good && memcmp(value, "random", 6) == 0) {
        paging->frame_order = EMU_FRAMES_RANDOM;
        paging->frame_seed = number;
    } else if (length == 6 && good && (!colon || (number >= 1 && number <= 1 << 20)) && memcmp(value, "colour", 6) == 0) {
        paging->frame_order = EMU_FRAMES_COLOURED;
        paging->frame_colours = colon ? (uint32_t)number : 64;
    } else {
        return wrong("frame-order", value, "seq, random, random:SEED, colour or colour:N");
    }
    return -1;
}
