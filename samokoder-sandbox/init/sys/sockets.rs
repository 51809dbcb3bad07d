//! Sockets, pipes and waiting for them.

use std::{
    ffi::{c_int, c_long, c_short, c_ulong, c_void},
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd},
    ptr,
};

use super::{check, check_int, number, owned, syscall};

const CLOEXEC: c_int = 0o2_000_000;
const NONBLOCK: c_int = 0o4_000;
const AF_INET: c_int = 2;
const AF_INET6: c_int = 10;
const SOCK_STREAM: c_int = 1;
const SOCK_DGRAM: c_int = 2;
const SOL_SOCKET: c_int = 1;
const SCM_RIGHTS: c_int = 1;

/// Something can be read.
pub const READABLE: i16 = 1;
const POLLRDHUP: i16 = 0x2000;

#[repr(C)]
struct PollEntry {
    descriptor: c_int,
    events: c_short,
    returned: c_short,
}

/// `struct msghdr` as the kernel has it.
#[repr(C)]
struct Message {
    name: *mut c_void,
    name_length: u32,
    parts: *mut Part,
    part_count: usize,
    control: *mut c_void,
    control_length: usize,
    flags: c_int,
}

#[repr(C)]
struct Part {
    base: *mut c_void,
    length: usize,
}

/// Room for a control message with up to eight descriptors.
#[repr(C)]
struct Rights {
    length: usize,
    level: c_int,
    kind: c_int,
    descriptors: [c_int; 8],
}

const RIGHTS_HEADER: usize = std::mem::offset_of!(Rights, descriptors);

unsafe extern "C" {
    fn poll(entries: *mut PollEntry, count: c_ulong, timeout_ms: c_int) -> c_int;
    fn pipe2(descriptors: *mut c_int, flags: c_int) -> c_int;
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn ioctl(descriptor: c_int, request: c_ulong, ...) -> c_int;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
}

/// Waits until one of the descriptors has something to say, at most `timeout_ms` (-1: for ever). A missing one is skipped.
pub fn wait<const N: usize>(
    descriptors: [Option<BorrowedFd<'_>>; N],
    timeout_ms: i32,
) -> io::Result<[i16; N]> {
    let mut entries = descriptors.map(|descriptor| PollEntry {
        descriptor: descriptor.map_or(-1, |descriptor| descriptor.as_raw_fd()),
        events: READABLE | POLLRDHUP,
        returned: 0,
    });
    // SAFETY: pointer and count are of one live array with the layout of `struct pollfd`.
    match check_int(unsafe { poll(entries.as_mut_ptr(), N as c_ulong, timeout_ms) }) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok([0; N]),
        Err(error) => Err(error),
        Ok(_) => Ok(entries.map(|entry| entry.returned)),
    }
}

/// Receives a datagram with the descriptors that came with it. An empty one is the end.
pub fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut rights = Rights { length: 0, level: 0, kind: 0, descriptors: [-1; 8] };
    let mut part = Part { base: buffer.as_mut_ptr().cast(), length: buffer.len() };
    let mut message = Message {
        name: ptr::null_mut(),
        name_length: 0,
        parts: &raw mut part,
        part_count: 1,
        control: (&raw mut rights).cast(),
        control_length: size_of::<Rights>(),
        flags: 0,
    };
    // SAFETY: every pointer in `message` is to a live value of the length it says.
    let received = check(unsafe {
        syscall(
            number::RECVMSG as c_long,
            c_long::from(socket.as_raw_fd()),
            &raw mut message,
            c_long::from(CLOEXEC),
        )
    })?;
    let mut descriptors = Vec::new();
    if message.control_length > RIGHTS_HEADER && rights.level == SOL_SOCKET && rights.kind == SCM_RIGHTS {
        let count = (rights.length - RIGHTS_HEADER) / size_of::<c_int>();
        for raw in rights.descriptors.iter().take(count) {
            // SAFETY: the kernel just installed this descriptor in this process for us.
            descriptors.push(unsafe { OwnedFd::from_raw_fd(*raw) });
        }
    }
    Ok((received as usize, descriptors))
}

/// Sends bytes with a descriptor.
pub fn send_with(socket: BorrowedFd<'_>, bytes: &[u8], descriptor: BorrowedFd<'_>) -> io::Result<()> {
    const MSG_NOSIGNAL: c_long = 0x4000;
    let mut rights = Rights {
        length: RIGHTS_HEADER + size_of::<c_int>(),
        level: SOL_SOCKET,
        kind: SCM_RIGHTS,
        descriptors: [descriptor.as_raw_fd(); 8],
    };
    let mut part = Part { base: bytes.as_ptr().cast_mut().cast(), length: bytes.len() };
    let message = Message {
        name: ptr::null_mut(),
        name_length: 0,
        parts: &raw mut part,
        part_count: 1,
        control: (&raw mut rights).cast(),
        // One descriptor, padded to the alignment of the header.
        control_length: RIGHTS_HEADER + size_of::<usize>(),
        flags: 0,
    };
    // SAFETY: every pointer in `message` is to a live value of at least the length it says; sending writes to none.
    check(unsafe {
        syscall(number::SENDMSG as c_long, c_long::from(socket.as_raw_fd()), &raw const message, MSG_NOSIGNAL)
    })?;
    Ok(())
}

/// A pipe whose reading end never blocks, as large as an ordinary user may have it.
pub fn output_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    const F_SETFL: c_int = 4;
    const F_SETPIPE_SZ: c_int = 1031;
    let (reader, writer) = pipe()?;
    // SAFETY: integers only. A refused size leaves the default one.
    unsafe {
        fcntl(reader.as_raw_fd(), F_SETPIPE_SZ, 256 * 1024 as c_int);
        check_int(fcntl(reader.as_raw_fd(), F_SETFL, NONBLOCK))?;
    }
    Ok((reader, writer))
}

/// A pipe that closes when a program is run.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: the pointer is to two integers.
    check_int(unsafe { pipe2(ends.as_mut_ptr(), CLOEXEC) })?;
    Ok((owned(ends[0].into())?, owned(ends[1].into())?))
}

/// An unconnected TCP socket in this process's network.
pub fn tcp_socket(v6: bool) -> io::Result<OwnedFd> {
    let family = if v6 { AF_INET6 } else { AF_INET };
    // SAFETY: integers only.
    owned(check_int(unsafe { socket(family, SOCK_STREAM | CLOEXEC | NONBLOCK, 0) })?.into())
}

/// Brings the loopback interface up.
pub fn raise_loopback() -> io::Result<()> {
    /// `struct ifreq` for flags.
    #[repr(C)]
    struct InterfaceFlags {
        name: [u8; 16],
        flags: c_short,
        rest: [u8; 22],
    }
    const SIOCSIFFLAGS: c_ulong = 0x8914;
    const UP_AND_RUNNING: c_short = 0x41;
    // SAFETY: integers only.
    let any = owned(check_int(unsafe { socket(AF_INET, SOCK_DGRAM | CLOEXEC, 0) })?.into())?;
    let mut request = InterfaceFlags { name: [0; 16], flags: UP_AND_RUNNING, rest: [0; 22] };
    request.name[..2].copy_from_slice(b"lo");
    // SAFETY: the pointer is to a live value with the layout and the size of `struct ifreq`.
    check_int(unsafe { ioctl(any.as_fd().as_raw_fd(), SIOCSIFFLAGS, &raw mut request) })?;
    Ok(())
}
