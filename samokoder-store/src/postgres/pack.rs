//! Bytes as columns have them: how they are to be read and their size, then the shorter form of them.

use std::io;

use crate::compress::{Codec, compress, decompress};

/// Before the bytes: the codec's number, and their size with the lowest byte first.
const HEAD: usize = 1 + 4;

/// Bytes in the form in which they are stored. PostgreSQL can't store more than a gigabyte in a column anyway.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let (codec, shorter) = compress(bytes);
    let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let codec = u8::try_from(codec.number()).unwrap_or(u8::MAX);
    [&[codec], &size[..], &shorter].concat()
}

/// What [`pack`] was given.
///
/// # Errors
/// When they are not what it made.
pub(super) fn unpack(stored: &[u8]) -> io::Result<Vec<u8>> {
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let ([codec, size @ ..], bytes) = stored.split_first_chunk::<HEAD>().ok_or_else(invalid)?;
    let codec = Codec::from_number((*codec).into()).ok_or_else(invalid)?;
    let size = usize::try_from(u32::from_le_bytes(*size)).map_err(|_| invalid())?;
    decompress(codec, bytes.to_vec(), size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_and_what_is_cut_off_does_not() {
        for bytes in [Vec::new(), b"short".to_vec(), b"long ".repeat(1000)] {
            let packed = pack(&bytes);
            assert_eq!(unpack(&packed).unwrap(), bytes);
            assert!(unpack(&packed[..packed.len() - 1]).is_err());
        }
        assert!(unpack(&[9, 0, 0, 0, 0]).is_err());
    }
}
