//! English verbs for what people do with records.

use super::super::connector::{Connector, Matched, starts_with};
use super::super::lexicon::Words;
use super::super::token::{Kind, Token};

/// Phrases that name things to keep.
const PHRASES: &[(&str, Connector)] = &[
    ("keep track of", Connector::Keep),
    ("keeps track of", Connector::Keep),
    ("keeping track of", Connector::Keep),
    ("keep a record of", Connector::Keep),
    ("keep records of", Connector::Keep),
    ("keep a list of", Connector::Keep),
    ("write down", Connector::Keep),
    ("look up", Connector::Search),
    ("look for", Connector::Search),
    ("search for", Connector::Search),
    ("search by", Connector::Search),
    ("sort by", Connector::Search),
    ("filter by", Connector::Search),
    ("be able to", Connector::Modal),
    ("needs to", Connector::Modal),
    ("need to", Connector::Modal),
    ("want to", Connector::Modal),
    ("wants to", Connector::Modal),
    ("have to", Connector::Modal),
    ("has to", Connector::Modal),
];

const MODALS: Words = Words("can should must may will shall could would lets allows helps let");

/// Verbs that are nothing else, and those that are nouns too and count only where a verb stands.
const KEEP: &[&str] = &[
    "manage",
    "sell",
    "add",
    "edit",
    "delete",
    "remove",
    "update",
    "create",
    "keep",
    "organize",
    "organise",
    "maintain",
    "enter",
    "collect",
    "handle",
    "administer",
    "monitor",
    "save",
    "modify",
    "insert",
    "define",
    "publish",
    "assign",
    "write",
];
const KEEP_OR_NOUN: &[&str] = &[
    "track",
    "record",
    "store",
    "log",
    "list",
    "book",
    "schedule",
    "plan",
    "note",
    "register",
    "document",
    "post",
    "catalog",
    "catalogue",
    "place",
    "order",
    "submit",
    "make",
    "leave",
    "rate",
    "review",
    "borrow",
    "rent",
    "reserve",
    "buy",
    "set",
    "inventory",
];
const SEARCH: &[&str] =
    &["search", "browse", "sort", "filter", "find", "view", "see", "show", "display", "read", "group"];

/// After these a verb is what they do.
const SPEAKERS: Words = Words("i we you they users people");

