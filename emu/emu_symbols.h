/* The second page of emu.h, which includes it: symbols, source lines, types, variables, instructions and frames of a program.
 * What says "DWARF" is false or 0 without debug information, or when libemu was built without libdw. */
#ifndef EMU_EMU_SYMBOLS_H
#define EMU_EMU_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Emu Emu;

/* ---- code and names (symbols.c, disassemble.c, backtrace.c) --------------------------------------------------- */

typedef struct EmuSymbol {
    const char *name;
    uint64_t address, size;
    bool function, indirect; /* indirect: calling it gives the address of the function (STT_GNU_IFUNC) */
} EmuSymbol;
/* The symbol that `address` lies in (or follows, for symbols without a size). */
bool emu_symbol_at(Emu *emu, int pid, uint64_t address, EmuSymbol *symbol);
bool emu_symbol_named(Emu *emu, int pid, const char *name, EmuSymbol *symbol);
/* All symbols by address; false behind the last. */
bool emu_symbol(Emu *emu, int pid, uint32_t index, EmuSymbol *symbol);

/* A symbol's name as its language writes it: "geo::area(int)" for "_ZN3geo4areaEi"; itself where it is not mangled. */
const char *emu_plain_name(Emu *emu, int pid, const char *symbol);

typedef struct EmuSource {
    const char *file, *name; /* absolute; as the compiler was given it */
    int line, column;
    const char *function; /* innermost, inlined ones too; NULL: unknown */
    uint64_t start, end;  /* the code of this row of the line table */
    bool statement;       /* a place to stop at */
} EmuSource;
/* What follows comes from DWARF; false or 0 without it (or without libdw). */
bool emu_source_at(Emu *emu, int pid, uint64_t address, EmuSource *source);
typedef struct EmuUnit {
    const char *producer; /* the compiler and its options; NULL: unknown */
    int version;          /* of DWARF */
    bool macros;
} EmuUnit;
bool emu_unit_at(Emu *emu, int pid, uint64_t address, EmuUnit *unit);
/* Where the code of FILE:LINE begins (or of the next line that has code: *line says which); file NULL: main's. How many. */
uint32_t emu_line_addresses(Emu *emu, int pid, const char *file, int *line, uint64_t *addresses, uint32_t capacity);

typedef struct EmuFunction {
    const char *name;
    uint64_t start, end, body; /* body: behind the prologue */
    uint64_t type;             /* handle of the result's type, 0: void */
    uint64_t signature;        /* handle of the function's own type: its members are the parameters; 0: unknown */
    bool has_lines;            /* DWARF knows it; else it is only a symbol */
} EmuFunction;
/* The function (not an inlined one) that holds the address. */
bool emu_function_at(Emu *emu, int pid, uint64_t address, EmuFunction *function);

/* Where functions of that name begin, as the source calls them ("f", "space::f"), whatever their symbols are; how many. */
uint32_t emu_functions_named(Emu *emu, int pid, const char *name, uint64_t *addresses, uint32_t capacity);

typedef enum EmuTypeKind {
    EMU_TYPE_VOID, EMU_TYPE_SIGNED, EMU_TYPE_UNSIGNED, EMU_TYPE_SIGNED_CHAR, EMU_TYPE_UNSIGNED_CHAR, EMU_TYPE_BOOL,
    EMU_TYPE_FLOAT, EMU_TYPE_ENUM, EMU_TYPE_POINTER, EMU_TYPE_ARRAY, EMU_TYPE_STRUCT, EMU_TYPE_UNION, EMU_TYPE_FUNCTION,
    EMU_TYPE_TYPEDEF, EMU_TYPE_CONST, EMU_TYPE_VOLATILE,
} EmuTypeKind;
typedef struct EmuType {
    EmuTypeKind kind;
    const char *name;      /* with its namespaces; "" when it has none */
    bool plain;            /* of C, where names have tags: struct node */
    bool rust;             /* of Rust */
    bool scoped;           /* of an enum: its members are named with it: Kind::Large */
    uint32_t reference;    /* of a pointer: 1 is &, 2 is && */
    uint64_t size, target; /* bytes; handle of what it points to, holds, returns or is another name of */
    uint64_t count;        /* of an array: elements; of a function: 1 when its parameters are known (C: a prototype) */
} EmuType;
typedef struct EmuMember {
    const char *name;
    uint64_t type, offset;        /* of a struct or union: handle, bytes; of a function's parameter: handle */
    uint32_t bit_offset, bit_size; /* bit_size 0: not a bit-field */
    int64_t value;                /* of an enum */
    bool base;                    /* no member but what the class is derived from */
} EmuMember;
/* `type` is a handle out of one of these structures. */
bool emu_type(Emu *emu, uint64_t type, EmuType *out);
bool emu_type_member(Emu *emu, uint64_t type, uint32_t index, EmuMember *member);
/* Rust's enums: the index-th variant is a member `name` of structure `type` at `offset`, meant by discriminant `value` (`base`:
 * by any that no other has). */
