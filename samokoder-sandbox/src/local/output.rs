//! From kept bytes to text.

use samokoder_core::sandbox::Output;

use super::wire::Kept;

/// The text of a stream. A character that the gap cut in two goes to the gap.
pub(super) fn text(kept: &Kept) -> Output {
    if kept.omitted == 0 {
        return Output::from_parts(&kept.head, &kept.tail, 0);
    }
    let head = &kept.head[..kept.head.len() - unfinished(&kept.head)];
    let continued = kept.tail.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    let tail = &kept.tail[continued..];
    let cut = (kept.head.len() - head.len()) + (kept.tail.len() - tail.len());
    Output::from_parts(head, tail, kept.omitted + cut as u64)
}

/// How many bytes at the end begin a character without finishing it.
fn unfinished(bytes: &[u8]) -> usize {
    let start = bytes.len().saturating_sub(3);
    (start..bytes.len())
        .find(|index| {
            let length = match bytes[*index] {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => return false,
            };
            index + length > bytes.len()
        })
        .map_or(0, |index| bytes.len() - index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_never_breaks_a_character() {
        let text_bytes = "привет 🦀 мир".as_bytes();
        for head in 0..text_bytes.len() {
            for tail in head + 1..=text_bytes.len() {
                let kept = Kept {
                    head: text_bytes[..head].to_vec(),
                    tail: text_bytes[tail..].to_vec(),
                    omitted: (tail - head) as u64,
                };
                let output = text(&kept);
                assert!(!output.text.contains('\u{fffd}'), "{head}..{tail}: {:?}", output.text);
                assert!(output.omitted >= kept.omitted && output.omitted <= kept.omitted + 6);
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        let kept = Kept { head: vec![0xff, 0, 0xf0], tail: vec![0x80; 9], omitted: 5 };
        assert!(text(&kept).text.starts_with('\u{fffd}'));
    }
}
