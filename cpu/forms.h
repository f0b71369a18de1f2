/* The shapes of the handler tables: which array index means what. Handlers fill them, translate functions read them. */
#ifndef EMU_CPU_FORMS_H
#define EMU_CPU_FORMS_H

/* Operand forms. R register, M memory with any address, B memory with base and displacement only, I immediate. */
enum { FORM_RR, FORM_RI, FORM_RM, FORM_RB, FORM_MR, FORM_BR, FORM_MI, FORM_BI, FORMS };
/* One-operand forms. */
enum { FORM_R, FORM_M, FORM_B, FORMS_1 };

/* table[(form * 4 + width index) * 2 + flags live] */
#define TABLE_FWL(form, width, live) (((form) * 4 + (width)) * 2 + (live))
/* table[form * 4 + width index] */
#define TABLE_FW(form, width) ((form) * 4 + (width))

/* Flag producers that readers know as a constant: index into tables of Jcc, SETcc, CMOVcc. */
enum { KIND_ANY, KIND_SUB8, KIND_SUB16, KIND_SUB32, KIND_SUB64, KIND_LOGIC8, KIND_LOGIC16, KIND_LOGIC32, KIND_LOGIC64, KINDS };
#define TABLE_COND(kind, condition) ((kind) * 16 + (condition))

#endif
