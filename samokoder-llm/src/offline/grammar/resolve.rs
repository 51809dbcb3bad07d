//! Settles which words mean another record, and adds what goes without saying.

use super::draft::{Draft, DraftEntity, Link};
use super::knowledge::{common, kinds};
use super::language::Language;
use super::lexicon::Words;
use super::parser::Parser;
use super::phrase::{Complement, Phrase};
use super::token::tokenise;
use samokoder_core::project::FieldKind;

/// Completes a draft.
pub(super) fn resolve(draft: &mut Draft) {
    if draft.entities.is_empty() {
        known_app(draft);
    }
    drop_title_entity(draft);
    records_of_known_app(draft);
    complements(draft);
    created_targets(draft);
    lists_of_known_records(draft);
    fields_that_are_records(draft);
    super::pairs::join_pairs(draft);
    add_usual_fields(draft);
    fields_that_are_records(draft);
    named_relations(draft);
    roles(draft);
    measured_amounts(draft);
    super::times::times_of_a_day(draft);
    draft.entities.retain(|entity| !entity.fields.is_empty() || !entity.links.is_empty());
}

fn read_app(language: Language, description: &str) -> Vec<DraftEntity> {
    let statements = super::outline::outline(description);
    Parser::new(language, description).read_records(&statements).entities
}

/// "A blog with posts and comments": records without a word about them are those of such an app.
fn records_of_known_app(draft: &mut Draft) {
    let topic = draft.topic.clone().unwrap_or_default();
    let Some(description) = common::app(draft.language, &topic) else { return };
    for known in read_app(draft.language, description) {
        let key = known.phrase.key();
        let same = draft.entities.iter().position(|entity| !entity.described && entity.phrase.key() == key);
        let Some(at) = same else { continue };
        let targets = known.phrase.complements.iter().map(|other| other.phrase.clone());
        let present: Vec<Phrase> =
            targets.filter(|target| draft.find(target).is_some_and(|found| found != at)).collect();
        for target in present {
            draft.link(at, Link { target, required: true, creates: false, role: None });
        }
        draft.entities[at].fields = known.fields;
        for field in &mut draft.entities[at].fields {
            field.known = true;
        }
    }
}

/// The noun of a title is no record when others are described and none of them refers to it.
fn drop_title_entity(draft: &mut Draft) {
    let Some(at) = draft.title_entity else { return };
    let entity = &draft.entities[at];
    let key = entity.phrase.key();
    let described = draft.entities.iter().filter(|other| other.described).count();
    let referred = draft.entities.iter().any(|other| {
        other.links.iter().any(|link| link.target.key() == key)
            || other.phrase.complements.iter().any(|part| part.phrase.key() == key)
            || other.fields.iter().any(|field| field.phrase.key() == key && field.values.is_empty())
    });
    let known = common::knows(draft.language, &entity.phrase);
    if !entity.described && !referred && described > usize::from(known) {
        draft.entities.remove(at);
    }
}

/// "CRM" alone is an app whose records are known.
fn known_app(draft: &mut Draft) {
    let Some(description) = draft.topic.as_deref().and_then(|topic| common::app(draft.language, topic))
    else {
        return;
    };
    draft.entities = read_app(draft.language, description);
    for entity in &mut draft.entities {
        entity.described = true;
        for field in &mut entity.fields {
            field.known = true;
        }
    }
}

/// "loans of a book to a member": what stands after the noun is a relation when it names a record.
fn complements(draft: &mut Draft) {
    let mut at = 0;
    while at < draft.entities.len() {
        let entity = draft.entities[at].clone();
        let mentioned = std::mem::take(&mut draft.entities[at].links);
        for complement in &entity.phrase.complements {
            complement_of(draft, at, complement);
        }
        for link in mentioned {
            draft.link(at, link);
        }
        draft.entities[at].phrase.complements.clear();
        at += 1;
    }
}

