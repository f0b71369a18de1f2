/* The way of an access through the caches.
 *
 * Two ways of the same hardware. The simple one is for machines whose caches are LRU and only remember presence (stores look
 * like loads, levels do not ask each other): a level that misses passes the whole reference on, each level has its own line
 * size, and a set is searched and aged in one pass. That is cachegrind's machine, and the quick one. The full one knows
 * dirty lines, write-through, inclusion and exclusion, prefetching and every policy, line by line. */
#include "mmu/hierarchy/internal.h"

/* The lines of a reference at one level: one, or two when it straddles. */
typedef struct Lines {
    u64 low, high;
} Lines;

/* Where the next page of the model begins: the machine has told when it is another one of its own as well. */
static u64 second_page(const Hierarchy *h, const Reference *r)
{
    return r->paddr2 ? r->paddr2 : (r->paddr | ((1ull << h->front.page_shift) - 1)) + 1;
}

static Lines lines_of(const Hierarchy *h, const Reference *r, u32 line_shift)
{
    if (!h->physical)
        return (Lines){r->address >> line_shift, (r->address + r->size - 1) >> line_shift};
    u64 in_page = (1ull << h->front.page_shift) - (r->address & ((1ull << h->front.page_shift) - 1));
    if (r->size <= in_page)
        return (Lines){r->paddr >> line_shift, (r->paddr + r->size - 1) >> line_shift};
    return (Lines){r->paddr >> line_shift, (second_page(h, r) + (r->size - in_page) - 1) >> line_shift};
}

/* ---- the line filter ------------------------------------------------------------------------------------------- */

static INLINE void drop_known_line(Level *level, u64 line)
{
    u64 address = line << VIEW_LINE_SHIFT;
    PageView *view = level->views ? view_of(level->views, address) : NULL;
    if (view && view->owner == address >> VIEW_PAGE_SHIFT)
        *view_cell(view, address) = 0;
}

/* The filter no longer knows the entry (number `index`) of a first-level cache. */
static INLINE void drop_known(Level *level, u64 index) { drop_known_line(level, level->known_as[index]); }

static void drop_last_used(Level *level, u64 index)
{
    u64 *last = &level->last[index / level->cache.ways];
    if (*last && *last != index + 1)
        drop_known(level, *last - 1);
    *last = index + 1;
}

static void drop_very_last(Hierarchy *h, Level *level, u64 line)
{
    u64 *very_last = &h->last_line[level->id == CACHE_L1D];
    if (*very_last != line)
        drop_known_line(level, *very_last);
    *very_last = line;
}

/* Entry `index` of a first-level cache was used as the virtual `line`: the filter may know it from now on, for loads and
 * for stores. It has one name there at a time. */
static INLINE void note_line(Hierarchy *h, Level *level, u64 index, u64 line, bool may_read, bool may_write)
{
    if (UNLIKELY(!level->views))
        return;
    if (UNLIKELY(level->last != NULL))
        drop_last_used(level, index);
    if (UNLIKELY(h->single))
        drop_very_last(h, level, line);
    if (level->known_as[index] != line) {
        drop_known(level, index);
        level->known_as[index] = line;
    }
    u64 address = line << VIEW_LINE_SHIFT;
    u16 cell = (u16)(index + 1) | (may_write || level->id == CACHE_L1I ? 0 : VIEW_CLEAN);
    *view_cell(view_take(h, level->views, address), address) = may_read ? cell : 0;
}

static void forget_last(Level *level, u64 set)
{
    if (level->last[set])
        drop_known(level, level->last[set] - 1);
    level->last[set] = 0;
}

static void view_clear(Hierarchy *h, PageView *view, u64 owner)
{
    *view = (PageView){.page = {NO_LINE, NO_LINE}, .stamp = {&h->front.no_stamp, &h->front.no_stamp}, .owner = owner};
}

PageView *view_take(Hierarchy *h, PageView *views, u64 address)
{
    PageView *view = view_of(views, address);
    if (UNLIKELY(view->owner != address >> VIEW_PAGE_SHIFT))
        view_clear(h, view, address >> VIEW_PAGE_SHIFT);
    return view;
}

