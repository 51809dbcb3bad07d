//! Bytes as columns have them: what they are, then themselves.

use std::io;

/// Bytes in the form in which they are stored.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    [&[0], bytes].concat()
}

/// What [`pack`] was given.
///
/// # Errors
/// When they are not what it made.
pub(super) fn unpack(stored: &[u8]) -> io::Result<Vec<u8>> {
    match stored.split_first() {
        Some((0, bytes)) => Ok(bytes.to_vec()),
        _ => Err(io::Error::from(io::ErrorKind::InvalidData)),
    }
}
