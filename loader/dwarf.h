/* Debugging information through elfutils' libdw. The library is loaded when first asked for: a program that is only run
 * does not pay for it. Without it (not built in, not installed) dwarf_open() returns NULL, and every caller does without.
 *
 * Addresses are the file's own: the caller takes the load bias off and puts it on. Strings live as long as the DebugInfo. */
#ifndef EMU_LOADER_DWARF_H
#define EMU_LOADER_DWARF_H

#include "base/types.h"

typedef struct DebugInfo DebugInfo;

/* Opens the ELF file in bytes[size], which must outlive the result. NULL: no libdw, or it finds nothing that it can use. */
DebugInfo *dwarf_open(const u8 *bytes, u64 size);
void dwarf_close(DebugInfo *info); /* NULL is fine */

/* ---- lines (dwarf_line.c) ------------------------------------------------------------------------------------- */

typedef struct DwarfSource {
    const char *file, *name; /* absolute, or relative to `directory`; as the compiler was given it */
    const char *directory;   /* that the compiler was started in; NULL: unknown */
    int line, column;     /* 0: unknown */
    const char *function; /* innermost, inlined ones too; NULL: unknown */
    u64 start, end;       /* of this row of the line table */
    bool statement;       /* a place to stop at */
} DwarfSource;

/* The line that the code at `address` comes from. */
bool dwarf_source_at(DebugInfo *info, u64 address, DwarfSource *source);
/* Where code of `file` (a path or its end; NULL: of the unit that main is in) at `*line` begins, or at the next line that has
 * code, to which *line is then set. Up to `capacity` addresses, one per function; how many. */
u32 dwarf_line_addresses(DebugInfo *info, const char *file, int *line, u64 *addresses, u32 capacity);

typedef struct DwarfUnit {
    const char *producer; /* NULL: unknown */
    int version;          /* of DWARF */
    bool macros;
} DwarfUnit;
/* The compilation unit that the code at `address` belongs to. */
bool dwarf_unit_at(DebugInfo *info, u64 address, DwarfUnit *unit);

/* ---- functions and variables (dwarf_scope.c) ------------------------------------------------------------------ */

typedef struct DwarfFunction {
    const char *name;
    u64 start, end;
    u64 after_prologue; /* where the line table says so; 0: it does not */
    u64 next_row;       /* the first row of the line table behind the first one; 0: there is none in the function */
    u64 type;           /* handle of the result's type; 0: void */
    u64 signature;      /* handle of its own type: DWARF_FUNCTION, whose members are the parameters */
} DwarfFunction;
bool dwarf_function_at(DebugInfo *info, u64 address, DwarfFunction *function);

/* Where the functions of that name ("f", "space::f") begin; how many, at most `capacity`. dwarf_names.c */
u32 dwarf_functions_named(DebugInfo *info, const char *name, u64 *addresses, u32 capacity);
/* An enumerator of any enum: the handle of its type, and its value. */
bool dwarf_enumerator(DebugInfo *info, const char *name, u64 *type, i64 *value);

/* The registers of a frame, in DWARF's numbers: 0..16 are rax rdx rcx rbx rsi rdi rbp rsp r8 … r15 and the return address,
 * here: the pc (System V psABI, "DWARF Register Number Mapping"). */
typedef struct DwarfRegisters {
    u64 value[17];
    u64 saved_at[17]; /* the address that the value was restored from; 0: it is in the register still */
    bool known[17];
    u64 cfa;          /* canonical frame address; 0: unknown */
    u64 thread;       /* FS base */
    bool interrupted; /* a signal handler's frame lies below: its pc is the interrupted instruction, not a return address */
} DwarfRegisters;

/* Reads 8 bytes of the program's memory. */
typedef bool DwarfReadWord(void *context, u64 address, u64 *value);

typedef enum DwarfPlace { DWARF_NOWHERE, DWARF_AT_ADDRESS, DWARF_IN_REGISTER, DWARF_AS_VALUE } DwarfPlace;
typedef struct DwarfVariable {
    const char *name;
    u64 type;
    DwarfPlace place;
    u64 value;        /* address (biased where it comes from registers, else unbiased: `fixed`), or the value */
    bool fixed;       /* value is an address of the file: the bias is to be added */
    int reg;          /* IN_REGISTER: DWARF's number */
    bool argument;
    u32 depth;        /* 0: the innermost block */
} DwarfVariable;

/* What a frame offers for finding its variables. */
typedef struct DwarfFrame {
    u64 pc, bias;
    const DwarfRegisters *registers;
    DwarfReadWord *read;
    void *context;
    u64 tls_size;     /* of the program's TLS segment, aligned: thread-local variables lie below FS */
    u32 inlined;      /* so many of the functions that are inlined at pc lie further in than the one that is meant */
} DwarfFrame;

