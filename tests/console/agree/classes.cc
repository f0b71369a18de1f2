#include <iostream>
#include <string>
#include <vector>
#include <map>
#include <memory>
namespace geo {
struct Shape { virtual ~Shape() {} virtual double area() const = 0; std::string name; int id = 1; };
class Circle : public Shape {
  public:
    explicit Circle(double r) : radius(r) { name = "circle"; }
    double area() const override { return 3 * radius * radius; }
    static int made;
  private:
    double radius;
};
int Circle::made = 4;
template <typename T> T largest(T a, T b) { return a > b ? a : b; }
enum class Kind { Small, Large = 7 };
struct Pair { int &ref; Kind kind; bool flag; };
}
int over(int x) { return x + 1; }
double over(double x) { return x + 2; }
static int use(const geo::Shape &shape, std::vector<int> &numbers)
{
    int n = (int)shape.area();
    numbers.push_back(n);
    return n + over(1) + (int)over(2.0);
}
int main()
{
    geo::Circle circle(2);
    std::vector<int> numbers{1, 2, 3};
    std::string text = "hello world";
    std::map<int, std::string> names{{1, "one"}, {2, "two"}};
    int k = geo::largest(3, 4);
    geo::Pair pair{k, geo::Kind::Large, true};
    std::unique_ptr<int> owner(new int(5));
    int n = use(circle, numbers);
    std::cout << n << text << pair.ref << numbers.size() << *owner << std::endl;
    return 0;
}
