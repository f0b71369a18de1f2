// Exceptions through frames with destructors, rethrown, nested, by hierarchy, with exception_ptr; the unwinder reads .eh_frame.
#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>
struct Trace {
    std::string name;
    explicit Trace(std::string n) : name(std::move(n)) { std::cout << "+" << name << ' '; }
    ~Trace() { std::cout << "-" << name << ' '; }
};
struct Special : std::runtime_error {
    int code;
    Special(const std::string &what, int c) : std::runtime_error(what), code(c) {}
};
[[gnu::noinline]] static int deep(int n, int kind)
{
    Trace t("f" + std::to_string(n));
    if (n == 0) {
        if (kind == 0) throw Special("special", 42);
        if (kind == 1) throw 3.5;
        if (kind == 2) throw std::string("text");
        if (kind == 3) return static_cast<int>(std::vector<int>(3).at(7));
        if (kind == 4) return static_cast<int>(std::stoi("not a number"));
        if (kind == 5) throw "pointer";
    }
    return deep(n - 1, kind) + static_cast<int>(t.name.size());
}
static void nested()
{
    try {
        deep(2, 0);
    } catch (...) {
        std::throw_with_nested(std::logic_error("outer"));
    }
}
struct Base { virtual ~Base() = default; virtual int id() const { return 1; } };
struct Derived : Base { int id() const override { return 2; } };
int main()
{
    for (int kind = 0; kind < 6; kind++) {
        try {
            deep(4, kind);
        } catch (const Special &e) {
            std::cout << "Special " << e.what() << e.code << '\n';
        } catch (double d) {
            std::cout << "double " << d << '\n';
        } catch (const std::string &s) {
            std::cout << "string " << s << '\n';
        } catch (const std::exception &e) {
            std::cout << typeid(e).name() << ' ' << e.what() << '\n';
        } catch (...) {
            std::cout << "something else\n";
        }
    }
    try {
        nested();
    } catch (const std::exception &e) {
        std::cout << e.what();
        try {
            std::rethrow_if_nested(e);
        } catch (const std::exception &inner) {
            std::cout << " <- " << inner.what() << '\n';
        }
    }
    std::exception_ptr kept;
    try {
        throw std::out_of_range("kept");
    } catch (...) {
        kept = std::current_exception();
    }
    try {
        std::rethrow_exception(kept);
    } catch (const std::out_of_range &e) {
        std::cout << "again " << e.what() << " uncaught " << std::uncaught_exceptions() << '\n';
    }
    Derived d;
    Base b, *p = &b;
    try {
        std::cout << dynamic_cast<Base &>(d).id() << ' ' << (dynamic_cast<Derived *>(p) == nullptr) << ' ';
        dynamic_cast<Derived &>(*p).id();
    } catch (const std::bad_cast &e) {
        std::cout << e.what() << '\n';
    }
    try {
        volatile std::size_t most = std::size_t(1) << 62;
        std::unique_ptr<char[]> big(new char[most]);
    } catch (const std::bad_alloc &e) {
        std::cout << e.what() << '\n';
    }
    long sum = 0;
    for (int i = 0; i < 2000; i++)
        try {
            if (i % 3) throw i;
        } catch (int n) {
            sum += n;
        }
    std::cout << sum << std::endl;
    struct AtExit { ~AtExit() { std::cerr << "never printed\n"; } };
    [](int n) noexcept { if (n) throw n; }(static_cast<int>(sum & 1) + 1);
}
