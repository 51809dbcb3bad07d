//! What this process holds.

use std::ffi::{c_int, c_void};

const MADV_DONTNEED: c_int = 4;

/// The smallest page of all architectures: a beginning is rounded up and an end down by it, and the kernel rounds up.
const PAGE: usize = 4096;

unsafe extern "C" {
    /// Where the program begins in memory, and where its code ends: the linker knows.
    static __executable_start: u8;
    static etext: u8;
    fn madvise(start: *mut c_void, length: usize, advice: c_int) -> c_int;
}

/// Gives back the pages of the program's code: most of it was needed only to begin. What is needed again comes from the
/// kernel's cache.
pub fn forget_code() {
    let (start, end) = (&raw const __executable_start, &raw const etext);
    let length = (end as usize).saturating_sub(start as usize) / PAGE * PAGE;
    // SAFETY: between the two is nothing but what was mapped from the program's file and can't be written, so it reads the
    // same when it comes again. Where the kernel's pages are larger, it refuses or forgets whole ones of the same mapping.
    unsafe { madvise(start.cast_mut().cast(), length, MADV_DONTNEED) };
}