void filter_clear_range(Hierarchy *h, u64 start, u64 end)
{
    for (u64 address = start; address < end; address += 1 << VIEW_PAGE_SHIFT)
        for (u32 which = 0; which < 2; which++) {
            PageView *view = view_of(which ? h->front.data : h->front.fetch, address);
            if (view->owner == address >> VIEW_PAGE_SHIFT)
                view_clear(h, view, NO_LINE);
        }
}

void filter_clear(Hierarchy *h)
{
    for (u32 i = 0; i < VIEWS; i++) {
        view_clear(h, &h->front.fetch[i], NO_LINE);
        view_clear(h, &h->front.data[i], NO_LINE);
    }
    h->last_line[0] = h->last_line[1] = NO_LINE;
    for (u32 id = 0; id < CACHES; id++)
        if (h->level[id].last)
            memset(h->level[id].last, 0, h->level[id].cache.sets * sizeof(u64));
    tlb_forget_last(h);
}

/* ---- the same, for who has no times of its own ------------------------------------------------------------------ */

bool hierarchy_passes_fetch(Hierarchy *h, u64 address, u32 size)
{
    const u16 *cell = hierarchy_fetch_cell(h, address);
    return view_in_line(address, size) && hierarchy_passes_cell_at(h, cell, address >> VIEW_PAGE_SHIFT, ++h->front.clock);
}
bool hierarchy_passes_read(Hierarchy *h, u64 address, u32 size)
{
    return hierarchy_passes_read_at(h, address, size, ++h->front.clock);
}
bool hierarchy_passes_write(Hierarchy *h, u64 address, u32 size)
{
    return hierarchy_passes_write_at(h, address, size, ++h->front.clock);
}
bool hierarchy_passes_modify(Hierarchy *h, u64 address, u32 size)
{
    return hierarchy_passes_modify_at(h, address, size, ++h->front.clock);
}

/* ---- the simple way -------------------------------------------------------------------------------------------- */

static void classify(Level *level, AccessKind kind, MissClass class)
{
    level->cold[kind] += class == MISS_COLD;
    level->capacity[kind] += class == MISS_CAPACITY;
    level->conflict[kind] += class == MISS_CONFLICT;
}

static void show_look(const Hierarchy *h, const Level *level, u64 key, AccessKind kind, const CacheResult *result)
{
    observe(h, &(Step){.step = STEP_CACHE, .kind = kind, .unit = level_names[level->id], .level = level->id, .set = result->set,
                       .way = result->way, .sets = level->cache.sets, .ways = level->cache.ways, .key = key, .hit = result->hit});
}

static void show_fill(const Hierarchy *h, const Level *level, u64 key, AccessKind kind, const CacheResult *result)
{
    observe(h, &(Step){.step = STEP_FILL, .kind = kind, .unit = level_names[level->id], .level = level->id, .set = result->set,
                       .way = result->way, .sets = level->cache.sets, .ways = level->cache.ways, .key = key,
                       .victim = ENTRY_KEY(result->victim), .had_victim = result->victim != 0, .victim_dirty = result->victim & ENTRY_DIRTY});
}

/* One line at one level when somebody watches: shadows, observers. */
static bool pass_watched(Hierarchy *h, Level *level, u64 key, AccessKind kind, MissClass *class)
{
    CacheResult result = cache_lookup(&level->cache, key);
    show_look(h, level, key, kind, &result);
    bool missed = !result.hit;
    if (missed) {
        result = cache_insert(&level->cache, key, 0);
        show_fill(h, level, key, kind, &result);
        if (level->known_as)
            drop_known(level, (u64)(result.entry - level->cache.entries));
    }
    MissClass this_class = level->shadow ? shadow_use(level->shadow, key) : MISS_COLD;
    if (missed && *class == MISS_CLASSES) /* a straddling reference is named after the first line that missed */
        *class = this_class;
    return missed;
}

/* The same, in the first level, when nobody does; where the line is afterwards. */
static INLINE bool pass_first_at(Level *level, u64 key, u64 *index)
{
    Cache *cache = &level->cache;
    u64 at = (u64)cache_set_of(cache, key) * cache->ways, want = key << ENTRY_KEY_SHIFT | ENTRY_VALID;
    u32 way = find_plain(cache->entries + at, cache->ways, want);
    bool missed = way == cache->ways;
    if (missed) {
        way = find_oldest_stamp(cache->stamps + at, cache->ways);
        drop_known(level, at + way);
        cache->entries[at + way] = want;
    }
    cache->stamps[at + way] = ++*cache->clock;
    *index = at + way;
    return missed;
}

