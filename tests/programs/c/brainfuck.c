/* An interpreter inside the interpreter: squares up to 10000 and a Sierpinski triangle, printed byte by byte. */
#include <stdio.h>
#include <string.h>
static void run(const char *program)
{
    static unsigned char tape[30000];
    static int jump[4096], stack[256];
    int depth = 0;
    for (int i = 0; program[i]; i++) {
        if (program[i] == '[')
            stack[depth++] = i;
        if (program[i] == ']')
            jump[jump[i] = stack[--depth]] = i;
    }
    memset(tape, 0, sizeof tape);
    unsigned char *p = tape;
    for (int i = 0; program[i]; i++)
        switch (program[i]) {
        case '>': p++; break;
        case '<': p--; break;
        case '+': ++*p; break;
        case '-': --*p; break;
        case '.': putchar(*p); break;
        case '[': if (!*p) i = jump[i]; break;
        case ']': if (*p) i = jump[i]; break;
        }
}
int main(void)
{
    run("++++[>+++++<-]>[<+++++>-]+<+[>[>+>+<<-]++>>[<<+>>-]>>>[-]++>[-]+>>>+[[-]++++++>>>]<<<[[<++++++++<++>>-]+<.<[>----<-]<]<<[>>>>>[>>>[-]+++++++++<[>-<-]+++++++++>[-[<->-]+[<<<]]<+>]<-]<<-]");
    run("++++++++[>+>++++<<-]>++>>+<[-[>>+<<-]+>>]>+[-<<<[->[+[-]+>++>>>-<<]<[<]>>++++++[<<+++++>>-]+<<++.[-]<<]>.>+[>>]>+]");
}