/* A function whose code is part of another's. */
typedef struct DwarfInlined {
    const char *name;
    u64 entry;            /* its first instruction here */
    const char *call_file, *call_name; /* where it is "called": path, and as the compiler was given it; NULL, 0: unknown */
    int call_line;
} DwarfInlined;
/* The index-th function that is inlined where `address` is, from the innermost. false: there are no more. */
bool dwarf_inlined_at(DebugInfo *info, u64 address, u32 index, DwarfInlined *inlined);

/* The variables that code at frame->pc sees in its function, innermost block first; false behind the last. */
bool dwarf_variable(DebugInfo *info, const DwarfFrame *frame, u32 index, DwarfVariable *variable);
/* A variable of a whole unit, or of the program: that of pc's unit first. */
bool dwarf_global(DebugInfo *info, const DwarfFrame *frame, const char *name, DwarfVariable *variable);

/* ---- types (dwarf_type.c) ------------------------------------------------------------------------------------- */

typedef enum DwarfTypeKind { /* in the order of EmuTypeKind */
    DWARF_VOID, DWARF_SIGNED, DWARF_UNSIGNED, DWARF_SIGNED_CHAR, DWARF_UNSIGNED_CHAR, DWARF_BOOL, DWARF_FLOAT, DWARF_ENUM,
    DWARF_POINTER, DWARF_ARRAY, DWARF_STRUCT, DWARF_UNION, DWARF_FUNCTION, DWARF_TYPEDEF, DWARF_CONST, DWARF_VOLATILE,
} DwarfTypeKind;
typedef struct DwarfType {
    DwarfTypeKind kind;
    const char *name;   /* with its namespaces */
    u64 size, target, count;
    u32 reference;      /* of a POINTER: 1 &, 2 && */
    bool plain;         /* of C, where names have tags: struct node */
    bool rust;
    bool scoped;        /* enumerators are named with the type: Kind::Large */
} DwarfType;
typedef struct DwarfMember {
    const char *name;
    u64 type, offset;
    u32 bit_offset, bit_size;
    i64 value;
    bool base;          /* no member but what the class is derived from */
} DwarfMember;
bool dwarf_type(DebugInfo *info, u64 type, DwarfType *out);
/* The index-th variant of a Rust enum: its name, the structure that it holds (`type`, at `offset`), and in `value` the
 * discriminant that means it; `base`: the one that any other discriminant means. */
bool dwarf_type_variant(DebugInfo *info, u64 type, u32 index, DwarfMember *variant);
/* Where the discriminant is. false: no enum with variants, or one that has but one. */
bool dwarf_type_discriminant(DebugInfo *info, u64 type, DwarfMember *discriminant);
bool dwarf_type_member(DebugInfo *info, u64 type, u32 index, DwarfMember *member);
/* "struct node", "size_t"; false: there is none. */
bool dwarf_type_named(DebugInfo *info, const char *name, u64 *type);

/* ---- all that is declared (dwarf_declared.c) ------------------------------------------------------------------ */

typedef enum DwarfDeclared { DWARF_A_FUNCTION, DWARF_A_VARIABLE, DWARF_A_TYPE, DWARF_A_FILE } DwarfDeclared;
typedef struct DwarfDeclaration {
    DwarfDeclared what;
    const char *name;  /* with its namespaces; of a FILE: its path */
    const char *file;  /* as the compiler was given it; NULL: built in */
    int line;          /* 0: unknown */
    u64 type;          /* a type's own handle, a variable's, a function's signature */
    bool is_static;    /* known in its file only */
} DwarfDeclaration;
typedef void DwarfDeclarationVisit(void *context, const DwarfDeclaration *declaration);
/* Calls `visit` for everything of that kind that is defined outside of functions. Types come once for every unit that has them.
 */
void dwarf_declarations(DebugInfo *info, DwarfDeclared what, DwarfDeclarationVisit *visit, void *context);

/* ---- unwinding (dwarf.c) -------------------------------------------------------------------------------------- */

/* From the registers in the frame whose code stands at `pc`, those of its caller, by .eh_frame or .debug_frame. pc is
 * unbiased, and the return address - 1 except in the innermost and in interrupted frames. false: no rule for this pc, or
 * memory that it needs cannot be read. */
bool dwarf_unwind(DebugInfo *info, u64 pc, const DwarfRegisters *callee, DwarfRegisters *caller, DwarfReadWord *read,
                  void *context);

#endif