static INLINE bool pass_first(Level *level, u64 key)
{
    u64 index;
    return pass_first_at(level, key, &index);
}

/* And below the first level. */
static INLINE bool pass_below(Level *level, u64 key)
{
    return lru_pass(cache_set(&level->cache, key), level->cache.ways, key << ENTRY_KEY_SHIFT | ENTRY_VALID);
}

static void note_reuse(Hierarchy *h, const Level *level, AccessKind kind, u64 key)
{
    if (UNLIKELY(h->reuse && level->id == CACHE_L1D && (kind == KIND_READ || kind == KIND_WRITE)))
        reuse_use(h->reuse, key);
}

static INLINE bool simple_level(Hierarchy *h, Level *level, Lines lines, AccessKind kind, bool first)
{
    u64 low = line_key(h, lines.low), high = line_key(h, lines.high);
    bool missed;
    level->refs[kind]++;
    if (UNLIKELY(level->shadow || h->observer)) {
        MissClass class = MISS_CLASSES;
        missed = pass_watched(h, level, low, kind, &class);
        if (high != low)
            missed |= pass_watched(h, level, high, kind, &class);
        if (missed && level->shadow)
            classify(level, kind, class);
    } else {
        missed = first ? pass_first(level, low) : pass_below(level, low);
        if (UNLIKELY(high != low))
            missed |= first ? pass_first(level, high) : pass_below(level, high);
    }
    level->misses[kind] += missed;
    return missed;
}

/* Lets the filter know a line that was just used; the other line of the reference may have pushed it out again. */
static INLINE void note_simple(Hierarchy *h, Level *level, AccessKind kind, u64 line, u64 virtual_line)
{
    u64 key = line_key(h, line), at = (u64)cache_set_of(&level->cache, key) * level->cache.ways;
    u32 way = find_plain(level->cache.entries + at, level->cache.ways, key << ENTRY_KEY_SHIFT | ENTRY_VALID);
    if (LIKELY(way < level->cache.ways && !h->observer))
        note_line(h, level, at + way, virtual_line, true, true);
    note_reuse(h, level, kind, key);
}

/* The first level, when somebody watches or the reference straddles. */
static NOINLINE bool simple_first(Hierarchy *h, Level *level, const Reference *reference, Lines lines, AccessKind kind)
{
    bool missed = simple_level(h, level, lines, kind, true);
    note_simple(h, level, kind, lines.low, reference->address >> level->line_shift);
    if (lines.high != lines.low) {
        note_simple(h, level, kind, lines.high, (reference->address + reference->size - 1) >> level->line_shift);
        h->extra_lines[kind]++;
    }
    return missed;
}

static INLINE void simple_access(Hierarchy *h, const Reference *reference, AccessKind kind)
{
    Level *level = &h->level[kind == KIND_FETCH ? CACHE_L1I : CACHE_L1D];
    Lines lines = lines_of(h, reference, level->line_shift);
    bool missed;
    if (LIKELY(lines.high == lines.low && !level->shadow && !h->observer)) {
        u64 key = line_key(h, lines.low), index;
        missed = pass_first_at(level, key, &index);
        level->refs[kind]++;
        level->misses[kind] += missed;
        note_line(h, level, index, reference->address >> level->line_shift, true, true);
        note_reuse(h, level, kind, key);
    } else {
        missed = simple_first(h, level, reference, lines, kind);
    }
    for (level = level->next; missed && level; level = level->next) {
        lines = lines_of(h, reference, level->line_shift);
        missed = simple_level(h, level, lines, kind, false);
    }
    if (missed)
        dram_access(h, h->physical ? reference->paddr : reference->address, false);
}

/* ---- the full way ---------------------------------------------------------------------------------------------- */

static void fill(Hierarchy *h, Level *level, u64 key, u64 flags, AccessKind kind);
static void write_below(Hierarchy *h, Level *level, u64 key);