fn complement_of(draft: &mut Draft, at: usize, complement: &Complement) {
    const CLASSES: Words =
        Words("категория тип вид группа жанр раздел category type kind group genre единица");
    let target = &complement.phrase;
    let own = draft.entities[at].phrase.clone();
    let classifies = CLASSES.has(&own.head_key());
    let declared = draft.find(target).filter(|found| *found != at && !classifies);
    let known = common::knows(draft.language, target) && !classifies && !is_deed(target);
    let singular = match draft.language {
        Language::English => target.determined || (target.is_plural && common::knows(draft.language, &own)),
        Language::Russian => target.determined || ["", "к", "от"].contains(&complement.preposition.as_str()),
    };
    let number = target.singular.chars().all(|c| c.is_ascii_digit());
    if number || declared.is_none() && (is_setting(target) || own.in_title) {
        return;
    }
    let by = ["by", "по"].contains(&complement.preposition.as_str());
    if by && declared.is_none() && !target.determined && kinds::is_known_field(target) {
        let mut phrase = target.clone();
        phrase.label.clone_from(&phrase.singular);
        draft.field(at, super::draft::DraftField { phrase, ..Default::default() });
        return;
    }
    let attribute = kinds::is_known_field(target) && !common::knows(draft.language, target);
    if declared.is_none() && attribute && !complement.preposition.is_empty() && complement.preposition != "of"
    {
        draft.field(at, super::draft::DraftField { phrase: target.clone(), ..Default::default() });
        return;
    }
    if declared.is_some()
        || (singular && (known || (draft.language == Language::English && !is_setting(target))))
    {
        for role in roles_of(target) {
            draft.link(at, Link { target: target.clone(), required: true, creates: true, role });
        }
    } else if !is_setting(target) {
        let entity = &mut draft.entities[at];
        let joined = |noun: &str| match (complement.preposition.as_str(), draft.language) {
            ("", _) => format!("{noun} {}", target.written),
            (preposition, _) => format!("{noun} {preposition} {}", target.written),
        };
        entity.phrase.singular = joined(&entity.phrase.singular);
        entity.phrase.plural = joined(&entity.phrase.plural);
    }
}

/// "between two teams" are a first and a second one.
pub(super) fn roles_of(target: &Phrase) -> Vec<Option<String>> {
    if !target.two {
        return vec![None];
    }
    let numbered = |number: u8| Some(format!("{} {number}", target.singular));
    vec![numbered(1), numbered(2)]
}

/// "договор аренды": what is agreed on, and no record that is referred to.
fn is_deed(target: &Phrase) -> bool {
    const DEEDS: Words =
        Words("аренда прокат ремонт доставка покупка продажа обслуживание оплата подписка поставка");
    DEEDS.has(&target.head_key())
}

/// Where the app is used: no record of it.
pub(super) fn is_setting(target: &Phrase) -> bool {
    const SETTINGS: Words = Words(
        "shop bakery company agency family office home business period while purpose given fee total \
         startup firm me us house household club school clinic salon month week day year time system \
         app store life магазин компания фирма семья офис дом система приложение жизнь",
    );
    SETTINGS.has(&target.head_key())
}

/// Makes entities of what others are related to.
fn created_targets(draft: &mut Draft) {
    let mut at = 0;
    while at < draft.entities.len() {
        for link in draft.entities[at].links.clone() {
            if link.creates && draft.find(&link.target).is_none() {
                let mut target = link.target.clone();
                target.complements.clear();
                draft.entity(&target);
            }
        }
        at += 1;
    }
}

/// "a project has a name and tasks": tasks are records of their own, where common knowledge has them.
fn lists_of_known_records(draft: &mut Draft) {
    for at in 0..draft.entities.len() {
        for field in draft.entities[at].fields.clone() {
            let plain = field.kind.is_none() && field.values.is_empty() && !field.open_choice && !field.known;
            let listed = field.phrase.is_plural && field.phrase.complements.is_empty() && plain;
            if listed && !kinds::is_known_field(&field.phrase) && common::knows(draft.language, &field.phrase)
            {
                draft.entity(&field.phrase);
            }
        }
    }
}

