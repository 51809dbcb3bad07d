//! The wall behind the mounts.

use std::{
    fs,
    io::Write as _,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener, UnixStream},
    },
};

use crate::calls::call;

const EACCES: i32 = 13;

/// What mounts and permissions would allow is refused, and what commands need is not.
pub fn behind() -> Vec<String> {
    let mut breaches = Vec::new();
    // Without it the answer would be EPERM: no capability to make devices.
    #[cfg(target_arch = "x86_64")]
    let mknodat = 259;
    #[cfg(not(target_arch = "x86_64"))]
    let mknodat = 33;
    let (here, block, pipe) = (-100_isize as usize, 0o060_600, 0o010_600);
    if call(mknodat, [here, c"/workspace/device".as_ptr() as usize, block, 0x801, 0]) != EACCES {
        breaches.push("a device file is not refused by Landlock".to_owned());
    }
    if call(mknodat, [here, c"/workspace/pipe".as_ptr() as usize, pipe, 0, 0]) != 0 {
        breaches.push("a pipe can't be made".to_owned());
    }
    for path in ["/workspace/file", "/tmp/file", "/dev/shm/file"] {
        if let Err(error) = fs::write(path, "x") {
            breaches.push(format!("{path}: {error}"));
        }
    }
    if let Err(error) = fs::rename("/workspace/file", "/tmp/moved").or_else(|_| fs::copy("/workspace/file", "/tmp/moved").map(drop)) {
        breaches.push(format!("a file can't be moved: {error}"));
    }
    for path in ["/dev/null", "/dev/zero", "/dev/full"] {
        if let Err(error) = fs::OpenOptions::new().write(true).open(path) {
            breaches.push(format!("{path}: {error}"));
        }
    }
    if let Err(error) = fs::OpenOptions::new().write(true).open("/dev/stderr").and_then(|mut file| file.write_all(b"")) {
        breaches.push(format!("/dev/stderr: {error}"));
    }
    let address = SocketAddr::from_abstract_name("own").unwrap();
    let own = UnixListener::bind_addr(&address).and_then(|_listener| UnixStream::connect_addr(&address));
    if let Err(error) = own {
        breaches.push(format!("an abstract socket of one's own: {error}"));
    }
    breaches
}

/// Listens on a socket without a file until it is killed.
pub fn listen(name: &str) -> Vec<String> {
    let _listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap();
    fs::write("/workspace/listening", "").unwrap();
    loop {
        std::thread::park();
    }
}

/// A socket of another command, which is in the same network, but not within these walls.
pub fn other_command(name: &str) -> Vec<String> {
    match UnixStream::connect_addr(&SocketAddr::from_abstract_name(name).unwrap()) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Vec::new(),
        other => vec![format!("{other:?}")],
    }
}