static void memory(Hierarchy *h, const Level *level, u64 key, bool write)
{
    dram_access(h, (key & ((1ull << KEY_SPACE_SHIFT) - 1)) << level->line_shift, write);
}

/* A look-up that counts and is seen. The entry when it is there. */
static u64 *look(Hierarchy *h, Level *level, u64 key, AccessKind kind)
{
    CacheResult result = cache_lookup(&level->cache, key);
    level->refs[kind]++;
    level->misses[kind] += !result.hit;
    if (level->shadow && kind != KIND_PREFETCH) {
        MissClass class = shadow_use(level->shadow, key);
        if (!result.hit)
            classify(level, kind, class);
    }
    show_look(h, level, key, kind, &result);
    return result.entry;
}

/* A demand access found a line that a prefetcher had brought. */
static bool use_prefetched(Level *level, u64 *entry)
{
    if (!(*entry & ENTRY_PREFETCHED))
        return false;
    *entry &= ~(u64)ENTRY_PREFETCHED;
    level->prefetches_used++;
    return true;
}

/* Gets a line that missed in `level` from below; the flags that come with it (DIRTY, out of a victim cache). */
static u64 read_below(Hierarchy *h, Level *level, u64 key, AccessKind kind)
{
    Level *next = level->next;
    if (!next) {
        memory(h, level, key, false);
        return 0;
    }
    u64 *entry = look(h, next, key, kind);
    bool train = !entry || use_prefetched(next, entry), exclusive = next->config.inclusion == INCLUSION_EXCLUSIVE;
    u64 flags = 0;
    if (entry && exclusive) {
        flags = cache_remove(&next->cache, key) & ENTRY_DIRTY;
    } else if (!entry) {
        flags = read_below(h, next, key, kind);
        if (!exclusive) {
            fill(h, next, key, flags, kind);
            flags = 0;
        }
    }
    if (train && next->config.prefetch && kind != KIND_PREFETCH)
        prefetch_train(h, next, key);
    return flags;
}

/* Takes a line away from the levels above an inclusive one; DIRTY if it was dirty there. */
static u64 back_invalidate(Hierarchy *h, Level *level, u64 key)
{
    u64 dirty = 0;
    for (u32 id = 0; id < level->id; id++) {
        Level *above = &h->level[id];
        u64 *entry = above->present ? cache_peek(&above->cache, key) : NULL;
        if (!entry)
            continue;
        if (above->known_as)
            drop_known(above, (u64)(entry - above->cache.entries));
        dirty |= cache_remove(&above->cache, key) & ENTRY_DIRTY;
        above->back_invalidations++;
    }
    return dirty;
}

/* `entry` leaves `level`. */
static void evict(Hierarchy *h, Level *level, u64 entry)
{
    u64 key = ENTRY_KEY(entry), dirty = entry & ENTRY_DIRTY;
    level->evictions++;
    level->prefetches_wasted += (entry & ENTRY_PREFETCHED) != 0;
    if (level->config.inclusion == INCLUSION_INCLUSIVE)
        dirty |= back_invalidate(h, level, key);
    Level *next = level->next;
    if (next && next->config.inclusion == INCLUSION_EXCLUSIVE) {
        u64 *there = cache_peek(&next->cache, key);
        next->victims_in++;
        if (there)
            *there |= dirty;
        else
            fill(h, next, key, dirty, KIND_WRITE);
    } else if (dirty) {
        level->writebacks++;
        write_below(h, level, key);
    }
}

static void fill(Hierarchy *h, Level *level, u64 key, u64 flags, AccessKind kind)
{
    CacheResult result = cache_insert(&level->cache, key, flags);
    show_fill(h, level, key, kind, &result);
    if (level->known_as)
        drop_known(level, (u64)(result.entry - level->cache.entries));
    if (level->last) /* a newcomer changes the set's state for the entry used last, too */
        forget_last(level, result.set);
    if (result.victim)
        evict(h, level, result.victim);
}

