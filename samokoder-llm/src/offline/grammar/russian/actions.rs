//! Russian verbs for what people do with records.

use super::super::connector::{Connector, Matched, starts_with};
use super::super::lexicon::Words;
use super::super::token::{Kind, Token};
use super::paradigm::Case;

use Connector::{Keep, Modal, Search};

/// `*` stands for any ending.
const PHRASES: &[(&str, Connector, Option<Case>)] = &[
    ("следить за", Keep, Some(Case::Instrumental)),
    ("управлять", Keep, Some(Case::Instrumental)),
    ("заниматься", Keep, Some(Case::Instrumental)),
    ("вести учет", Keep, Some(Case::Genitive)),
    ("ведет учет", Keep, Some(Case::Genitive)),
    ("вести список", Keep, Some(Case::Genitive)),
    ("вести базу", Keep, Some(Case::Genitive)),
    ("искать по", Search, Some(Case::Dative)),
    ("сортировать по", Search, Some(Case::Dative)),
    ("фильтровать по", Search, Some(Case::Dative)),
    ("поиск по", Search, Some(Case::Dative)),
    ("искать", Search, None),
    ("находить", Search, None),
    ("найти", Search, None),
    ("сортиров*", Search, None),
    ("фильтров*", Search, None),
    ("видеть", Search, None),
    ("смотреть", Search, None),
    ("просматривать", Search, None),
    ("посмотреть", Search, None),
    ("показывать", Search, None),
    ("показывает", Search, None),
    ("отображает", Search, None),
    ("нужны", Keep, Some(Case::Nominative)),
    ("нужна", Keep, Some(Case::Nominative)),
    ("нужен", Keep, Some(Case::Nominative)),
    ("понадобятся", Keep, Some(Case::Nominative)),
    ("будут", Keep, Some(Case::Nominative)),
    ("будет", Keep, Some(Case::Nominative)),
    ("помогает", Modal, None),
    ("чтоб", Modal, None),
    ("сможет", Modal, None),
    ("смогут", Modal, None),
    ("может", Modal, None),
    ("могут", Modal, None),
    ("можно", Modal, None),
    ("могли", Modal, None),
    ("мог", Modal, None),
    ("нужно", Modal, None),
    ("надо", Modal, None),
    ("должны", Modal, None),
    ("должен", Modal, None),
    ("должна", Modal, None),
    ("должно", Modal, None),
    ("позволяет", Modal, None),
    ("позволяющее", Modal, None),
    ("хочет", Modal, None),
    ("хотят", Modal, None),
    ("хочу", Modal, None),
    ("хотим", Modal, None),
    ("хочется", Modal, None),
    ("чтобы", Modal, None),
    ("хотелось бы", Modal, None),
];

/// Stems of verbs whose object is a record.
const KEEP: &[&str] = &[
    "добавля",
    "добавит",
    "вест",
    "веде",
    "храни",
    "учитыва",
    "записыва",
    "записат",
    "отслежива",
    "редактир",
    "удаля",
    "удалит",
    "фиксир",
    "создава",
    "создат",
    "планир",
    "контролир",
    "организ",
    "вноси",
    "внест",
    "заноси",
    "изменя",
    "измени",
    "сохраня",
    "оформля",
    "регистрир",
    "публиков",
    "оставля",
    "запоминат",
    "запомин",
    "заводи",
    "завест",
    "указыв",
    "обновля",
    "назнача",
    "отмечат",
    "записываем",
    "каталогизир",
    "продает",
    "продают",
    "собира",
    "ведем",
];

/// Finds the verb that starts at `at`.
pub(in super::super) fn at(tokens: &[Token], at: usize) -> Option<Matched> {
    let rest = &tokens[at..];
    for (phrase, connector, case) in PHRASES {
        if let Some(length) = starts_with(rest, phrase) {
            return Some(Matched { connector: *connector, length, case: *case });
        }
    }
    let token = rest.first().filter(|token| token.is(Kind::Word))?;
    if let Some(length) = deed(tokens, at) {
        if length == 1 && is_done_by(rest) {
            return Some(Matched { connector: Connector::Belongs, length, case: Some(Case::Nominative) });
        }
        return Some(Matched { connector: Keep, length, case: Some(Case::Accusative) });
    }
    let is_verb = super::words::looks_like_verb(&token.lower) && !super::phrase::is_known(&token.lower);
    let keeps = is_verb && is_keeping(&token.lower);
    keeps.then_some(Matched { connector: Keep, length: 1, case: Some(Case::Accusative) })
}

/// Whether the verb only says that records are kept: "ведут", "добавлять".
pub(in super::super) fn is_keeping(verb: &str) -> bool {
    KEEP.iter().any(|stem| verb.starts_with(stem))
}

/// The length of a verb between its subject and its object: "клиенты *оформляют* заказы", "записываются *на* курсы".
pub(super) fn deed(tokens: &[Token], at: usize) -> Option<usize> {
    const LONGEST_SUBJECT: usize = 3;
    const PRESENT: &[&str] = &["ет", "ут", "ют", "ит", "ят", "ат", "ются", "ется", "утся"];
    const INFINITIVE: &[&str] = &["ать", "ять", "ить", "еть", "ться"];
    const MODALS: Words = Words("может могут должен должна должны сможет смогут также");
    let (before, rest) = tokens.split_at(at);
    let modals = before.iter().rev().take_while(|token| MODALS.has(&token.lower)).count();
    let before = &before[..before.len() - modals];
    let starts = |token: &Token| {
        !token.is(Kind::Word)
            || ["а", "и", "но", "где", "которые", "который", "которая", "когда"]
                .contains(&token.lower.as_str())
    };
    let subject = &before[before.iter().rposition(starts).map_or(0, |start| start + 1)..];
    let verb = rest.first()?;
    let endings = if modals > 0 { INFINITIVE } else { PRESENT };
    let is_verb =
        endings.iter().any(|ending| verb.lower.ends_with(ending)) && !super::phrase::is_known(&verb.lower);
    let named = (1..=LONGEST_SUBJECT).contains(&subject.len())
        && subject.iter().all(|token| token.is(Kind::Word) && !super::words::is_preposition(&token.lower))
        && subject.last().is_some_and(|last| super::phrase::is_nominative(&last.lower));
    let found = super::super::knowledge::deeds::deed(super::super::language::Language::Russian, &verb.lower);
    if !is_verb || !named || found.is_none() {
        return None;
    }
    let joined = rest.get(1).is_some_and(|next| ["на", "в", "во"].contains(&next.lower.as_str()));
    rest.get(1 + usize::from(joined)).filter(|token| token.is(Kind::Word)).map(|_| 1 + usize::from(joined))
}

/// "Перевод выполняет переводчик": a person in the nominative after a verb in the singular is who does it.
fn is_done_by(rest: &[Token]) -> bool {
    let singular = rest[0].lower.ends_with("ет") || rest[0].lower.ends_with("ит");
    rest.get(1).is_some_and(|next| {
        let lemma = super::phrase::lemma(&next.lower);
        let agrees =
            if singular { lemma == next.lower } else { super::phrase::is_nominative_plural(&next.lower) };
        let alone = rest.get(2).is_none_or(|after| !after.is_wordlike());
        agrees && (singular || alone) && super::super::knowledge::common::is_person(&lemma)
    })
}
