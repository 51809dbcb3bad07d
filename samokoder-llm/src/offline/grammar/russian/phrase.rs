//! Russian noun phrases.

use super::super::lexicon::Words;
use super::super::phrase::{Complement, Phrase};
use super::super::token::{Kind, Token};
use super::adjective::Adjective;
use super::dictionary::{self, Noun, Reading};
use super::guess::guess;
use super::paradigm::{Case, Gender};
use super::words;

/// Reads words as a noun phrase that stands in `case`.
pub(in super::super) fn read(tokens: &[Token], case: Option<Case>) -> Option<Phrase> {
    let tokens = without_doers(expanded(tokens));
    let mut rest = without_question(&tokens);
    if let Some(phrase) = question(rest) {
        return Some(phrase);
    }
    let mut case = case;
    let mut determined = false;
    loop {
        let fillers = rest.iter().take_while(|token| words::is_filler(&token.lower)).count();
        determined |= rest[..fillers].iter().any(|token| words::is_singular_determiner(&token.lower));
        rest = &rest[fillers..];
        let Some((inside, inside_case)) = inside_container(rest) else { break };
        (rest, case) = (inside, Some(inside_case));
    }
    let (mut phrase, after) = simple(rest, case)?;
    phrase.two = is_two(&tokens);
    phrase.determined = determined && !phrase.is_plural;
    if let [and, time, ..] = after
        && phrase.head == "дата"
        && and.lower == "и"
        && lemma(&time.lower) == "время"
    {
        let tail = after[2..].iter().map(|token| format!(" {}", written(token)));
        phrase.label = format!("дата и время{}", tail.collect::<String>());
        phrase.singular.clone_from(&phrase.label);
        return Some(phrase);
    }
    let tail: Vec<String> = after.iter().map(written).collect();
    phrase.label = [&[phrase.label.clone()], tail.as_slice()].concat().join(" ");
    phrase.words.extend(after.iter().map(|token| lemma(&token.lower)));
    phrase.complements = complements(after);
    Some(phrase)
}

/// "двух команд": a pair of what follows.
fn is_two(tokens: &[Token]) -> bool {
    const TWO: Words = Words("два две двух двум двумя");
    tokens.iter().take_while(|token| words::is_filler(&token.lower)).any(|token| TWO.has(&token.lower))
}

/// "что за упражнение" and "какой инструмент" ask for the noun.
fn without_question(tokens: &[Token]) -> &[Token] {
    match tokens {
        [what, kind, rest @ ..] if what.lower == "что" && kind.lower == "за" && !rest.is_empty() => rest,
        [which, rest @ ..]
            if !rest.is_empty() && ["какой", "какая", "какое", "какие"].contains(&which.lower.as_str()) =>
        {
            rest
        }
        _ => tokens,
    }
}

/// "где лежит", "кому выдан": the question is the name.
fn question(tokens: &[Token]) -> Option<Phrase> {
    const WORDS: Words = Words("где кому кто куда откуда когда сколько чей от с по зачем почему чем как");
    const NEXT: &[&str] = &["чего", "какого", "какое", "кого", "какой", "какую"];
    let first = tokens.first()?;
    let asks = match first.lower.as_str() {
        "от" | "с" | "по" => tokens.get(1).is_some_and(|next| NEXT.contains(&next.lower.as_str())),
        word => WORDS.has(word),
    };
    let label = tokens.iter().map(written).collect::<Vec<_>>().join(" ");
    let words: Vec<String> = tokens.iter().map(|token| lemma(&token.lower)).collect();
    asks.then(|| Phrase {
        singular: label.clone(),
        plural: label.clone(),
        written: label.clone(),
        label,
        head: first.lower.clone(),
        words,
        ..Phrase::default()
    })
}

/// The dictionary form of a noun in any case; other words stay what they are.
pub(in super::super) fn lemma(word: &str) -> String {
    best(word, None).map_or_else(|| word.to_owned(), |reading| reading.noun.singular.replace('ё', "е"))
}

/// Whether some form of a known noun is written like this.
pub(in super::super) fn is_known(word: &str) -> bool {
    best(word, None).is_some()
}

/// Whether a known noun can stand in the instrumental like this: "жильцами".
pub(in super::super) fn is_instrumental(word: &str) -> bool {
    dictionary::look_up(word).iter().any(|reading| reading.case == Case::Instrumental)
}