bool emu_type_variant(Emu *emu, uint64_t type, uint32_t index, EmuMember *variant);
/* Where the discriminant is; false: the type has no variants, or one only. */
bool emu_type_discriminant(Emu *emu, uint64_t type, EmuMember *discriminant);
/* An enumerator's type and value. */
bool emu_enumerator(Emu *emu, int pid, const char *name, uint64_t *type, int64_t *value);
/* "struct node", "size_t" */
bool emu_type_named(Emu *emu, int pid, const char *name, uint64_t *type);

typedef enum EmuPlace { EMU_NOWHERE, EMU_AT_ADDRESS, EMU_IN_REGISTER, EMU_AS_VALUE } EmuPlace;
typedef struct EmuVariable {
    const char *name;
    uint64_t type;
    EmuPlace place;  /* NOWHERE: optimised out here */
    uint64_t value;  /* its address, or (up to 8 bytes of) its value */
    int reg;         /* IN_REGISTER: index into EmuRegisters.r */
    bool argument;
    uint32_t depth;  /* 0: the innermost block */
} EmuVariable;
/* A function's activation: the frame as emu_backtrace() counts, and how many of the functions that are inlined where it stands lie
 * further in than the one that is meant (0: the innermost of them, or where there is none the frame's own function). */
typedef struct EmuFrameId { uint32_t level, inlined; } EmuFrameId;
/* Arguments and locals that the function's code can see there, innermost block first. */
bool emu_variable(Emu *emu, int tid, EmuFrameId frame, uint32_t index, EmuVariable *variable);
/* By name: the frame's, else of the file, else of the program. */
bool emu_variable_named(Emu *emu, int tid, EmuFrameId frame, const char *name, EmuVariable *variable);

/* A function whose code is part of another's. */
typedef struct EmuInlined {
    const char *name;
    uint64_t entry;        /* its first instruction here */
    const char *call_file, *call_name; /* where it is "called": path, and as the compiler was given it; NULL: unknown */
    int call_line;
} EmuInlined;
/* The index-th function that is inlined where `address` is, from the innermost; false: there are no more. */
bool emu_inlined_at(Emu *emu, int pid, uint64_t address, uint32_t index, EmuInlined *inlined);

/* The same at any address, without a frame: AT_ADDRESS has in `reg` what `value` is counted from: -1 nothing (it is the
 * address), -2 the CFA, else a register. */
bool emu_scope_variable(Emu *emu, int pid, uint64_t address, uint32_t index, EmuVariable *variable);

typedef enum EmuDeclared { EMU_FUNCTIONS, EMU_VARIABLES, EMU_TYPES, EMU_FILES } EmuDeclared;
typedef struct EmuDeclaration {
    const char *name;   /* with its namespaces; of FILES: the path */
    const char *file;   /* as the compiler was given it; NULL: built in */
    int line;           /* 0: unknown */
    uint64_t type;      /* a type's own handle, a variable's, a function's signature */
    bool is_static;
} EmuDeclaration;
typedef void EmuDeclarationVisit(void *context, const EmuDeclaration *declaration);
/* Calls `visit` for all that the program declares outside of functions; types may come several times. */
void emu_declarations(Emu *emu, int pid, EmuDeclared what, EmuDeclarationVisit *visit, void *context);

typedef struct EmuInsn {
    uint8_t bytes[15];
    uint8_t length;   /* 0: unreadable */
    bool valid;       /* false: the bytes are no instruction; text is "(bad)" */
    char text[224];   /* as objdump -M intel prints it; AT&T with emu_set_syntax() */
} EmuInsn;
/* false: Intel syntax. */
void emu_set_syntax(Emu *emu, bool att);
/* Decodes the instruction at `address`; false when not even one byte could be read. */
bool emu_disassemble(Emu *emu, int pid, uint64_t address, EmuInsn *insn);

typedef struct EmuFrame {
    uint64_t pc, cfa; /* canonical frame address: RSP before the call that made the frame; 0: unknown */
    bool exact;       /* pc is an instruction that was to be executed, not a return address */
    uint64_t r[16];   /* as EmuRegisters.r, where bit n of `known` is set */
    uint32_t known;
    uint64_t saved_at[17]; /* where the caller's registers are saved (16: RIP), by this frame or one it called; 0: nowhere */
    uint64_t return_address; /* 0: unknown */
} EmuFrame;
/* Frames from the innermost; how many (at most `capacity`). By CFI, else by frame pointers, else by return addresses. */
uint32_t emu_backtrace(Emu *emu, int tid, EmuFrame *frames, uint32_t capacity);

#ifdef __cplusplus
}
#endif

#endif
