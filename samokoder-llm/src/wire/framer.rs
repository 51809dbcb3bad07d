//! Cuts a stream of bytes into frames.
//!
//! Server-sent events as in the HTML standard, "9.2.6 Interpreting an event stream", and lines of JSON (NDJSON). It
//! works on bytes: a line is complete before anything in it is read as text, so a character may be split anywhere.

use std::{borrow::Cow, ops::Range};

use memchr::{memchr, memchr2};

/// How a protocol's stream is cut into frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// Server-sent events: a frame is an event, which ends with an empty line.
    Sse,
    /// Lines: a frame is a line that is not blank.
    Lines,
    /// Server-sent events, cut by the `eventsource-stream` crate. It is slower and, for a stream that ends within an
    /// event, does not give that last piece.
    #[cfg(feature = "sse-eventsource")]
    Eventsource,
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The event's name, where the stream names its events. Bytes that are not UTF-8 are replaced by U+FFFD.
    pub event: Cow<'a, str>,
    /// The data, several lines joined by `\n`.
    pub data: Cow<'a, [u8]>,
}

/// Cuts bytes into frames, however they were split on the way.
///
/// ```
/// use samokoder_llm::wire::{Framer, Framing};
///
/// let mut framer = Framer::new(Framing::Sse);
/// framer.feed(b"event: greeting\r\ndata: Hel");
/// assert!(framer.next_frame().is_none());
/// framer.feed(b"lo\r\n\r\n");
/// let frame = framer.next_frame().unwrap();
/// assert_eq!((&*frame.event, &*frame.data), ("greeting", &b"Hello"[..]));
/// ```
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    bytes: Vec<u8>,
    /// Where the first byte of the current frame is; all positions below count from it.
    start: usize,
    /// Where the current line begins.
    line: usize,
    /// How far the current line was searched for its end.
    searched: usize,
    /// Whether the line before ended with a carriage return, so that a line feed may still belong to it.
    after_return: bool,
    at_beginning: bool,
    event: Option<Range<usize>>,
    data: Data,
    #[cfg(feature = "sse-eventsource")]
    eventsource: Option<super::eventsource::Eventsource>,
}

/// What the current frame has of data.
#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    Line(Range<usize>),
    Lines(Vec<u8>),
}

impl Framer {
    /// A framer for one stream.
    pub fn new(framing: Framing) -> Self {
        Self {
            framing,
            bytes: vec![],
            start: 0,
            line: 0,
            searched: 0,
            after_return: false,
            at_beginning: true,
            event: None,
            data: Data::None,
            #[cfg(feature = "sse-eventsource")]
            eventsource: (framing == Framing::Eventsource).then(super::eventsource::Eventsource::new),
        }
    }

    /// Takes more bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        #[cfg(feature = "sse-eventsource")]
        if let Some(eventsource) = &mut self.eventsource {
            return eventsource.feed(bytes);
        }
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// How many bytes wait for the end of their frame.
    pub fn pending(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// The next whole frame, if there is one.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        #[cfg(feature = "sse-eventsource")]
        if self.eventsource.is_some() {
            let (event, data) = self.eventsource.as_mut()?.next_event()?;
            return Some(Frame { event: event.into(), data: data.as_bytes().into() });
        }
        while let Some(line) = self.next_line() {
            if self.ends_frame(line) {
                return Some(self.take_frame());
            }
        }
        None
    }

