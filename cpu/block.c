/* Finding, keeping and forgetting decoded blocks. Nothing points at a Block but this file; handlers hold pointers to ops.
 * A forgotten block's first op becomes block_op_dead, which looks the address up again, so links to it stay valid. */
#include "cpu/block.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/log.h"
#include "cpu/debug.h"
#include "mmu/state.h"

static u32 bucket_of(u64 rip, u64 paddr, u32 key)
{
    u64 h = (paddr ^ rip >> 12 ^ (u64)key << 13) * 0x9e3779b97f4a7c15ull;
    return (u32)(h >> 40) & (BLOCK_BUCKETS - 1);
}

static u32 frame_bucket(u64 paddr) { return (u32)((paddr >> PAGE_SHIFT) * 0x9e3779b1u >> 12) & (FRAME_BUCKETS - 1); }

static void *reserve(u64 bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

BlockCache *block_cache_create(u64 bytes)
{
    BlockCache *cache = reserve(sizeof *cache);
    if (!cache)
        return NULL;
    if (!bytes)
        bytes = 192u << 20;
    cache->op_capacity = (u32)(bytes / (sizeof(Op) + sizeof(OpCold) + sizeof(Block) / 4));
    if (cache->op_capacity < 4 * BLOCK_MAX_OPS)
        cache->op_capacity = 4 * BLOCK_MAX_OPS;
    cache->block_capacity = cache->op_capacity / 4;
    cache->ops = mmap(NULL, cache->op_capacity * sizeof(Op), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_32BIT, -1, 0); /* short addresses, for joined code */
    if (cache->ops == MAP_FAILED)
        cache->ops = reserve(cache->op_capacity * sizeof(Op));
    cache->cold = reserve(cache->op_capacity * sizeof(OpCold));
    cache->blocks = reserve(cache->block_capacity * sizeof(Block));
    ZydisDecoderInit(&cache->decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    ZydisDecoderEnableMode(&cache->decoder, ZYDIS_DECODER_MODE_MPX, ZYAN_FALSE); /* its encodings are NOPs elsewhere */
    cache->joiner = joiner_create(bytes / 4, cache->ops, cache->op_capacity * sizeof(Op));
    cache->join_after = JOIN_AFTER;
    if (cache->ops && cache->cold && cache->blocks)
        return cache;
    block_cache_destroy(cache);
    return NULL;
}

/* Below v3 the encodings of TZCNT and LZCNT are BSF and BSR with a prefix that means nothing: compilers emit `rep bsf`
 * for every level because of that. SDM Vol. 2B, "TZCNT", "LZCNT". */
void cpu_set_level(Cpu *cpu, CpuLevel level)
{
    cpu->level = level;
    ZydisDecoderEnableMode(&cpu->blocks->decoder, ZYDIS_DECODER_MODE_LZCNT, level >= CPU_V3);
    ZydisDecoderEnableMode(&cpu->blocks->decoder, ZYDIS_DECODER_MODE_TZCNT, level >= CPU_V3);
    if (cpu->stats.blocks_decoded)
        block_flush(cpu);
}

void block_cache_destroy(BlockCache *cache)
{
    if (!cache)
        return;
    if (cache->ops)
        munmap(cache->ops, cache->op_capacity * sizeof(Op));
    if (cache->cold)
        munmap(cache->cold, cache->op_capacity * sizeof(OpCold));
    if (cache->blocks)
        munmap(cache->blocks, cache->block_capacity * sizeof(Block));
    joiner_destroy(cache->joiner);
    free(cache->breakpoints);
    munmap(cache, sizeof *cache);
}

void block_flush(Cpu *cpu)
{
    BlockCache *cache = cpu->blocks;
    for (u32 i = 0; i < cache->block_count; i++) {
        phys_frame(cpu->mmu.phys, cache->blocks[i].paddr)->flags &= (u8)~FRAME_CODE;
        if (cache->blocks[i].second_frame)
            phys_frame(cpu->mmu.phys, cache->blocks[i].second_frame)->flags &= (u8)~FRAME_CODE;
    }
    cache->op_count = cache->block_count = 0;
    cache->generation++;
    if (cache->joiner)
        joiner_clear(cache->joiner);
    memset(cache->buckets, 0, sizeof cache->buckets);
    memset(cache->frames, 0, sizeof cache->frames);
    memset(cpu->jump_cache, 0, sizeof cpu->jump_cache);
    cpu->stats.cache_flushes++;
}

/* ---- blocks that run often --------------------------------------------------------------------------------------- */

void cpu_set_join(Cpu *cpu, u32 entries) { cpu->blocks->join_after = entries; }

/* Until a block is joined its first op's handler is block_op_warm; the real one is in its head, which counts the entries. */
static void block_warms(BlockCache *cache, const Block *block)
{
    Op *first = &cache->ops[block->first], *head = first - 1;
    head->handler = first->handler;
    head->imm = cache->join_after;
    first->handler = block_op_warm;
}

static NOINLINE OpHandler *block_join(Cpu *cpu, Op *first)
{
    OpHandler *joined = joiner_join(cpu->blocks->joiner, first, first[-1].handler);
    if (joined)
        first->handler = joined;
    else
        block_flush(cpu);
    return joined;
}

OpHandler *block_join_link(Cpu *cpu, const Op *link, OpHandler *handler)
{
    const BlockCache *cache = cpu->blocks;
    OpHandler *joined = cache->joiner && cache->join_after ? joiner_join(cache->joiner, link, handler) : NULL;
    return joined ? joined : handler;
}

const Op *block_op_warm(Cpu *cpu, const Op *op, u64 acc)
{
    Op *head = (Op *)op - 1;
    if (LIKELY(--head->imm))
        return head->handler(cpu, op, acc);
    OpHandler *joined = block_join(cpu, head + 1);
    if (LIKELY(joined != NULL))
        return joined(cpu, op, acc);
    cpu->rip = cpu_op_cold(cpu, op)->rip; /* the cache was full */
    return cpu_continue(cpu, acc);
}

/* ---- forgetting -------------------------------------------------------------------------------------------------- */

static void block_kill(Cpu *cpu, Block *block)
{
    BlockCache *cache = cpu->blocks;
    block->dead = true;
    Op *first = &cache->ops[block->first];
    first->handler = block_op_dead;
    first->disp = (i64)block->rip;
    u32 *link = &cache->buckets[bucket_of(block->rip, block->paddr, block->mode_key)];
    while (*link && &cache->blocks[*link - 1] != block)
        link = &cache->blocks[*link - 1].next_in_bucket;
    if (*link)
        *link = block->next_in_bucket;
    cpu->stats.blocks_invalidated++;
}

/* Takes the dead blocks out of one frame's chain and kills those that lie in it. */
void block_invalidate(Cpu *cpu, u64 paddr, u32 size)
{
    (void)size;
    BlockCache *cache = cpu->blocks;
    u64 frame = paddr & PAGE_MASK;
    u32 *link = &cache->frames[frame_bucket(frame)];
    while (*link) {
        Block *block = &cache->blocks[*link - 1];
        bool in_first = (block->paddr & PAGE_MASK) == frame;
        bool first_chain = frame_bucket(block->paddr) == frame_bucket(frame);
        if (!block->dead && (in_first || block->second_frame == frame))
            block_kill(cpu, block);
        u32 *following = first_chain ? &block->next_in_frame : &block->next_in_second_frame;
        if (block->dead)
            *link = *following;
        else
            link = following;
    }
    phys_frame(cpu->mmu.phys, frame)->flags &= (u8)~FRAME_CODE;
    cpu->leave = 1;
}

static void frame_mark(Cpu *cpu, u64 paddr)
{
    Frame *frame = phys_frame(cpu->mmu.phys, paddr);
    if (frame->flags & FRAME_CODE)
        return;
    frame->flags |= FRAME_CODE;
    mmu_flush_frame(&cpu->mmu, paddr & PAGE_MASK);
}

static void block_insert(Cpu *cpu, Block block)
{
    BlockCache *cache = cpu->blocks;
    u32 number = ++cache->block_count; /* index + 1 */
    u32 *bucket = &cache->buckets[bucket_of(block.rip, block.paddr, block.mode_key)];
    block.next_in_bucket = *bucket;
    *bucket = number;
    u32 *frame = &cache->frames[frame_bucket(block.paddr)];
    block.next_in_frame = *frame;
    *frame = number;
    frame_mark(cpu, block.paddr);
    if (block.second_frame) {
        u32 *second = &cache->frames[frame_bucket(block.second_frame)];
        if (second != frame) {
            block.next_in_second_frame = *second;
            *second = number;
        }
        frame_mark(cpu, block.second_frame);
    }
    cache->blocks[number - 1] = block;
}

/* The frame that holds the code at `rip`, through the exec TLB; 0 with cpu->exception set when the fetch faults. */
static u64 fetch_frame(Cpu *cpu, u64 rip)
{
    Fault fault;
    const u8 *host = mmu_translate(&cpu->mmu, rip, ACCESS_FETCH, &fault);
    if (host)
        return (u64)(host - cpu->mmu.phys->ram) & PAGE_MASK;
    bool page = fault.kind == FAULT_PAGE;
    cpu->exception = (CpuException){ .vector = page ? VECTOR_PF : VECTOR_GP, .error = page ? fault.error : 0, .address = fault.address };
    return 0;
}

/* The translator of the mode that runs: it knows that mode's handlers. */
static u32 translate(Cpu *cpu, const u8 *bytes, u32 size, u32 page_left, const TlbExecEntry *second)
{
    if (cpu->run_mode == MODE_MODEL)
        return model_translate_block(cpu, cpu->blocks, bytes, size, page_left, second);
    return translate_block(cpu, cpu->blocks, bytes, size, page_left, second);
}

static const Op *block_translate(Cpu *cpu, u64 rip, u64 paddr, u32 key)
{
    BlockCache *cache = cpu->blocks;
    if (cache->op_count + 1 + BLOCK_MAX_OPS > cache->op_capacity || cache->block_count == cache->block_capacity)
        block_flush(cpu);
    u32 page_left = PAGE_SIZE - (u32)(rip & (PAGE_SIZE - 1));
    const u8 *bytes = cpu->mmu.phys->ram + paddr;
    Block block = { .rip = rip, .paddr = paddr, .mode_key = key, .first = ++cache->op_count };
    u8 joined[32];
    u32 length = translate(cpu, bytes, page_left, page_left, NULL);
    if (length > page_left) { /* the first instruction needs bytes of the next page */
        u64 second = fetch_frame(cpu, rip + page_left);
        if (!second)
            return NULL;
        TlbExecEntry entry = { (rip + page_left) & PAGE_MASK, second };
        memcpy(joined, bytes, page_left);
        memcpy(joined + page_left, cpu->mmu.phys->ram + second, 15);
        block.second_frame = second;
        translate(cpu, joined, page_left + 15, page_left, &entry);
    }
    if (cache->joiner && cache->join_after && !cpu->stepping && cpu->run_mode != MODE_SLOW)
        block_warms(cache, &block);
    block_insert(cpu, block);
    cpu->stats.blocks_decoded++;
    return &cache->ops[block.first];
}

const Op *block_find(Cpu *cpu)
{
    u64 rip = cpu->rip;
    u64 frame = fetch_frame(cpu, rip);
    if (!frame)
        return NULL;
    BlockCache *cache = cpu->blocks;
    u64 paddr = frame | (rip & (PAGE_SIZE - 1));
    u32 key = cpu->run_mode * 2 + cpu->stepping;
    const Op *op = NULL;
    for (u32 i = cache->buckets[bucket_of(rip, paddr, key)]; i && !op; i = cache->blocks[i - 1].next_in_bucket) {
        const Block *block = &cache->blocks[i - 1];
        if (block->rip == rip && block->paddr == paddr && block->mode_key == key)
            op = &cache->ops[block->first];
    }
    if (!op)
        op = block_translate(cpu, rip, paddr, key);
    if (op && !cpu->stepping)
        *jump_cache_entry(cpu, rip) = (JumpCacheEntry){ rip ^ cpu->jump_salt, op };
    return op;
}

bool block_breakpoint_at(const BlockCache *cache, u64 rip)
{
    for (u32 i = 0; i < cache->breakpoint_count; i++)
        if (cache->breakpoints[i] == rip)
            return true;
    return false;
}

void cpu_breakpoint(Cpu *cpu, u64 address, bool set)
{
    BlockCache *cache = cpu->blocks;
    if (set) {
        if (cache->breakpoint_count == cache->breakpoint_capacity) {
            u32 capacity = cache->breakpoint_capacity ? 2 * cache->breakpoint_capacity : 16;
            u64 *grown = realloc(cache->breakpoints, capacity * sizeof *grown);
            if (!grown) {
                log_message(LOG_HOST, "no memory for a breakpoint");
                return;
            }
            cache->breakpoints = grown;
            cache->breakpoint_capacity = capacity;
        }
        cache->breakpoints[cache->breakpoint_count++] = address;
    } else {
        u32 i = 0;
        while (i < cache->breakpoint_count && cache->breakpoints[i] != address)
            i++;
        if (i < cache->breakpoint_count)
            cache->breakpoints[i] = cache->breakpoints[--cache->breakpoint_count];
    }
    block_flush(cpu);
}

void cpu_put_back(Cpu *cpu, const Cpu *kept)
{
    cpu->blocks = kept->blocks;
    cpu->model = kept->model;
    cpu->acc = kept->acc; /* where the last slice ended: cpu_model_slice */
    cpu->model_synced = kept->model_synced;
    cpu->mode = kept->mode;
    cpu->run_mode = kept->run_mode;
    cpu->stepping = kept->stepping;
    cpu->interrupt = kept->interrupt;
    mmu_put_back(&cpu->mmu, &kept->mmu);
    block_flush(cpu);
}
