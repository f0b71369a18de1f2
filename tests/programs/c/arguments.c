/* argv, envp and the exit status pass through unchanged; argv[argc] is NULL; the strings lie behind the pointers.
 * args: one "two words" '' -x --option=3 "tab	inside"
 * args: 
 * env: GREETING=hello EMPTY= */
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv, char **envp)
{
    for (int i = 1; i < argc; i++)
        printf("%d [%s]\n", i, argv[i]);
    printf("end %d, environment behind it %d\n", argv[argc] == NULL, envp == argv + argc + 1);
    int count = 0;
    for (char **e = envp; *e; e++, count++)
        printf("%s\n", *e);
    printf("%d variables, GREETING=%s, EMPTY=[%s], NONE=%p\n", count, getenv("GREETING"), getenv("EMPTY"), getenv("NONE"));
    setenv("ADDED", "yes", 1);
    unsetenv("GREETING");
    printf("%s %d\n", getenv("ADDED"), getenv("GREETING") == NULL);
    return 40 + argc;
}
