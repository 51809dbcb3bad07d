//! Words that say how the parts of a Russian sentence belong together.

use super::super::connector::{Connector, Matched, starts_with};
use super::super::lexicon::Words;
use super::super::token::{Kind, Token};
use super::paradigm::Case;

use Case::{Accusative, Dative, Genitive, Instrumental, Nominative, Prepositional};
use Connector::{Belongs, Clause, Flag, Has, Keep, Many, OneOf, Optional, Required, Topic};

/// Longer phrases come first among those that start alike; `*` stands for any ending.
const PHRASES: &[(&str, Connector, Case)] = &[
    ("содержит много", Many, Genitive),
    ("содержит несколько", Many, Genitive),
    ("содержать много", Many, Genitive),
    ("содержать несколько", Many, Genitive),
    ("включает несколько", Many, Genitive),
    ("иметь много", Many, Genitive),
    ("иметь несколько", Many, Genitive),
    ("имеет много", Many, Genitive),
    ("имеют много", Many, Genitive),
    ("имеет несколько", Many, Genitive),
    ("может быть много", Many, Genitive),
    ("могут быть", OneOf, Nominative),
    ("может быть несколько", Many, Genitive),
    ("есть несколько", Many, Genitive),
    ("есть много", Many, Genitive),
    ("есть список", Many, Genitive),
    ("может быть отмечен* как", Flag, Nominative),
    ("можно отметить как", Flag, Nominative),
    ("можно отмечать как", Flag, Nominative),
    ("отмечать как", Flag, Nominative),
    ("отметить как", Flag, Nominative),
    ("помечать как", Flag, Nominative),
    ("с возможностью", Keep, Accusative),
    ("со следующими полями", Has, Nominative),
    ("с такими полями", Has, Nominative),
    ("с полями", Has, Nominative),
    ("со статусами", OneOf, Nominative),
    ("с вариантами", OneOf, Nominative),
    ("со значениями", OneOf, Nominative),
    ("имеются", Has, Nominative),
    ("имеется", Has, Nominative),
    ("обязательно есть", Has, Nominative),
    ("обязательно имеет", Has, Accusative),
    ("обязательно имеют", Has, Accusative),
    ("обязательно содержит", Has, Accusative),
    ("обязательно содержат", Has, Accusative),
    ("иметь", Has, Accusative),
    ("содержать", Has, Accusative),
    ("имеет", Has, Accusative),
    ("имеют", Has, Accusative),
    ("имеющ*", Has, Accusative),
    ("у которых есть", Has, Nominative),
    ("у которого есть", Has, Nominative),
    ("у которой есть", Has, Nominative),
    ("должны быть указаны", Has, Nominative),
    ("должен быть указан", Has, Nominative),
    ("должны быть", Has, Nominative),
    ("должно быть", Has, Nominative),
    ("должен быть", Has, Nominative),
    ("должна быть", Has, Nominative),
    ("может принимать значения", OneOf, Nominative),
    ("принимает значения", OneOf, Nominative),
    ("бывает", OneOf, Nominative),
    ("бывают", OneOf, Nominative),
    ("может быть", OneOf, Nominative),
    ("один из", OneOf, Genitive),
    ("одна из", OneOf, Genitive),
    ("одно из", OneOf, Genitive),
    ("одним из", OneOf, Genitive),
    ("одной из", OneOf, Genitive),
    ("на выбор из", OneOf, Genitive),
    ("содержит", Has, Accusative),
    ("содержат", Has, Accusative),
    ("содержащ*", Has, Accusative),
    ("включает в себя", Has, Accusative),
    ("включают в себя", Has, Accusative),
    ("включает", Has, Accusative),
    ("включают", Has, Accusative),
    ("включая", Has, Accusative),
    ("состоит из", Has, Genitive),
    ("состоят из", Has, Genitive),
    ("состоящ* из", Has, Genitive),
    ("нужно хранить", Has, Accusative),
    ("надо хранить", Has, Accusative),
    ("нужно указать", Has, Accusative),
    ("нужно указывать", Has, Accusative),
    ("нужно записывать", Has, Accusative),
    ("нужно знать", Has, Accusative),
    ("храним", Has, Accusative),
    ("указываем", Has, Accusative),
    ("записываем", Has, Accusative),
    ("фиксируем", Has, Accusative),
    ("указываются", Has, Nominative),
    ("указывается", Has, Nominative),
    ("указаны", Has, Nominative),
    ("указан", Has, Nominative),
    ("указана", Has, Nominative),
    ("указано", Has, Nominative),
    ("хранятся", Has, Nominative),
    ("хранится", Has, Nominative),
    ("записываются", Has, Nominative),
    ("записывается", Has, Nominative),
    ("фиксируются", Has, Nominative),
    ("фиксируется", Has, Nominative),
    ("описывается", Has, Instrumental),
    ("описываются", Has, Instrumental),
    ("характеризуется", Has, Instrumental),
    ("характеризуются", Has, Instrumental),
    ("есть", Has, Nominative),
    ("обязательно для заполнения", Required, Nominative),
    ("обязательны для заполнения", Required, Nominative),
    ("обязательны", Required, Nominative),
    ("обязателен", Required, Nominative),
    ("обязательна", Required, Nominative),
    ("необязательны", Optional, Nominative),
    ("необязателен", Optional, Nominative),
    ("необязательна", Optional, Nominative),
    ("не обязательны", Optional, Nominative),
    ("не обязателен", Optional, Nominative),
    ("не обязательна", Optional, Nominative),
    ("не обязательно", Optional, Nominative),
    ("связывает", Belongs, Accusative),
    ("связывают", Belongs, Accusative),
    ("соединяет", Belongs, Accusative),
    ("принадлежит", Belongs, Dative),
    ("принадлежат", Belongs, Dative),
    ("принадлежащ*", Belongs, Dative),
    ("относится к", Belongs, Dative),
    ("относятся к", Belongs, Dative),
    ("относящ* к", Belongs, Dative),
    ("привязан* к", Belongs, Dative),
    ("привязывается к", Belongs, Dative),
    ("привязываются к", Belongs, Dative),
    ("прикреплен* к", Belongs, Dative),
    ("связан* с", Belongs, Instrumental),
    ("связан* со", Belongs, Instrumental),
    ("связывается с", Belongs, Instrumental),
    ("закреплен* за", Belongs, Instrumental),
    ("назначен* на", Belongs, Accusative),
    ("назначается на", Belongs, Accusative),
    ("назначаются на", Belongs, Accusative),
    ("назначен*", Belongs, Dative),
    ("назначается", Belongs, Dative),
    ("назначаются", Belongs, Dative),
    ("ссылается на", Belongs, Accusative),
    ("ссылаются на", Belongs, Accusative),
    ("входит в", Belongs, Accusative),
    ("входят в", Belongs, Accusative),
    ("оформляется на", Belongs, Accusative),
    ("выдается", Belongs, Dative),
    ("выдаются", Belongs, Dative),
    ("создается", Belongs, Instrumental),
    ("живет в", Belongs, Prepositional),
    ("живут в", Belongs, Prepositional),
    ("учится в", Belongs, Prepositional),
    ("учатся в", Belongs, Prepositional),
    ("работает в", Belongs, Prepositional),
    ("работают в", Belongs, Prepositional),
    ("находится в", Belongs, Prepositional),
    ("находятся в", Belongs, Prepositional),
    ("находится на", Belongs, Prepositional),
    ("хранится на", Belongs, Prepositional),
    ("состоит в", Belongs, Prepositional),
    ("проводится для", Belongs, Genitive),
    ("проводятся для", Belongs, Genitive),
    ("предназначен* для", Belongs, Genitive),
    ("проходит в", Belongs, Prepositional),
    ("проходят в", Belongs, Prepositional),
    ("ведет", Belongs, Accusative),
    ("для каждого", Topic, Genitive),
    ("для каждой", Topic, Genitive),
    ("о каждом", Topic, Prepositional),
    ("о каждой", Topic, Prepositional),
    ("по каждому", Topic, Dative),
    ("по каждой", Topic, Dative),
    ("в каждом", Topic, Prepositional),
    ("в каждой", Topic, Prepositional),
    ("на каждый", Topic, Accusative),
    ("на каждую", Topic, Accusative),
    ("про каждый", Topic, Accusative),
    ("про каждую", Topic, Accusative),
    ("про каждого", Topic, Accusative),
    ("у каждого", Topic, Genitive),
    ("у каждой", Topic, Genitive),
    ("у всех", Topic, Genitive),
    ("к каждому", Topic, Dative),
    ("к каждой", Topic, Dative),
    ("посвящен*", Belongs, Dative),
    ("где", Clause, Nominative),
    ("в котором", Clause, Nominative),
    ("в которой", Clause, Nominative),
    ("с", Has, Instrumental),
    ("со", Has, Instrumental),
    ("у", Topic, Genitive),
];

