// Panics: caught by catch_unwind, with destructors run; and at last one that ends the program with status 101.
// mask: ' \(\d+\) panicked
// env: RUST_BACKTRACE=0
use std::panic;
struct Noisy(&'static str);
impl Drop for Noisy { fn drop(&mut self) { println!("dropped {}", self.0); } }
fn divide(a: i32, b: i32) -> i32 { let _n = Noisy("divide"); a / b }
fn main() {
    let zero = std::env::args().count() as i32 - 1;
    let caught = panic::catch_unwind(|| divide(7, zero));
    println!("{}", caught.unwrap_err().downcast_ref::<&str>().map(|s| s.to_string()).unwrap_or_default());
    let v = vec![1, 2, 3];
    println!("{}", panic::catch_unwind(|| v[zero as usize + 10]).is_err());
    println!("{}", panic::catch_unwind(|| { let _n = Noisy("closure"); None::<u8>.expect("nothing here") }).is_err());
    let r: Result<u8, String> = Err("broken".into());
    println!("{}", panic::catch_unwind(move || r.unwrap()).is_err());
    println!("{}", panic::catch_unwind(|| panic::resume_unwind(Box::new(5u8))).unwrap_err().is::<u8>());
    let add = (zero as u8).wrapping_add(255).checked_add(1);
    println!("{:?}", add);
    let _last = Noisy("main");
    panic!("the last one: {}", 42);
}