/// A field called like a record is a relation: "author" where there are authors.
fn fields_that_are_records(draft: &mut Draft) {
    for at in 0..draft.entities.len() {
        let entity = draft.entities[at].clone();
        for field in &entity.fields {
            let counted = field.phrase.is_plural
                && !matches!(kinds::kind_of(&field.phrase), FieldKind::Text | FieldKind::LongText);
            let usual = field.known && kinds::is_plain_name(&field.phrase);
            let plain =
                field.kind.is_none() && field.values.is_empty() && !field.open_choice && !counted && !usual;
            let own_id =
                field.phrase.words.len() > 1 && field.phrase.words.last().is_some_and(|last| last == "id");
            let pointed = if own_id { without_id(&field.phrase) } else { field.phrase.clone() };
            let field = &super::draft::DraftField { phrase: pointed, ..field.clone() };
            let Some(target) =
                draft.find(&field.phrase).filter(|_| plain && field.phrase.complements.is_empty())
            else {
                continue;
            };
            if target == at && !field.phrase.is_plural && field.phrase.words.len() == 1
                || draft.entities[target].phrase.key() == "имя"
            {
                continue;
            }
            let label = field.phrase.label.clone();
            draft.entities[at].fields.retain(|own| own.phrase.label != label);
            if field.known && super::pairs::are_joined(draft, at, target) {
                continue;
            }
            if field.phrase.two {
                for role in roles_of(&field.phrase) {
                    let target = field.phrase.clone();
                    draft.link(at, Link { target, required: true, creates: false, role });
                }
            } else if field.phrase.is_plural {
                has_many(draft, at, target, &label);
            } else {
                let named = entity
                    .fields
                    .iter()
                    .any(|other| other.phrase.label != label && kinds::naming_rank(&other.phrase).is_some());
                let required = field.required.unwrap_or(!named);
                draft.link(at, Link { target: field.phrase.clone(), required, creates: false, role: None });
            }
        }
    }
}

/// "amount, unit": what has a unit of its own is no money.
fn measured_amounts(draft: &mut Draft) {
    for entity in &mut draft.entities {
        let unit =
            entity.fields.iter().any(|field| ["unit", "единица"].contains(&field.phrase.head_key().as_str()));
        let amount =
            entity.fields.iter_mut().find(|field| field.phrase.key() == "amount" && field.kind.is_none());
        if let (true, Some(amount)) = (unit, amount) {
            amount.kind = Some(FieldKind::Number);
        }
    }
}

/// What people are to a record: "sender" is a user where users are described, "assignee" an employee too.
fn roles(draft: &mut Draft) {
    const USERS: Words = Words(
        "sender receiver recipient author creator reporter assignee reviewer approver uploader requester \
         отправитель получатель автор создатель исполнитель ответственный проверяющий",
    );
    const STAFF: Words =
        Words("assignee reviewer approver responsible исполнитель ответственный проверяющий");
    const WRITTEN: Words = Words(
        "post comment message article review note question answer ticket reply пост комментарий сообщение \
         статья отзыв заметка вопрос ответ публикация",
    );
    let called = |draft: &Draft, names: &[&str]| {
        draft.entities.iter().position(|entity| names.contains(&entity.phrase.key().as_str()))
    };
    let users = called(draft, &["user", "пользователь"]);
    let staff = called(draft, &["employee", "staff member", "сотрудник", "работник"]);
    for at in 0..draft.entities.len() {
        let written = WRITTEN.has(&draft.entities[at].phrase.head_key());
        for field in draft.entities[at].fields.clone() {
            let role = field.phrase.head_key();
            let plain =
                field.kind.is_none() && field.values.is_empty() && !field.phrase.is_plural && !field.known;
            let author = ["author", "автор"].contains(&role.as_str());
            let person = users
                .filter(|_| USERS.has(&role) && (written || !author))
                .or_else(|| staff.filter(|_| STAFF.has(&role)))
                .filter(|person| plain && *person != at);
            let Some(person) = person else { continue };
            draft.entities[at].fields.retain(|own| own.phrase.label != field.phrase.label);
            let between = |own: &Link| {
                own.role.is_none() && own.target.is_plural && draft.find(&own.target) == Some(person)
            };
            let unnamed = draft.entities[at].links.iter().position(between);
            if let Some(unnamed) = unnamed {
                draft.entities[at].links.remove(unnamed);
            }
            let target = draft.entities[person].phrase.clone();
            let required = field.required.unwrap_or(false);
            let role = Some(field.phrase.singular.clone());
            draft.link(at, Link { target, required, creates: false, role });
        }
    }
}

