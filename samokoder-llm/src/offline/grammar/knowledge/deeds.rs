//! What people do with records, and what that makes of them.

use super::super::language::Language;
use super::super::lexicon::Words;

/// What a verb says of its subject and its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Deed {
    /// The object comes from the subject: an order is placed by a customer.
    Makes,
    /// The object has to do with the subject: a doctor sees patients.
    Does,
    /// It is a record of its own that points at both: a booking of a class by a member.
    Event(&'static str),
    /// Each has to do with many of the other: students take courses, actors play in films.
    Shares,
}

const MAKES: Words =
    Words("place make submit post leave write publish send file order create add list request");
const DOES: Words = Words(
    "see treat teach coach train own run lead host produce supply supervise conduct sponsor employ deliver \
     drive cook prepare repair fix inspect clean maintain breed raise grow hold perform represent mentor tutor \
     guide examine prescribe design paint compose direct translate handle manage resolve approve process answer close check",
);
/// Verbs, with the words that belong to them, and the nouns for what happens.
const EVENTS: &[(&str, &str)] = &[
    ("attend", "attendance"),
    ("enroll in", "enrollment"),
    ("enrol in", "enrollment"),
    ("sign up for", "signup"),
    ("register for", "registration"),
    ("apply for", "application"),
    ("apply to", "application"),
    ("participate in", "participation"),
    ("take part in", "participation"),
    ("compete in", "participation"),
    ("subscribe to", "subscription"),
    ("join", "membership"),
    ("vote for", "vote"),
    ("visit", "visit"),
    ("adopt", "adoption"),
    ("book", "booking"),
    ("reserve", "reservation"),
    ("borrow", "loan"),
    ("rent", "rental"),
    ("buy", "order"),
    ("purchase", "purchase"),
    ("rate", "rating"),
    ("review", "review"),
    ("comment on", "comment"),
];

/// Verbs of which subject and object are many to many, with the words that belong to them.
const SHARES: &[&str] = &[
    "take",
    "study",
    "appear in",
    "play in",
    "act in",
    "star in",
    "perform in",
    "perform at",
    "speak at",
    "work on",
    "contribute to",
    "serve on",
    "follow",
    "like",
];

/// Stems of Russian verbs in the present tense and the infinitive.
const RUSSIAN_MAKES: &[&str] = &[
    "заказыва",
    "оставл",
    "оформл",
    "пишет",
    "пишут",
    "писать",
    "публику",
    "размеща",
    "отправл",
    "созда",
    "дела",
    "подает",
    "подают",
];
const RUSSIAN_DOES: &[&str] = &[
    "принима",
    "лечит",
    "лечат",
    "преподает",
    "преподают",
    "обслужива",
    "производ",
    "поставл",
    "провод",
    "выполня",
    "ремонтир",
    "тренир",
    "достав",
    "курир",
    "осматрива",
    "готов",
    "выращива",
    "развод",
    "ведет",
    "ведут",
];
const RUSSIAN_EVENTS: &[(&str, &str)] = &[
    ("бронир", "бронирование"),
    ("аренду", "аренда"),
    ("арендовать", "аренда"),
    ("берут", "выдача"),
    ("берет", "выдача"),
    ("посеща", "посещение"),
    ("покупа", "покупка"),
    ("записываются", "запись"),
    ("записывается", "запись"),
    ("записываться", "запись"),
    ("записаться", "запись"),
    ("участву", "участие"),
    ("участвов", "участие"),
    ("вступа", "членство"),
    ("оценива", "оценка"),
];

/// What a verb, as it stands in the description with the words that belong to it, does.
pub(in super::super) fn deed(language: Language, verb: &str) -> Option<Deed> {
    match language {
        Language::English => {
            let (first, rest) = verb.split_once(' ').map_or((verb, ""), |(first, rest)| (first, rest));
            let base = [base(first).as_str(), rest].join(" ").trim().to_owned();
            let event = EVENTS.iter().find(|(own, _)| *own == base);
            event.map(|(_, noun)| Deed::Event(noun)).or_else(|| {
                let makes = MAKES.has(&base).then_some(Deed::Makes);
                let does = || DOES.has(&base).then_some(Deed::Does);
                let shares = || SHARES.contains(&base.as_str()).then_some(Deed::Shares);
                makes.or_else(does).or_else(shares)
            })
        }
        Language::Russian => {
            let starts = |stems: &[&str]| stems.iter().any(|stem| verb.starts_with(stem));
            let event = RUSSIAN_EVENTS.iter().find(|(stem, _)| verb.starts_with(stem));
            event.map(|(_, noun)| Deed::Event(noun)).or_else(|| {
                let reflexive = verb.split(' ').next().is_some_and(|verb| verb.ends_with("ся"));
                if reflexive {
                    return None;
                }
                let makes = starts(RUSSIAN_MAKES).then_some(Deed::Makes);
                makes.or_else(|| starts(RUSSIAN_DOES).then_some(Deed::Does))
            })
        }
    }
}

/// Verbs of working with the app itself: "users create tasks" says nothing of whose the tasks are.
pub(in super::super) fn is_plain(verb: &str) -> bool {
    ["create", "add", "make", "list"].contains(&base(verb).as_str())
        || verb.starts_with("созда")
        || verb.starts_with("дела")
}

/// The number of words an English deed takes, where the words begin with one in the given form.
pub(in super::super) fn english_length(words: &[&str], third_person: bool) -> Option<usize> {
    let verb = words.first()?;
    let base = base(verb);
    if (base == *verb) == third_person {
        return None;
    }
    if MAKES.has(&base) || DOES.has(&base) {
        return Some(1);
    }
    EVENTS.iter().map(|(own, _)| *own).chain(SHARES.iter().copied()).find_map(|own| {
        let mut parts = own.split(' ');
        let same = parts.next() == Some(base.as_str());
        let count = own.split(' ').count();
        let after = words.get(1..count)?;
        (same && parts.eq(after.iter().copied())).then_some(count)
    })
}

/// The verb without `-s`.
fn base(verb: &str) -> String {
    let known = |word: &str| {
        MAKES.has(word)
            || DOES.has(word)
            || EVENTS.iter().any(|(own, _)| first_word(own) == word)
            || SHARES.iter().any(|own| first_word(own) == word)
    };
    let stems = [verb.strip_suffix("es"), verb.strip_suffix('s')];
    let found = stems.into_iter().flatten().find(|stem| known(stem));
    let from_y = verb.strip_suffix("ies").map(|stem| format!("{stem}y")).filter(|word| known(word));
    from_y.or_else(|| found.map(str::to_owned)).unwrap_or_else(|| verb.to_owned())
}

fn first_word(phrase: &str) -> &str {
    phrase.split(' ').next().unwrap_or_default()
}
