/* The cache of decoded code: an arena of ops with a parallel array of cold facts, blocks found by where they lie (physical
 * and virtual address, mode). When the arena is full everything goes: simple, and rare. */
#ifndef EMU_CPU_BLOCK_H
#define EMU_CPU_BLOCK_H

#include "cpu/join.h"
#include "cpu/translate.h"

enum {
    BLOCK_MAX_INSNS = 48,
    BLOCK_MAX_OPS = BLOCK_MAX_INSNS * 5 + 8, /* with a model, each may have a fetch op too */
    BLOCK_BUCKETS = 1 << 15,
    FRAME_BUCKETS = 1 << 12,
};

typedef struct Block {
    u64 rip, paddr;     /* of the first instruction */
    u64 second_frame;   /* of a first instruction that crosses into another page; else 0 */
    u32 mode_key;       /* mode * 2 + stepping */
    u32 first;          /* index of its first op; in front of it stands the block's head (block_warms) */
    u32 next_in_bucket; /* indices into blocks + 1; 0: end */
    u32 next_in_frame, next_in_second_frame;
    bool dead;
} Block;

struct BlockCache {
    Op *ops;
    OpCold *cold;
    u32 op_count, op_capacity;
    Block *blocks;
    u32 block_count, block_capacity;
    u32 buckets[BLOCK_BUCKETS];
    u32 frames[FRAME_BUCKETS];
    u32 generation;      /* grows at every flush: op pointers from before are void */
    u64 *breakpoints;    /* sorted by insertion; few */
    u32 breakpoint_count, breakpoint_capacity;
    bool pass_breakpoint; /* the next instruction is executed even if a breakpoint lies there (cpu/debug.h) */
    u32 join_after;      /* entries; 0: never */
    Joiner *joiner;      /* NULL: not on this host */
    struct Recorder *recorder; /* who sees every instruction and access (record.h), or NULL: blocks are decoded for it */
    ZydisDecoder decoder;
    Insn insns[BLOCK_MAX_INSNS];
};

BlockCache *block_cache_create(u64 bytes);
void block_cache_destroy(BlockCache *cache);

/* The first op of the block at cpu->rip in cpu->mode and cpu->stepping; decodes it when it is new. NULL: fetching faulted,
 * and cpu->exception says how. Fills the jump cache (not when stepping). */
const Op *block_find(Cpu *cpu);

/* The handler for a link that stands for `handler`: a copy of its own, whose jump the host predicts by itself, if there is
 * room. */
OpHandler *block_join_link(Cpu *cpu, const Op *link, OpHandler *handler);

/* Forgets all blocks that lie in the frame (a store changed it). [paddr, paddr + size) inside one page. */
void block_invalidate(Cpu *cpu, u64 paddr, u32 size);
void block_flush(Cpu *cpu);

/* The breakpoint test of the translator. */
bool block_breakpoint_at(const BlockCache *cache, u64 rip);

/* translate.c: decodes from `bytes` (`size` of them, 1..; up to the end of the page, or 15 more for a first instruction that crosses)
 * and emits the block at cache->ops[cache->op_count]. Returns the bytes of the first instruction. */
typedef u32 TranslateBlock(Cpu *cpu, BlockCache *cache, const u8 *bytes, u32 size, u32 page_left, const TlbExecEntry *second);
TranslateBlock translate_block, model_translate_block; /* for MODE_FAST and MODE_SLOW; for MODE_MODEL (the same, compiled again) */
#ifdef EMU_MODEL
#define translate_block model_translate_block
#endif

/* Handlers that are the block machinery's own (dispatch.c). */
OpHandler block_op_link, block_op_goto_page, block_op_dead, block_op_second_page, block_op_warm;

#endif