/// "команда хозяев" where there are teams: a relation with a name of its own.
fn named_relations(draft: &mut Draft) {
    for at in 0..draft.entities.len() {
        for field in draft.entities[at].fields.clone() {
            let phrase = &field.phrase;
            let plain = field.kind.is_none() && field.values.is_empty() && !phrase.is_plural && !field.known;
            let own = phrase.complements.len() == 1 && phrase.complements[0].preposition.is_empty();
            let head = phrase.head_key();
            let target = draft.entities.iter().position(|entity| entity.phrase.key() == head);
            let Some(target) = target.filter(|target| plain && own && *target != at) else { continue };
            if kinds::is_known_field(phrase) {
                continue;
            }
            draft.entities[at].fields.retain(|other| other.phrase.label != phrase.label);
            let target = draft.entities[target].phrase.clone();
            let role = Some(phrase.label.clone());
            draft.link(at, Link { target, required: field.required.unwrap_or(true), creates: false, role });
        }
    }
}

/// "user id" points at a user.
fn without_id(phrase: &Phrase) -> Phrase {
    let mut phrase = phrase.clone();
    phrase.words.pop();
    phrase.singular = phrase.words.join(" ");
    phrase.head = phrase.words.last().cloned().unwrap_or_default();
    phrase
}

/// The many side holds the relation; many on both sides make a pair.
fn has_many(draft: &mut Draft, owner: usize, part: usize, label: &str) {
    let key = draft.entities[owner].phrase.key();
    let names_owner = |field: &super::draft::DraftField| field.phrase.is_plural && field.phrase.key() == key;
    let both = draft.entities[part].fields.iter().any(names_owner);
    if draft.entities[part].links.iter().any(|link| draft.find(&link.target) == Some(owner)) {
        return;
    }
    if both {
        draft.entities[part].fields.retain(|field| !names_owner(field));
        draft.pairs.push((draft.entities[owner].phrase.clone(), draft.entities[part].phrase.clone()));
        return;
    }
    let already = draft.entities[owner].links.iter().any(|link| draft.find(&link.target) == Some(part));
    if already || owner == part {
        let reason = draft.language.choose(
            "it points at such a record already; a list of them would lead back",
            "запись уже указывает на такую; их список вёл бы обратно",
        );
        let part = format!("{} — {label}", draft.entities[owner].phrase.plural);
        draft.reject(&part, reason);
        return;
    }
    draft.many(owner, part, false);
}

/// Records of which nothing is said get the fields such records usually have.
fn add_usual_fields(draft: &mut Draft) {
    for at in 0..draft.entities.len() {
        let entity = &draft.entities[at];
        if !entity.fields.is_empty() || entity.joins {
            continue;
        }
        let usual = common::fields(draft.language, &entity.phrase);
        let list = match usual {
            Some(list) => list,
            None => draft.language.choose("name, notes", "название, примечания"),
        };
        let copy = DraftEntity { links: Vec::new(), ..entity.clone() };
        let parser = Parser::new(draft.language, list);
        let read = parser.read_fields(copy, &tokenise(list, 0..list.len()));
        let fields = read.entities.into_iter().next().map(|entity| entity.fields).unwrap_or_default();
        draft.entities[at].fields = fields;
        for field in &mut draft.entities[at].fields {
            field.known = true;
        }
    }
}
