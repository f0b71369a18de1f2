// Threads, channels, mutexes, atomics, scoped threads, thread-locals, a panic that stays in its thread.
// mask: ' \(\d+\) panicked
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
thread_local!(static LOCAL: Cell<u32> = Cell::new(7));
fn main() {
    let counter = Arc::new(Mutex::new(0u64));
    let atomic = Arc::new(AtomicUsize::new(0));
    let handles: Vec<_> = (0..8).map(|i| {
        let (counter, atomic) = (counter.clone(), atomic.clone());
        thread::spawn(move || {
            for k in 0..1000 { *counter.lock().unwrap() += k; atomic.fetch_add(i, Ordering::SeqCst); }
            LOCAL.with(|l| { l.set(l.get() + i as u32); l.get() })
        })
    }).collect();
    let locals: Vec<u32> = handles.into_iter().map(|h| h.join().unwrap()).collect();
    println!("{} {} {:?} {}", counter.lock().unwrap(), atomic.load(Ordering::SeqCst), locals, LOCAL.with(|l| l.get()));
    let (tx, rx) = mpsc::channel();
    for id in 0..4 { let tx = tx.clone(); thread::spawn(move || for i in 0..100 { tx.send(id * 1000 + i).unwrap(); }); }
    drop(tx);
    println!("{}", rx.iter().sum::<i32>());
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    let waiter = thread::spawn(move || { let mut ready = other.0.lock().unwrap(); while !*ready { ready = other.1.wait(ready).unwrap(); } "woken" });
    *pair.0.lock().unwrap() = true;
    pair.1.notify_all();
    println!("{}", waiter.join().unwrap());
    let mut data = vec![1, 2, 3, 4, 5, 6, 7, 8];
    thread::scope(|s| for chunk in data.chunks_mut(3) { s.spawn(move || for x in chunk { *x *= *x; }); });
    println!("{:?}", data);
    let barrier = Arc::new(Barrier::new(3));
    let leaders: usize = (0..3).map(|_| { let b = barrier.clone(); thread::spawn(move || b.wait().is_leader() as usize) }).collect::<Vec<_>>().into_iter().map(|h| h.join().unwrap()).sum();
    println!("{}", leaders);
    let lock = Arc::new(RwLock::new(5));
    let readers: i32 = (0..3).map(|_| { let l = lock.clone(); thread::spawn(move || *l.read().unwrap()) }).map(|h| h.join().unwrap()).sum();
    *lock.write().unwrap() += readers;
    println!("{}", *lock.read().unwrap());
    static ONCE: Once = Once::new();
    for _ in 0..3 { ONCE.call_once(|| println!("once")); }
    let bad = thread::Builder::new().name("unlucky".into()).spawn(|| { if LOCAL.with(|l| l.get()) == 7 { panic!("in a thread"); } }).unwrap().join();
    println!("{}", bad.is_err());
}
