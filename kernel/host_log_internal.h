/* Between host_log.c and host.c: one host call being logged or replayed. */
#ifndef EMU_KERNEL_HOST_LOG_INTERNAL_H
#define EMU_KERNEL_HOST_LOG_INTERNAL_H

#include <sys/uio.h>

#include "kernel/host_log.h"

enum HostNumber {
    HOST_NO_CALL,
#define HOST(type, name, parameters, call, outs) HOST_##name,
#define HAND(name) HOST_##name,
#include "kernel/host_calls.def"
#undef HOST
#undef HAND
};

typedef struct HostCall {
    HostLog *log; /* NULL: nobody listens */
    u8 number;
    bool live;    /* the host is to be asked */
    i64 result;
} HostCall;

HostCall host_begin(u8 number);
/* Notes the answer, or fetches it; sets errno when it is -1. */
i64 host_end(HostCall *call, i64 result);

/* What the call has stored, in the order of the stream. Nothing when it failed. */
void host_object(HostCall *call, void *object, u64 size);
/* As many bytes as the result says; a replayed result of more than `capacity` breaks the log. */
void host_bytes(HostCall *call, void *bytes, u64 capacity);
void host_vector(HostCall *call, const struct iovec *v, u64 count);
/* An extended attribute: with size 0 the result is only the room that is needed. */
void host_attribute(HostCall *call, void *bytes, u64 size);
/* A number that says how much follows, for instance a socklen_t; what is fetched is at most `most`. */
u64 host_number(HostCall *call, u64 value, u64 most);
/* A replayed result of more than this breaks the log. */
void host_at_most(HostCall *call, u64 most);
/* Marks the log as not fitting. */
void host_break(HostCall *call);
/* What the caller gets, behind the outs: the result; -1 with EIO when the log does not fit. */
i64 host_checked(HostCall *call);

#endif
