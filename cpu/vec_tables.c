/* Constant data and seldom-called helpers of the vector family. */
#include "cpu/vec_int.h"
#include "cpu/vec_templates.h"

#define CLEAR_16 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
const u8 vec_shift_window[48] = { CLEAR_16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, CLEAR_16 };

static bool tiny_32(u32 bits) { return bits << 1 && !(bits & 0x7f800000); }
static bool tiny_64(u64 bits) { return bits << 1 && !(bits & 0x7ff0000000000000); }

bool vec_is_tiny(const Vector *result, FpKind kind, u32 size)
{
    bool single = kind == FP_TINY_SS || kind == FP_TINY_PS;
    u32 lanes = kind == FP_TINY_SS || kind == FP_TINY_SD ? 1 : size / (single ? 4 : 8);
    for (u32 i = 0; i < lanes; i++)
        if (single ? tiny_32(result->u32[i]) : tiny_64(result->u64[i]))
            return true;
    return false;
}
