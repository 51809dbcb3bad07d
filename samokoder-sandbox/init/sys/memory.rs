//! What this process holds.

use std::{
    ffi::{c_int, c_void},
    fs,
};

const MADV_DONTNEED: c_int = 4;

unsafe extern "C" {
    fn madvise(start: *mut c_void, length: usize, advice: c_int) -> c_int;
}

/// Where the program's code is in memory.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    start: usize,
    end: usize,
}

impl Code {
    /// Looks it up, while there is a `/proc` to look into.
    pub fn find() -> Option<Self> {
        let here = Self::find as *const () as usize;
        let maps = fs::read_to_string("/proc/self/maps").ok()?;
        maps.lines().find_map(|line| {
            let (start, rest) = line.split_once('-')?;
            let (end, rest) = rest.split_once(' ')?;
            let number = |text| usize::from_str_radix(text, 16).ok();
            let code = Self { start: number(start)?, end: number(end)? };
            ((code.start..code.end).contains(&here) && rest.starts_with("r-xp")).then_some(code)
        })
    }

    /// Gives its pages back: most of it was needed only to begin. What is needed again comes from the kernel's cache.
    pub fn forget(self) {
        // SAFETY: this is one mapping of the program's file that can't be written, so it reads the same when it comes again.
        unsafe { madvise(self.start as *mut c_void, self.end - self.start, MADV_DONTNEED) };
    }
}
