/* The final state of a ROM against what its sidecar says of registers and memory. */
#ifndef EMU_UI_ROM_STATE_H
#define EMU_UI_ROM_STATE_H

#include "emu/emu.h"
#include "ui/rom/sidecar.h"

/* What is to be said about a ROM; too much is cut off. */
typedef struct Message {
    char *text;
    size_t size, used;
} Message;

/* Appends to the message. Always false: `return message_add(…)` is how a check fails. */
__attribute__((format(printf, 2, 3))) bool message_add(Message *message, const char *format, ...);

/* Compares what "regs" and "mem" name with the thread and process that ran last. false: the message says what differs first, or
 * what in the sidecar cannot be understood. */
bool state_check(Emu *emu, const Value *sidecar, Message *message);

#endif