/// "подаются жильцами", "написан автором": who does it is what the subject belongs to.
fn is_passive(word: &str) -> bool {
    const ENDINGS: &[&str] =
        &["ется", "ются", "ится", "ятся", "ан", "ана", "ано", "аны", "ен", "ена", "ено", "ены"];
    word.chars().count() > 5
        && ENDINGS.iter().any(|ending| word.ends_with(ending))
        && !super::phrase::is_known(word)
}

/// "у студента *много* курсов", "в фильме *снимается много* актёров", "снимается *во* многих фильмах".
fn many(tokens: &[Token], at: usize) -> Option<Matched> {
    const MANY: Words = Words("много несколько множество");
    const OF_MANY: Words = Words("многих нескольких многими несколькими многие несколько разных");
    let (before, rest) = tokens.split_at(at);
    let last = before.last().filter(|last| last.is(Kind::Word))?;
    let verb =
        |token: &Token| super::words::looks_like_verb(&token.lower) && !super::phrase::is_known(&token.lower);
    let counts = |token: Option<&Token>| token.is_some_and(|token| MANY.has(&token.lower));
    let start = before.iter().rposition(|token| !token.is_wordlike()).map_or(0, |start| start + 1);
    let within =
        before[start..].iter().take(2).any(|token| matches!(token.lower.as_str(), "у" | "в" | "во" | "на"));
    if within && counts(rest.first()) && !verb(last) {
        return Some(Matched { connector: Many, length: 1, case: Some(Genitive) });
    }
    if within && rest.first().is_some_and(verb) && counts(rest.get(1)) {
        return Some(Matched { connector: Many, length: 2, case: Some(Genitive) });
    }
    let joins = rest.get(1).is_some_and(|next| matches!(next.lower.as_str(), "в" | "во" | "на" | "с" | "со"));
    let shared = joins && rest.get(2).is_some_and(|next| OF_MANY.has(&next.lower));
    let case = match rest.get(1)?.lower.as_str() {
        "в" | "во" => Prepositional,
        "на" => Accusative,
        _ => Instrumental,
    };
    (shared && rest.first().is_some_and(verb) && super::actions::deed(tokens, at).is_none())
        .then_some(Matched { connector: Belongs, length: 2, case: Some(case) })
}

