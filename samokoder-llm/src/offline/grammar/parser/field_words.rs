//! Words in the name of a field that say something about it: its type, a range, "flag", "required".

use samokoder_core::project::FieldKind;

use super::super::annotation::Annotation;
use super::super::lexicon::Words;
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};

/// Where a remark between dashes ends: "a type - car, home, travel -, a premium".
pub(super) fn closing_dash(rest: &[Token], open: usize) -> Option<usize> {
    let close = rest.iter().skip(open + 2).position(|token| token.is(Kind::Dash))? + open + 2;
    let ends = rest
        .get(close + 1)
        .is_none_or(|next| next.is(Kind::Comma) || ["and", "и"].contains(&next.lower.as_str()));
    let comma = rest[close - 1].is(Kind::Comma);
    (rest[open].is(Kind::Dash) && (ends || comma)).then_some(close)
}

/// Takes a type or a range off the end of a name: "vip boolean", "rating 1-5", "rating from 1 to 10".
pub(super) fn without_type(mut name: Vec<Token>, note: &mut Annotation) -> Vec<Token> {
    const TYPES: Words =
        Words("string str varchar integer int boolean bool datetime timestamp decimal float money");
    let repeated = matches!(name.as_slice(), [.., one, two] if one.lower == two.lower);
    let last = name.last().map(|token| token.lower.clone()).unwrap_or_default();
    let named = name.iter().rev().skip(1).any(|token| !super::super::english::words::is_filler(&token.lower));
    if named && (TYPES.has(&last) || repeated) {
        note.kind = note.kind.or_else(|| super::super::knowledge::patterns::annotated(&last));
        name.pop();
    }
    let range = name.iter().rposition(|token| {
        !token.is(Kind::Number)
            && !["to", "from", "out", "of", "between", "and", "до", "от", "по", "из"]
                .contains(&token.lower.as_str())
            && !token.is(Kind::Dash)
    });
    if let Some(end) = range
        && name[end + 1..].iter().any(|token| token.is(Kind::Number))
    {
        name.truncate(end + 1);
        note.kind = note.kind.or(Some(FieldKind::Integer));
    }
    name
}

/// "returned flag", "whether it is paid", "да/нет".
pub(super) fn is_flag(phrase: &Phrase) -> bool {
    phrase.words.iter().any(|word| matches!(word.as_str(), "flag" | "checkbox" | "whether" | "ли"))
        || phrase.label.starts_with("if it ")
}

/// The flag is called by what it says: "returned".
pub(super) fn strip_flag(phrase: &mut Phrase) {
    const AROUND: Words = Words(
        "flag checkbox says saying whether if it's they're it is was has been for they are a an the or not he she \
         ли если field were have indicating already to that says mark of",
    );
    let label = phrase.label.clone();
    let words: Vec<&str> = label.split(' ').filter(|word| !AROUND.has(word)).collect();
    if words.is_empty() {
        return;
    }
    phrase.label = words.join(" ");
    phrase.singular.clone_from(&phrase.label);
    phrase.head = words.last().map(|word| (*word).to_owned()).unwrap_or_default();
    phrase.words = words.iter().map(|word| (*word).to_owned()).collect();
}

/// Takes "required" and "optional" off a name.
pub(super) fn requirement_words(name: &[Token]) -> (Vec<Token>, Option<bool>) {
    const REQUIRED: Words = Words("required mandatory");
    const OPTIONAL: Words = Words("optional optionally possibly maybe опционально возможно желательно");
    let optional = |token: &Token| OPTIONAL.has(&token.lower) || token.lower.starts_with("необязательн");
    let required = |token: &Token| REQUIRED.has(&token.lower) || token.lower.starts_with("обязательн");
    let said =
        if name.iter().any(optional) { Some(false) } else { name.iter().any(required).then_some(true) };
    let rest = name.iter().filter(|token| !required(token) && !optional(token) && !token.is(Kind::Group));
    (rest.cloned().collect(), said)
}

/// "a yes/no flag for warranty" is a flag for warranty: gives the words after the type.
pub(super) fn without_yes_no(words: &[Token]) -> Option<&[Token]> {
    const YES: Words = Words("yes true да y");
    const NO: Words = Words("no false нет n");
    let skip = words.iter().take_while(|token| super::super::english::words::is_filler(&token.lower)).count();
    match &words[skip..] {
        [yes, slash, no, rest @ ..]
            if YES.has(&yes.lower) && slash.is(Kind::Slash) && NO.has(&no.lower) && !rest.is_empty() =>
        {
            let about =
                Words("field question value option flag checkbox for saying about поле признак флаг для");
            let named = rest.iter().take_while(|token| about.has(&token.lower)).count();
            Some(if named < rest.len() { &rest[named..] } else { rest })
        }
        _ => None,
    }
}

/// "at most 20 places", "не более 20 мест": a rule, and no field.
pub(super) fn says_limit(item: &[Token]) -> bool {
    const LIMITS: &[(&str, &str)] =
        &[("at", "most"), ("at", "least"), ("up", "to"), ("не", "более"), ("не", "больше"), ("не", "менее")];
    let [first, second, rest @ ..] = item else { return false };
    let limits = LIMITS.contains(&(first.lower.as_str(), second.lower.as_str()))
        || (first.lower == "no" && ["more", "less", "fewer"].contains(&second.lower.as_str()));
    limits && rest.iter().any(|token| token.is(Kind::Number))
}
