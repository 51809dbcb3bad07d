//! Taking more than there is.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    time::Duration,
};

unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn signal(number: i32, handler: usize) -> usize;
    fn pause() -> i32;
    fn _exit(status: i32) -> !;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn mmap(address: usize, length: usize, protection: i32, flags: i32, descriptor: i32, offset: i64) -> *mut u8;
}

/// Starts copies of this process that sleep, as long as that goes well; prints how many there are.
pub fn fork_bomb() -> Vec<String> {
    let mut count = 0;
    loop {
        // SAFETY: this process has one thread.
        match unsafe { fork() } {
            // SAFETY: always allowed.
            0 => loop {
                unsafe { pause() };
            },
            -1 => break,
            _ => count += 1,
        }
        if count > 5000 {
            break;
        }
    }
    println!("{count}");
    Vec::new()
}

pub fn thread_bomb() -> Vec<String> {
    let mut count = 0;
    let sleep = || std::thread::sleep(Duration::from_secs(60));
    while count < 5000 && std::thread::Builder::new().stack_size(64 << 10).spawn(sleep).is_ok() {
        count += 1;
    }
    println!("{count}");
    std::process::exit(0)
}

/// Holds ever more memory.
pub fn memory() -> Vec<String> {
    let mut held = Vec::new();
    while held.len() < 4096 {
        held.push(vec![1_u8; 4 << 20]);
    }
    vec![format!("{} MiB are held", held.len() * 4)]
}

/// The same in memory that belongs to no process alone.
pub fn shared_memory() -> Vec<String> {
    for _ in 0..256 {
        let length = 64 << 20;
        // SAFETY: a new anonymous shared mapping, written within its bounds.
        unsafe {
            let start = mmap(0, length, 3, 0x21, -1, 0);
            if start.is_null() || start as isize == -1 {
                return vec!["refused".to_owned()];
            }
            for page in (0..length).step_by(4096) {
                start.add(page).write(1);
            }
        }
    }
    vec!["16 GiB are held".to_owned()]
}

/// Many processes that hold little each.
pub fn memory_of_children() -> Vec<String> {
    for _ in 0..32 {
        // SAFETY: this process has one thread.
        if unsafe { fork() } == 0 {
            let held = std::hint::black_box(vec![1_u8; 32 << 20]);
            // SAFETY: always allowed.
            unsafe { pause() };
            drop(held);
        }
    }
    std::thread::sleep(Duration::from_secs(30));
    vec!["1 GiB is held".to_owned()]
}

/// Writes wherever that is possible until it no longer is; prints the bytes.
pub fn fill_disk() -> Vec<String> {
    let block = vec![1_u8; 64 << 10];
    let mut total = 0_u64;
    for folder in ["/workspace", "/tmp", "/dev/shm"] {
        for number in 0..64 {
            let Ok(mut file) = fs::File::create(format!("{folder}/fill{number}")) else { break };
            let before = total;
            while file.write_all(&block).is_ok() && total < 8 << 30 {
                total += block.len() as u64;
            }
            if total == before {
                break;
            }
        }
    }
    println!("{total}");
    Vec::new()
}

pub fn fill_inodes() -> Vec<String> {
    let mut count = 0;
    for folder in ["/workspace", "/tmp", "/dev/shm"] {
        let mut number = 0;
        while number < 100_000 && fs::File::create(format!("{folder}/f{number}")).is_ok() {
            number += 1;
        }
        count += number;
    }
    println!("{count}");
    Vec::new()
}

/// One file larger than allowed, by every way to make it so.
pub fn huge_file() -> Vec<String> {
    // SAFETY: 25 is SIGXFSZ, 1 is SIG_IGN.
    unsafe { signal(25, 1) };
    let file = fs::OpenOptions::new().write(true).create(true).mode(0o600).open("/workspace/huge").unwrap();
    let mut breaches = Vec::new();
    if file.set_len(1 << 40).is_ok() {
        breaches.push("a file of a tebibyte, all hole".to_owned());
    }
    if file.write_at(b"x", 1 << 30).is_ok() {
        breaches.push("a byte a gibibyte away".to_owned());
    }
    breaches
}

pub fn open_files() -> Vec<String> {
    let mut held = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        held.push(file);
    }
    println!("{}", held.len());
    Vec::new()
}

/// So many bytes to standard output.
pub fn output(bytes: u64) -> Vec<String> {
    let block = vec![b'x'; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(block.len() as u64);
        if io::stdout().write_all(&block[..count as usize]).is_err() {
            return vec!["refused".to_owned()];
        }
        left -= count;
    }
    Vec::new()
}

/// Processes whose parents are gone, as fast as that goes.
pub fn orphans(count: u32) -> Vec<String> {
    for _ in 0..count {
        // SAFETY: this process has one thread.
        unsafe {
            let child = fork();
            if child == 0 {
                fork();
                _exit(0);
            }
            if child > 0 {
                waitpid(child, std::ptr::null_mut(), 0);
            }
        }
    }
    Vec::new()
}

/// Leaves its parent, its session and its group, listens to no signal, and keeps the output open.
pub fn daemon(mark: &str) -> Vec<String> {
    // SAFETY: this process has one thread.
    unsafe {
        if fork() == 0 {
            setsid();
            if fork() == 0 {
                for number in 1..=64 {
                    signal(number, 1);
                }
                // The mark is in the command line of this copy too: that is how the test finds it.
                fs::write("/workspace/started", mark).unwrap();
                loop {
                    pause();
                }
            }
            _exit(0);
        }
    }
    while fs::metadata("/workspace/started").is_err() {
        std::thread::sleep(Duration::from_millis(1));
    }
    Vec::new()
}

pub fn core_dump() -> Vec<String> {
    std::process::abort()
}
