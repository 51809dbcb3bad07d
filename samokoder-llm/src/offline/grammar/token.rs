//! Words, numbers, punctuation and bracketed groups.

use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    Quoted,
    /// A bracketed part; its tokens are in [`Token::inside`].
    Group,
    Comma,
    Semicolon,
    Colon,
    Dash,
    /// `/` or `|` between alternatives.
    Slash,
    /// The end of a sentence.
    Stop,
    Other,
}

/// A piece of the description.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// As written, without the quotes of a quoted text.
    pub(super) text: String,
    /// In lower case with `ё` as `е`: what words are compared by.
    pub(super) lower: String,
    /// Where it stands in the clean text.
    pub(super) span: Range<usize>,
    pub(super) inside: Vec<Self>,
}

impl Token {
    pub(super) fn new(kind: Kind, text: &str, span: Range<usize>) -> Self {
        let lower = text.to_lowercase().replace('ё', "е");
        Self { kind, text: text.to_owned(), lower, span, inside: Vec::new() }
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    /// Whether it can be part of a name or a value.
    pub(super) fn is_wordlike(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Number | Kind::Quoted)
    }
}

/// Splits the part of `text` in `range` into tokens; brackets become groups.
pub(super) fn tokenise(text: &str, range: Range<usize>) -> Vec<Token> {
    let mut reader = Reader { text, offset: range.start, characters: text[range].char_indices().peekable() };
    reader.read(None, 0)
}

/// Groups nested deeper than this are read as if flat, so that hostile input can't exhaust the stack.
const MAX_DEPTH: usize = 8;

struct Reader<'a> {
    text: &'a str,
    offset: usize,
    characters: Peekable<CharIndices<'a>>,
}

impl Reader<'_> {
    fn read(&mut self, until: Option<char>, depth: usize) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some((at, character)) = self.characters.next() {
            let start = self.offset + at;
            if Some(character) == until {
                break;
            }
            match character {
                '(' | '[' | '{' if depth < MAX_DEPTH => {
                    let close = match character {
                        '(' => ')',
                        '[' => ']',
                        _ => '}',
                    };
                    let inside = self.read(Some(close), depth + 1);
                    let mut group = Token::new(Kind::Group, "", start..self.position());
                    group.inside = inside;
                    tokens.push(group);
                }
                '"' => tokens.extend(self.quoted(start)),
                _ if character.is_alphabetic() || character == '_' => tokens.push(self.word(start)),
                _ if character.is_ascii_digit() => tokens.push(self.word(start)),
                _ if character.is_whitespace() => {}
                _ => tokens.extend(self.punctuation(character, start)),
            }
        }
        tokens
    }

    /// Where the next character stands in the text.
    fn position(&mut self) -> usize {
        let offset = self.offset;
        self.characters.peek().map_or(self.text.len(), |(at, _)| offset + at)
    }

    fn word(&mut self, start: usize) -> Token {
        let mut ahead = self.characters.clone();
        while let Some((_, character)) = ahead.next() {
            let joins = matches!(character, '-' | '\'' | '.' | ',' | '/')
                && ahead.peek().is_some_and(|(_, next)| continues(self.text, start, character, *next));
            if !(character.is_alphanumeric() || character == '_' || joins) {
                break;
            }
            self.characters.next();
        }
        let end = self.position();
        let word = self.text[start..end].trim_end_matches(['-', '\'']);
        let owners = word.ends_with('s') && self.text[start + word.len()..].starts_with("' ");
        let word = if owners { &self.text[start..=start + word.len()] } else { word };
        let kind = if word.chars().any(char::is_alphabetic) { Kind::Word } else { Kind::Number };
        Token::new(kind, word, start..start + word.len())
    }

    /// A short quoted text on one line; a lone quote is nothing.
    fn quoted(&mut self, start: usize) -> Option<Token> {
        const LONGEST: usize = 80;
        let rest = &self.text[start + 1..];
        let length = rest.char_indices().take(LONGEST).find(|(_, c)| matches!(c, '"' | '\n'))?;
        if length.1 == '\n' || rest[..length.0].trim().is_empty() {
            return None;
        }
        while self.characters.next_if(|(at, _)| self.offset + at <= start + 1 + length.0).is_some() {}
        Some(Token::new(Kind::Quoted, rest[..length.0].trim(), start..start + length.0 + 2))
    }

    fn punctuation(&mut self, character: char, start: usize) -> Option<Token> {
        let next = self.characters.peek().map(|(_, next)| *next);
        let kind = match character {
            ',' => Kind::Comma,
            ';' => Kind::Semicolon,
            ':' | '=' => Kind::Colon,
            '—' | '-' => Kind::Dash,
            '/' | '|' => Kind::Slash,
            '.' | '!' | '?' if next.is_none_or(|n| n.is_whitespace() || matches!(n, '"' | ')')) => Kind::Stop,
            '*' | '#' | '\'' | '<' | '>' | '.' | '!' | '?' | '~' | '^' | '\\' => return None,
            _ => Kind::Other,
        };
        Some(Token::new(kind, &character.to_string(), start..start + character.len_utf8()))
    }
}

/// Whether a text begins with a short form that holds a slash and is one word.
fn is_short_form(text: &str) -> bool {
    const FORMS: &[&str] = &["б/у", "н/д", "т/с", "р/с", "к/с", "ч/б", "n/a", "w/o", "c/o", "a/c"];
    let three: String = text.chars().take(3).flat_map(char::to_lowercase).collect();
    FORMS.contains(&three.as_str()) && !text.chars().nth(3).is_some_and(char::is_alphanumeric)
}

/// Whether a hyphen, apostrophe, point or comma at this place belongs to the word: `e-mail`, `client's`, `2.5`.
fn continues(text: &str, start: usize, mark: char, next: char) -> bool {
    match mark {
        '-' | '\'' => next.is_alphanumeric(),
        '/' => is_short_form(&text[start..]),
        _ => next.is_ascii_digit() && text[start..].starts_with(|first: char| first.is_ascii_digit()),
    }
}