/* A whole line, or a written-through store, goes from `level` to the one below it. */
static void write_below(Hierarchy *h, Level *level, u64 key)
{
    Level *next = level->next;
    if (!next) {
        memory(h, level, key, true);
        return;
    }
    u64 *entry = cache_lookup(&next->cache, key).entry;
    if (next->config.write != WRITE_BACK)
        write_below(h, next, key);
    else if (entry)
        *entry |= ENTRY_DIRTY;
    else if (next->config.allocate)
        fill(h, next, key, ENTRY_DIRTY, KIND_WRITE);
    else
        write_below(h, next, key);
}

/* One line at a first-level cache: found or brought in; then written, if `store`. Returns whether it missed. The filter may
 * know it as `virtual_line` (NO_LINE: nobody's address). */
static bool full_line(Hierarchy *h, Level *level, u64 line, u64 virtual_line, AccessKind kind, bool store)
{
    u64 key = line_key(h, line);
    u64 *entry = look(h, level, key, kind);
    note_reuse(h, level, kind, key);
    bool missed = !entry, train = missed || use_prefetched(level, entry);
    bool bring = missed && (level->config.allocate || kind != KIND_WRITE);
    if (bring)
        fill(h, level, key, read_below(h, level, key, kind), kind);
    if (train && level->config.prefetch)
        prefetch_train(h, level, key);
    entry = cache_peek(&level->cache, key); /* filling and prefetching may have moved it, or (one way) taken it */
    if (store && level->config.write == WRITE_BACK && entry)
        *entry |= ENTRY_DIRTY;
    else if (store && level->config.write != WRITE_UNSEEN)
        write_below(h, level, key);
    if (!entry)
        return missed;
    u64 index = (u64)(entry - level->cache.entries);
    if (virtual_line == NO_LINE || h->observer) { /* a walk: used, but not as anything that the filter could name */
        if (level->last)
            forget_last(level, index / level->cache.ways);
    } else {
        /* SRRIP: the first use after the fill still changes the line's age */
        bool may = !(missed && level->config.policy == POLICY_SRRIP);
        bool stays_dirty = *entry & ENTRY_DIRTY || level->config.write == WRITE_UNSEEN;
        note_line(h, level, index, virtual_line, may, may && stays_dirty);
    }
    return missed;
}

/* straddle=one: two look-ups, but one reference and at most one miss. */
static void full_access_one(Hierarchy *h, Level *level, const Reference *reference, AccessKind kind, bool store)
{
    Lines lines = lines_of(h, reference, level->line_shift);
    u64 low = reference->address >> level->line_shift, high = (reference->address + reference->size - 1) >> level->line_shift;
    bool missed = full_line(h, level, lines.low, low, kind, store);
    if (lines.high != lines.low) {
        bool missed_high = full_line(h, level, lines.high, high, kind, store);
        level->misses[kind] -= missed && missed_high;
        h->extra_lines[kind]++;
    }
}

/* straddle=split: every line is an access of its own. */
static void full_access_split(Hierarchy *h, Level *level, const Reference *r, AccessKind kind, bool store)
{
    u64 page = 1ull << h->front.page_shift, in_page = page - (r->address & (page - 1)), lines = 0;
    for (u64 done = 0; done < r->size;) { /* a part per page */
        u64 part = r->size - done < in_page ? r->size - done : in_page;
        u64 first = !h->physical ? r->address + done : done ? second_page(h, r) : r->paddr;
        u64 virtual_line = (r->address + done) >> level->line_shift;
        for (u64 line = first >> level->line_shift; line <= (first + part - 1) >> level->line_shift; line++, lines++)
            full_line(h, level, line, virtual_line++, kind, store);
        done += part;
        in_page = page;
    }
    h->extra_lines[kind] += lines - 1;
    h->references[kind] += lines - 1;
}

void path_read(Hierarchy *h, Level *level, u64 line, AccessKind kind)
{
    if (level->known_as) {
        full_line(h, level, line, NO_LINE, kind, false);
        return;
    }
    u64 key = line_key(h, line);
    u64 *entry = look(h, level, key, kind);
    if (!entry)
        fill(h, level, key, read_below(h, level, key, kind), kind);
    else
        use_prefetched(level, entry);
}

void path_prefetch(Hierarchy *h, Level *level, u64 key)
{
    if (cache_peek(&level->cache, key))
        return;
    level->prefetches++;
    fill(h, level, key, read_below(h, level, key, KIND_PREFETCH) | ENTRY_PREFETCHED, KIND_PREFETCH);
}

