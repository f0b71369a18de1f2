/* One hash table of every line ever used, per side book. For the shadow cache its entries are also linked in LRU order, and
 * the newest `capacity` of them are what the fully associative cache holds.
 *
 * The reuse distance of an access is the number of distinct lines used since: times of last use are kept in a Fenwick tree
 * (one mark per line, at its latest time), so the distance is the number of marks behind the line's own (Bennett and
 * Kruskal, "LRU stack processing", 1975). When the times run out they are renumbered. */
#include "mmu/hierarchy/shadow.h"

#include <stdlib.h>

enum { FIRST_SIZE = 1024 };

static u64 mix(u64 key) { return (key ^ key >> 29) * 0xbf58476d1ce4e5b9ull; }

/* ---- the table: line → number 1, 2, 3 … in order of first use; 0: new ------------------------------------------- */

typedef struct Table {
    u64 *lines; /* [size] line + 1; 0: free */
    u32 *numbers;
    u64 size, used;
} Table;

static bool table_create(Table *table, u64 size)
{
    *table = (Table){.lines = calloc(size, sizeof(u64)), .numbers = calloc(size, sizeof(u32)), .size = size};
    return table->lines && table->numbers;
}

static void table_destroy(Table *table)
{
    free(table->lines);
    free(table->numbers);
}

static u64 table_place(const Table *table, u64 line)
{
    u64 place = mix(line) >> 16 & (table->size - 1);
    while (table->lines[place] && table->lines[place] != line + 1)
        place = (place + 1) & (table->size - 1);
    return place;
}

static bool table_grow(Table *table)
{
    Table bigger;
    if (!table_create(&bigger, 2 * table->size)) {
        table_destroy(&bigger);
        return false;
    }
    for (u64 i = 0; i < table->size; i++)
        if (table->lines[i]) {
            u64 place = table_place(&bigger, table->lines[i] - 1);
            bigger.lines[place] = table->lines[i];
            bigger.numbers[place] = table->numbers[i];
        }
    bigger.used = table->used;
    table_destroy(table);
    *table = bigger;
    return true;
}

/* The line's number; *is_new when it had none. 0: the host has no memory for another. */
static u32 table_number(Table *table, u64 line, bool *is_new)
{
    *is_new = false;
    u64 place = table_place(table, line);
    if (table->lines[place])
        return table->numbers[place];
    *is_new = true;
    if (2 * (table->used + 1) > table->size) {
        if (!table_grow(table))
            return 0;
        place = table_place(table, line);
    }
    table->lines[place] = line + 1;
    return table->numbers[place] = (u32)++table->used;
}

/* ---- the shadow caches ------------------------------------------------------------------------------------------ */

typedef struct Link {
    u32 newer, older;
    bool held; /* among the newest `capacity` */
} Link;

struct Shadow {
    Table table;
    Link *links; /* [limit]; link 0 is the ends of the list: older = newest, newer = oldest held */
    u64 limit, capacity, held;
};

Shadow *shadow_create(u64 lines)
{
    Shadow *shadow = calloc(1, sizeof *shadow);
    if (!shadow)
        return NULL;
    shadow->capacity = lines;
    shadow->limit = FIRST_SIZE;
    shadow->links = calloc(shadow->limit, sizeof *shadow->links);
    if (!table_create(&shadow->table, FIRST_SIZE) || !shadow->links) {
        shadow_destroy(shadow);
        return NULL;
    }
    return shadow;
}

void shadow_destroy(Shadow *shadow)
{
    if (!shadow)
        return;
    table_destroy(&shadow->table);
    free(shadow->links);
    free(shadow);
}

static void unlink_line(Shadow *shadow, u32 number)
{
    Link *link = &shadow->links[number];
    shadow->links[link->newer].older = link->older;
    shadow->links[link->older].newer = link->newer;
    link->held = false;
    shadow->held--;
}

static void link_newest(Shadow *shadow, u32 number)
{
    Link *link = &shadow->links[number];
    link->newer = 0;
    link->older = shadow->links[0].older;
    link->held = true;
    shadow->links[link->older].newer = number;
    shadow->links[0].older = number;
    if (++shadow->held > shadow->capacity)
        unlink_line(shadow, shadow->links[0].newer);
}

MissClass shadow_use(Shadow *shadow, u64 line)
{
    bool is_new;
    u32 number = table_number(&shadow->table, line, &is_new);
    if (number >= shadow->limit) {
        Link *links = realloc(shadow->links, 2 * shadow->limit * sizeof *links);
        if (!links)
            return MISS_COLD;
        memset(links + shadow->limit, 0, shadow->limit * sizeof *links);
        shadow->links = links;
        shadow->limit *= 2;
    }
    if (!number)
        return MISS_COLD;
    MissClass class = is_new ? MISS_COLD : shadow->links[number].held ? MISS_CONFLICT : MISS_CAPACITY;
    if (shadow->links[number].held)
        unlink_line(shadow, number);
    link_newest(shadow, number);
    return class;
}

