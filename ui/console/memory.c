/* Memory as bytes and pointers: find, hexdump, telescope; and as frames of RAM: xp, frame-of. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ui/console/command.h"
#include "ui/console/expression.h"

enum { DUMP_MAX = 1 << 16, TELESCOPE_MAX = 512, CHAIN_MAX = 6, PATTERN_MAX = 256, WINDOW = 65536 };

/* "EXPRESSION[, COUNT]" (gdb's comma) or "EXPRESSION COUNT": the address and how many; without a count, `otherwise`. */
static bool take_address_count(Console *console, const char *args, uint64_t otherwise, uint64_t most, uint64_t *address,
                               uint64_t *count)
{
    char first[256];
    const char *split = strrchr(args, ',');
    if (!split) {
        split = strrchr(args, ' ');
        if (split && !isdigit((unsigned char)split[1]))
            split = NULL;
    }
    snprintf(first, sizeof first, "%.*s", split ? (int)(split - args) : (int)strlen(args), args);
    Value v;
    *count = otherwise;
    if (!expression_address(console, *first ? first : "$rsp", address))
        return false;
    if (split) {
        if (!expression_evaluate(console, split + 1, &v))
            return false;
        *count = value_number(&v);
    }
    return (*count && *count <= most) || console_error(console, "A count from 1 to %" PRIu64 " is expected.", most);
}

/* ---- hexdump --------------------------------------------------------------------------------------------------- */

static void print_row(FILE *out, uint64_t address, const uint8_t *bytes, uint64_t size)
{
    fprintf(out, "%016" PRIx64 " ", address);
    for (unsigned i = 0; i < 16; i++) {
        if (i % 8 == 0)
            putc(' ', out);
        if (i < size)
            fprintf(out, "%02x ", bytes[i]);
        else
            fputs("   ", out);
    }
    fputs(" |", out);
    for (unsigned i = 0; i < size; i++)
        putc(isprint(bytes[i]) ? bytes[i] : '.', out);
    fputs("|\n", out);
}

bool cmd_hexdump(Console *console, const char *format, const char *args)
{
    uint64_t address, size;
    uint8_t bytes[16];
    (void)format;
    if (!take_address_count(console, args, 64, DUMP_MAX, &address, &size))
        return false;
    for (uint64_t done = 0; done < size; done += 16) {
        uint64_t want = size - done < 16 ? size - done : 16;
        uint64_t got = emu_read(console->emu, console_pid(console), address + done, bytes, want);
        if (got)
            print_row(console->out, address + done, bytes, got);
        if (got < want)
            return console_error(console, "Cannot access memory at address 0x%" PRIx64, address + done + got);
    }
    return true;
}

bool cmd_xp(Console *console, const char *format, const char *args)
{
    uint64_t address, size;
    uint8_t bytes[16];
    (void)format;
    if (!console->emu || !take_address_count(console, args, 64, DUMP_MAX, &address, &size))
        return false;
    for (uint64_t done = 0; done < size; done += 16) {
        uint64_t want = size - done < 16 ? size - done : 16, got = emu_read_physical(console->emu, address + done, bytes, want);
        if (got)
            print_row(console->out, address + done, bytes, got);
        if (got < want)
            return console_error(console, "Cannot access physical memory at address 0x%" PRIx64, address + done + got);
    }
    return true;
}

/* ---- telescope ------------------------------------------------------------------------------------------------- */

/* What a word may be: text, code, data that somebody has named. */
static void print_meaning(Console *console, uint64_t word)
{
    EmuMapping m;
    char text[24];
    for (uint32_t i = 0; emu_mapping(console->emu, console_pid(console), i, &m); i++)
        if (word >= m.start && word < m.end) {
            const char *slash = strrchr(m.name, '/');
            value_print_symbol(console, console->out, word);
            fprintf(console->out, " (%s)", slash ? slash + 1 : *m.name ? m.name : "anonymous");
        }
    uint64_t got = emu_read(console->emu, console_pid(console), word, text, sizeof text - 1), length = 0;
    while (length < got && isprint((unsigned char)text[length]))
        length++;
    if (length >= 4)
        fprintf(console->out, " \"%.*s\"%s", (int)length, text, length == sizeof text - 1 ? "..." : "");
}

