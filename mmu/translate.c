/* The MMU of the one core: what happens when the TLB's inlined compare fails, and what keeps the TLB honest.
 *
 * The idea: an entry exists exactly when a look-up there is a hit; whether it may be used *without asking* is told by its
 * tag alone (tlb.h). Read entries are made by reads and write entries by writes that have set D, so a store through a
 * page whose D is clear always walks, as on hardware.
 *
 * Spaces are kept apart as by PCID: a switch moves the entries in use (not the arrays) to a slot and those of the next
 * space back. Everything else that this room promises is in mmu.h. */
#include <assert.h>
#include <sys/mman.h>

#include "mmu/state.h"
#include "mmu/walk.h"

enum {
    SLOTS_KEPT = 8,
    ENTRIES = 2 * TLB_SETS + TLB_EXEC_SETS, /* all entries numbered in the order of struct Tlb */
    WRITE_BASE = TLB_SETS,
    EXEC_BASE = 2 * TLB_SETS,
    FEW_PAGES = 64, /* below this, a flush looks pages up; above, it looks entries through */
    KNOWN_HOSTS = 64,
};
_Static_assert(sizeof(TlbEntry) == 16 && sizeof(TlbExecEntry) == 16 && sizeof(Tlb) == ENTRIES * 16, "entries are moved as 16 bytes");

struct MmuSlot {
    u64 cr3; /* 0: empty */
    u64 last_used;
    u32 exec_epoch;
    u32 count;
    u64 exec_filter[EXEC_FILTER_WORDS];
    u64 exec_low, exec_high;
    u16 number[ENTRIES]; /* [count] which entry it was */
    TlbEntry entry[ENTRIES];
};

/* ---- entries by number ---------------------------------------------------------------------------------------- */

static u8 *entry_bytes(Mmu *mmu, u32 number) { return (u8 *)&mmu->tlb + 16 * number; }
static void set_valid(Mmu *mmu, u32 number) { mmu->valid[number >> 6] |= 1ull << (number & 63); }

static void invalidate(Mmu *mmu, u32 number)
{
    u64 set = number & ((number < EXEC_BASE ? TLB_SETS : TLB_EXEC_SETS) - 1);
    TlbEntry entry = {.tag = (set << PAGE_SHIFT) ^ PAGE_SIZE, .host = NULL};
    memcpy(entry_bytes(mmu, number), &entry, sizeof entry);
    mmu->valid[number >> 6] &= ~(1ull << (number & 63));
}

/* The page an entry is for, fast or slow. */
static u64 entry_page(u64 tag, u32 set, u32 sets)
{
    return (tag >> PAGE_SHIFT & (sets - 1)) == set ? tag : tag ^ PAGE_SIZE;
}

static u64 page_of(Mmu *mmu, u32 number)
{
    TlbEntry entry;
    memcpy(&entry, entry_bytes(mmu, number), sizeof entry);
    u32 sets = number < EXEC_BASE ? TLB_SETS : TLB_EXEC_SETS;
    return entry_page(entry.tag, number & (sets - 1), sets);
}

/* The body runs with `number` for each entry held of [first, end), multiples of 64; it may invalidate that entry. */
#define FOR_EACH_HELD(mmu, first, end, number)                                                \
    for (u32 word_ = (first) / 64; word_ < (end) / 64; word_++)                               \
        for (u64 bits_ = (mmu)->valid[word_], number;                                         \
             bits_ && (number = word_ * 64 + (u64)__builtin_ctzll(bits_), true); bits_ &= bits_ - 1)

static void invalidate_all(Mmu *mmu)
{
    FOR_EACH_HELD(mmu, 0, ENTRIES, number)
        invalidate(mmu, (u32)number);
}

/* ---- executable translations that somebody may remember -------------------------------------------------------- */

static u32 filter_bit(u64 page) { return (u32)((page >> PAGE_SHIFT) * 0x9e3779b97f4a7c15ull >> 52); }
_Static_assert(EXEC_FILTER_WORDS * 64 == 1 << (64 - 52), "filter_bit's range");

static void exec_note(Mmu *mmu, u64 page)
{
    u32 bit = filter_bit(page);
    mmu->exec_filter[bit >> 6] |= 1ull << (bit & 63);
    if (page < mmu->exec_low)
        mmu->exec_low = page;
    if (page > mmu->exec_high)
        mmu->exec_high = page;
}