/* ---- reuse distance --------------------------------------------------------------------------------------------- */

struct Reuse {
    Table table;
    u64 *when;   /* [when_limit] by number: time of last use, 1 … */
    u64 when_limit;
    u32 *tree;   /* [times + 1] Fenwick tree over times: marks */
    u64 times, now;
    u64 *histogram; /* [histogram_size] uses at each distance */
    u64 histogram_size;
    u64 first_uses, uses;
};

Reuse *reuse_create(void)
{
    Reuse *reuse = calloc(1, sizeof *reuse);
    if (!reuse)
        return NULL;
    reuse->when_limit = reuse->histogram_size = FIRST_SIZE;
    reuse->times = 4 * FIRST_SIZE;
    reuse->when = calloc(reuse->when_limit, sizeof(u64));
    reuse->histogram = calloc(reuse->histogram_size, sizeof(u64));
    reuse->tree = calloc(reuse->times + 1, sizeof(u32));
    if (!table_create(&reuse->table, FIRST_SIZE) || !reuse->when || !reuse->histogram || !reuse->tree) {
        reuse_destroy(reuse);
        return NULL;
    }
    return reuse;
}

void reuse_destroy(Reuse *reuse)
{
    if (!reuse)
        return;
    table_destroy(&reuse->table);
    free(reuse->when);
    free(reuse->tree);
    free(reuse->histogram);
    free(reuse);
}

static void mark(Reuse *reuse, u64 time, u32 change)
{
    for (; time <= reuse->times; time += time & -time)
        reuse->tree[time] += change;
}

static u64 marks_up_to(const Reuse *reuse, u64 time)
{
    u64 sum = 0;
    for (; time; time -= time & -time)
        sum += reuse->tree[time];
    return sum;
}

/* Renumbers the times 1 … lines in the same order, with room for as many again and more. */
static bool renumber(Reuse *reuse)
{
    u64 lines = reuse->table.used, times = 4 * (lines < FIRST_SIZE ? FIRST_SIZE : lines);
    u32 *tree = calloc(times + 1, sizeof *tree);
    if (!tree)
        return false;
    for (u64 number = 1; number <= lines; number++)
        if (reuse->when[number])
            reuse->when[number] = marks_up_to(reuse, reuse->when[number]);
    free(reuse->tree);
    reuse->tree = tree;
    reuse->times = times;
    reuse->now = 0;
    for (u64 number = 1; number <= lines; number++)
        if (reuse->when[number]) {
            mark(reuse, reuse->when[number], 1);
            reuse->now = reuse->when[number] > reuse->now ? reuse->when[number] : reuse->now;
        }
    return true;
}

static bool grow_array(u64 **array, u64 *limit, u64 index)
{
    if (index < *limit)
        return true;
    u64 bigger = *limit;
    while (bigger <= index)
        bigger *= 2;
    u64 *p = realloc(*array, bigger * sizeof *p);
    if (!p)
        return false;
    memset(p + *limit, 0, (bigger - *limit) * sizeof *p);
    *array = p;
    *limit = bigger;
    return true;
}

void reuse_use(Reuse *reuse, u64 line)
{
    bool is_new;
    reuse->uses++;
    u32 number = table_number(&reuse->table, line, &is_new);
    if (!number || !grow_array(&reuse->when, &reuse->when_limit, number) || (reuse->now == reuse->times && !renumber(reuse)))
        return;
    if (reuse->when[number]) {
        u64 distance = marks_up_to(reuse, reuse->now) - marks_up_to(reuse, reuse->when[number]);
        if (grow_array(&reuse->histogram, &reuse->histogram_size, distance))
            reuse->histogram[distance]++;
        mark(reuse, reuse->when[number], (u32)-1);
    } else {
        reuse->first_uses++;
    }
    reuse->when[number] = ++reuse->now;
    mark(reuse, reuse->now, 1);
}

u64 reuse_nearer(const Reuse *reuse, u64 lines)
{
    u64 sum = 0;
    for (u64 distance = 0; distance < lines && distance < reuse->histogram_size; distance++)
        sum += reuse->histogram[distance];
    return sum;
}

u64 reuse_first_uses(const Reuse *reuse) { return reuse->first_uses; }
u64 reuse_uses(const Reuse *reuse) { return reuse->uses; }
