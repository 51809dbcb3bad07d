//! How contents are stored: compressed where that pays.

use std::{
    borrow::Cow,
    io::{self, Read as _},
};

/// How stored bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// As they are.
    Raw,
    /// [Zstandard](https://www.rfc-editor.org/rfc/rfc8878), one frame.
    Zstd,
}

/// A frame and its checks cost more than they save below this size, in bytes.
const WORTH_TRYING: usize = 128;
/// The fastest of the levels that make source code a third of its size.
const LEVEL: i32 = 3;

impl Codec {
    /// The number that is stored.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Raw => 0,
            Self::Zstd => 1,
        }
    }

    /// The codec with this number.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        [Self::Raw, Self::Zstd].into_iter().find(|codec| codec.number() == number)
    }
}

/// Compresses one content after another: what it needs for that is made once.
#[derive(Default)]
pub(crate) struct Compressor(Option<zstd::bulk::Compressor<'static>>);

impl Compressor {
    /// The form in which bytes are stored: the shorter one.
    pub(crate) fn compress<'b>(&mut self, bytes: &'b [u8]) -> (Codec, Cow<'b, [u8]>) {
        if bytes.len() >= WORTH_TRYING
            && let Ok(shorter) = self.shorter(bytes)
            && shorter.len() < bytes.len()
        {
            return (Codec::Zstd, Cow::Owned(shorter));
        }
        (Codec::Raw, Cow::Borrowed(bytes))
    }

    fn shorter(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match &mut self.0 {
            Some(compressor) => compressor.compress(bytes),
            none => none.insert(zstd::bulk::Compressor::new(LEVEL)?).compress(bytes),
        }
    }
}

/// The form in which bytes are stored: the shorter one.
pub(crate) fn compress(bytes: &[u8]) -> (Codec, Cow<'_, [u8]>) {
    Compressor::default().compress(bytes)
}

/// The bytes that were stored, of which there were `size`.
///
/// # Errors
/// When they are not what [`compress`] made of so many bytes.
pub(crate) fn decompress(codec: Codec, stored: Vec<u8>, size: usize) -> io::Result<Vec<u8>> {
    let bytes = match codec {
        Codec::Raw => stored,
        // Not made as large as it says before it is: the size may be damaged.
        Codec::Zstd => {
            let mut bytes = Vec::new();
            let most = (size as u64).saturating_add(1);
            zstd::stream::Decoder::new(&stored[..])?.take(most).read_to_end(&mut bytes)?;
            bytes
        }
    };
    if bytes.len() == size {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} bytes instead of {size}", bytes.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_comes_back() {
        for bytes in
            [Vec::new(), b"short".to_vec(), vec![b'x'; 10_000], (0..=255).cycle().take(5000).collect()]
        {
            let (codec, stored) = compress(&bytes);
            assert!(stored.len() <= bytes.len());
            assert_eq!(decompress(codec, stored.to_vec(), bytes.len()).unwrap(), bytes);
        }
    }

    #[test]
    fn what_does_not_get_shorter_stays_as_it_is() {
        assert_eq!(compress(b"a line of code").0, Codec::Raw);
        assert_eq!(compress(&[b'x'; 1000]).0, Codec::Zstd);
    }

    #[test]
    fn another_size_than_the_stored_one_is_an_error() {
        let (codec, stored) = compress(&[b'x'; 1000]);
        for size in [0, 999, 1001] {
            assert!(decompress(codec, stored.to_vec(), size).is_err(), "{size}");
        }
        assert!(decompress(Codec::Raw, b"ab".to_vec(), 3).is_err());
    }
}
