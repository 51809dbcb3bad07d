//! English noun phrases.

use super::super::phrase::{Complement, Phrase};
use super::super::token::{Kind, Token};
use super::nouns;
use super::words;

/// Reads words as a noun phrase.
pub(in super::super) fn read(tokens: &[Token]) -> Option<Phrase> {
    let tokens = expanded(tokens);
    let all = &tokens;
    let (determined, tokens) = without_fillers(all);
    let tokens = words::inside_container(tokens);
    let (determined_inside, tokens) = without_fillers(tokens);
    let at = tokens.iter().skip(1).position(|token| words::is_preposition(&token.lower));
    let (head, rest) = tokens.split_at(at.map_or(tokens.len(), |at| at + 1));
    let mut phrase = plain(head)?;
    phrase.determined = (determined || determined_inside) && !phrase.is_plural;
    phrase.two =
        all.iter().take_while(|token| words::is_filler(&token.lower)).any(|token| token.lower == "two");
    phrase.label = label(tokens);
    phrase.complements = complements(rest);
    phrase.words.extend(rest.iter().map(|token| nouns::singular(&token.lower)));
    Some(phrase)
}

/// Quoted texts and `snake_case`, `camelCase` names as words.
fn expanded(tokens: &[Token]) -> Vec<Token> {
    let mut words = Vec::new();
    for token in tokens {
        for word in split_name(&unshouted(&token.text)) {
            let kind = if token.is(Kind::Quoted) { Kind::Word } else { token.kind };
            words.push(Token::new(kind, &word, token.span.clone()));
        }
    }
    words
}

/// "MEDICINES" is a word written loud; "ISBN" is a name.
pub(in super::super) fn unshouted(text: &str) -> String {
    let letters = text.chars().count();
    let loud = text.chars().all(|c| c.is_uppercase() || c == '_' || c == '-');
    let known = || super::super::knowledge::common::knows_name(&nouns::singular(&text.to_lowercase()));
    if loud && (letters > 4 || letters > 2 && known()) { text.to_lowercase() } else { text.to_owned() }
}

fn split_name(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    let humps = text.chars().any(char::is_lowercase) && !text.contains(char::is_whitespace);
    for character in text.chars() {
        let joint = character == '_' || character.is_whitespace();
        let hump = humps && character.is_uppercase() && previous.is_lowercase();
        if joint || hump {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut()
            && !joint
        {
            last.extend(if hump { character.to_lowercase().next() } else { Some(character) });
        }
        previous = character;
    }
    words.retain(|word| word.chars().any(char::is_alphanumeric));
    words
}

/// Drops articles and the like from the front; says whether one of them means a single one.
fn without_fillers(tokens: &[Token]) -> (bool, &[Token]) {
    let count = tokens.iter().take_while(|token| words::is_filler(&token.lower)).count();
    let determined = tokens[..count].iter().any(|token| words::is_singular_determiner(&token.lower));
    (determined, &tokens[count..])
}

/// A phrase without complements.
fn plain(tokens: &[Token]) -> Option<Phrase> {
    let last = tokens.last()?;
    let lower = last.lower.trim_end_matches("'s").to_owned();
    let modifiers: Vec<&str> =
        tokens[..tokens.len() - 1].iter().map(|token| words::without_possessive(&token.text)).collect();
    let acronym = last.text.len() > 1 && last.text.chars().all(|c| c.is_uppercase() || c.is_numeric());
    let singular = if acronym { last.text.clone() } else { nouns::singular(&lower) };
    let plural = if acronym { last.text.clone() } else { nouns::plural(&singular) };
    let with_modifiers = |noun: &str| words::in_sentence(&[modifiers.join(" ").trim(), noun].join(" "));
    Some(Phrase {
        singular: with_modifiers(&singular),
        plural: with_modifiers(&plural),
        label: label(tokens),
        written: label(tokens),
        head: singular.clone(),
        words: modifiers.iter().map(|word| word.to_lowercase()).chain([singular.clone()]).collect(),
        is_plural: nouns::is_plural(&lower),
        ..Phrase::default()
    })
}

fn label(tokens: &[Token]) -> String {
    let words: Vec<&str> = tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| *at == 0 || !words::is_article(&token.lower) || is_rate(&tokens[*at..]))
        .map(|(_, token)| words::without_possessive(&token.text))
        .collect();
    words::in_sentence(&words.join(" "))
}

/// "times a day": the article means "per".
fn is_rate(tokens: &[Token]) -> bool {
    const SPANS: &[&str] = &["day", "week", "month", "year", "hour", "night"];
    matches!(tokens, [article, span, ..] if article.lower == "a" && SPANS.contains(&span.lower.as_str()))
}

fn complements(tokens: &[Token]) -> Vec<Complement> {
    let mut complements = Vec::new();
    let mut rest = tokens;
    while let Some((preposition, after)) = rest.split_first() {
        let end = after.iter().position(|token| words::is_preposition(&token.lower)).unwrap_or(after.len());
        let (noun, next) = after.split_at(end);
        let two = noun.first().is_some_and(|first| first.lower == "two");
        let (determined, noun) = without_fillers(noun);
        if let Some(mut phrase) = plain(noun) {
            phrase.determined = determined && !phrase.is_plural;
            phrase.two = two;
            if let (Some(first), Some(last)) = (noun.first(), noun.last()) {
                phrase.span = first.span.start..last.span.end;
            }
            complements.push(Complement { preposition: preposition.lower.clone(), phrase });
        }
        rest = next;
    }
    complements
}