    /// What is left when no more bytes come: a last frame whose end was never sent, or a piece of it.
    pub fn last_frame(&mut self) -> Option<Frame<'_>> {
        let rest = self.line..self.pending();
        self.line = rest.end;
        self.searched = rest.end;
        if !rest.is_empty() && self.ends_frame(rest) {
            return Some(self.take_frame());
        }
        match self.data {
            Data::None => None,
            _ => Some(self.take_frame()),
        }
    }

    /// Finds the end of the current line, whatever it ends with: CR, LF or both.
    fn next_line(&mut self) -> Option<Range<usize>> {
        let bytes = &self.bytes[self.start..];
        if std::mem::take(&mut self.at_beginning) {
            match bytes {
                [0xEF, 0xBB, 0xBF, ..] => (self.line, self.searched) = (3, 3),
                [] | [0xEF] | [0xEF, 0xBB] => self.at_beginning = true,
                _ => {}
            }
            if self.at_beginning {
                return None;
            }
        }
        if self.after_return && self.searched < bytes.len() {
            self.after_return = false;
            if bytes[self.searched] == b'\n' {
                self.line += 1;
                self.searched += 1;
            }
        }
        let Some(found) = memchr2(b'\r', b'\n', &bytes[self.searched..]) else {
            self.searched = bytes.len();
            return None;
        };
        let end = self.searched + found;
        self.after_return = bytes[end] == b'\r';
        let line = self.line..end;
        self.line = end + 1;
        self.searched = end + 1;
        Some(line)
    }

    /// Takes in a line and says whether a frame ends with it.
    fn ends_frame(&mut self, line: Range<usize>) -> bool {
        let bytes = &self.bytes[self.start..][line.clone()];
        match self.framing {
            Framing::Lines if bytes.trim_ascii().is_empty() => self.forget(),
            Framing::Lines => {
                self.data = Data::Line(line);
                return true;
            }
            _ if bytes.is_empty() => match self.data {
                Data::None => self.forget(),
                _ => return true,
            },
            _ => {
                let colon = memchr(b':', bytes).unwrap_or(bytes.len());
                let value = match bytes.get(colon + 1..) {
                    Some([b' ', ..]) => line.start + colon + 2,
                    Some(_) => line.start + colon + 1,
                    None => line.end,
                }..line.end;
                match &bytes[..colon] {
                    b"data" => self.add_data(value),
                    b"event" => self.event = Some(value),
                    _ => {}
                }
            }
        }
        false
    }

    fn add_data(&mut self, value: Range<usize>) {
        let bytes = &self.bytes[self.start..];
        let mut lines = match std::mem::take(&mut self.data) {
            Data::None => {
                self.data = Data::Line(value);
                return;
            }
            Data::Line(first) => bytes[first].to_vec(),
            Data::Lines(lines) => lines,
        };
        lines.push(b'\n');
        lines.extend_from_slice(&bytes[value]);
        self.data = Data::Lines(lines);
    }

    fn take_frame(&mut self) -> Frame<'_> {
        let (event, data) = (self.event.take(), std::mem::take(&mut self.data));
        let bytes = &self.bytes[self.start..];
        self.start += self.line;
        (self.line, self.searched) = (0, 0);
        Frame {
            event: event.map_or(Cow::Borrowed(""), |range| String::from_utf8_lossy(&bytes[range])),
            data: match data {
                Data::None => Cow::Borrowed(&[]),
                Data::Line(range) => Cow::Borrowed(&bytes[range]),
                Data::Lines(lines) => Cow::Owned(lines),
            },
        }
    }

    /// Drops lines that turned out to be no frame.
    fn forget(&mut self) {
        self.event = None;
        self.start += self.line;
        (self.line, self.searched) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(framing: Framing, chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut framer = Framer::new(framing);
        let mut found = vec![];
        let text = |frame: Frame<'_>| (frame.event.into(), String::from_utf8_lossy(&frame.data).into_owned());
        for chunk in chunks {
            framer.feed(chunk);
            while let Some(frame) = framer.next_frame() {
                found.push(text(frame));
            }
        }
        found.extend(framer.last_frame().map(text));
        found
    }

    fn data(text: &str) -> (String, String) {
        (String::new(), text.into())
    }

    #[test]
    fn lines_end_with_cr_lf_or_both() {
        for end in ["\n", "\r", "\r\n"] {
            let stream = ["data: a", "", "event: e", "data:b", "data: c", "", ""].join(end);
            let expected = [data("a"), ("e".into(), "b\nc".into())];
            assert_eq!(frames(Framing::Sse, &[stream.as_bytes()]), expected, "{end:?}");
        }
    }

    #[test]
    fn comments_other_fields_and_empty_events_are_no_frames() {
        let stream = b"\xEF\xBB\xBF: keep-alive\n\nid: 1\nretry: 5\nevent: x\n\ndata: [DONE]\n\n";
        assert_eq!(frames(Framing::Sse, &[stream]), [data("[DONE]")]);
    }

    #[test]
    fn a_last_event_without_its_empty_line_is_there_at_the_end() {
        assert_eq!(frames(Framing::Sse, &[b"data: a\n\ndata: b"]), [data("a"), data("b")]);
        assert_eq!(frames(Framing::Sse, &[b"data: a\n\ndata: b\n"]), [data("a"), data("b")]);
        assert_eq!(frames(Framing::Sse, &[b"data: a\n\n: bye"]), [data("a")]);
    }

    #[test]
    fn lines_of_json_are_frames_and_blank_ones_are_not() {
        assert_eq!(
            frames(Framing::Lines, &[b"{}\r\n\n [1]\n{", b"}"]),
            [data("{}"), data(" [1]"), data("{}")]
        );
    }

    fn any_stream() -> impl Strategy<Value = Vec<u8>> {
        let line = prop_oneof![
            "data: ?[a-zé😀 :]{0,8}",
            "event: ?[a-z]{0,4}",
            ": ?[a-z]{0,5}",
            "(id|retry|data)?",
            Just(String::new()),
        ];
        let end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
        proptest::collection::vec((line, end), 0..20)
            .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| (line + end).into_bytes()).collect())
    }

    proptest! {
        #[test]
        fn the_frames_are_the_same_however_the_bytes_are_split(
            stream in any_stream(),
            cuts in proptest::collection::vec(0usize..200, 0..10),
        ) {
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]]).collect();
            for framing in [Framing::Sse, Framing::Lines] {
                prop_assert_eq!(frames(framing, &chunks), frames(framing, &[&stream]));
            }
        }
    }
}
