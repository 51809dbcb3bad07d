//! A tar archive, as engines take images: the POSIX "ustar" format with GNU's entries for long names.

use std::io::{self, Read, Write};

const BLOCK: usize = 512;

/// Writes entries, all of them root's.
#[derive(Debug)]
pub(super) struct Archive<W> {
    to: W,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to }
    }

    /// Adds a folder.
    pub(super) fn folder(&mut self, path: &str, mode: u32) -> io::Result<()> {
        self.entry(&format!("{path}/"), "", b'5', mode, 0)
    }

    /// Adds a symbolic link.
    pub(super) fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        self.entry(path, target, b'2', 0o777, 0)
    }

    /// Adds a file of `length` bytes. A source that has fewer is filled up with zeros.
    pub(super) fn file(&mut self, path: &str, mode: u32, length: u64, source: impl Read) -> io::Result<()> {
        self.entry(path, "", b'0', mode, length)?;
        let copied = io::copy(&mut source.take(length), &mut self.to)?;
        io::copy(&mut io::repeat(0).take(length - copied + padding(length)), &mut self.to)?;
        Ok(())
    }

    /// Ends the archive.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.to.write_all(&[0; 2 * BLOCK])?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn entry(&mut self, path: &str, target: &str, kind: u8, mode: u32, length: u64) -> io::Result<()> {
        for (text, long) in [(target, b'K'), (path, b'L')] {
            if text.len() > 100 {
                let length = text.len() as u64 + 1;
                self.header("././@LongLink", "", long, 0o644, length)?;
                self.to.write_all(text.as_bytes())?;
                io::copy(&mut io::repeat(0).take(1 + padding(length)), &mut self.to)?;
            }
        }
        self.header(path, target, kind, mode, length)
    }

    fn header(&mut self, path: &str, target: &str, kind: u8, mode: u32, length: u64) -> io::Result<()> {
        let mut block = [0; BLOCK];
        let mut put = |at: usize, most: usize, text: &[u8]| {
            let text = &text[..text.len().min(most)];
            block[at..at + text.len()].copy_from_slice(text);
        };
        put(0, 100, path.as_bytes());
        put(100, 8, format!("{mode:07o}\0").as_bytes());
        put(108, 8, b"0000000\0");
        put(116, 8, b"0000000\0");
        put(124, 12, format!("{length:011o}\0").as_bytes());
        put(136, 12, b"00000000000\0");
        put(148, 8, b"        ");
        put(156, 1, &[kind]);
        put(157, 100, target.as_bytes());
        put(257, 8, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.to.write_all(&block)
    }
}

/// What a content is filled up with to whole blocks.
fn padding(length: u64) -> u64 {
    length.next_multiple_of(BLOCK as u64) - length
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn other_programs_read_it() {
        let long = format!("folder/{}", "n".repeat(150));
        let mut archive = Archive::new(Vec::new());
        archive.folder("folder", 0o755).unwrap();
        archive.file("folder/file", 0o644, 5, &b"hello, and more"[..]).unwrap();
        archive.file(&long, 0o755, 3, &b"x"[..]).unwrap();
        archive.link("link", &long).unwrap();
        let bytes = archive.finish().unwrap();
        let mut tar = Command::new("tar")
            .args(["--list", "--verbose", "--file=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        tar.stdin.take().unwrap().write_all(&bytes).unwrap();
        let output = tar.wait_with_output().unwrap();
        let listed = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        let ends = ["folder/", "folder/file", &long, &format!("link -> {long}")];
        for (line, end) in listed.lines().zip(ends) {
            assert!(line.ends_with(end), "{listed}");
        }
        assert!(listed.lines().nth(2).unwrap().starts_with("-rwxr-xr-x") && listed.lines().count() == 4);
    }
}