static bool is_code(Console *console, uint64_t address)
{
    EmuMapping m;
    for (uint32_t i = 0; emu_mapping(console->emu, console_pid(console), i, &m); i++)
        if (address >= m.start && address < m.end)
            return m.flags & EMU_MAP_EXEC;
    return false;
}

/* Up to what is no address any more, or one of code: instructions are no pointers. */
static void print_chain(Console *console, uint64_t address)
{
    uint64_t word;
    for (int depth = 0; depth < CHAIN_MAX && !is_code(console, address); depth++) {
        if (emu_read(console->emu, console_pid(console), address, &word, 8) != 8)
            break;
        fprintf(console->out, "%s0x%" PRIx64, depth ? " -> " : " ", word);
        if (word == address)
            break;
        address = word;
    }
}

bool cmd_telescope(Console *console, const char *format, const char *args)
{
    EmuRegisters r;
    uint64_t address, count, word;
    (void)format;
    if (!take_address_count(console, args, 8, TELESCOPE_MAX, &address, &count))
        return false;
    bool known = emu_registers(console->emu, console->tid, &r);
    for (uint64_t i = 0; i < count; i++, address += 8) {
        if (emu_read(console->emu, console_pid(console), address, &word, 8) != 8)
            return console_error(console, "Cannot access memory at address 0x%" PRIx64, address);
        fprintf(console->out, "%02" PRIx64 ":%04" PRIx64 " 0x%012" PRIx64 "%s:", i, i * 8, address,
                known && address == r.r[4] ? " rsp" : known && address == r.r[5] ? " rbp" : "    ");
        print_chain(console, address);
        print_meaning(console, word);
        putc('\n', console->out);
    }
    return true;
}

/* ---- find ------------------------------------------------------------------------------------------------------ */

typedef struct Search {
    uint64_t start, length;
    uint8_t pattern[PATTERN_MAX];
    size_t size;
    uint64_t unit; /* of /b /h /w /g; 0: each value's own */
} Search;

/* A value becomes bytes of the pattern: a string without its NUL, as gdb takes it. */
static bool add_value(Console *console, Search *s, const char *text)
{
    Value v;
    size_t n = strlen(text);
    if (*text == '"' && n >= 2 && text[n - 1] == '"') {
        if (s->size + n - 2 > sizeof s->pattern)
            return console_error(console, "The pattern is too long.");
        memcpy(s->pattern + s->size, text + 1, n - 2);
        s->size += n - 2;
        return true;
    }
    if (!expression_evaluate(console, text, &v))
        return false;
    uint64_t size = s->unit ? s->unit : type_strip(v.type)->size;
    if (!size || size > 16 || s->size + size > sizeof s->pattern)
        return console_error(console, "Cannot search for `%s'.", text);
    memcpy(s->pattern + s->size, v.bytes, size);
    s->size += size;
    return true;
}

/* The next comma that is in no string and no brackets. */
static char *cut(char **rest)
{
    char *start = *rest + strspn(*rest, " "), *p = start;
    for (int depth = 0, quoted = 0; *p && (*p != ',' || depth || quoted); p++) {
        quoted ^= *p == '"';
        depth += !quoted && strchr("([{", *p) ? 1 : !quoted && strchr(")]}", *p) ? -1 : 0;
    }
    *rest = *p ? p + 1 : p;
    char *end = p;
    while (end > start && end[-1] == ' ')
        end--;
    *end = 0;
    return start;
}

