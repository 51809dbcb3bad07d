//! What models of one make have in common when tokens are estimated.

use super::{Vocabulary, estimate::Weights};

/// Models whose tokenizers are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// OpenAI's models with a vocabulary like `o200k_base`, also those of which it is not published.
    O200k,
    /// OpenAI's models with `cl100k_base`.
    Cl100k,
    /// Google's.
    Gemini,
    /// Anthropic's before their tokenizer changed with Opus 4.7.
    OldClaude,
    /// Anthropic's since.
    Claude,
    /// All others.
    Other,
}

/// Tokens that a request has beside its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Framing {
    /// Around each message.
    pub(super) message: u64,
    /// Before the answer.
    pub(super) answer: u64,
}

impl Family {
    /// The family of a model, by its name.
    pub(super) fn of(model: &str) -> Self {
        match Vocabulary::of(model) {
            Some(Vocabulary::O200k) => return Self::O200k,
            Some(Vocabulary::Cl100k) => return Self::Cl100k,
            None => {}
        }
        let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
        if name.contains("claude") {
            if is_before_4_7(&name) { Self::OldClaude } else { Self::Claude }
        } else if name.starts_with("gpt-") {
            Self::O200k
        } else if name.starts_with("gemini") || name.starts_with("gemma") {
            Self::Gemini
        } else {
            Self::Other
        }
    }

    pub(super) fn weights(self) -> Weights {
        let o200k = Weights { european: 3, alphabet: 4, ideograph: 12, digits: 3, percent: 100 };
        let cl100k = Weights { european: 8, alphabet: 13, ideograph: 16, digits: 3, percent: 100 };
        match self {
            Self::O200k => o200k,
            Self::Gemini => Weights { digits: 1, ..o200k },
            Self::Cl100k => cl100k,
            Self::OldClaude | Self::Other => Weights { digits: 1, percent: 110, ..cl100k },
            Self::Claude => Weights { digits: 1, percent: 140, ..cl100k },
        }
    }

    pub(super) fn framing(self) -> Framing {
        match self {
            Self::O200k | Self::Cl100k => Framing { message: 4, answer: 3 },
            Self::Gemini | Self::OldClaude | Self::Claude | Self::Other => Framing { message: 8, answer: 8 },
        }
    }
}

/// Whether a Claude is older than 4.7, by the first two numbers of its name that are not a date.
fn is_before_4_7(name: &str) -> bool {
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter(|digits| (1..=2).contains(&digits.len()));
    let mut numbers = numbers.filter_map(|digits| digits.parse::<u8>().ok());
    let version = numbers.next().map(|major| (major, numbers.next().unwrap_or(0)));
    version.is_some_and(|version| version < (4, 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_known_by_its_name() {
        for (model, family) in [
            ("gpt-4o", Family::O200k),
            ("gpt-6.1-sol", Family::O200k),
            ("openai/gpt-oss-120b:free", Family::O200k),
            ("gpt-4-turbo", Family::Cl100k),
            ("google/gemini-3.8-flash", Family::Gemini),
            ("claude-3-5-haiku-20241022", Family::OldClaude),
            ("claude-sonnet-4-20250514", Family::OldClaude),
            ("anthropic/claude-opus-4.6", Family::OldClaude),
            ("claude-haiku-4-5", Family::OldClaude),
            ("claude-opus-4-7", Family::Claude),
            ("claude-sonnet-5", Family::Claude),
            ("claude-of-tomorrow", Family::Claude),
            ("meta-llama/Llama-3.3-70B-Instruct-Turbo", Family::Other),
            ("", Family::Other),
        ] {
            assert_eq!(Family::of(model), family, "{model}");
        }
    }
}
