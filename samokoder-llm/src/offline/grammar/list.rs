//! Lists of things: where one item ends and the next begins.

use super::annotation::is_conjunction;
use super::knowledge::kinds;
use super::language::Language;
use super::lexicon::Words;
use super::phrase::Phrase;
use super::token::{Kind, Token};

/// Splits a list at commas and conjunctions; "date and time" stays one item.
pub(super) fn items(language: Language, tokens: &[Token]) -> Vec<&[Token]> {
    let mut items = Vec::new();
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        let separates = matches!(token.kind, Kind::Comma | Kind::Semicolon | Kind::Stop)
            || (is_conjunction(language, token)
                && !joins_date_and_time(tokens, at)
                && !joins_range(tokens, at));
        if separates {
            items.push(&tokens[start..at]);
            start = at + 1;
        }
    }
    items.push(&tokens[start..]);
    items.retain(|item| item.iter().any(|token| token.is_wordlike() || token.is(Kind::Group)));
    items
}

/// "between 1 and 10".
fn joins_range(tokens: &[Token], at: usize) -> bool {
    let number = |at: usize| tokens.get(at).is_some_and(|token| token.is(Kind::Number));
    at > 1 && tokens[at - 2].lower == "between" && number(at - 1) && number(at + 1)
}

fn joins_date_and_time(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let is = |token: Option<&Token>, words: &[&str]| {
        token.is_some_and(|token| words.contains(&token.lower.as_str()))
    };
    let date = ["date", "day", "дата", "датой", "дату", "даты", "дате"];
    let time = ["time", "время", "временем", "времени"];
    let (first, second) = (before, tokens.get(at + 1));
    is(first, &date) && is(second, &time) || is(first, &time) && is(second, &date)
}

/// How the values after a field end, as a number of tokens.
///
/// They go on to the end of the list, unless an "or" has ended them, one of them is followed by a colon of its own,
/// or a field with an article begins: "a stage: new, won or lost, and a due date".
pub(super) fn values_end(language: Language, tokens: &[Token]) -> usize {
    let first_end = tokens.iter().position(|token| token.is(Kind::Comma)).unwrap_or(tokens.len());
    if let Some(slash) = tokens[..first_end].iter().rposition(|token| token.is(Kind::Slash)) {
        let joined = tokens[slash..first_end].iter().position(|token| is_conjunction(language, token));
        return joined.map_or(first_end, |joined| slash + joined);
    }
    let or_later = tokens.iter().any(|token| ["or", "или", "либо"].contains(&token.lower.as_str()));
    let mut after_or = false;
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate() {
        let is_or = ["or", "или", "либо"].contains(&token.lower.as_str());
        if token.is(Kind::Semicolon) || token.is(Kind::Stop) {
            return at;
        }
        if (token.is(Kind::Colon) || token.is(Kind::Dash) || token.is(Kind::Group)) && start > 0 {
            return start - 1;
        }
        if token.is(Kind::Comma) || is_conjunction(language, token) {
            let several = tokens[..at].iter().any(|token| token.is(Kind::Comma)) && !or_later;
            let starts_field = begins_field(language, &tokens[at + 1..], or_later && !after_or)
                || several && is_never_a_value(&tokens[at + 1..]);
            let another_or = is_or_ahead(&tokens[at + 1..]);
            if at > 0 && ((after_or && !is_or && !another_or) || (starts_field && !is_or)) {
                return at;
            }
            after_or |= is_or;
            start = at + 1;
        }
    }
    tokens.len()
}

/// "priority: low, high, assignee": a person or a text among values is the next field.
fn is_never_a_value(tokens: &[Token]) -> bool {
    const FIELDS: Words = Words(
        "reporter assignee creator owner notes comments remarks description автор исполнитель ответственный владелец \
         примечания примечание комментарий комментарии заметки описание",
    );
    let ends = tokens.get(1).is_none_or(|next| !next.is_wordlike());
    ends && tokens.first().is_some_and(|first| FIELDS.has(&first.lower))
}

fn is_or_ahead(tokens: &[Token]) -> bool {
    tokens.iter().take(4).any(|token| ["or", "или", "либо"].contains(&token.lower.as_str()))
}

/// Whether a new field begins here: "a due date", "and an amount", "email".
fn begins_field(language: Language, tokens: &[Token], values_go_on: bool) -> bool {
    let skip = tokens.iter().take_while(|token| is_conjunction(language, token)).count();
    let end = tokens[skip..]
        .iter()
        .position(|token| token.is(Kind::Comma) || is_conjunction(language, token))
        .map_or(tokens.len(), |end| skip + end);
    let item = &tokens[skip..end];
    let typed = item.len() > 1
        && item.last().is_some_and(|last| {
            ["string", "integer", "int", "boolean", "bool", "datetime", "money"]
                .contains(&last.lower.as_str())
        });
    if typed {
        return true;
    }
    let article = item.first().is_some_and(|token| ["a", "an", "the", "its"].contains(&token.lower.as_str()));
    let Some(phrase) = Phrase::read(language, item, None) else { return false };
    let kind = kinds::kind_of(&phrase);
    let strong = !matches!(
        kind,
        samokoder_core::project::FieldKind::Text
            | samokoder_core::project::FieldKind::Boolean
            | samokoder_core::project::FieldKind::LongText
    );
    let compound = phrase.words.len() > 1 && kinds::is_plain_name(&phrase);
    article && kinds::is_known_field(&phrase) || ((strong || compound) && !values_go_on)
}
