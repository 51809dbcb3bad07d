//! Output that is hard to take.

use std::io::{self, Write as _};

/// So many bytes to standard output.
pub fn much(bytes: u64) -> Vec<String> {
    let block = vec![b'x'; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(block.len() as u64);
        if let Err(error) = io::stdout().write_all(&block[..count as usize]) {
            return vec![format!("refused: {error}")];
        }
        left -= count;
    }
    Vec::new()
}

/// Russian to standard error, without an end of a line and without an end. Pieces are cut within letters.
pub fn endless_line() -> Vec<String> {
    let text = "бесконечная строка без перевода ".repeat(2000);
    loop {
        for piece in text.as_bytes().chunks(4093) {
            if io::stderr().write_all(piece).is_err() {
                return Vec::new();
            }
        }
    }
}

/// What is no text, and what a terminal would obey: all bytes, all pairs of bytes, escape sequences, no end of a line.
pub fn every_byte() -> Vec<String> {
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.extend((0..=u16::MAX).flat_map(u16::to_le_bytes));
    bytes.extend(b"\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\\x9b31m\xff\xfe\xc0\xaf\xed\xa0\x80");
    let mut stdout = io::stdout().lock();
    for piece in bytes.chunks(1021) {
        let _ = stdout.write_all(piece).and_then(|()| stdout.flush());
    }
    Vec::new()
}

/// So many letters to both streams, a byte at a time at first: no letter comes whole.
pub fn russian(letters: u64) -> Vec<String> {
    let text: String =
        "съешь ещё этих мягких французских булок ".chars().cycle().take(letters as usize).collect();
    let (first, rest) = text.as_bytes().split_at(text.len().min(99));
    for byte in first {
        let _ = io::stdout().write_all(&[*byte]).and_then(|()| io::stdout().flush());
        let _ = io::stderr().write_all(&[*byte]);
    }
    for piece in rest.chunks(997) {
        let _ = io::stdout().write_all(piece).and_then(|()| io::stdout().flush());
        let _ = io::stderr().write_all(piece);
    }
    Vec::new()
}
