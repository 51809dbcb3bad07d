//! Fields inside a list that say more than a name: "a priority of low or high", "players: name, number".

use super::super::annotation;
use super::super::draft::DraftField;
use super::super::knowledge::common;
use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::list::{items, values_end};
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::russian::phrase::is_quality;
use super::super::token::{Kind, Token};
use super::Parser;
use super::shape::Shape;
use samokoder_core::project::FieldKind;

impl Parser<'_> {
    /// "a difficulty of easy, medium or hard", "статусом новый или оплачен": gives the number of tokens it takes.
    pub(super) fn choice_of(
        &mut self,
        rest: &[Token],
        case: Option<Case>,
        required: Option<bool>,
    ) -> Option<usize> {
        let name_end = match self.language {
            Language::English => {
                rest.iter().take(5).position(|token| token.lower == "of" || says_which(token))?
            }
            Language::Russian => rest.iter().skip(1).take(3).position(|token| is_quality(&token.lower))? + 1,
        };
        let is = rest.get(name_end + 1).is_some_and(|token| ["is", "are"].contains(&token.lower.as_str()));
        let joint = match self.language {
            Language::English if says_which(&rest[name_end]) => {
                if is {
                    2
                } else {
                    return None;
                }
            }
            Language::English => 1,
            Language::Russian => 0,
        };
        let from = name_end + joint;
        let (name, values) = (rest.get(..name_end)?, rest.get(from..)?);
        let name = if let [name @ .., comma] = name
            && comma.is(Kind::Comma)
        {
            name
        } else {
            name
        };
        let phrase = Phrase::read(self.language, name, case).filter(|_| self.is_noun_phrase(name))?;
        if !is_choice(&phrase) {
            return None;
        }
        let end = values_end(self.language, values);
        let values = &values[..end];
        let list = items(self.language, values);
        let first = Phrase::read(self.language, list.first()?, None).unwrap_or_default();
        let noun = common::knows(self.language, &first)
            || self.draft.find(&first).is_some()
            || first.determined
            || self.is_field_like(&first);
        let said_or = values.iter().any(|token| ["or", "или", "либо"].contains(&token.lower.as_str()));
        let qualities = self.language == Language::English
            || list.iter().all(|item| item.iter().all(|token| is_quality(&token.lower)));
        let note = annotation::read(self.language, self.text, values);
        if noun || note.values.len() < 2 || !(said_or || qualities) {
            return None;
        }
        self.named_field(name, case, required, note, None);
        Some(from + end)
    }

    /// "home or away", "is public or private" in a list of fields: a choice that is called by its values.
    pub(super) fn alternatives(&mut self, rest: &[Token], required: Option<bool>) -> Option<usize> {
        let skip =
            usize::from(rest.first().is_some_and(|first| ["is", "are"].contains(&first.lower.as_str())));
        let [first, or, second, ..] = rest.get(skip..)? else { return None };
        let ends = rest.get(skip + 3).is_none_or(|next| {
            next.is(Kind::Comma) || annotation::is_conjunction(self.language, next) && !says_or(next)
        });
        let words = first.is(Kind::Word) && second.is(Kind::Word) && says_or(or) && ends;
        let plain = |token: &Token| {
            let phrase = Phrase::read(self.language, std::slice::from_ref(token), None);
            phrase.is_some_and(|phrase| {
                !phrase.is_plural && !self.is_field_like(&phrase) && !common::knows(self.language, &phrase)
            })
        };
        if words && ["not", "no", "нет"].contains(&second.lower.as_str()) {
            let note = annotation::Annotation { kind: Some(FieldKind::Boolean), ..Default::default() };
            self.named_field(&rest[skip..=skip], None, required, note, None);
            return Some(skip + 3);
        }
        if !words || !plain(first) || !plain(second) {
            return None;
        }
        let label = format!("{} {} {}", first.lower, or.lower, second.lower);
        let phrase = Phrase {
            singular: label.clone(),
            plural: label.clone(),
            written: label.clone(),
            head: second.lower.clone(),
            words: vec![first.lower.clone(), second.lower.clone()],
            label,
            span: first.span.start..second.span.end,
            ..Phrase::default()
        };
        for subject in self.subjects.clone() {
            let field = DraftField {
                phrase: phrase.clone(),
                kind: Some(FieldKind::Enumeration),
                values: vec![first.text.clone(), second.text.clone()],
                required,
                ..DraftField::default()
            };
            self.draft.field(subject, field);
        }
        Some(skip + 3)
    }

    /// Whether what stands before the mark is a record of its own, with its fields after the mark.
    pub(super) fn opens_record(&self, rest: &[Token], mark: usize) -> bool {
        let name = &rest[..mark];
        let phrase = Phrase::read(self.language, name, None).filter(|_| self.is_noun_phrase(name));
        phrase.is_some_and(|phrase| {
            let known = common::knows(self.language, &phrase) || self.draft.find(&phrase).is_some();
            phrase.is_plural
                && phrase.is_nominative == (self.language == Language::Russian)
                && known
                && !self.is_field_like(&phrase)
                && self.shape(&rest[mark + 1..]) == Shape::Fields
        })
    }

    /// "customers with names and phone numbers": each of them has one.
    pub(super) fn one_of_each(&self, phrase: &mut Phrase) {
        const SINGLE: Words = Words(
            "name title email e-mail phone number address price date surname status age birthday имя фамилия \
             название почта телефон номер адрес цена дата статус возраст фио",
        );
        let of_many = self.subjects.iter().all(|at| self.draft.entities[*at].phrase.is_plural);
        if of_many && phrase.is_plural && SINGLE.has(&phrase.head_key()) && phrase.complements.is_empty() {
            phrase.label.clone_from(&phrase.singular);
            phrase.is_plural = false;
        }
    }
}

/// "a level that is low or high".
fn says_which(token: &Token) -> bool {
    ["that", "which"].contains(&token.lower.as_str())
}

fn says_or(token: &Token) -> bool {
    ["or", "или", "либо"].contains(&token.lower.as_str())
}

/// Nouns whose values are few and can be listed.
pub(super) fn is_choice(phrase: &Phrase) -> bool {
    const CHOICES: Words = Words(
        "status state priority difficulty level type kind category size colour color severity stage \
         condition mood gender sex role frequency format mode urgency genre importance direction result \
         outcome plan tier rank risk payment_method method статус состояние приоритет сложность уровень тип \
         вид категория размер цвет важность срочность этап стадия пол роль периодичность формат режим жанр \
         направление результат исход тариф способ метод",
    );
    CHOICES.has(&phrase.head_key())
}
