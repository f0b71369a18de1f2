-- Conway's game of life, string building, tables, closures, metatables, coroutines, pattern matching.
local W, H = 24, 12
local grid = {}
for y = 1, H do grid[y] = {} for x = 1, W do grid[y][x] = (x * 7 + y * 13 + x * y) % 5 == 0 end end
local function step(g)
  local n = {}
  for y = 1, H do
    n[y] = {}
    for x = 1, W do
      local c = 0
      for dy = -1, 1 do for dx = -1, 1 do
        if (dx ~= 0 or dy ~= 0) and g[(y + dy - 1) % H + 1][(x + dx - 1) % W + 1] then c = c + 1 end
      end end
      n[y][x] = c == 3 or (g[y][x] and c == 2)
    end
  end
  return n
end
for _ = 1, 20 do grid = step(grid) end
for y = 1, H do local t = {} for x = 1, W do t[x] = grid[y][x] and "#" or "." end print(table.concat(t)) end
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(20), 2^53, 7 // 2, -7 // 2, 7 % -3, 1e15, 1e100, 10 / 4, math.pi, math.maxinteger, math.mininteger // -1)
local Point = {}
Point.__index = Point
Point.__add = function(a, b) return setmetatable({x = a.x + b.x, y = a.y + b.y}, Point) end
Point.__tostring = function(p) return "(" .. p.x .. "," .. p.y .. ")" end
print(tostring(setmetatable({x = 1, y = 2}, Point) + setmetatable({x = 10, y = 20}, Point)))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end return "done" end)
print(co(), co(), co(), co())
local text = "The quick brown fox jumps over the lazy dog"
print(text:gsub("%w+", string.upper), text:find("fox"), text:rep(2, "|"), ("%5.2f|%-5d|%q"):format(3.14159, 42, "a\nb"))
local words = {}
for w in text:gmatch("%a+") do words[#words + 1] = w:lower() end
table.sort(words)
print(table.concat(words, " "))
print(pcall(error, {code = 5}), select("#", 1, nil, 3), pcall(function() return nil + 1 end))
print(string.pack("<i4d", 7, 1.5):byte(1, -1))
print(utf8.char(72, 228, 8364, 128512), #utf8.char(8364), utf8.len("häß"))
goto out
print("never")
::out::
local sum = 0
for i = 1, 100000 do sum = (sum * 31 + i) % 1000003 end
print(sum, collectgarbage("count") > 0, os.time{year = 2000, month = 1, day = 1, hour = 12})
print(math.sin(1), math.exp(1), math.sqrt(2), math.floor(-2.5), 3 | 4, ~5, 1 << 62)
io.write("end\n")
os.exit(3)
