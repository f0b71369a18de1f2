/* A bytecode interpreter with computed gotos.
 * class: indirect */
#include <stdio.h>
enum { LOAD, ADD, SUB, MUL, XOR, SHIFT, LESS, JUMP, STORE, HALT };
static const unsigned char program[] = {
    LOAD, 0, 1, ADD, 1, 2, XOR, 2, 3, SHIFT, 3, 1, MUL, 4, 2, SUB, 4, 1, STORE, 0, 4, ADD, 5, 6, LESS, 5, 7, JUMP, 0, 0, HALT, 0, 0,
};
int main(void)
{
    static void *const label[] = {&&load, &&add, &&sub, &&mul, &&xor, &&shift, &&less, &&jump, &&store, &&halt};
    long r[16] = {1, 2, 3, 4, 5, 0, 1, 32000000}, flag = 0;
    const unsigned char *pc = program;
#define NEXT do { pc += 3; goto *label[*pc]; } while (0)
    goto *label[*pc];
load: r[pc[1]] = r[pc[2]] + 1; NEXT;
add: r[pc[1]] += r[pc[2]]; NEXT;
sub: r[pc[1]] -= r[pc[2]]; NEXT;
mul: r[pc[1]] *= r[pc[2]]; NEXT;
xor: r[pc[1]] ^= r[pc[2]]; NEXT;
shift: r[pc[1]] = (unsigned long)r[pc[1]] >> pc[2]; NEXT;
less: flag = r[pc[1]] < r[pc[2]]; NEXT;
jump: if (flag) { pc = program - 3; } NEXT;
store: r[pc[1]] = r[pc[2]] & 0xffff; NEXT;
halt: printf("%ld %ld\n", r[0], r[4]);
}
