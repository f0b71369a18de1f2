// An exception that nobody catches ends in std::terminate: a message and SIGABRT.
#include <exception>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
struct Trace { ~Trace() { std::cout << "destroyed\n"; } };
int main()
{
    std::set_terminate([] { std::cout << "terminate handler" << std::endl; std::abort(); });
    Trace t;
    throw std::runtime_error("nobody catches this");
}
