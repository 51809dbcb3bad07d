//! From kept bytes to text.

use samokoder_core::sandbox::Output;

/// The text of a stream from its beginning and its end with `omitted` bytes between them. A character that the gap cut
/// in two goes to the gap.
pub(crate) fn text(head: &[u8], tail: &[u8], omitted: u64) -> Output {
    if omitted == 0 {
        return Output::from_parts(head, tail, 0);
    }
    let whole_head = &head[..head.len() - unfinished(head)];
    let continued = tail.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    let whole_tail = &tail[continued..];
    let cut = (head.len() - whole_head.len()) + continued;
    Output::from_parts(whole_head, whole_tail, omitted + cut as u64)
}

/// The same for a stream whose writer was stopped: what it had begun of a character is left out.
pub(crate) fn text_of_stopped(head: &[u8], tail: &[u8], omitted: u64) -> Output {
    if omitted > 0 {
        return text(head, &tail[..tail.len() - unfinished(tail)], omitted);
    }
    let whole = [head, tail].concat();
    Output::from_parts(&whole[..whole.len() - unfinished(&whole)], &[], 0)
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
                let omitted = (tail - head) as u64;
                let output = text(&text_bytes[..head], &text_bytes[tail..], omitted);
                assert!(!output.text.contains('\u{fffd}'), "{head}..{tail}: {:?}", output.text);
                assert!(output.omitted >= omitted && output.omitted <= omitted + 6);
            }
        }
    }

    #[test]
    fn nothing_is_left_of_a_character_that_a_stop_cut_in_two() {
        let bytes = "привет 🦀 мир".as_bytes();
        for end in 0..=bytes.len() {
            for middle in 0..=end {
                let whole = text_of_stopped(&bytes[..middle], &bytes[middle..end], 0).text;
                assert!(!whole.contains('\u{fffd}') && whole.len() + 4 > end, "{end}: {whole:?}");
            }
            let cut = text_of_stopped(&bytes[..2], &bytes[end.min(4)..end], 2).text;
            assert!(!cut.contains('\u{fffd}'), "{end}: {cut:?}");
        }
        assert_eq!(text(&bytes[..1], &[], 0).text, "\u{fffd}", "who ends by itself wrote no character");
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        assert!(text(&[0xff, 0, 0xf0], &[0x80; 9], 5).text.starts_with('\u{fffd}'));
    }
}
