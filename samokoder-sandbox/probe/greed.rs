//! Taking more than there is.

use std::{
    fs,
    io::Write as _,
    net::UdpSocket,
    os::{
        fd::{AsRawFd as _, FromRawFd as _},
        unix::fs::{FileExt as _, OpenOptionsExt as _},
    },
    time::Duration,
};

use crate::sys::{self, call, is_refusal, number};

/// Where anything can be written.
pub const WRITABLE: [&str; 3] = ["/workspace", "/tmp", "/dev/shm"];

const SIGXFSZ: i32 = 25;

/// Starts copies of this process that wait, as long as that goes well; prints how many there are.
pub fn fork_bomb(most: u64) -> Vec<String> {
    let mut count = 0;
    while count < most {
        match sys::fork() {
            Some(0) => crate::processes::wait(),
            Some(_) => count += 1,
            None => break,
        }
    }
    println!("{count}");
    Vec::new()
}

pub fn thread_bomb(most: u64) -> Vec<String> {
    let mut count = 0;
    let sleep = || std::thread::sleep(Duration::from_secs(60));
    while count < most && std::thread::Builder::new().stack_size(64 << 10).spawn(sleep).is_ok() {
        count += 1;
    }
    println!("{count}");
    std::process::exit(0)
}

/// Holds ever more memory.
pub fn memory(most: u64) -> Vec<String> {
    const PIECE: usize = 4 << 20;
    let mut held = Vec::new();
    while ((held.len() * PIECE) as u64) < most {
        held.push(vec![1_u8; PIECE]);
    }
    std::thread::sleep(Duration::from_secs(2));
    vec![format!("{} MiB were held", (held.len() * PIECE) >> 20)]
}

/// The same in memory that belongs to no process alone.
pub fn shared_memory(most: u64) -> Vec<String> {
    const PIECE: usize = 16 << 20;
    for _ in 0..most / PIECE as u64 {
        if !sys::hold_shared(PIECE) {
            return vec!["refused before it was too much".to_owned()];
        }
    }
    std::thread::sleep(Duration::from_secs(2));
    vec![format!("{} MiB were held", most >> 20)]
}

/// Memory of a process whose first thread has ended.
pub fn memory_without_its_thread(most: u64) -> Vec<String> {
    std::thread::spawn(move || {
        let breaches = memory(most);
        eprintln!("{breaches:?}");
        std::process::exit(1);
    });
    // The thread's end alone.
    let _ = call(number(60, 93), [0; 5]);
    Vec::new()
}

/// Shared memory that is seen in no process any more, and is still there.
pub fn memory_let_go(most: u64) -> Vec<String> {
    const PIECE: usize = 16 << 20;
    let pieces: Vec<_> = (0..most / PIECE as u64).map_while(|_| sys::hold_shared_unseen(PIECE)).collect();
    std::thread::sleep(Duration::from_secs(3));
    // A kernel that lets go of it with the process has zeroes there.
    let held = pieces.iter().filter(|piece| sys::is_held(**piece)).count() * PIECE;
    if (held as u64) < most { Vec::new() } else { vec![format!("{} MiB were held", held >> 20)] }
}

/// What waits in sockets for somebody to read it, of many processes.
pub fn memory_of_sockets(most: u64) -> Vec<String> {
    const PROCESSES: u64 = 24;
    let start = || match sys::fork() {
        Some(0) => sys::exit(i32::from(waiting().is_ok_and(|bytes| bytes > most / PROCESSES))),
        child => child.is_some(),
    };
    let children = (0..PROCESSES).filter(|_| start()).count();
    let held = (0..children).filter(|_| sys::wait() == Some(1)).count();
    if held < children { Vec::new() } else { vec![format!("{held} processes held what they had been sent")] }
}

/// How many bytes waited in sockets for some seconds.
fn waiting() -> std::io::Result<u64> {
    let (sender, message) = (UdpSocket::bind("127.0.0.1:0")?, vec![1_u8; 60_000]);
    let receivers = (0..80).map(|_| UdpSocket::bind("127.0.0.1:0")).collect::<Result<Vec<_>, _>>()?;
    for receiver in &receivers {
        for _ in 0..8 {
            sender.send_to(&message, receiver.local_addr()?)?;
        }
    }
    std::thread::sleep(Duration::from_secs(3));
    let (mut bytes, mut buffer) = (0, vec![0; 1 << 16]);
    for receiver in receivers {
        receiver.set_nonblocking(true)?;
        while let Ok(count) = receiver.recv(&mut buffer) {
            bytes += count as u64;
        }
    }
    Ok(bytes)
}