/// Whether a known noun can stand in the nominative like this: "клиенты".
pub(in super::super) fn is_nominative(word: &str) -> bool {
    dictionary::look_up(word).iter().any(|reading| reading.case == Case::Nominative)
}

/// Whether a known noun stands in the nominative plural and nothing else: "инструменты", but not "приложения".
pub(in super::super) fn is_nominative_plural(word: &str) -> bool {
    let readings = dictionary::look_up(word);
    readings.iter().any(|reading| reading.case == Case::Nominative && reading.plural)
        && readings.iter().all(|reading| reading.plural)
}

/// Whether a known noun can stand in the case like this.
pub(in super::super) fn is_in_case(word: &str, case: Case) -> bool {
    dictionary::look_up(word).iter().any(|reading| reading.case == case)
}

/// Whether a word is an adjective or a short participle in the nominative: "новый", "оплачен".
pub(in super::super) fn is_quality(word: &str) -> bool {
    let long = ["ый", "ий", "ая", "ое", "ые", "ой"].iter().any(|ending| word.ends_with(ending));
    let short = ["ен", "ена", "ено", "ан", "ана", "ано", "ят", "ята", "ыт", "ыта"];
    let participle = word.chars().count() > 4 && short.iter().any(|ending| word.ends_with(ending));
    !is_known(word) && (participle || (long && Adjective::read(word).is_some()))
}

fn expanded(tokens: &[Token]) -> Vec<Token> {
    let mut words = Vec::new();
    for token in tokens {
        for word in token.text.split(['_', ' ']).filter(|word| !word.is_empty()) {
            let kind = if token.is(Kind::Quoted) { Kind::Word } else { token.kind };
            let loud = word.chars().count() > 4 && word.chars().all(|c| c.is_uppercase() || c == '-');
            let word = if loud { word.to_lowercase() } else { word.to_owned() };
            words.push(Token::new(kind, &word, token.span.clone()));
        }
    }
    words
}

/// What follows "список", "учёт", "управление", "информация о", and the case it stands in.
fn inside_container(tokens: &[Token]) -> Option<(&[Token], Case)> {
    let (first, rest) = tokens.split_first()?;
    if rest.is_empty() || !words::is_container(&lemma(&first.lower)) {
        return None;
    }
    let named = |token: &Token, plural: bool| {
        dictionary::look_up(&token.lower).iter().any(|own| own.plural == plural)
    };
    let many = dictionary::look_up(&first.lower).iter().any(|own| own.plural && own.case == Case::Nominative);
    let one = if is_known(&rest[0].lower) {
        named(&rest[0], false) && !named(&rest[0], true)
    } else {
        rest[0].lower.ends_with(['а', 'я', 'ы', 'и'])
    };
    if many && one {
        return None;
    }
    match rest.split_first()? {
        (about, rest) if matches!(about.lower.as_str(), "о" | "об" | "обо" | "по") && !rest.is_empty() => {
            Some((rest, Case::Prepositional))
        }
        (next, _) if words::is_preposition(&next.lower) => None,
        _ if matches!(lemma(&first.lower).as_str(), "управление") => {
            Some((rest, Case::Instrumental))
        }
        _ => Some((rest, Case::Genitive)),
    }
}

/// A noun with the adjectives before it, and the words after it.
fn simple(tokens: &[Token], case: Option<Case>) -> Option<(Phrase, &[Token])> {
    let mut count = 0;
    while count + 1 < tokens.len()
        && is_adjective(&tokens[count], &tokens[count + 1])
        && !words::is_preposition(&tokens[count + 1].lower)
    {
        count += 1;
    }
    let head = tokens.get(count)?;
    let reading = noun(head, case, count > 0);
    let Noun { singular, plural, gender, .. } = &reading.noun;
    let agreeing = |in_plural: bool| {
        let words = tokens[..count].iter().map(|token| {
            let adjective = Adjective::read(&token.lower);
            adjective.map_or_else(|| written(token), |adjective| adjective.nominative(*gender, in_plural))
        });
        words.collect::<Vec<_>>()
    };
    let with = |adjectives: Vec<String>, noun: &str| [adjectives, vec![noun.to_owned()]].concat().join(" ");
    let written_head = if reading.plural { plural } else { singular };
    let phrase = Phrase {
        singular: with(agreeing(false), singular),
        plural: with(agreeing(true), plural),
        label: with(agreeing(reading.plural), written_head),
        written: tokens[..=count].iter().map(written).collect::<Vec<_>>().join(" "),
        head: singular.clone(),
        words: agreeing(false).into_iter().chain([singular.replace('ё', "е")]).collect(),
        is_plural: reading.plural,
        is_nominative: reading.case == Case::Nominative,
        span: tokens[0].span.start..head.span.end,
        ..Phrase::default()
    };
    Some((phrase, &tokens[count + 1..]))
}