static void exec_forget(Mmu *mmu)
{
    memset(mmu->exec_filter, 0, sizeof mmu->exec_filter);
    mmu->exec_low = ~0ull;
    mmu->exec_high = 0;
}

static void exec_new_epoch(Mmu *mmu)
{
    mmu->exec_epoch = ++mmu->last_epoch;
    exec_forget(mmu);
    FOR_EACH_HELD(mmu, EXEC_BASE, ENTRIES, number) /* these will be used again without asking */
        exec_note(mmu, page_of(mmu, (u32)number));
}

/* May somebody remember an executable translation in [first, last]? Never a false "no". */
static bool exec_known(const Mmu *mmu, u64 first, u64 last)
{
    if (first > mmu->exec_high || last < mmu->exec_low)
        return false;
    if (last - first >= (u64)FEW_PAGES << PAGE_SHIFT)
        return true;
    for (u64 page = first & PAGE_MASK; page <= last; page += PAGE_SIZE) {
        u32 bit = filter_bit(page);
        if (mmu->exec_filter[bit >> 6] >> (bit & 63) & 1)
            return true;
    }
    return false;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

void mmu_init(Mmu *mmu, Phys *phys)
{
    memset(mmu, 0, sizeof *mmu);
    mmu->phys = phys;
    mmu->tables_destroyed = phys->tables_destroyed;
    for (u32 number = 0; number < ENTRIES; number++)
        invalidate(mmu, number);
    exec_new_epoch(mmu);
    void *slots = mmap(NULL, SLOTS_KEPT * sizeof(MmuSlot), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    mmu->slots = slots == MAP_FAILED ? NULL : slots;
}

void mmu_destroy(Mmu *mmu)
{
    if (mmu->slots)
        munmap(mmu->slots, SLOTS_KEPT * sizeof(MmuSlot));
    mmu->slots = NULL;
}

/* ---- spaces ---------------------------------------------------------------------------------------------------- */

static MmuSlot *slot_find(Mmu *mmu, u64 cr3)
{
    for (u32 i = 0; mmu->slots && i < SLOTS_KEPT; i++)
        if (mmu->slots[i].cr3 == cr3)
            return &mmu->slots[i];
    return NULL;
}

static void slots_drop(Mmu *mmu)
{
    for (u32 i = 0; mmu->slots && i < SLOTS_KEPT; i++)
        mmu->slots[i].cr3 = 0;
}

static MmuSlot *slot_for_saving(Mmu *mmu)
{
    MmuSlot *oldest = &mmu->slots[0];
    for (u32 i = 0; i < SLOTS_KEPT; i++) {
        MmuSlot *slot = &mmu->slots[i];
        if (!slot->cr3)
            return slot;
        if (slot->last_used < oldest->last_used)
            oldest = slot;
    }
    return oldest;
}

/* Moves everything held out of the TLB into a slot. */
static void space_save(Mmu *mmu)
{
    if (!mmu->slots || !mmu->cr3) {
        invalidate_all(mmu);
        return;
    }
    MmuSlot *slot = slot_for_saving(mmu);
    slot->cr3 = mmu->cr3;
    slot->last_used = ++mmu->slot_clock;
    slot->exec_epoch = mmu->exec_epoch;
    slot->exec_low = mmu->exec_low;
    slot->exec_high = mmu->exec_high;
    memcpy(slot->exec_filter, mmu->exec_filter, sizeof slot->exec_filter);
    u32 count = 0;
    FOR_EACH_HELD(mmu, 0, ENTRIES, number) {
        slot->number[count] = (u16)number;
        memcpy(&slot->entry[count++], entry_bytes(mmu, (u32)number), sizeof(TlbEntry));
        invalidate(mmu, (u32)number);
    }
    slot->count = count;
}

static void space_load(Mmu *mmu, MmuSlot *slot)
{
    for (u32 i = 0; i < slot->count; i++) {
        memcpy(entry_bytes(mmu, slot->number[i]), &slot->entry[i], sizeof(TlbEntry));
        set_valid(mmu, slot->number[i]);
    }
    mmu->exec_epoch = slot->exec_epoch;
    mmu->exec_low = slot->exec_low;
    mmu->exec_high = slot->exec_high;
    memcpy(mmu->exec_filter, slot->exec_filter, sizeof mmu->exec_filter);
    slot->cr3 = 0; /* its contents are in the TLB now, and will change there */
}

static void touches_begin(Mmu *mmu);
void mmu_set_cr3(Mmu *mmu, u64 cr3)
{
    bool renewed = mmu->tables_destroyed != mmu->phys->tables_destroyed;
    if (renewed) {
        /* Any CR3 seen so far, even the running one, may have become another space's. */
        mmu->tables_destroyed = mmu->phys->tables_destroyed;
        slots_drop(mmu);
        invalidate_all(mmu);
    } else if (cr3 == mmu->cr3) {
        return;
    } else {
        space_save(mmu);
    }
    mmu->cr3 = cr3;
    if (mmu->model_switch)
        mmu->model_switch(mmu->model_context, cr3, renewed);
    MmuSlot *slot = cr3 ? slot_find(mmu, cr3) : NULL;
    if (slot)
        space_load(mmu, slot);
    else
        exec_new_epoch(mmu);
    if (UNLIKELY(mmu->touched != NULL))
        touches_begin(mmu);
}

/* ---- flushing -------------------------------------------------------------------------------------------------- */

static void flush_page(Mmu *mmu, u64 page)
{
    u32 set = page >> PAGE_SHIFT & (TLB_SETS - 1), exec_set = page >> PAGE_SHIFT & (TLB_EXEC_SETS - 1);
    if (entry_page(mmu->tlb.read[set].tag, set, TLB_SETS) == page)
        invalidate(mmu, set);
    if (entry_page(mmu->tlb.write[set].tag, set, TLB_SETS) == page)
        invalidate(mmu, WRITE_BASE + set);
    if (entry_page(mmu->tlb.exec[exec_set].tag, exec_set, TLB_EXEC_SETS) == page)
        invalidate(mmu, EXEC_BASE + exec_set);
}

void mmu_flush_range(Mmu *mmu, u64 start, u64 end)
{
    if (start >= end)
        return;
    u64 first = start & PAGE_MASK, last = (end - 1) & PAGE_MASK;
    if (last - first < (u64)FEW_PAGES << PAGE_SHIFT) {
        for (u64 page = first; page <= last; page += PAGE_SIZE)
            flush_page(mmu, page);
    } else {
        FOR_EACH_HELD(mmu, 0, ENTRIES, number) {
            u64 page = page_of(mmu, (u32)number);
            if (page >= first && page <= last)
                invalidate(mmu, (u32)number);
        }
    }
    if (exec_known(mmu, first, last))
        exec_new_epoch(mmu);
    if (mmu->model_flush)
        mmu->model_flush(mmu->model_context, mmu->cr3, start, end);
}

void mmu_flush_space(Mmu *mmu, u64 cr3, u64 start, u64 end)
{
    MmuSlot *slot = slot_find(mmu, cr3);
    if (cr3 == mmu->cr3)
        mmu_flush_range(mmu, start, end);
    else if (slot && start < end)
        slot->cr3 = 0;
    if (cr3 != mmu->cr3 && mmu->model_flush)
        mmu->model_flush(mmu->model_context, cr3, start, end);
}

void mmu_flush(Mmu *mmu)
{
    slots_drop(mmu);
    invalidate_all(mmu);
    if (mmu->exec_low <= mmu->exec_high)
        exec_new_epoch(mmu);
    if (mmu->model_flush)
        mmu->model_flush(mmu->model_context, mmu->cr3, 0, ~0ull);
}

void mmu_put_back(Mmu *mmu, const Mmu *kept)
{
    mmu->slots = kept->slots;
    mmu->last_epoch = kept->last_epoch;
    mmu->watched = kept->watched;
    mmu->model_flush = kept->model_flush;
    mmu->model_switch = kept->model_switch;
    mmu->model_context = kept->model_context;
    for (u32 number = 0; number < ENTRIES; number++)
        invalidate(mmu, number);
    slots_drop(mmu);
    exec_new_epoch(mmu);
    if (mmu->model_flush)
        mmu->model_flush(mmu->model_context, mmu->cr3, 0, ~0ull);
}

/* What tag a data entry for `page` gets, given its frame's flags. */
static u64 data_tag(const Mmu *mmu, u64 page, u32 frame_flags, bool write)
{
    u32 keep_out = write ? FRAME_CODE | FRAME_WATCH : FRAME_WATCH;
    bool seen = mmu->touched && page != mmu->touched_data;
    return frame_flags & keep_out || UNLIKELY(seen) ? page ^ PAGE_SIZE : page;
}

static void retag(const Mmu *mmu, TlbEntry *entry, u32 number, u32 frame_flags)
{
    u64 page = entry_page(entry->tag, number & (TLB_SETS - 1), TLB_SETS);
    entry->tag = data_tag(mmu, page, frame_flags, number >= WRITE_BASE);
}

void mmu_flush_frame(Mmu *mmu, u64 paddr)
{
    const u8 *host = mmu->phys->ram + (paddr & PAGE_MASK);
    u32 flags = phys_frame(mmu->phys, paddr)->flags;
    FOR_EACH_HELD(mmu, 0, EXEC_BASE, number) {
        TlbEntry *entry = number < WRITE_BASE ? &mmu->tlb.read[number] : &mmu->tlb.write[number - WRITE_BASE];
        if (entry->host == host)
            retag(mmu, entry, (u32)number, flags);
    }
    for (u32 i = 0; mmu->slots && i < SLOTS_KEPT; i++) {
        MmuSlot *slot = &mmu->slots[i];
        for (u32 k = 0; slot->cr3 && k < slot->count && slot->number[k] < EXEC_BASE; k++)
            if (slot->entry[k].host == host)
                retag(mmu, &slot->entry[k], slot->number[k], flags);
    }
}

/* ---- touches --------------------------------------------------------------------------------------------------- */

void mmu_tell_touches(Mmu *mmu, void (*touched)(void *context, u64 cr3, u64 page, u64 paddr), void *context)
{
    mmu->touched = touched;
    mmu->touched_context = context;
    mmu->touched_data = mmu->touched_code = ~0ull;
}

/* Keeps the entry, if it is held and the page's, out of the fast path. */
static void make_slow(TlbEntry *entry, u64 page)
{
    if (entry->tag == page && entry->host)
        entry->tag = page ^ PAGE_SIZE;
}

/* Nothing of the space that runs now has been used since it came. */
static void touches_begin(Mmu *mmu)
{
    FOR_EACH_HELD(mmu, 0, ENTRIES, number)
        make_slow((TlbEntry *)entry_bytes(mmu, (u32)number), page_of(mmu, (u32)number));
    mmu->touched_data = mmu->touched_code = ~0ull;
}

static NOINLINE void touch_data(Mmu *mmu, u64 page, u64 paddr)
{
    u64 left = mmu->touched_data;
    u32 old_set = left >> PAGE_SHIFT & (TLB_SETS - 1), set = page >> PAGE_SHIFT & (TLB_SETS - 1);
    mmu->touched_data = page;
    for (u32 base = 0; base <= WRITE_BASE; base += WRITE_BASE) {
        make_slow((TlbEntry *)entry_bytes(mmu, base + old_set), left);
        TlbEntry *entry = (TlbEntry *)entry_bytes(mmu, base + set);
        if (entry->tag == (page ^ PAGE_SIZE) && entry->host)
            retag(mmu, entry, base + set, phys_frame(mmu->phys, paddr)->flags);
    }
    mmu->touched(mmu->touched_context, mmu->cr3, page, paddr & PAGE_MASK);
}

/* The page that control leaves was used until now. */
static NOINLINE void touch_code(Mmu *mmu, u64 page, u64 paddr)
{
    if (mmu->touched_code != ~0ull) {
        make_slow((TlbEntry *)&mmu->tlb.exec[mmu->touched_code >> PAGE_SHIFT & (TLB_EXEC_SETS - 1)], mmu->touched_code);
        mmu->touched(mmu->touched_context, mmu->cr3, mmu->touched_code, mmu->touched_code_paddr);
    }
    mmu->touched_code = page;
    mmu->touched_code_paddr = paddr & PAGE_MASK;
    mmu->touched(mmu->touched_context, mmu->cr3, page, paddr & PAGE_MASK);
}

/* ---- the miss -------------------------------------------------------------------------------------------------- */

static COLD u8 *refuse(Fault *fault, FaultKind kind, u64 address, u32 error)
{
    *fault = (Fault){.kind = kind, .error = error, .address = address};
    return NULL;
}

/* SDM Vol. 3A, "Page-Fault Exceptions". A fetch sets bit 4 because EFER.NXE is on. */
static COLD u8 *walk_refused(WalkEnd end, u64 address, Access access, Fault *fault)
{
    if (end == WALK_OUTSIDE_RAM)
        return refuse(fault, FAULT_BUS, address, 0);
    u32 error = 4u | (access == ACCESS_WRITE ? 2u : 0) | (access == ACCESS_FETCH ? 16u : 0);
    if (end != WALK_NOT_PRESENT)
        error |= 1;
    if (end == WALK_RESERVED_BIT)
        error |= 8;
    return refuse(fault, FAULT_PAGE, address, error);
}

static bool rights_allow(u64 rights, Access access)
{
    if (access == ACCESS_WRITE)
        return (rights & (PTE_U | PTE_W)) == (PTE_U | PTE_W);
    return access == ACCESS_FETCH ? (rights & (PTE_U | PTE_NX)) == PTE_U : (rights & PTE_U) != 0;
}

/* SDM Vol. 3A, "Accessed and Dirty Flags": A in every entry used, D in the leaf that is written through. */
static INLINE void set_accessed_dirty(const Phys *phys, const Walk *walk, bool write)
{
    for (int level = 4; level >= walk->leaf_level; level--) {
        u64 want = level == walk->leaf_level && write ? PTE_A | PTE_D : PTE_A;
        if ((walk->entry[level] & want) != want)
            *(u64 *)(phys->ram + walk->entry_paddr[level]) = walk->entry[level] | want;
    }
}

/* Walks and checks; the frame's paddr with the offset, or ~0 and *fault. */
static INLINE u64 walk_for(Mmu *mmu, u64 address, Access access, Fault *fault)
{
    Walk walk;
    if (UNLIKELY(!mmu_canonical(address))) {
        refuse(fault, FAULT_NON_CANONICAL, address, 0);
        return ~0ull;
    }
    WalkEnd end = walk_tables(mmu->phys, mmu->cr3, address, &walk);
    mmu->stats.walks++;
    mmu->stats.walk_references += (u64)walk.levels_read;
    if (UNLIKELY(end != WALK_LEAF || !rights_allow(walk.rights, access))) {
        walk_refused(end, address, access, fault);
        return ~0ull;
    }
    set_accessed_dirty(mmu->phys, &walk, access == ACCESS_WRITE);
    return walk.paddr;
}

static INLINE u8 *translate_data(Mmu *mmu, u64 address, bool write, Fault *fault)
{
    u64 page = address & PAGE_MASK;
    u32 set = address >> PAGE_SHIFT & (TLB_SETS - 1);
    TlbEntry *entry = write ? &mmu->tlb.write[set] : &mmu->tlb.read[set];
    if (((entry->tag ^ page) & ~(u64)PAGE_SIZE) == 0 && entry->host) {
        if (UNLIKELY(mmu->touched && page != mmu->touched_data))
            touch_data(mmu, page, (u64)(entry->host - mmu->phys->ram));
        return entry->host + (address & ~PAGE_MASK);
    }
    u64 paddr = walk_for(mmu, address, write ? ACCESS_WRITE : ACCESS_READ, fault);
    if (UNLIKELY(paddr == ~0ull))
        return NULL;
    if (write)
        mmu->stats.write_misses++;
    else
        mmu->stats.read_misses++;
    if (UNLIKELY(mmu->touched && page != mmu->touched_data))
        touch_data(mmu, page, paddr);
    entry->tag = data_tag(mmu, page, phys_frame(mmu->phys, paddr)->flags, write);
    entry->host = mmu->phys->ram + (paddr & PAGE_MASK);
    set_valid(mmu, write ? WRITE_BASE + set : set);
    return mmu->phys->ram + paddr;
}

static NOINLINE u8 *translate_fetch(Mmu *mmu, u64 address, Fault *fault)
{
    u64 page = address & PAGE_MASK;
    u32 set = address >> PAGE_SHIFT & (TLB_EXEC_SETS - 1);
    TlbExecEntry *entry = &mmu->tlb.exec[set];
    if (entry->tag == page)
        return mmu->phys->ram + entry->paddr + (address & ~PAGE_MASK);
    if (UNLIKELY(entry->tag == (page ^ PAGE_SIZE) && entry->paddr)) { /* kept out of the fast path by touch_code */
        entry->tag = page;
        touch_code(mmu, page, entry->paddr);
        return mmu->phys->ram + entry->paddr + (address & ~PAGE_MASK);
    }
    u64 paddr = walk_for(mmu, address, ACCESS_FETCH, fault);
    if (paddr == ~0ull)
        return NULL;
    mmu->stats.fetch_misses++;
    if (UNLIKELY(mmu->touched && page != mmu->touched_code))
        touch_code(mmu, page, paddr);
    *entry = (TlbExecEntry){.tag = page, .paddr = paddr & PAGE_MASK};
    set_valid(mmu, EXEC_BASE + set);
    exec_note(mmu, page);
    return mmu->phys->ram + paddr;
}

u8 *mmu_translate(Mmu *mmu, u64 address, Access access, Fault *fault)
{
    if (access == ACCESS_READ)
        return translate_data(mmu, address, false, fault);
    return access == ACCESS_WRITE ? translate_data(mmu, address, true, fault) : translate_fetch(mmu, address, fault);
}

/* ---- whole accesses -------------------------------------------------------------------------------------------- */

void mmu_touching(Mmu *mmu, const u8 *host, u64 address, u32 size, Access access)
{
    u64 paddr = (u64)(host - mmu->phys->ram);
    if (phys_frame(mmu->phys, paddr)->flags & FRAME_WATCH && mmu->watched)
        mmu->watched(mmu->context, address, size, access);
}

void mmu_wrote(Mmu *mmu, const u8 *host, u32 size)
{
    u64 paddr = (u64)(host - mmu->phys->ram);
    if (phys_frame(mmu->phys, paddr)->flags & FRAME_CODE && mmu->code_written)
        mmu->code_written(mmu->context, paddr, size);
}

/* How much of [address, address + size) lies in address's page. */
static u64 in_page(u64 address, u64 size)
{
    u64 rest = PAGE_SIZE - (address & ~PAGE_MASK);
    return size < rest ? size : rest;
}

/* Translates every page of the range before anything is done, remembering the first KNOWN_HOSTS. */
static bool translate_all(Mmu *mmu, u64 address, u64 size, Access access, u8 **hosts, Fault *fault)
{
    for (u64 done = 0, n = 0; done < size; n++) {
        u64 part = in_page(address + done, size - done);
        u8 *host = mmu_translate(mmu, address + done, access, fault);
        if (!host)
            return false;
        if (n)
            mmu->stats.extra_lookups++;
        if (n < KNOWN_HOSTS)
            hosts[n] = host;
        mmu_touching(mmu, host, address + done, (u32)part, access);
        done += part;
    }
    return true;
}

static bool move(Mmu *mmu, u64 address, u8 *buffer, u64 size, Access access, Fault *fault)
{
    u8 *hosts[KNOWN_HOSTS];
    if (!translate_all(mmu, address, size, access, hosts, fault))
        return false;
    MmuStats stats = mmu->stats;
    for (u64 done = 0, n = 0; done < size; n++) {
        u64 part = in_page(address + done, size - done);
        u8 *host = n < KNOWN_HOSTS ? hosts[n] : mmu_translate(mmu, address + done, access, fault);
        if (!host) /* a watcher changed the tables under us */
            return false;
        if (access == ACCESS_WRITE) {
            memcpy(host, buffer + done, part);
            mmu_wrote(mmu, host, (u32)part);
        } else {
            memcpy(buffer + done, host, part);
        }
        done += part;
    }
    mmu->stats = stats; /* looking a page up twice is our affair, not the guest's */
    return true;
}

bool mmu_read(Mmu *mmu, u64 address, void *buffer, u64 size, Fault *fault)
{
    return move(mmu, address, buffer, size, ACCESS_READ, fault);
}

bool mmu_write(Mmu *mmu, u64 address, const void *buffer, u64 size, Fault *fault)
{
    return move(mmu, address, (u8 *)buffer, size, ACCESS_WRITE, fault); /* only read from: the access is a write */
}

/* ---- for debuggers --------------------------------------------------------------------------------------------- */

u64 mmu_peek(const Phys *phys, u64 cr3, u64 address, void *buffer, u64 size)
{
    u64 done = 0;
    Walk walk;
    while (done < size && mmu_canonical(address + done) && pt_walk(phys, cr3, address + done, &walk)) {
        u64 part = in_page(address + done, size - done);
        memcpy((u8 *)buffer + done, phys->ram + walk.paddr, part);
        done += part;
    }
    return done;
}

u64 mmu_poke(Mmu *mmu, u64 cr3, u64 address, const void *buffer, u64 size)
{
    u64 done = 0;
    Walk walk;
    while (done < size && mmu_canonical(address + done) && pt_walk(mmu->phys, cr3, address + done, &walk)) {
        const Frame *frame = phys_frame(mmu->phys, walk.paddr);
        if (frame->kind == FRAME_ZERO || (walk.entry[walk.leaf_level] & PTE_COW && frame->refs > 1))
            break;
        u64 part = in_page(address + done, size - done);
        memcpy(mmu->phys->ram + walk.paddr, (const u8 *)buffer + done, part);
        mmu_wrote(mmu, mmu->phys->ram + walk.paddr, (u32)part);
        done += part;
    }
    return done;
}
