/* Blocks that run often, as one piece of host code: the machine code of their handlers, copied one behind the other, so that
 * going on to the next op costs nothing and the host's branch prediction has no jump to guess (docs/performance.md). The
 * handlers are the interpreter's own, so are the ops they work on, and every slow path leads back into the interpreter. */
#ifndef EMU_CPU_JOIN_H
#define EMU_CPU_JOIN_H

#include "cpu/op.h"

/* Blocks decoded from now on are joined when they have been entered so many times (0: never). */
void cpu_set_join(Cpu *cpu, u32 entries);
enum { JOIN_AFTER = 250 }; /* the default: joining one costs about as much as so many entries gain */

typedef struct Joiner Joiner;

/* Room for `bytes` of joined code of the ops in [ops, ops + ops_size bytes). NULL: this build or host cannot (no tail calls,
 * not x86-64, no executable memory, the ops not below 2 GiB). */
Joiner *joiner_create(u64 bytes, const Op *ops, u64 ops_size);
void joiner_destroy(Joiner *joiner);

/* Joins `first`, whose handler is `handler`, and the ops that follow it up to the first exit. What to call for `first` from now
 * on; `handler` itself when there is nothing to join; NULL when there is no room left. */
OpHandler *joiner_join(Joiner *joiner, const Op *first, OpHandler *handler);

/* Forgets all that was joined. */
void joiner_clear(Joiner *joiner);

/* Bytes of joined code in use. */
u64 joiner_used(const Joiner *joiner);

#endif
