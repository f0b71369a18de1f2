/* Directories, links, renames, permissions, times, the *at family, statx, readdir in sorted order, glob, nftw.
 * variants: gcc-O2 clang-O2 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
static void result(const char *what, long value) { printf("%s: %ld%s%s\n", what, value, value < 0 ? " " : "", value < 0 ? strerror(errno) : ""); }
static void touch(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    fputs(text, f);
    fclose(f);
}
static int seen(const char *path, const struct stat *st, int type, struct FTW *at)
{
    printf("%*s%s type %d size %ld\n", at->level * 2, "", path + at->base, type, type == FTW_F ? (long)st->st_size : 0L);
    return 0;
}
int main(void)
{
    umask(022);
    result("mkdir", mkdir("tree", 0777));
    result("mkdir again", mkdir("tree", 0777));
    result("mkdir deep", mkdir("a/b/c", 0777));
    mkdir("tree/sub", 0750);
    touch("tree/one", "1");
    touch("tree/two", "22");
    touch("tree/sub/three", "333");
    result("symlink", symlink("one", "tree/link"));
    result("dangling", symlink("nowhere", "tree/dangling"));
    result("hard link", link("tree/one", "tree/hard"));
    char target[64] = "";
    result("readlink", readlink("tree/link", target, sizeof target));
    puts(target);
    struct stat st;
    lstat("tree/link", &st);
    printf("link %d size %ld\n", S_ISLNK(st.st_mode), (long)st.st_size);
    stat("tree/link", &st);
    printf("links %ld mode %o\n", (long)st.st_nlink, st.st_mode);
    result("stat dangling", stat("tree/dangling", &st));
    struct statx sx;
    result("statx", statx(AT_FDCWD, "tree/two", 0, STATX_BASIC_STATS, &sx));
    printf("size %llu mode %o\n", (long long)sx.stx_size, sx.stx_mode);
    struct dirent **list;
    int count = scandir("tree", &list, NULL, alphasort);
    for (int i = 0; i < count; i++)
        printf("%s(%d) ", list[i]->d_name, list[i]->d_type);
    puts("");
    result("rename", rename("tree/two", "tree/sub/zwei"));
    result("rename over", rename("tree/hard", "tree/one"));
    result("rename dir", rename("tree/sub", "tree/dir"));
    result("rename into itself", rename("tree", "tree/dir/x"));
    result("exchange", renameat2(AT_FDCWD, "tree/one", AT_FDCWD, "tree/dir/zwei", RENAME_EXCHANGE));
    result("no replace", renameat2(AT_FDCWD, "tree/one", AT_FDCWD, "tree/dir/zwei", RENAME_NOREPLACE));
    result("rmdir full", rmdir("tree/dir"));
    result("unlink dir", unlink("tree/dir"));
    result("chmod", chmod("tree/one", 0400));
    result("access", access("tree/one", R_OK));
    result("access none", access("tree/none", F_OK));
    int dir = open("tree", O_RDONLY | O_DIRECTORY);
    int fd = openat(dir, "new", O_CREAT | O_RDWR, 0666);
    result("write", write(fd, "new", 3));
    result("fstatat", fstatat(dir, "new", &st, 0));
    struct timespec times[2] = {{1000000000, 123456789}, {1234567890, 987654321}};
    result("utimens", utimensat(dir, "new", times, 0));
    fstat(fd, &st);
    printf("times %ld.%09ld %ld.%09ld\n", st.st_atim.tv_sec, st.st_atim.tv_nsec, st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    result("unlinkat", unlinkat(dir, "new", 0));
    result("deleted but open", pread(fd, target, 3, 0));
    result("chdir", chdir("tree/dir"));
    char *cwd = getcwd(NULL, 0);
    printf("cwd ends %s\n", strrchr(cwd, '/'));
    result("realpath", strcmp(realpath("../dir/./three", NULL) + strlen(cwd), "/three"));
    result("getcwd small", (long)getcwd(target, 3) ? 1 : -1);
    chdir("../..");
    glob_t found;
    glob("tree/*/t*", 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        puts(found.gl_pathv[i]);
    touch("tree/loop", "");
    unlink("tree/loop");
    symlink("loop", "tree/loop");
    result("loop", open("tree/loop", O_RDONLY));
    result("nofollow", open("tree/link", O_RDONLY | O_NOFOLLOW));
    unlink("tree/loop");
    result("mkfifo", mkfifo("tree/fifo", 0600));
    unlink("tree/fifo");
    char name[] = "tree/tmpXXXXXX";
    int temporary = mkstemp(name);
    result("mkstemp", temporary > 0 ? 0 : -1);
    unlink(name);
    chmod("tree", 0755);
    nftw("tree/dir", seen, 8, FTW_PHYS);
}
