// Standard input, arguments, environment, files, directories, paths, exit status.
// args: first "second word"
// stdin: 3 4\n5 6\nnot numbers\n
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
fn main() -> io::Result<()> {
    println!("{:?}", std::env::args().skip(1).collect::<Vec<_>>());
    println!("{:?} {:?}", std::env::var("TZ"), std::env::var("NONE"));
    for line in io::stdin().lock().lines() {
        let line = line?;
        let sum: Result<i32, _> = line.split(' ').map(|w| w.parse::<i32>()).sum();
        println!("{:?}", sum);
    }
    fs::create_dir_all("a/b")?;
    {
        let mut w = BufWriter::new(File::create("a/b/file")?);
        for i in 0..1000 { writeln!(w, "{} {}", i, i * i)?; }
    }
    let mut f = OpenOptions::new().read(true).write(true).open("a/b/file")?;
    f.seek(SeekFrom::End(-10))?;
    let mut tail = String::new();
    f.read_to_string(&mut tail)?;
    println!("{:?} {}", tail, f.metadata()?.len());
    let total: u64 = BufReader::new(File::open("a/b/file")?).lines().map(|l| l.unwrap().split(' ').nth(1).unwrap().parse::<u64>().unwrap()).sum();
    println!("{}", total);
    fs::rename("a/b/file", "a/moved")?;
    fs::copy("a/moved", "copy")?;
    let mut names: Vec<_> = fs::read_dir("a")?.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    println!("{:?}", names);
    println!("{:?}", File::open("none").unwrap_err().kind());
    println!("{}", fs::remove_dir("a").unwrap_err());
    fs::remove_file("copy")?;
    let d = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(3));
    println!("{}", d.elapsed().as_millis() >= 3);
    io::stderr().write_all(b"to standard error\n")?;
    std::process::exit(17)
}
