//! The name in the first message of TLS.
//!
//! Formats: [RFC 8446], 4.1.2 and 5.1; [RFC 6066], 3.
//!
//! [RFC 8446]: https://www.rfc-editor.org/rfc/rfc8446
//! [RFC 6066]: https://www.rfc-editor.org/rfc/rfc6066

use super::refusal::Refusal;

/// Bytes that a client may send until its hello is whole: far more than any has.
pub(super) const MAX_HELLO: usize = 64 * 1024;

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;

/// The server's name in a client's first bytes, in lower case; `None` as long as they are not enough.
///
/// # Errors
/// [`Refusal`] when this is no TLS, or a hello that names no server, several, or hides which.
pub(super) fn server_name(bytes: &[u8]) -> Result<Option<String>, Refusal> {
    let Some(message) = handshake(bytes)? else {
        return if bytes.len() > MAX_HELLO { Err(not_tls()) } else { Ok(None) };
    };
    let extensions = extensions(&message).ok_or_else(not_tls)?;
    let mut names = Vec::new();
    let mut rest = Reader(extensions);
    while !rest.0.is_empty() {
        let (kind, content) = rest.u16().zip(rest.long()).ok_or_else(not_tls)?;
        match kind {
            SERVER_NAME => names.push(content),
            ENCRYPTED_CLIENT_HELLO => {
                let reason = "the TLS hello is encrypted, so which server is meant can't be checked";
                return Err(Refusal::forbidden("hidden-server-name", reason));
            }
            _ => {}
        }
    }
    match names[..] {
        [] => {
            let reason = "TLS without the server's name (SNI) can't be checked";
            Err(Refusal::forbidden("no-server-name", reason))
        }
        [list] => only_name(list).map(Some).ok_or_else(not_tls),
        _ => Err(not_tls()),
    }
}

fn not_tls() -> Refusal {
    Refusal::forbidden("not-tls", "a tunnel is for TLS, and this is no hello of a TLS client")
}

/// The first handshake message, put together from the records that it was cut into.
fn handshake(bytes: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    let mut message = Vec::new();
    let mut records = Reader(bytes);
    while !records.0.is_empty() {
        let mut record = Reader(records.0);
        match record.0 {
            [HANDSHAKE] | [HANDSHAKE, 3, ..] => {}
            _ => return Err(not_tls()),
        }
        let Some(content) = record.take(3).and_then(|_| record.long()) else {
            // The record is not whole; what is there of it may still be too much.
            return Ok(None);
        };
        if content.is_empty() {
            return Err(not_tls());
        }
        message.extend_from_slice(content);
        records = record;
        if message[0] != CLIENT_HELLO {
            return Err(not_tls());
        }
        if let Some(&[_, a, b, c]) = message.first_chunk() {
            let length = 4 + usize::from(a) * 65536 + usize::from(b) * 256 + usize::from(c);
            if length > MAX_HELLO {
                return Err(not_tls());
            }
            if message.len() >= length {
                message.truncate(length);
                return Ok(Some(message.split_off(4)));
            }
        }
    }
    Ok(None)
}

/// The extensions of a hello, which are all that is left of it.
fn extensions(hello: &[u8]) -> Option<&[u8]> {
    const VERSION_AND_RANDOM: usize = 34;
    let mut rest = Reader(hello);
    rest.take(VERSION_AND_RANDOM)?;
    let session = rest.u8()?;
    rest.take(session.into())?;
    rest.long()?;
    let compressions = rest.u8()?;
    rest.take(compressions.into())?;
    if rest.0.is_empty() {
        return Some(&[]);
    }
    let extensions = rest.long()?;
    rest.0.is_empty().then_some(extensions)
}

/// The one host name of the extension.
fn only_name(extension: &[u8]) -> Option<String> {
    let mut outer = Reader(extension);
    let mut list = Reader(outer.long()?);
    let (kind, name) = (list.u8()?, list.long()?);
    let is_only = kind == 0 && list.0.is_empty() && outer.0.is_empty();
    std::str::from_utf8(name).ok().filter(|name| is_only && name.is_ascii()).map(str::to_ascii_lowercase)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// Bytes with their length before them, in two.
    fn long(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(length.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A hello for `a.example`, as OpenSSL would begin one.
    fn hello() -> Vec<u8> {
        let name = b"a.example";
        let extension = [&[0, 0, 0, 14, 0, 12, 0, 0, 9][..], name].concat();
        let body = [&[3, 3][..], &[9; 32], &[0, 0, 2, 19, 1, 1, 0, 0, 18], &extension].concat();
        let message = [&[1, 0, 0, 61][..], &body].concat();
        [&[22, 3, 1, 0, 65][..], &message].concat()
    }

    #[test]
    fn every_beginning_of_a_hello_waits_for_the_rest() {
        let hello = hello();
        for end in 0..hello.len() {
            assert_eq!(server_name(&hello[..end]), Ok(None), "{end} bytes");
        }
        assert_eq!(server_name(&hello), Ok(Some("a.example".into())));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = server_name(&bytes);
            let _ = server_name(&[&[22, 3, 1][..], &bytes].concat());
        }

        #[test]
        fn one_wrong_byte_never_makes_it_another_name(at in 0_usize..70, byte: u8) {
            let mut hello = hello();
            let is_of_name = at >= hello.len() - 9;
            hello[at] = byte;
            let named = server_name(&hello).ok().flatten();
            prop_assert!(is_of_name || named.is_none_or(|name| name == "a.example"));
        }
    }
}
