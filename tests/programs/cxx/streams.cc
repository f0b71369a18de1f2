// iostream: formatting, parsing, files, string streams, wide output, standard input.
// stdin: 10 20 0x1f 3.5 word\nwhole line here\n
#include <fstream>
#include <iomanip>
#include <iostream>
#include <locale>
#include <sstream>
#include <string>
int main()
{
    int a, b, c;
    double d;
    std::string word, line;
    std::cin >> a >> b >> std::hex >> c >> std::dec >> d >> word;
    std::getline(std::cin >> std::ws, line);
    std::cout << a + b << ' ' << c << ' ' << d << ' ' << word << " [" << line << "] " << std::cin.eof() << '\n';
    std::cout << std::setw(10) << 42 << '|' << std::left << std::setw(10) << 42 << '|' << std::right << std::setfill('*') << std::setw(8) << -7 << '|'
              << std::internal << std::showpos << std::setw(8) << 7 << std::noshowpos << std::setfill(' ') << '\n';
    std::cout << std::hex << std::showbase << 255 << ' ' << std::oct << 8 << ' ' << std::dec << std::uppercase << std::hex << 0xbeef << std::dec << std::nouppercase << '\n';
    for (double x : {0.0, 1.0 / 3, 1e100, -2.5e-10, 123456789.0})
        std::cout << x << ' ' << std::fixed << std::setprecision(3) << (x < 1e20 ? x : 1) << ' ' << std::scientific << x << ' ' << std::hexfloat << x << std::defaultfloat << std::setprecision(6) << '\n';
    std::cout << std::boolalpha << true << ' ' << false << ' ' << 'c' << ' ' << static_cast<const void *>(nullptr) << ' ' << 1.5L << '\n';
    {
        std::ofstream out("file", std::ios::binary);
        for (int i = 0; i < 1000; i++)
            out << i << '\t' << i * i << '\n';
    }
    std::ifstream in("file");
    long sum = 0, lines = 0;
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        long x, y;
        fields >> x >> y;
        sum += x * 3 + y;
        lines++;
    }
    std::cout << lines << ' ' << sum << '\n';
    std::fstream both("file", std::ios::in | std::ios::out);
    both.seekp(10);
    both << "XYZ";
    both.seekg(8);
    both >> line;
    std::cout << line << ' ' << both.tellg() << '\n';
    std::ifstream missing("none");
    std::cout << missing.is_open() << missing.fail() << '\n';
    std::ostringstream text;
    text << std::put_money(1234567) << ' ' << std::quoted("say \"hi\"") << ' ' << std::setbase(16) << 77;
    std::cout << text.str() << '\n';
    std::wcerr << L"wide " << 5 << L'\n';
    std::clog << "log\n";
    std::istringstream bad("12x");
    int n = 0;
    bad >> n >> n;
    std::cout << n << bad.fail() << std::endl;
}