/* ---- what the filter does not pass ------------------------------------------------------------------------------- */

/* What the filter refuses has often missed the first level: the next level's set, which is seldom in the host's own caches, is
 * asked for while TLBs and first level are looked at. */
static INLINE void expect_below(const Hierarchy *h, const Level *next, const Reference *reference)
{
    if (!next || !next->cache.masked)
        return;
    const u64 *set = cache_set(&next->cache, (h->physical ? reference->paddr : reference->address) >> next->line_shift);
    __builtin_prefetch(set);
    __builtin_prefetch(set + 8);
}

static INLINE void access_cut(Hierarchy *h, const Reference *reference, AccessKind kind, bool store)
{
    expect_below(h, h->level[CACHE_L1D].next, reference);
    tlb_access(h, reference, kind);
    if (store && kind == KIND_READ) /* a modify: as a load, and D must be set */
        tlb_access(h, reference, KIND_WRITE);
    Level *level = &h->level[kind == KIND_FETCH ? CACHE_L1I : CACHE_L1D];
    if (h->simple)
        simple_access(h, reference, kind);
    else if (h->config.straddle == STRADDLE_ONE)
        full_access_one(h, level, reference, kind, store);
    else
        full_access_split(h, level, reference, kind, store);
}

/* References longer than a line are cut (straddle=one). No copy of others: reading a structure just written costs more than
 * a hit. */
static NOINLINE void access_long(Hierarchy *h, const Reference *reference, AccessKind kind, bool store)
{
    Reference cut = *reference;
    cut.size = h->cut;
    access_cut(h, &cut, kind, store);
}

static INLINE void access(Hierarchy *h, const Reference *reference, AccessKind kind, bool store)
{
    if (LIKELY(reference->size <= h->cut))
        access_cut(h, reference, kind, store);
    else
        access_long(h, reference, kind, store);
}

/* The inlined filter leaves to us what lies in two lines. Where it knows both, nothing else changes here either. */
static INLINE bool passes_straddling(Hierarchy *h, const Reference *r, AccessKind kind)
{
    u64 first = r->address, last = first + r->size - 1, bit = kind == KIND_WRITE ? VIEW_CLEAN : 0;
    if (LIKELY(last >> VIEW_LINE_SHIFT != (first >> VIEW_LINE_SHIFT) + 1) || r->size > h->cut)
        return false;
    PageView *views = kind == KIND_FETCH ? h->front.fetch : h->front.data, *low = view_of(views, first), *high = view_of(views, last);
    u16 low_cell = *view_cell(low, first), high_cell = *view_cell(high, last);
    bool store = kind == KIND_WRITE;
    if (low->page[store] != first >> VIEW_PAGE_SHIFT || high->page[store] != last >> VIEW_PAGE_SHIFT || !low_cell || !high_cell ||
        (low_cell | high_cell) & bit)
        return false;
    i64 *stamps = kind == KIND_FETCH ? h->front.fetch_stamps : h->front.data_stamps;
    stamps[low_cell & (VIEW_CLEAN - 1)] = *low->stamp[store] = ++h->front.clock;
    stamps[high_cell & (VIEW_CLEAN - 1)] = *high->stamp[store] = ++h->front.clock;
    h->extra_lines[kind]++;
    h->references[kind] += h->config.straddle == STRADDLE_SPLIT;
    return true;
}

void hierarchy_miss_fetch(Hierarchy *h, const Reference *reference)
{
    if (!passes_straddling(h, reference, KIND_FETCH))
        access(h, reference, KIND_FETCH, false);
}
void hierarchy_miss_read(Hierarchy *h, const Reference *reference)
{
    h->shown_reads++;
    if (!passes_straddling(h, reference, KIND_READ))
        access(h, reference, KIND_READ, false);
}
void hierarchy_miss_write(Hierarchy *h, const Reference *reference)
{
    h->shown_writes++;
    if (!passes_straddling(h, reference, KIND_WRITE))
        access(h, reference, KIND_WRITE, true);
}
void hierarchy_miss_modify(Hierarchy *h, const Reference *reference)
{
    h->shown_writes++;
    access(h, reference, KIND_READ, true);
}
