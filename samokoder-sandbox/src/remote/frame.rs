//! Frames: what a connection is cut into.
//!
//! A frame is one byte that says what it is, four bytes of length (little endian), and that many bytes. Its length is
//! refused before anything is reserved for it, so that a peer gets no more memory than it has sent bytes.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use samokoder_core::sandbox::OutputStream;

/// The longest message, in bytes of JSON.
pub(super) const MAX_MESSAGE: usize = 1 << 20;
/// The longest piece of a stream, in bytes.
pub(super) const MAX_PIECE: usize = 256 << 10;
const HEADER: usize = 5;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// A request, an answer: JSON.
    Message(Bytes),
    /// A piece of a file, of standard input, or of what is written to a stream.
    Piece(Option<OutputStream>, Bytes),
    /// There are no more pieces.
    End,
}

/// What no peer that keeps to the protocol sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    /// The first byte means nothing.
    #[error("there is no frame of kind {0}")]
    Kind(u8),
    /// It is longer than its kind may be.
    #[error("a frame of {0} bytes is too long")]
    TooLong(u32),
}

const MESSAGE: u8 = 1;
const PIECE: u8 = 2;
const STDOUT: u8 = 3;
const STDERR: u8 = 4;
const END: u8 = 5;

impl Frame {
    /// Appends it to what is to be sent.
    ///
    /// # Errors
    /// [`FrameError::TooLong`]
    pub(super) fn encode(&self, buffer: &mut BytesMut) -> Result<(), FrameError> {
        let (kind, content): (u8, &[u8]) = match self {
            Self::Message(content) => (MESSAGE, content),
            Self::Piece(None, content) => (PIECE, content),
            Self::Piece(Some(OutputStream::Stdout), content) => (STDOUT, content),
            Self::Piece(Some(OutputStream::Stderr), content) => (STDERR, content),
            Self::End => (END, &[]),
        };
        let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
        check(kind, length)?;
        buffer.reserve(HEADER + content.len());
        buffer.put_u8(kind);
        buffer.put_u32_le(length);
        buffer.put_slice(content);
        Ok(())
    }

    /// Takes the first whole frame out of what has been received.
    ///
    /// # Errors
    /// [`FrameError`]; the connection makes no sense from there on.
    pub(super) fn decode(received: &mut BytesMut) -> Result<Option<Self>, FrameError> {
        let Some(header) = received.first_chunk::<HEADER>() else { return Ok(None) };
        let [kind, length @ ..] = *header;
        let length = u32::from_le_bytes(length);
        let length = check(kind, length)?;
        if received.len() < HEADER + length {
            return Ok(None);
        }
        received.advance(HEADER);
        let content = received.split_to(length).freeze();
        Ok(Some(match kind {
            MESSAGE => Self::Message(content),
            PIECE => Self::Piece(None, content),
            STDOUT => Self::Piece(Some(OutputStream::Stdout), content),
            STDERR => Self::Piece(Some(OutputStream::Stderr), content),
            _ => Self::End,
        }))
    }
}

fn check(kind: u8, length: u32) -> Result<usize, FrameError> {
    let most = match kind {
        MESSAGE => MAX_MESSAGE,
        PIECE | STDOUT | STDERR => MAX_PIECE,
        END => 0,
        _ => return Err(FrameError::Kind(kind)),
    };
    usize::try_from(length).ok().filter(|length| *length <= most).ok_or(FrameError::TooLong(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame() -> impl Strategy<Value = Frame> {
        let content = proptest::collection::vec(any::<u8>(), 0..200);
        (0..5_u8, content).prop_map(|(kind, content)| match kind {
            0 => Frame::Message(content.into()),
            1 => Frame::Piece(None, content.into()),
            2 => Frame::Piece(Some(OutputStream::Stdout), content.into()),
            3 => Frame::Piece(Some(OutputStream::Stderr), content.into()),
            _ => Frame::End,
        })
    }

    /// Feeds bytes in portions, as a socket does.
    fn feed(bytes: &[u8], portions: &[usize]) -> Result<Vec<Frame>, FrameError> {
        let (mut received, mut found) = (BytesMut::new(), Vec::new());
        let (mut rest, mut portions) = (bytes, portions.iter().cycle());
        while !rest.is_empty() {
            let portion = portions.next().map_or(1, |portion| (*portion).clamp(1, rest.len()));
            received.put_slice(&rest[..portion]);
            rest = &rest[portion..];
            while let Some(frame) = Frame::decode(&mut received)? {
                found.push(frame);
            }
            // Nothing is reserved on the word of a peer: what is held is what was received, give or take growth.
            assert!(received.capacity() <= 4 * bytes.len() + 64);
        }
        Ok(found)
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_cut(
            frames in proptest::collection::vec(frame(), 0..8),
            portions in proptest::collection::vec(1_usize..64, 1..8),
        ) {
            let mut bytes = BytesMut::new();
            for frame in &frames {
                frame.encode(&mut bytes).unwrap();
            }
            prop_assert_eq!(feed(&bytes, &portions), Ok(frames));
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(
            bytes in proptest::collection::vec(any::<u8>(), 0..2000),
            portions in proptest::collection::vec(1_usize..64, 1..8),
        ) {
            let whole = feed(&bytes, &[usize::MAX]);
            let cut = feed(&bytes, &portions);
            prop_assert_eq!(whole.is_err(), cut.is_err());
            if let (Ok(whole), Ok(cut)) = (whole, cut) {
                prop_assert_eq!(whole, cut);
            }
        }
    }

    #[test]
    fn a_length_that_no_frame_has_is_refused_at_its_header() {
        for (kind, length) in
            [(MESSAGE, MAX_MESSAGE + 1), (PIECE, MAX_PIECE + 1), (END, 1), (STDERR, usize::MAX)]
        {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            let mut header = BytesMut::from(&[kind][..]);
            header.put_u32_le(length);
            assert_eq!(Frame::decode(&mut header), Err(FrameError::TooLong(length)));
        }
        assert_eq!(Frame::decode(&mut BytesMut::from(&[0; 5][..])), Err(FrameError::Kind(0)));
        assert!(Frame::Message(vec![0; MAX_MESSAGE + 1].into()).encode(&mut BytesMut::new()).is_err());
    }
}
