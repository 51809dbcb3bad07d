//! Estimating tokens without a vocabulary, as the [module](super) describes.

use super::Family;

/// Costs are in twelfths of a token.
const TOKEN: u64 = 12;

/// How a family of models differs from others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    /// Twelfths of a token for each further letter of a word with Cyrillic or accented letters.
    pub(super) european: u64,
    /// Twelfths of a token for each further letter of a word in another alphabet.
    pub(super) alphabet: u64,
    /// Twelfths of a token for each ideograph, kana or hangul.
    pub(super) ideograph: u64,
    /// Digits that go into a token.
    pub(super) digits: u64,
    /// Percent of the sum.
    pub(super) percent: u64,
}

/// Estimates the tokens of a text if they are at most `limit`.
pub(super) fn count_till_limit(family: Family, text: &str, limit: u64) -> Option<u64> {
    let weights = family.weights();
    let tokens = |cost: u64| cost.saturating_mul(weights.percent).div_ceil(100 * TOKEN);
    let (mut cost, mut rest, mut before) = (0, text, Kind::Line);
    while let Some((run, after)) = Run::first_of(rest) {
        cost += run.cost(weights, before, after.chars().next().map(Kind::of));
        if tokens(cost) > limit {
            return None;
        }
        (before, rest) = (run.kind, after);
    }
    Some(tokens(cost))
}

/// What a character is to an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Line,
    Lower,
    Upper,
    Digit,
    Punctuation,
    European,
    Alphabet,
    Ideograph,
    Other,
}

impl Kind {
    fn of(character: char) -> Self {
        match character {
            '\n' | '\r' => Self::Line,
            'a'..='z' => Self::Lower,
            'A'..='Z' => Self::Upper,
            '0'..='9' => Self::Digit,
            c if c.is_whitespace() => Self::Space,
            c if c.is_ascii() => Self::Punctuation,
            // CJK with its punctuation, hangul, compatibility and full-width forms, and the planes of rarer ideographs.
            '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff00}'..='\u{ffef}'
            | '\u{20000}'..='\u{3ffff}' => Self::Ideograph,
            // Latin with accents, Cyrillic, Vietnamese.
            '\u{aa}'..='\u{24f}' | '\u{400}'..='\u{52f}' | '\u{1e00}'..='\u{1eff}'
                if character.is_alphabetic() =>
            {
                Self::European
            }
            c if c.is_alphabetic() => Self::Alphabet,
            _ => Self::Other,
        }
    }
}

/// Characters of one kind in a row. A capital and the small letters after it are one run of small letters.
#[derive(Debug, Clone, Copy)]
struct Run {
    kind: Kind,
    chars: u64,
    bytes: u64,
}

impl Run {
    /// The run at the start of a text, and the text after it.
    fn first_of(text: &str) -> Option<(Self, &str)> {
        let mut chars = text.char_indices();
        let (_, first) = chars.next()?;
        let (mut kind, mut count) = (Kind::of(first), 1);
        let end = chars.find_map(|(at, character)| {
            let next = Kind::of(character);
            let is_word = kind == Kind::Upper && count == 1 && next == Kind::Lower;
            if next != kind && !is_word {
                return Some(at);
            }
            kind = next;
            count += 1;
            None
        });
        let (run, rest) = text.split_at(end.unwrap_or(text.len()));
        Some((Self { kind, chars: count, bytes: run.len() as u64 }, rest))
    }

    /// The twelfths of a token that the run costs between its neighbours.
    fn cost(self, weights: Weights, before: Kind, after: Option<Kind>) -> u64 {
        let more = self.chars - 1;
        match self.kind {
            // All but the last are a token, of many spaces several; the last belongs to what follows, except to digits.
            Kind::Space => {
                let joined = if more == 0 { 0 } else { TOKEN + TOKEN * (self.chars / 16) };
                joined + if after == Some(Kind::Digit) { TOKEN } else { 0 }
            }
            // The end of a line mostly belongs to the punctuation before it.
            Kind::Line if before == Kind::Punctuation => TOKEN / 3,
            Kind::Line => TOKEN,
            Kind::Lower => TOKEN + more + 2 * self.chars.saturating_sub(8),
            Kind::Upper => TOKEN + TOKEN / 2 * more,
            Kind::Digit => TOKEN * self.chars.div_ceil(weights.digits),
            Kind::Punctuation => TOKEN + TOKEN / 2 * self.chars.saturating_sub(2),
            Kind::European => TOKEN + weights.european * more,
            Kind::Alphabet => TOKEN + weights.alphabet * more,
            Kind::Ideograph => weights.ideograph * self.chars,
            // Each sign or emoji is a token less than it has bytes.
            Kind::Other => TOKEN * (self.bytes - self.chars),
        }
    }
}
