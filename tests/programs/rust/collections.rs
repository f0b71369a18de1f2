// The standard collections, iterators, strings, formatting, sorting, traits and closures.
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::fmt;
use std::rc::{Rc, Weak};
use std::cell::RefCell;

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Shape { Circle { r: f64 }, Rect(f64, f64), Unit }

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Shape::Circle { r } => write!(f, "circle {:.2}", r),
            Shape::Rect(a, b) => write!(f, "{}x{}", a, b),
            Shape::Unit => f.pad("unit"),
        }
    }
}

trait Area { fn area(&self) -> f64; fn twice(&self) -> f64 { self.area() * 2.0 } }
impl Area for Shape {
    fn area(&self) -> f64 {
        match *self { Shape::Circle { r } => std::f64::consts::PI * r * r, Shape::Rect(a, b) => a * b, Shape::Unit => 1.0 }
    }
}

struct Tree { value: i64, parent: RefCell<Weak<Tree>>, children: RefCell<Vec<Rc<Tree>>> }

fn main() {
    let mut seed = 42u64;
    let mut random = || { seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); (seed >> 33) as u32 };
    let numbers: Vec<u32> = (0..10000).map(|_| random() % 5000).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    let mut stable = numbers.clone();
    stable.sort_by_key(|n| n % 100);
    println!("{} {} {:?}", sorted[5000], stable[77], sorted.binary_search(&sorted[123]).is_ok());
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for n in &numbers { *counts.entry(n % 97).or_insert(0) += 1; }
    let mut pairs: Vec<_> = counts.into_iter().collect();
    pairs.sort();
    println!("{:?}", &pairs[..8]);
    let tree: BTreeMap<String, u32> = numbers.iter().map(|n| (format!("{:05x}", n), *n)).collect();
    println!("{} {:?} {:?}", tree.len(), tree.iter().next(), tree.range("00100".to_string()..).next());
    let set: BTreeSet<_> = numbers.iter().filter(|n| *n % 2 == 0).collect();
    let unique: HashSet<_> = numbers.iter().collect();
    println!("{} {}", set.len(), unique.len());
    let mut heap: BinaryHeap<_> = numbers.iter().take(100).collect();
    println!("{:?} {:?}", heap.pop(), heap.into_sorted_vec()[0]);
    let mut deque: VecDeque<i32> = (0..20).collect();
    deque.rotate_left(5);
    deque.push_front(-1);
    let list: LinkedList<_> = deque.iter().map(|x| x * x).collect();
    println!("{:?} {}", deque, list.iter().sum::<i32>());
    let shapes = vec![Shape::Circle { r: 1.5 }, Shape::Rect(2.0, 3.5), Shape::Unit];
    for s in &shapes { println!("{} [{:>8}] {:?} {:.3} {:.3}", s, s, s, s.area(), s.twice()); }
    let boxed: Vec<Box<dyn Area>> = shapes.into_iter().map(|s| Box::new(s) as Box<dyn Area>).collect();
    println!("{:.6}", boxed.iter().map(|b| b.area()).fold(0.0, f64::max));
    let text = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich";
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    println!("{} {} {:?} {}", text.len(), text.chars().count(), words, text.to_uppercase());
    println!("{:?}", text.char_indices().filter(|(_, c)| !c.is_ascii()).map(|(i, _)| i).collect::<Vec<_>>());
    println!("{:08.3}|{:+}|{:#x}|{:#010b}|{:e}|{:>5}|{:<5}|{:^5}|{:?}", 3.14159, 5, 255, 5, 1234.5, 1, 2, 3, 0.1 + 0.2);
    println!("{:?} {:?} {:?}", "42".parse::<i32>(), "x".parse::<i32>(), "3.25".parse::<f64>());
    println!("{:?} {:?} {} {}", 200u8.checked_add(100), 200u8.saturating_add(100), 200u8.wrapping_add(100), (-7i32).rem_euclid(3));
    println!("{} {} {}", u128::MAX, i128::MIN, (1u128 << 100) / 12345);
    let leaf = Rc::new(Tree { value: 3, parent: RefCell::new(Weak::new()), children: RefCell::new(vec![]) });
    let branch = Rc::new(Tree { value: 5, parent: RefCell::new(Weak::new()), children: RefCell::new(vec![leaf.clone()]) });
    *leaf.parent.borrow_mut() = Rc::downgrade(&branch);
    println!("{:?} {} {}", leaf.parent.borrow().upgrade().map(|p| p.value), Rc::strong_count(&leaf), branch.children.borrow().len());
    let result: Result<Vec<i32>, _> = "1,2,x,4".split(',').map(str::parse::<i32>).collect();
    println!("{:?}", result.is_err());
    println!("{:?}", (1..=5).flat_map(|n| (0..n).map(move |m| n * m)).zip("abcdefgh".chars()).skip(2).step_by(2).collect::<Vec<_>>());
}
