//! Sets of words, written as text.

/// Words separated by spaces: short to read, easy to extend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) &'static str);

impl Words {
    /// Whether the word is one of them.
    pub(super) fn has(self, word: &str) -> bool {
        let bytes = self.0.as_bytes();
        let stands_alone = |at: usize| {
            (at == 0 || bytes[at - 1] == b' ')
                && bytes.get(at + word.len()).is_none_or(|after| *after == b' ')
        };
        !word.is_empty() && !word.contains(' ') && self.0.match_indices(word).any(|(at, _)| stands_alone(at))
    }
}