/// Finds the verb that starts at `at`.
pub(in super::super) fn at(tokens: &[Token], at: usize, in_list: bool) -> Option<Matched> {
    let rest = &tokens[at..];
    for (phrase, connector) in PHRASES {
        if let Some(length) = starts_with(rest, phrase) {
            return Some(Matched { connector: *connector, length, case: None });
        }
    }
    if let Some(length) = deed(tokens, at) {
        return Some(Matched { connector: Connector::Keep, length, case: None });
    }
    let token = rest.first().filter(|token| token.is(Kind::Word))?;
    if MODALS.has(&token.lower) {
        return Some(Matched { connector: Connector::Modal, length: 1, case: None });
    }
    if marks_as(rest) {
        return Some(Matched { connector: Connector::Keep, length: 1, case: None });
    }
    let base = base(&token.lower);
    let third_person = token.lower == format!("{base}s");
    let gerund = token.lower.ends_with("ing");
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    let next_is_noun = rest.get(1).is_some_and(|next| {
        next.is_wordlike() && !["of", "with", "in", "into", "on", "out"].contains(&next.lower.as_str())
    });
    let needs_object = ["log", "register"].contains(&base.as_str());
    if (needs_object || third_person) && !next_is_noun {
        return None;
    }
    let article = rest.get(1).is_some_and(|next| {
        ["the", "a", "an", "my", "their", "its", "our", "your"].contains(&next.lower.as_str())
    });
    let tells = ["it", "app", "system", "tool", "which", "that", "who", "program", "website", "software"];
    if third_person && KEEP_OR_NOUN.contains(&base.as_str()) {
        let stands = match before {
            None => ["track", "store", "log", "list", "record"].contains(&base.as_str()),
            Some(before) => tells.contains(&before.lower.as_str()) || is_one(subject_of(&tokens[..at])),
        };
        return stands.then_some(Matched { connector: Connector::Keep, length: 1, case: None });
    }
    let after_verb_sign = before.is_some_and(|before| {
        [
            "to", "and", "or", "users", "people", "me", "us", "i", "we", "can", "lets", "them", "you",
            "then", "user", "that", "for", "who", "also", "easily", "quickly", "staff",
        ]
        .contains(&before.lower.as_str())
            || before.is(Kind::Comma)
    });
    let stands_as_verb = match before {
        None => {
            let sure = ["track", "store", "log", "catalog", "catalogue"].contains(&base.as_str());
            let determined = rest.get(1).is_some_and(|next| super::words::is_filler(&next.lower));
            let noun = KEEP_OR_NOUN.contains(&base.as_str());
            let names = gerund && SEARCH.contains(&base.as_str());
            next_is_noun && !names && (determined || !noun || (sure && is_noun_start(rest.get(1))))
        }
        Some(before) if before.lower == "to" => true,
        Some(before) if KEEP.contains(&base.as_str()) && !gerund && SPEAKERS.has(&before.lower) => {
            next_is_noun
        }
        Some(before) if article && !gerund && before.is(Kind::Word) && !is_article(&before.lower) => true,
        Some(before) if third_person => before.is(Kind::Word) && !super::nouns::is_plural(&before.lower),
        Some(before) if gerund => {
            ["for", "in", "of", "by"].contains(&before.lower.as_str()) || (in_list && after_verb_sign)
        }
        Some(before) if KEEP_OR_NOUN.contains(&base.as_str()) => {
            next_is_noun
                && (MODALS.has(&before.lower)
                    || ["users", "people", "me", "us", "i", "we", "them"].contains(&before.lower.as_str())
                    || (in_list && after_verb_sign && is_noun_start(rest.get(1)) && !names_part(rest.get(1))))
        }
        Some(_) => in_list && after_verb_sign,
    };
    let connector = if KEEP.contains(&base.as_str()) || KEEP_OR_NOUN.contains(&base.as_str()) {
        Connector::Keep
    } else if SEARCH.contains(&base.as_str()) {
        Connector::Search
    } else {
        return None;
    };
    stands_as_verb.then_some(Matched { connector, length: 1, case: None })
}

/// The length of a verb between its subject and its object: "customers *place* orders", "a doctor *sees* patients".
fn deed(tokens: &[Token], at: usize) -> Option<usize> {
    const LONGEST_SUBJECT: usize = 3;
    let (before, rest) = tokens.split_at(at);
    let modals =
        before.iter().rev().take_while(|token| MODALS.has(&token.lower) || token.lower == "also").count();
    let before = &before[..before.len() - modals];
    let before = match before {
        [head @ .., who] if ["who", "that", "which"].contains(&who.lower.as_str()) => head,
        _ => before,
    };
    let subject = subject_of(before);
    let last = subject.last()?;
    let plain = |token: &Token| {
        token.is(Kind::Word)
            && !super::words::is_preposition(&token.lower)
            && !super::words::is_sentence_word(&token.lower)
    };
    if subject.len() > LONGEST_SUBJECT || !subject.iter().all(plain) {
        return None;
    }
    let one = is_one(subject);
    if !one && !super::nouns::is_plural(&last.lower) {
        return None;
    }
    let words: Vec<&str> = rest
        .iter()
        .take(4)
        .take_while(|token| token.is(Kind::Word))
        .map(|token| token.lower.as_str())
        .collect();
    let any_verb = || {
        let verb = words
            .first()
            .filter(|_| modals == 0 && before.len() == subject.len() && !one && words.len() > 1)?;
        let plain = verb.len() > 3
            && !super::words::is_preposition(verb)
            && !super::words::is_filler(verb)
            && !super::words::is_sentence_word(verb)
            && !super::nouns::is_plural(verb)
            && !["with", "than", "along", "together", "including", "belong", "contain", "include"]
                .contains(verb);
        let person = super::super::knowledge::common::knows_name(&super::nouns::singular(&last.lower));
        (plain && person).then_some(1)
    };
    let length =
        super::super::knowledge::deeds::english_length(&words, one && modals == 0).or_else(any_verb)?;
    let object: Vec<&str> =
        words[length..].iter().copied().take_while(|word| !super::words::is_preposition(word)).collect();
    let starts_noun = |word: &str| {
        super::words::is_article(word) || super::words::is_singular_determiner(word) || word == "them"
    };
    let noun = object.first().is_some_and(|first| starts_noun(first))
        || object.iter().take(2).any(|word| super::nouns::is_plural(word));
    noun.then_some(length)
}

