/* The Lua interpreter on a mixed script.
 * class: real
 * needs: liblua5.4.a
 * flags: -I/usr/include/lua5.4 -llua5.4 -lm */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
static const char script[] =
    "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
    "local t, s = {}, 0\n"
    "for i = 1, 200000 do t[i] = (i * 7919) % 100003 end\n"
    "table.sort(t)\n"
    "for i = 1, #t do s = s + t[i] * (i % 3) end\n"
    "local w = {}\n"
    "for i = 1, 40000 do w[#w + 1] = ('%d:%x'):format(i, i * 3):gsub('%d', function(d) return d + 1 end) end\n"
    "print(fib(27), s, #table.concat(w))\n";
int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    if (luaL_dostring(L, script))
        puts(lua_tostring(L, -1));
}