/// "выданных сотрудникам инструментов" are instruments: who stands between a participle and its noun is left out.
fn without_doers(mut tokens: Vec<Token>) -> Vec<Token> {
    let oblique = |token: &Token| {
        let readings = dictionary::look_up(&token.lower);
        !readings.is_empty()
            && readings.iter().all(|own| matches!(own.case, Case::Dative | Case::Instrumental))
    };
    let participle = |token: &Token| {
        [
            "нных",
            "нные",
            "тых",
            "тые",
            "мых",
            "мые",
            "щих",
            "щие",
            "вших",
            "вшие",
            "нный",
            "нного",
            "нная",
            "нной",
        ]
        .iter()
        .any(|ending| token.lower.ends_with(ending))
    };
    let noun = |token: &Token| is_known(&token.lower) && !oblique(token);
    let at =
        tokens.windows(3).position(|three| participle(&three[0]) && oblique(&three[1]) && noun(&three[2]));
    if let Some(at) = at {
        tokens.remove(at + 1);
    }
    tokens
}

/// Whether a word qualifies the next one. A noun such as "рабочий" does when both stand in the same case.
fn is_adjective(token: &Token, next: &Token) -> bool {
    let verbal = ["ние", "тие", "вие"].iter().any(|ending| token.lower.ends_with(ending));
    let following = dictionary::look_up(&next.lower);
    let agrees = following.iter().any(|own| own.plural && own.case == Case::Nominative);
    if verbal && !following.is_empty() && !agrees {
        return false;
    }
    let readings = dictionary::look_up(&token.lower);
    let agrees = || {
        let same = |own: &Reading, other: &Reading| own.case == other.case && own.plural == other.plural;
        let following = dictionary::look_up(&next.lower);
        readings.iter().any(|own| {
            own.noun.adjectival
                && own.noun.gender != Gender::Neuter
                && following.iter().any(|other| same(own, other))
        })
    };
    (!is_known(&token.lower) || agrees()) && Adjective::read(&token.lower).is_some()
}

/// The noun a word is, in the spelling of the description where that is the nominative already.
fn noun(token: &Token, case: Option<Case>, after_adjective: bool) -> Reading {
    let substantive = !after_adjective && !is_known(&token.lower);
    if substantive && let Some(reading) = substantive_adjective(&token.lower) {
        return reading;
    }
    let mut reading = best(&token.lower, case).unwrap_or_else(|| guess(&token.text.to_lowercase(), case));
    let own = token.text.to_lowercase();
    if reading.noun.singular.replace('ё', "е") == token.lower {
        reading.noun.singular = own;
    } else if reading.noun.plural.replace('ё', "е") == token.lower {
        reading.noun.plural = own;
    }
    let acronym = token.text.chars().count() > 1 && token.text.chars().all(char::is_uppercase);
    if acronym || token.text.is_ascii() {
        let name = if acronym { &token.text } else { &token.lower };
        reading.noun.singular.clone_from(name);
        reading.noun.plural.clone_from(name);
    }
    reading
}

/// A noun that declines like an adjective: "заведующий", "дежурные".
fn substantive_adjective(word: &str) -> Option<Reading> {
    const ENDINGS: &[&str] = &[
        "ий", "ый", "ая", "ого", "ому", "ые", "ых", "ыми", "его", "ему", "щим", "щем", "щие", "щих", "щими",
    ];
    if !ENDINGS.iter().any(|ending| word.ends_with(ending)) || word.ends_with("рий") || word.ends_with("ний")
    {
        return None;
    }
    let adjective = Adjective::read(word)?;
    let feminine = word.ends_with("ая");
    let gender = if feminine { Gender::Feminine } else { Gender::Masculine };
    let noun = Noun {
        singular: adjective.nominative(gender, false),
        plural: adjective.nominative(gender, true),
        gender,
        adjectival: true,
    };
    let plural = ["ые", "ых", "ыми", "щие", "щих", "щими"].iter().any(|ending| word.ends_with(ending));
    let nominative = ["ий", "ый", "ая", "ые", "ие"].iter().any(|ending| word.ends_with(ending));
    Some(Reading { noun, case: if nominative { Case::Nominative } else { Case::Genitive }, plural })
}

