//! Cuts a stream of bytes into frames.
//!
//! Server-sent events as in the HTML standard, "9.2.6 Interpreting an event stream", and lines of JSON (NDJSON). It
//! works on bytes: a line is complete before anything in it is read as text, so a character may be split anywhere.

use std::{borrow::Cow, ops::Range};

use memchr::memchr2;

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
/// A frame that lies whole within the bytes that are given is borrowed from them; only what was cut off is kept.
///
/// ```
/// use samokoder_llm::wire::{Framer, Framing};
///
/// let mut framer = Framer::new(Framing::Sse);
/// assert!(framer.next_frame(&mut &b"event: greeting\r\ndata: Hel"[..]).is_none());
/// let mut bytes = &b"lo\n\nda"[..];
/// let frame = framer.next_frame(&mut bytes).unwrap();
/// assert_eq!((&*frame.event, &*frame.data), ("greeting", &b"Hello"[..]));
/// assert!(framer.next_frame(&mut bytes).is_none());
/// assert_eq!(framer.pending(), 2);
/// ```
#[derive(Debug)]
pub struct Framer {
    /// The bytes of a frame that did not come whole, as far as they came.
    kept: Vec<u8>,
    cutter: Cutter,
    #[cfg(feature = "sse-eventsource")]
    eventsource: Option<super::eventsource::Eventsource>,
}

impl Framer {
    /// A framer for one stream.
    pub fn new(framing: Framing) -> Self {
        Self {
            kept: vec![],
            cutter: Cutter::new(framing),
            #[cfg(feature = "sse-eventsource")]
            eventsource: (framing == Framing::Eventsource).then(super::eventsource::Eventsource::new),
        }
    }

    /// How many bytes wait for the end of their frame.
    pub fn pending(&self) -> usize {
        self.kept.len() - self.cutter.start
    }

    /// The next whole frame, if there is one. It takes from `bytes` what it has read, which is all of them when there
    /// is no frame.
    pub fn next_frame<'a, 'b: 'a>(&'a mut self, bytes: &mut &'b [u8]) -> Option<Frame<'a>> {
        #[cfg(feature = "sse-eventsource")]
        if self.eventsource.is_some() {
            let eventsource = self.eventsource.as_mut()?;
            if !bytes.is_empty() {
                eventsource.feed(std::mem::take(bytes));
            }
            let (event, data) = eventsource.next_event()?;
            return Some(Frame { event: event.into(), data: data.as_bytes().into() });
        }
        while self.pending() > 0 {
            let line = memchr2(b'\r', b'\n', bytes).map_or(bytes.len(), |end| end + 1);
            self.kept.extend_from_slice(bytes.split_off(..line)?);
            if self.cutter.finds_frame(&self.kept) {
                return Some(self.cutter.take_frame(&self.kept));
            }
            if bytes.is_empty() {
                return None;
            }
        }
        self.kept.clear();
        self.cutter.start = 0;
        let whole = *bytes;
        if self.cutter.finds_frame(whole) {
            let frame = self.cutter.take_frame(whole);
            *bytes = &whole[std::mem::take(&mut self.cutter.start)..];
            return Some(frame);
        }
        *bytes = &[];
        self.kept.extend_from_slice(&whole[std::mem::take(&mut self.cutter.start)..]);
        None
    }

    /// What is left when no more bytes come: a last frame whose end was never sent, or a piece of it.
    pub fn last_frame(&mut self) -> Option<Frame<'_>> {
        self.cutter.finds_last(&self.kept).then(|| self.cutter.take_frame(&self.kept))
    }
}

/// Finds frames one after another in bytes that may grow between two calls.
#[derive(Debug)]
struct Cutter {
    framing: Framing,
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
}

/// What the current frame has of data.
#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    Line(Range<usize>),
    Lines(Vec<u8>),
}

impl Cutter {
    fn new(framing: Framing) -> Self {
        Self {
            framing,
            start: 0,
            line: 0,
            searched: 0,
            after_return: false,
            at_beginning: true,
            event: None,
            data: Data::None,
        }
    }

    /// Whether there is a whole frame, which is then to be taken. Lines that are none are skipped.
    fn finds_frame(&mut self, bytes: &[u8]) -> bool {
        while let Some(line) = self.next_line(&bytes[self.start..]) {
            if self.ends_frame(line, &bytes[self.start..]) {
                return true;
            }
        }
        false
    }

    /// Whether there is a frame when nothing follows these bytes.
    fn finds_last(&mut self, bytes: &[u8]) -> bool {
        let bytes = &bytes[self.start..];
        let rest = self.line..bytes.len();
        (self.line, self.searched) = (rest.end, rest.end);
        (!rest.is_empty() && self.ends_frame(rest, bytes)) || !matches!(self.data, Data::None)
    }

    /// Finds the end of the current line, whatever it ends with: CR, LF or both.
    fn next_line(&mut self, bytes: &[u8]) -> Option<Range<usize>> {
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
    fn ends_frame(&mut self, line: Range<usize>, bytes: &[u8]) -> bool {
        let content = &bytes[line.clone()];
        if self.framing == Framing::Lines {
            if content.trim_ascii().is_empty() {
                self.forget();
                return false;
            }
            self.data = Data::Line(line);
            return true;
        }
        if content.is_empty() {
            if matches!(self.data, Data::None) {
                self.forget();
                return false;
            }
            return true;
        }
        let value = |name: usize| {
            let space = usize::from(content.get(name + 1) == Some(&b' '));
            (line.start + name + 1 + space).min(line.end)..line.end
        };
        if content.starts_with(b"data:") {
            self.add_data(value(4), bytes);
        } else if content.starts_with(b"event:") {
            self.event = Some(value(5));
        } else if content == b"data" {
            self.add_data(line.end..line.end, bytes);
        } else if content == b"event" {
            self.event = Some(line.end..line.end);
        }
        false
    }

    fn add_data(&mut self, value: Range<usize>, bytes: &[u8]) {
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

    /// The frame that was found.
    fn take_frame<'a>(&mut self, bytes: &'a [u8]) -> Frame<'a> {
        let (event, data) = (self.event.take(), std::mem::take(&mut self.data));
        let bytes = &bytes[self.start..];
        self.next();
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
        self.next();
    }

    /// Goes on behind the current line.
    fn next(&mut self) {
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
        for mut chunk in chunks.iter().copied() {
            while let Some(frame) = framer.next_frame(&mut chunk) {
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