/// "mark rentals as returned".
fn marks_as(rest: &[Token]) -> bool {
    const MARK: Words = Words("mark marks flag flags tick");
    const LONGEST: usize = 6;
    let words = rest.iter().take(LONGEST).take_while(|token| token.is(Kind::Word));
    rest.first().is_some_and(|first| MARK.has(&first.lower)) && words.skip(1).any(|token| token.lower == "as")
}

/// The words before a verb that can be its subject.
fn subject_of(before: &[Token]) -> &[Token] {
    let starts = |token: &Token| {
        !token.is(Kind::Word)
            || ["where", "and", "while", "when", "with", "for", "so", "has", "have"]
                .contains(&token.lower.as_str())
    };
    &before[before.iter().rposition(starts).map_or(0, |start| start + 1)..]
}

/// "a landlord", "each teacher": a single one who does something.
fn is_one(subject: &[Token]) -> bool {
    match subject {
        [first, .., last] if subject.len() < 4 => {
            super::words::is_singular_determiner(&first.lower) && !super::nouns::is_plural(&last.lower)
        }
        _ => false,
    }
}

/// Whether the verb only says that records are kept: "track", "manages", "adding".
pub(in super::super) fn is_keeping(verb: &str) -> bool {
    let base = base(verb.split(' ').next().unwrap_or_default());
    KEEP.contains(&base.as_str())
        || KEEP_OR_NOUN.contains(&base.as_str())
        || ["mark", "flag", "tick"].contains(&base.as_str())
}

/// "rent *payments*", "order *items*": with the word before it, which is no verb then, it names a record.
fn names_part(token: Option<&Token>) -> bool {
    const PARTS: Words = Words(
        "payments items lines entries requests records cards types categories details statuses rows logs histories",
    );
    token.is_some_and(|token| PARTS.has(&token.lower))
}

/// Whether a word shows that the one before it is a verb: "track *my* expenses".
fn is_noun_start(token: Option<&Token>) -> bool {
    token.is_some_and(|token| super::words::is_filler(&token.lower) || super::nouns::is_plural(&token.lower))
}

fn is_article(word: &str) -> bool {
    ["the", "a", "an", "my", "their", "its", "our", "your", "each", "every", "of", "by", "with", "in"]
        .contains(&word)
}

/// The verb without `-s` and `-ing`.
fn base(word: &str) -> String {
    let known = |candidate: &str| [KEEP, KEEP_OR_NOUN, SEARCH].iter().any(|verbs| verbs.contains(&candidate));
    if known(word) {
        return word.to_owned();
    }
    let Some(stem) = word.strip_suffix("ing") else {
        return word.strip_suffix('s').filter(|stem| known(stem)).unwrap_or(word).to_owned();
    };
    let mut undoubled = stem.to_owned();
    undoubled.pop();
    [stem.to_owned(), format!("{stem}e"), undoubled]
        .into_iter()
        .find(|candidate| known(candidate))
        .unwrap_or_else(|| word.to_owned())
}
