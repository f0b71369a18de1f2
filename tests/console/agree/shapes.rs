use std::collections::HashMap;
#[derive(Debug, Clone, PartialEq)]
enum Shape { Circle(f64), Rect { w: u32, h: u32 }, Empty }
#[derive(Debug, Clone, Copy)]
enum Plain { A, B = 5, C }
#[derive(Debug)]
struct Point<T> { x: T, y: T }
struct Tuple(i32, &'static str);
static GLOBAL: u64 = 77;
impl Point<i32> { fn sum(&self) -> i32 { self.x + self.y } }
mod inner { pub fn deep(s: &str, v: &[i32]) -> usize { let n = s.len() + v.len(); n } }
fn area(s: &Shape) -> f64 { match s { Shape::Circle(r) => r * r * 3.0, Shape::Rect { w, h } => (w * h) as f64, Shape::Empty => 0.0 } }
fn main() {
    let p = Point { x: 3, y: -4 };
    let some: Option<i32> = Some(9);
    let none: Option<i32> = None;
    let boxed: Option<Box<i32>> = Some(Box::new(5));
    let text = "hello";
    let owned = String::from("world");
    let v = vec![1, 2, 3];
    let slice = &v[1..];
    let shapes = vec![Shape::Circle(1.5), Shape::Rect { w: 2, h: 3 }, Shape::Empty];
    let t = (1u8, 'x', true, 2.5f32);
    let tup = Tuple(4, "four");
    let array = [10u16; 4];
    let plain = Plain::B;
    let result: Result<u8, String> = Err("bad".to_string());
    let mut map = HashMap::new();
    map.insert("k", 1);
    let total: f64 = shapes.iter().map(area).sum();
    let n = inner::deep(text, slice);
    println!("{} {} {:?} {:?} {:?} {} {} {} {:?} {:?} {} {:?} {} {} {:?}", p.sum(), n, some, none, boxed, owned, total, tup.0, t, array, tup.1, plain, GLOBAL, map.len(), result);
    let c = Plain::C; let a = Plain::A;
    println!("{:?} {:?}", a, c);
}