/// The reading of a known noun that fits the case best; compounds are known by their last part.
fn best(word: &str, case: Option<Case>) -> Option<Reading> {
    if let Some(reading) = choose(dictionary::look_up(word), case) {
        return Some(reading);
    }
    if word.is_ascii() {
        return None;
    }
    let starts = word.char_indices().map(|(at, _)| at).skip(3);
    for at in starts {
        let (prefix, last) = word.split_at(at);
        if last.chars().count() < 4 {
            break;
        }
        if let Some(mut reading) = choose(dictionary::look_up(last), case)
            && (prefix.ends_with('-') || is_compound_prefix(prefix))
        {
            let first = prefix.strip_suffix('-').and_then(|first| choose(dictionary::look_up(first), case));
            let (one, many) = match first.filter(|first| first.plural == reading.plural) {
                Some(first) => (format!("{}-", first.noun.singular), format!("{}-", first.noun.plural)),
                None => (prefix.to_owned(), prefix.to_owned()),
            };
            reading.noun.singular.insert_str(0, &one);
            reading.noun.plural.insert_str(0, &many);
            return Some(reading);
        }
    }
    None
}

fn is_compound_prefix(prefix: &str) -> bool {
    const PREFIXES: Words = Words(
        "авто видео фото аудио кино теле радио мото вело гос мед пед спорт под супер мини микро эко \
         био веб интернет онлайн техно электро мульти сверх меж пред пере само взаимо водо газо тепло \
         энерго зоо агро соц проф спец стом физ хим стройк лес евро",
    );
    PREFIXES.has(prefix)
}

fn choose(readings: &[Reading], case: Option<Case>) -> Option<Reading> {
    use Case::{Accusative, Genitive, Nominative};
    let order: &[Case] = match case {
        Some(Accusative) => &[Accusative, Nominative, Genitive],
        Some(Case::Dative) => &[Case::Dative, Nominative],
        Some(Case::Instrumental) => &[Case::Instrumental, Nominative],
        Some(Case::Prepositional) => &[Case::Prepositional, Nominative],
        Some(Genitive) => &[Genitive, Nominative],
        _ => &[Nominative],
    };
    let fitting = order.iter().find_map(|case| readings.iter().find(|reading| reading.case == *case));
    fitting.or_else(|| readings.first()).cloned()
}

fn written(token: &Token) -> String {
    let capitals = token.text.chars().filter(|c| c.is_uppercase()).count();
    if capitals > 1 && token.text.chars().count() < 8 {
        token.text.clone()
    } else {
        token.text.to_lowercase()
    }
}

fn complements(tokens: &[Token]) -> Vec<Complement> {
    let mut complements = Vec::new();
    let mut rest = tokens;
    while let Some(first) = rest.first() {
        let has_preposition = words::is_preposition(&first.lower);
        let preposition = if has_preposition { first.lower.clone() } else { String::new() };
        rest = &rest[usize::from(has_preposition)..];
        let fillers = rest.iter().take_while(|token| words::is_filler(&token.lower)).count();
        let determined = rest[..fillers].iter().any(|token| words::is_singular_determiner(&token.lower));
        let two = is_two(rest);
        let case = Some(complement_case(&preposition));
        let Some((mut phrase, after)) = simple(&rest[fillers..], case) else { break };
        phrase.determined = determined;
        phrase.two = two;
        complements.push(Complement { preposition, phrase });
        rest = after;
    }
    complements
}

/// The case after a preposition; without one it is the genitive, as the most frequent.
pub(in super::super) fn complement_case(preposition: &str) -> Case {
    match preposition {
        "к" | "ко" | "по" => Case::Dative,
        "на" | "за" | "про" => Case::Accusative,
        "в" | "во" | "о" | "об" | "обо" | "при" => Case::Prepositional,
        "с" | "со" | "между" | "над" | "под" | "перед" => Case::Instrumental,
        _ => Case::Genitive,
    }
}
