/* The Lua interpreter: a script of every kind of feature, and standard input.
 * variants: gcc-O2 clang-O2
 * needs: liblua5.4.a
 * flags: -I/usr/include/lua5.4 -llua5.4 -lm
 * args: life.lua */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    char path[4096];
    snprintf(path, sizeof path, "%s%s", DATA, argv[1]);
    luaL_openlibs(L);
    if (luaL_dofile(L, path))
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    lua_close(L);
}
