// Virtual and multiple inheritance, member pointers, templates, static initialisation order, shared_ptr, placement new, coroutines' poorer cousins.
#include <atomic>
#include <chrono>
#include <complex>
#include <iostream>
#include <memory>
#include <string>
#include <type_traits>
#include <valarray>
#include <vector>
static std::vector<std::string> &journal() { static std::vector<std::string> j; return j; }
struct Global { std::string n; Global(const char *s) : n(s) { journal().push_back("+" + n); } ~Global() { std::cout << "-" << n << '\n'; } };
static Global one("one"), two("two");
struct A { long a = 1; virtual long f() { return a; } virtual ~A() = default; };
struct B : virtual A { long b = 2; long f() override { return a + b; } };
struct C : virtual A { long c = 3; virtual long g() { return c * a; } };
struct D : B, C { long d = 4; long f() override { return a + b + c + d; } long g() override { return d * 100; } };
template <unsigned N> struct Factorial { static constexpr unsigned long value = N * Factorial<N - 1>::value; };
template <> struct Factorial<0> { static constexpr unsigned long value = 1; };
template <class... T> static auto sum(T... t) { return (t + ...); }
struct Counted { static inline int alive = 0; Counted() { ++alive; } Counted(const Counted &) { ++alive; } ~Counted() { --alive; } };
int main()
{
    for (auto &s : journal())
        std::cout << s << ' ';
    D d;
    A *a = &d;
    C *c = &d;
    long (A::*member)() = &A::f;
    long D::*field = &D::d;
    std::cout << a->f() << ' ' << c->g() << ' ' << (a->*member)() << ' ' << d.*field << ' ' << (dynamic_cast<B *>(c) == static_cast<B *>(&d)) << '\n';
    std::cout << Factorial<20>::value << ' ' << sum(1, 2.5, 3L) << ' ' << sum(std::string("a"), "b") << '\n';
    {
        std::vector<std::shared_ptr<Counted>> shared(10, std::make_shared<Counted>());
        std::weak_ptr<Counted> weak = shared[0];
        std::vector<Counted> many(50);
        many.resize(70);
        std::cout << shared[0].use_count() << ' ' << Counted::alive << ' ' << weak.expired();
    }
    std::cout << ' ' << Counted::alive << '\n';
    alignas(D) unsigned char room[sizeof(D)];
    D *placed = new (room) D;
    std::cout << placed->f();
    placed->~D();
    std::complex<double> z(1, 2);
    std::cout << ' ' << z * z << ' ' << std::norm(z) << ' ' << std::conj(z) << '\n';
    std::valarray<double> v{1, 2, 3, 4};
    std::cout << (v * v + 1.0).sum() << ' ' << std::sqrt(v)[3] << '\n';
    std::atomic<long> counter{5};
    long expected = 5;
    std::cout << counter.fetch_add(3) << counter.compare_exchange_strong(expected, 9) << expected << counter.exchange(1) << '\n';
    using namespace std::chrono;
    auto start = steady_clock::now();
    std::cout << (steady_clock::now() >= start) << ' ' << duration_cast<milliseconds>(seconds(3)).count() << '\n';
    auto lambda = [n = 0]() mutable { return ++n; };
    lambda();
    std::cout << lambda() << ' ' << std::is_trivially_copyable_v<A> << '\n';
}
