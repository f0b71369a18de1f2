// The standard containers and algorithms, with a plain checksum of what they hold.
#include <algorithm>
#include <array>
#include <bitset>
#include <deque>
#include <functional>
#include <iostream>
#include <iterator>
#include <list>
#include <map>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
int main()
{
    std::mt19937_64 random(20240229);
    std::vector<long> v(20000);
    for (auto &x : v)
        x = static_cast<long>(random() % 100000);
    auto sorted = v;
    std::sort(sorted.begin(), sorted.end());
    std::stable_sort(v.begin(), v.end(), [](long a, long b) { return a % 1000 < b % 1000; });
    std::cout << sorted[100] << ' ' << v[100] << ' ' << std::accumulate(v.begin(), v.end(), 0L) << '\n';
    std::map<std::string, int> words;
    std::unordered_map<std::string, long> sums;
    for (long x : v) {
        std::string key = "k" + std::to_string(x % 777);
        ++words[key];
        sums[key] += x;
    }
    long check = 0;
    for (auto &[key, count] : words)
        check = check * 31 + count + sums[key];
    std::cout << words.size() << ' ' << check << ' ' << words.begin()->first << ' ' << words.rbegin()->first << '\n';
    std::set<long> unique(v.begin(), v.end());
    auto it = unique.lower_bound(50000);
    std::cout << unique.size() << ' ' << *it << ' ' << *std::prev(it) << '\n';
    std::priority_queue<long, std::vector<long>, std::greater<>> heap(v.begin(), v.begin() + 1000);
    long front = 0;
    for (int i = 0; i < 500; i++, heap.pop())
        front ^= heap.top() * i;
    std::deque<int> deque;
    for (int i = 0; i < 1000; i++)
        i % 3 ? deque.push_back(i) : deque.push_front(i);
    std::list<int> list(deque.begin(), deque.end());
    list.sort(std::greater<>());
    list.remove_if([](int i) { return i % 7 == 0; });
    list.splice(list.begin(), list, std::next(list.begin(), 100), list.end());
    std::cout << front << ' ' << deque.front() << ' ' << list.front() << ' ' << list.size() << '\n';
    std::bitset<300> bits;
    for (int i = 0; i < 300; i += 7)
        bits.set(i);
    std::cout << (bits << 3 ^ bits >> 5).count() << ' ' << bits.to_string().substr(0, 40) << '\n';
    std::variant<int, double, std::string> variants[] = {1, 2.5, std::string("three")};
    for (auto &x : variants)
        std::visit([](auto &value) { std::cout << value << ';'; }, x);
    std::optional<int> none, some = 4;
    std::cout << none.value_or(-1) << some.value_or(-1) << '\n';
    auto [a, b, c] = std::make_tuple(1, 'x', std::string_view("view"));
    std::cout << a << b << c << ' ';
    std::array<int, 10> fib{1, 1};
    for (std::size_t i = 2; i < fib.size(); i++)
        fib[i] = fib[i - 1] + fib[i - 2];
    std::copy(fib.begin(), fib.end(), std::ostream_iterator<int>(std::cout, ","));
    std::string text = "the quick brown fox";
    std::rotate(text.begin(), text.begin() + 4, text.end());
    std::cout << '\n' << text << ' ' << text.find("fox") << ' ' << std::count(text.begin(), text.end(), 'o') << '\n';
    std::function<int(int)> f = [&](int n) { return n < 2 ? n : f(n - 1) + f(n - 2); };
    std::cout << f(20) << '\n';
    std::normal_distribution<double> normal;
    std::mt19937 other(1);
    std::uniform_int_distribution<int> dice(1, 6);
    int rolls[7] = {0};
    for (int i = 0; i < 6000; i++)
        rolls[dice(other)]++;
    std::cout << rolls[1] << ' ' << rolls[6] << ' ' << (normal(other) < 10) << '\n';
}
