/* The registers by gdb's names: "rax", "eax", "al", "eflags", "st0", "xmm3", "fs_base" … */
#ifndef EMU_UI_CONSOLE_REGISTERS_H
#define EMU_UI_CONSOLE_REGISTERS_H

#include "ui/console/value.h"

typedef enum RegisterGroup {
    REGISTERS_GENERAL, /* what `info registers` shows */
    REGISTERS_FLOAT,   /* st0…, fctrl… */
    REGISTERS_VECTOR,  /* xmm, ymm, mxcsr */
    REGISTERS_PART,    /* eax, ax, al … */
} RegisterGroup;

typedef struct RegisterRow {
    char name[10];
    RegisterGroup group;
    uint16_t offset, size; /* in EmuRegisters */
    uint8_t store;         /* bytes that a store changes beyond `size` are zeroed up to this (eax → rax) */
} RegisterRow;

/* In the order of EmuRegisters.r; the last is rip. */
extern const char *const register_names[17];
uint32_t register_count(void);
const RegisterRow *register_row(uint32_t index);
/* Index by name, with gdb's $pc, $sp, $fp; -1: no such register. */
int register_named(const char *name);
/* Its value in the selected frame, as an lvalue. */
bool register_value(Console *console, uint32_t index, Value *value);
bool register_assign(Console *console, uint32_t index, const Value *value);
/* Is it one that prints as names of its bits: eflags, mxcsr? */
bool register_flags(const char *name);
/* "[ ZF PF IF ]" */
void register_flags_text(const char *name, uint64_t value, char *text, size_t size);

#endif
