//! From lines, bullets and headings to statements with the lists below them.

use super::token::{Kind, Token, tokenise};

/// A sentence or list item, with the list items that stand below it.
#[derive(Debug, Default)]
pub(super) struct Statement {
    pub(super) tokens: Vec<Token>,
    pub(super) below: Vec<Self>,
}

/// A line before nesting: the larger `level`, the deeper.
struct Line {
    level: usize,
    /// Whether it is a list item or a heading, not a sentence of prose.
    listed: bool,
    opens: bool,
    sentences: Vec<Vec<Token>>,
}

/// Reads the text as an outline.
pub(super) fn outline(text: &str) -> Vec<Statement> {
    let mut lines = Vec::new();
    let mut heading = 0;
    let mut offset = 0;
    let mut open = String::new();
    let mut open_at = 0;
    for raw in text.split_inclusive('\n') {
        if open.is_empty() {
            open_at = offset;
        }
        offset += raw.len();
        open.push_str(raw);
        let next = &text[offset..];
        if !continues(&open, next) {
            lines.extend(line(text, open_at, &open, &mut heading));
            open.clear();
        }
    }
    nest(&mut lines.into_iter().peekable(), 0)
}

/// Whether `next` is the rest of a hard-wrapped line and not a line of its own.
fn continues(open: &str, next: &str) -> bool {
    const WRAPPED: usize = 55;
    let next_line = next.lines().next().unwrap_or_default();
    if next_line.trim().is_empty() || bullet(next_line.trim_start()).is_some() || next_line.starts_with('#') {
        return false;
    }
    if next_line.chars().take(40).any(|c| c == ':') {
        return false;
    }
    let line = open.trim_end();
    let last = line.lines().last().unwrap_or_default();
    let unclosed = line.matches(['(', '[', '{']).count() > line.matches([')', ']', '}']).count();
    let starts_small = next_line.trim_start().starts_with(char::is_lowercase);
    unclosed
        || (line.ends_with(',') && starts_small)
        || (last.chars().count() >= WRAPPED && !line.ends_with(['.', ';', ':', '!', '?']) && starts_small)
}

fn line(text: &str, start: usize, raw: &str, heading: &mut usize) -> Option<Line> {
    let trimmed = raw.trim_start();
    if trimmed.trim().is_empty() {
        return None;
    }
    let indent = raw.len() - trimmed.len();
    let hashes = trimmed.chars().take_while(|c| *c == '#').count().min(6);
    let (level, listed, skip) = if hashes > 0 {
        *heading = hashes * 100;
        (*heading, true, hashes)
    } else if let Some(mark) = bullet(trimmed) {
        (*heading + 30 + indent.min(60), true, mark)
    } else {
        (*heading + 10 + indent.min(15), false, 0)
    };
    let begin = start + indent + skip;
    let tokens = tokenise(text, begin..start + raw.len());
    let bold = trimmed.starts_with("**") && trimmed.trim_end().ends_with("**");
    let opens = hashes > 0 || bold || tokens.last().is_some_and(|token| token.is(Kind::Colon));
    let sentences = sentences(tokens);
    (!sentences.is_empty()).then_some(Line { level, listed, opens, sentences })
}

/// The length of the list mark a line starts with.
fn bullet(line: &str) -> Option<usize> {
    let mut characters = line.chars();
    match characters.next()? {
        '•' => Some('•'.len_utf8()),
        mark @ ('-' | '*' | '+' | '—') => {
            characters.next().is_some_and(char::is_whitespace).then_some(mark.len_utf8())
        }
        digit if digit.is_ascii_digit() => {
            let digits = line.chars().take_while(char::is_ascii_digit).count();
            let mut rest = line[digits..].chars();
            let marked = digits < 3 && matches!(rest.next(), Some('.' | ')'));
            (marked && rest.next().is_some_and(char::is_whitespace)).then_some(digits + 1)
        }
        _ => None,
    }
}

fn sentences(mut tokens: Vec<Token>) -> Vec<Vec<Token>> {
    join_short_lists(&mut tokens);
    let mut sentences = vec![Vec::new()];
    for token in tokens {
        if matches!(token.kind, Kind::Stop | Kind::Semicolon) {
            sentences.push(Vec::new());
        } else if let Some(last) = sentences.last_mut() {
            last.push(token);
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// "Recipes: title; method; serves": semicolons between single words are commas.
fn join_short_lists(tokens: &mut [Token]) {
    for sentence in tokens.split_mut(|token| token.is(Kind::Stop)) {
        let mark = sentence.iter().position(|token| matches!(token.kind, Kind::Colon | Kind::Dash));
        let Some(mark) = mark else { continue };
        let list = &mut sentence[mark + 1..];
        let short = list
            .split(|token| token.is(Kind::Semicolon))
            .all(|part| (1..=3).contains(&part.len()) && part.iter().all(Token::is_wordlike));
        if short {
            list.iter_mut()
                .filter(|token| token.is(Kind::Semicolon))
                .for_each(|token| token.kind = Kind::Comma);
        }
    }
}

fn nest(lines: &mut std::iter::Peekable<std::vec::IntoIter<Line>>, above: usize) -> Vec<Statement> {
    let mut statements = Vec::new();
    while let Some(line) = lines.next_if(|line| line.level > above) {
        let heads = is_name(&line);
        let Line { level, listed, opens, sentences } = line;
        statements.extend(sentences.into_iter().map(|tokens| Statement { tokens, below: Vec::new() }));
        let nests = lines.peek().is_some_and(|next| {
            next.level > level && (opens || next.listed || (next.level >= level + 2 && (listed || heads)))
        });
        if nests && let Some(last) = statements.last_mut() {
            last.below = nest(lines, level);
        }
    }
    statements
}

/// "Doctors" on a line of its own, with an indented line below it.
fn is_name(line: &Line) -> bool {
    const LONGEST: usize = 3;
    matches!(line.sentences.as_slice(), [only] if only.len() <= LONGEST && only.iter().all(Token::is_wordlike))
}