/// After these "с" means "from" or "since".
const NOT_WITH: Words = Words("какого какой чего начала помощью учетом момента собой");

/// Finds the connector that starts at `at`.
pub(in super::super) fn at(tokens: &[Token], at: usize) -> Option<Matched> {
    let rest = &tokens[at..];
    if let [last] = rest
        && at > 0
        && last.lower == "обязательно"
    {
        return Some(Matched { connector: Required, length: 1, case: None });
    }
    if let Some(after) = rest.get(1)
        && matches!(rest[0].lower.as_str(), "с" | "со")
    {
        if NOT_WITH.has(&after.lower) || !matches!(after.kind, Kind::Word | Kind::Quoted) {
            return None;
        }
        if matches!(after.lower.as_str(), "ним" | "ними" | "ней") {
            return Some(Matched { connector: Has, length: 2, case: None });
        }
    }
    if let [only] = rest
        && matches!(only.lower.as_str(), "с" | "со")
    {
        return None;
    }
    let inside = at.checked_sub(1).is_some_and(|before| {
        tokens[before].is(Kind::Word) && !["и", "а", "но"].contains(&tokens[before].lower.as_str())
    });
    if inside && rest.first().is_some_and(|first| first.lower == "у") {
        return None;
    }
    if at > 0
        && rest.first().is_some_and(|first| is_passive(&first.lower))
        && rest.get(1).is_some_and(|next| super::phrase::is_instrumental(&next.lower))
    {
        return Some(Matched { connector: Belongs, length: 1, case: Some(Instrumental) });
    }
    if let Some(matched) = many(tokens, at) {
        return Some(matched);
    }
    if super::actions::deed(tokens, at).is_some_and(|length| length > 1) {
        return None;
    }
    let (_, connector, length, case) = PHRASES.iter().find_map(|(phrase, connector, case)| {
        let noun =
            phrase.contains('*') && rest.first().is_some_and(|first| super::phrase::is_known(&first.lower));
        starts_with(rest, phrase).filter(|_| !noun).map(|length| (phrase, *connector, length, *case))
    })?;
    let keeps = rest[0].lower == "ведет"
        && rest.get(1).is_some_and(|next| {
            super::words::is_container(&super::phrase::lemma(&next.lower))
                || !super::phrase::is_nominative(&next.lower)
        });
    if keeps {
        return None;
    }
    let ends = rest.get(length).is_none_or(|next| next.is(Kind::Comma) || next.is(Kind::Group));
    (connector != Belongs || !ends).then_some(Matched { connector, length, case: Some(case) })
}