/// Many processes that hold little each.
pub fn memory_of_children(most: u64) -> Vec<String> {
    const EACH: u64 = 32 << 20;
    for _ in 0..most / EACH {
        if sys::fork() == Some(0) {
            let held = std::hint::black_box(vec![1_u8; EACH as usize]);
            std::thread::sleep(Duration::from_secs(60));
            drop(held);
        }
    }
    std::thread::sleep(Duration::from_secs(5));
    vec![format!("{} MiB were held", most >> 20)]
}

/// A file that has no name and is in memory, where there is such a thing.
pub fn memory_without_a_name(most: u64) -> Vec<String> {
    let memfd = match call(number(319, 279), [c"x".as_ptr() as usize, 0, 0, 0, 0]) {
        Err(errno) if is_refusal(errno) => return Vec::new(),
        Err(errno) => return vec![format!("error {errno}")],
        Ok(memfd) => memfd,
    };
    // SAFETY: the descriptor is new and nobody else's.
    let mut file = unsafe { fs::File::from_raw_fd(memfd as i32) };
    sys::ignore(SIGXFSZ);
    let (block, mut written) = (vec![1_u8; 1 << 20], 0);
    while written < most && file.write_all(&block).is_ok() {
        written += block.len() as u64;
    }
    std::thread::sleep(Duration::from_secs(1));
    if written < most { Vec::new() } else { vec![format!("{} MiB are held by no process", written >> 20)] }
}

/// Writes to these folders until that is no longer possible; prints the bytes, and removes them.
pub fn fill_disk(most: u64, folders: &[&str]) -> Vec<String> {
    sys::ignore(SIGXFSZ);
    let block = vec![1_u8; 64 << 10];
    let (mut total, mut made) = (0_u64, Vec::new());
    for folder in folders {
        for number in 0..256 {
            let path = format!("{folder}/fill{number}");
            let Ok(mut file) = fs::File::create(&path) else { break };
            made.push(path);
            let before = total;
            while total < most && file.write_all(&block).is_ok() {
                total += block.len() as u64;
            }
            if total == before {
                break;
            }
        }
    }
    println!("{total}");
    made.iter().for_each(|path| drop(fs::remove_file(path)));
    Vec::new()
}

/// Makes files until that is no longer possible; prints how many, and removes them.
pub fn fill_inodes(most: u64) -> Vec<String> {
    let mut made = Vec::new();
    for folder in WRITABLE {
        let mut number = 0;
        loop {
            let path = format!("{folder}/f{number}");
            if made.len() as u64 >= most || fs::File::create(&path).is_err() {
                break;
            }
            made.push(path);
            number += 1;
        }
    }
    println!("{}", made.len());
    made.iter().for_each(|path| drop(fs::remove_file(path)));
    Vec::new()
}

/// One file larger than allowed, by every way to make it so.
pub fn huge_file(allowed: u64) -> Vec<String> {
    sys::ignore(SIGXFSZ);
    let file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open("/workspace/huge");
    let Ok(file) = file else { return vec!["no file can be made".to_owned()] };
    let mut breaches = Vec::new();
    if file.set_len(1 << 40).is_ok() {
        breaches.push("a file of a tebibyte, all hole".to_owned());
    }
    if file.write_at(b"x", allowed).is_ok() {
        breaches.push("a byte behind the last one that is allowed".to_owned());
    }
    let fallocate = number(285, 47);
    if call(fallocate, [file.as_raw_fd() as usize, 0, 0, allowed as usize + 4096, 0]).is_ok() {
        breaches.push("room for more than is allowed".to_owned());
    }
    if let Err(error) = file.write_at(b"x", allowed / 2) {
        breaches.push(format!("what is allowed can't be written: {error}"));
    }
    drop(fs::remove_file("/workspace/huge"));
    breaches
}

pub fn open_files(most: u64) -> Vec<String> {
    let mut held = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        held.push(file);
        if held.len() as u64 >= most {
            break;
        }
    }
    println!("{}", held.len());
    Vec::new()
}
