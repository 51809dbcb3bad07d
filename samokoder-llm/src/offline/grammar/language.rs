//! Which language a description is in.

/// A language the grammar reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Russian,
}

impl Language {
    /// The language most letters belong to.
    pub(super) fn of(text: &str) -> Self {
        let cyrillic = text.chars().filter(|c| is_cyrillic(*c)).count();
        let latin = text.chars().filter(char::is_ascii_alphabetic).count();
        if cyrillic * 2 > latin { Self::Russian } else { Self::English }
    }

    /// The BCP 47 tag.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }

    /// The text in this language.
    pub(super) fn choose<'a>(self, english: &'a str, russian: &'a str) -> &'a str {
        match self {
            Self::English => english,
            Self::Russian => russian,
        }
    }
}

fn is_cyrillic(character: char) -> bool {
    matches!(character, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё')
}
