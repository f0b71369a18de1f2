/* Makes a case out of a form and a random seed. */
#ifndef EMU_TESTS_DIFFERENTIAL_GENERATE_H
#define EMU_TESTS_DIFFERENTIAL_GENERATE_H

#include "case.h"
#include "forms.h"

/* Why instructions with this mnemonic cannot be compared with the host, or NULL. */
const char *generate_excluded(ZydisMnemonic mnemonic);

/* Fills `c` from (form index, seed): the same arguments give the same case. false: this seed gives nothing usable (an
 * encoding that is another instruction, operands that cannot be placed); try another. */
bool generate_case(Case *c, const Form *form, u32 form_index, u64 seed, u64 fs_base);

/* The same with every memory operand at one kind of place where something is wrong: over a border (1, 2), over the border to read-only
 * memory, in it, over the border to nothing, in nothing, from nothing into something, at a non-canonical address (8). */
enum { PLACES = 8 };
bool generate_fault(Case *c, const Form *form, u32 form_index, u64 seed, u64 fs_base, u32 place);
/* Do encodings of the form access memory? (LEA does not.) */
bool generate_accesses(const Form *form);

/* Writes a random encoding of the form; whatever follows ModRM is random. The decoder knows the length. */
void generate_encoding(u8 out[32], const Form *form, u64 *seed);
/* Where processors differ by maker (the emulated one calls itself Intel's) or by chance: not compared. */
bool generate_unspecified(const Insn1 *insn);
bool generate_is_branch(const Insn1 *insn);

#endif
