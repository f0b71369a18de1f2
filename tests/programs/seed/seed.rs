// The course notes' first program.
fn main() {
    let x: u8 = 42;
    let y: u32 = 100;
    println!("x = {}, y = {}, sum = {}", x, y, x as u32 + y);
    println!("x lies in {} byte, y in {}", std::mem::size_of_val(&x), std::mem::size_of_val(&y));
}
