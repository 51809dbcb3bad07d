//! Sets of words, written as text.

/// Words separated by spaces: short to read, easy to extend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) &'static str);

impl Words {
    /// Whether the word is one of them.
    pub(super) fn has(self, word: &str) -> bool {
        self.0.split_whitespace().any(|own| own == word)
    }
}
