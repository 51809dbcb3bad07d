//! What belongs to what.

use super::super::draft::{DraftField, Link};
use super::super::knowledge::common;
use super::super::lexicon::Words;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::resolve::{is_setting, roles_of};
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::Parser;

impl Parser<'_> {
    /// Relates the parts to the subjects; gives the parts.
    pub(super) fn many(&mut self, chunk: &[Token], case: Option<Case>) -> Vec<usize> {
        let owners = self.subjects.clone();
        let mut parts = Vec::new();
        let holds = self.verb.starts_with("contain") || self.verb.starts_with("содерж");
        for item in items(self.language, chunk) {
            let Some(phrase) =
                self.is_noun_phrase(item).then(|| Phrase::read(self.language, item, case)).flatten()
            else {
                self.reject(item);
                continue;
            };
            let Some(part) = self.draft.entity(&phrase) else { continue };
            for owner in &owners {
                self.draft.many(*owner, part, !holds);
            }
            parts.push(part);
        }
        parts
    }

    /// "belongs to many articles": each has many of the other.
    fn share(&mut self, phrase: &Phrase) {
        let Some(other) = self.draft.entity(phrase) else { return };
        let other = self.draft.entities[other].phrase.clone();
        for subject in self.subjects.clone() {
            self.draft.entities[subject].described = true;
            self.draft.pairs.push((other.clone(), self.draft.entities[subject].phrase.clone()));
        }
    }

    /// "many-to-many between students and courses": the two records it names.
    pub(super) fn many_to_many(&mut self, tokens: &[Token]) -> bool {
        let hyphened =
            tokens.iter().any(|token| ["many-to-many", "многие-ко-многим"].contains(&token.lower.as_str()));
        let spelled = tokens.windows(3).any(|three| {
            let words = [three[0].lower.as_str(), three[1].lower.as_str(), three[2].lower.as_str()];
            [["many", "to", "many"], ["многие", "ко", "многим"]].contains(&words)
        });
        if !hyphened && !spelled {
            return false;
        }
        let mut named: Vec<usize> = Vec::new();
        for token in tokens.iter().filter(|token| token.is(Kind::Word)) {
            let phrase = Phrase::read(self.language, std::slice::from_ref(token), Some(Case::Instrumental));
            named.extend(phrase.and_then(|phrase| self.draft.find(&phrase)));
        }
        named.dedup();
        match named[..] {
            [one, other] if one != other => {
                let phrase = |at: usize| self.draft.entities[at].phrase.clone();
                self.draft.pairs.push((phrase(one), phrase(other)));
            }
            _ => self.reject(tokens),
        }
        true
    }

    pub(super) fn belongs(&mut self, chunk: &[Token], case: Option<Case>, required: bool) {
        let mut first_plural = false;
        let attribute = items(self.language, chunk).first().is_some_and(|item| {
            let phrase = Phrase::read(self.language, item, case).filter(|_| self.is_noun_phrase(item));
            phrase.is_some_and(|phrase| {
                let record = common::knows(self.language, &phrase) || self.draft.find(&phrase).is_some();
                self.is_field_like(&phrase) && !record
            })
        });
        if attribute {
            return self.fields(chunk, case, None);
        }
        for (at, item) in items(self.language, chunk).into_iter().enumerate() {
            let head: Vec<Token> = item.iter().take_while(|token| token.is_wordlike()).cloned().collect();
            let phrase =
                self.is_noun_phrase(&head).then(|| Phrase::read(self.language, &head, case)).flatten();
            match phrase {
                Some(phrase) if phrase.is_plural && says_many(&head) => self.share(&phrase),
                Some(phrase)
                    if at > 0 && self.is_field_like(&phrase) && self.draft.find(&phrase).is_none() =>
                {
                    let start = chunk.iter().position(|token| token.span == item[0].span).unwrap_or(0);
                    return self.fields(&chunk[start..], case, None);
                }
                Some(phrase) if at > 0 && phrase.is_plural && !first_plural => {
                    self.subjects = self.mention(item, case, false).into_iter().collect();
                }
                Some(phrase) => {
                    first_plural |= phrase.is_plural;
                    for subject in self.subjects.clone() {
                        for role in roles_of(&phrase) {
                            self.draft.link(
                                subject,
                                Link { target: phrase.clone(), required, creates: true, role },
                            );
                        }
                        for other in phrase.complements.iter().filter(|other| other.phrase.determined) {
                            let target = other.phrase.clone();
                            let field = self.is_field_like(&target) || is_setting(&target);
                            if field && self.draft.find(&target).is_none() {
                                self.draft
                                    .field(subject, DraftField { phrase: target, ..DraftField::default() });
                                continue;
                            }
                            self.draft.link(subject, Link { target, required, creates: true, role: None });
                        }
                    }
                    if let Some(group) = item.iter().find(|token| token.is(Kind::Group))
                        && self.holds_fields(&head, group)
                    {
                        let described =
                            self.draft.find(&phrase).filter(|at| self.draft.entities[*at].described);
                        let entity = if described.is_some() { None } else { self.draft.entity(&phrase) };
                        match entity {
                            Some(entity) => self.fields_of(entity, &group.inside),
                            None => self.fields(&group.inside, None, None),
                        }
                    }
                }
                None => self.reject(item),
            }
        }
    }
}

/// Whether more than one is named: "many tags", "one or more categories", "нескольким проектам".
pub(super) fn says_many(item: &[Token]) -> bool {
    const MANY: Words = Words(
        "many several multiple numerous various different more many-to-many много многих многим многими несколько \
         нескольких нескольким несколькими разных разным разными",
    );
    item.iter().take(3).any(|token| MANY.has(&token.lower))
}