/* The matches in a stretch of memory, read window by window. *end: where it could not be read any more. */
static uint64_t search(Console *console, const Search *s, uint64_t most, uint64_t *end)
{
    uint64_t found = 0, done = 0;
    uint8_t *window = malloc(WINDOW);
    *end = s->start + s->length;
    while (window && s->length - done >= s->size && found < most) {
        uint64_t want = s->length - done < WINDOW ? s->length - done : WINDOW;
        uint64_t got = emu_read(console->emu, console_pid(console), s->start + done, window, want), at = 0;
        const uint8_t *hit;
        while (found < most && got - at >= s->size && (hit = memmem(window + at, got - at, s->pattern, s->size))) {
            at = (uint64_t)(hit - window);
            fprintf(console->out, "0x%" PRIx64, s->start + done + at);
            value_print_symbol(console, console->out, s->start + done + at);
            putc('\n', console->out);
            found++;
            at++;
        }
        if (got < want) {
            *end = s->start + done + got;
            break;
        }
        done += want - s->size + 1;
    }
    free(window);
    return found;
}

static bool take_search(Console *console, Search *s, const char *format, char *rest, uint64_t *most)
{
    Value v;
    for (const char *p = format; *p; p++) {
        const char *unit = strchr("bhwg", *p);
        if (unit)
            s->unit = 1u << (unit - "bhwg");
        else if (isdigit((unsigned char)*p))
            *most = strtoull(p, (char **)&p, 10), p--;
        else
            return console_error(console, "Invalid size granularity.");
    }
    if (!expression_address(console, cut(&rest), &s->start))
        return false;
    char *second = cut(&rest);
    if (!*second)
        return console_error(console, "Missing search parameters.");
    if (!expression_evaluate(console, second + (*second == '+'), &v))
        return false;
    uint64_t number = value_number(&v);
    if (*second != '+' && number < s->start)
        return console_error(console, "Invalid search space, end precedes start.");
    s->length = *second == '+' ? number : number - s->start + 1;
    if (!s->length)
        return console_error(console, "Empty search range.");
    while (*rest)
        if (!add_value(console, s, cut(&rest)))
            return false;
    return s->size || console_error(console, "Missing search pattern.");
}

bool cmd_find(Console *console, const char *format, const char *args)
{
    Search s = {.size = 0};
    uint64_t most = UINT64_MAX, end;
    char *text = strdup(args);
    bool good = text && take_search(console, &s, format, text, &most);
    free(text);
    if (!good)
        return false;
    uint64_t found = search(console, &s, most, &end);
    if (end < s.start + s.length)
        fprintf(console->out,
                "warning: Unable to access %" PRIu64 " bytes of target memory at 0x%" PRIx64 ", halting search.\n",
                s.start + s.length - end, end);
    if (!found)
        fputs("Pattern not found.\n", console->out);
    else
        fprintf(console->out, "%" PRIu64 " pattern%s found.\n", found, found == 1 ? "" : "s");
    return true;
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

bool cmd_frame_of(Console *console, const char *format, const char *args)
{
    static const char *const kinds[] = {[EMU_FRAME_FREE] = "free",
                                        [EMU_FRAME_RESERVED] = "reserved",
                                        [EMU_FRAME_TABLE] = "a page table",
                                        [EMU_FRAME_ANON] = "anonymous memory",
                                        [EMU_FRAME_FILE] = "a page of a file",
                                        [EMU_FRAME_ZERO] = "the page of zeroes that all share"};
    uint64_t address;
    EmuWalk walk;
    EmuFrameInfo frame;
    (void)format;
    if (!console->emu || !expression_address(console, args, &address))
        return false;
    if (!emu_walk(console->emu, console_pid(console), address, &walk) || !emu_frame(console->emu, walk.paddr, &frame)) {
        fprintf(console->out, "0x%" PRIx64 " has no frame: nothing is mapped there, or it was never touched\n", address);
        return true;
    }
    fprintf(console->out, "0x%" PRIx64 " is at 0x%" PRIx64 ": frame %" PRIu64 ", %s, %" PRIu32 " owner%s\n", address,
            walk.paddr, walk.paddr >> 12,
            (size_t)frame.kind < sizeof kinds / sizeof kinds[0] && kinds[frame.kind] ? kinds[frame.kind] : "other",
            frame.owners, frame.owners == 1 ? "" : "s");
    return true;
}
