//! From a process to a program.

use std::{
    ffi::{CStr, CString},
    fs, io,
};

const ENOENT: i32 = 2;
const EINVAL: i32 = 22;
const ELIBBAD: i32 = 80;

/// What turns the calling process into a program, or says why that was not possible.
pub type Execute = fn(&CStr, &[&CStr], &[&CStr]) -> io::Error;

/// Looks the program up in `folders` and turns this process into it; returns why that was not possible.
pub fn run(argv: &[Vec<u8>], env: &[Vec<u8>], folders: &[Vec<u8>], execute: Execute) -> io::Error {
    let texts =
        |list: &[Vec<u8>]| -> Result<Vec<CString>, _> { list.iter().cloned().map(CString::new).collect() };
    let (Ok(arguments), Ok(env)) = (texts(argv), texts(env)) else {
        return io::Error::from_raw_os_error(EINVAL);
    };
    let arguments: Vec<&CStr> = arguments.iter().map(CString::as_c_str).collect();
    let env: Vec<&CStr> = env.iter().map(CString::as_c_str).collect();
    let mut reason = io::Error::from_raw_os_error(ENOENT);
    let Some(program) = argv.first() else { return reason };
    let candidates: Vec<Vec<u8>> = if program.contains(&b'/') {
        vec![program.clone()]
    } else {
        folders.iter().map(|folder| [folder, &b"/"[..], program].concat()).collect()
    };
    for candidate in candidates {
        let Ok(path) = CString::new(candidate) else { continue };
        let error = execute(&path, &arguments, &env);
        // A file that is there but can't be run says more than one that isn't there.
        if error.kind() != io::ErrorKind::NotFound {
            reason = error;
        } else if path.to_str().is_ok_and(|path| fs::metadata(path).is_ok()) {
            // It is there: what is missing is its interpreter.
            reason = io::Error::from_raw_os_error(ELIBBAD);
        }
    }
    reason
}
