// A Rust program: its types and names are others than C's.
#[derive(Clone)]
struct Point { x: i32, y: i32 }

#[inline(never)]
fn length(p: &Point) -> i32 {
    let squared = p.x * p.x + p.y * p.y;
    squared
}

#[inline(never)]
fn fill(n: u64) -> u64 {
    let mut sum: u64 = 0;
    for i in 0..n {
        sum += i * i;
    }
    sum
}

fn main() {
    let p = Point { x: 3, y: 4 };
    let l = length(&p);
    let s = fill(5);
    std::process::exit(((l as u64 + s) & 63) as i32);
}
