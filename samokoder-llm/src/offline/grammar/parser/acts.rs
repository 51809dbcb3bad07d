//! Who does what with which records: "customers place orders", "members book classes", "a doctor sees patients".

use super::super::draft::Link;
use super::super::knowledge::common;
use super::super::knowledge::deeds::{Deed, deed, is_plain};
use super::super::language::Language;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};
use super::super::{english, russian};
use super::Parser;
use super::relations::says_many;

impl Parser<'_> {
    /// Relates what is acted on to who acts; `item` names what is acted on.
    pub(super) fn acted_on(&mut self, object: usize, item: &[Token]) {
        let found = deed(self.language, &self.verb);
        let actor = self.actor.or_else(|| found.and_then(|deed| self.doing_user(deed)));
        let (Some(deed), Some(actor)) = (found, actor.filter(|actor| *actor != object)) else {
            return match found {
                Some(Deed::Event(noun)) if self.acts_from.is_some() => {
                    let thing = self.draft.entities[object].phrase.clone();
                    self.happens(noun, [thing]);
                }
                _ => self.reject_deed(found, item),
            };
        };
        let target = self.draft.entities[actor].phrase.clone();
        let thing = self.draft.entities[object].phrase.clone();
        let many = Phrase::read(self.language, item, None).is_some_and(|phrase| phrase.is_plural);
        match deed {
            Deed::Makes if says_many(item) => self.draft.many(actor, object, true),
            Deed::Makes => self.relate(object, target, true),
            Deed::Does if says_many(item) => self.draft.many(actor, object, false),
            Deed::Does => self.relate(object, target, false),
            Deed::Shares if many => self.draft.pairs.push((thing, target)),
            Deed::Shares => self.relate(actor, thing, false),
            Deed::Event(noun) => self.happens(noun, [thing, target]),
        }
    }

    /// A record of what happens to others: a booking of a class.
    fn happens<const N: usize>(&mut self, noun: &str, targets: [Phrase; N]) {
        let words = [Token::new(Kind::Word, noun, 0..0)];
        let phrase = Phrase::read(self.language, &words, None);
        let Some(event) = phrase.and_then(|phrase| self.draft.entity(&phrase)) else { return };
        for target in targets {
            self.relate(event, target, true);
        }
    }

    /// "Managers approve vacations" where no managers are described: what they do is said to lead to nothing.
    fn reject_deed(&mut self, deed: Option<Deed>, item: &[Token]) {
        let keeps = self.is_keeping(&self.verb);
        let means = matches!(deed, None | Some(Deed::Does | Deed::Shares)) && !keeps;
        let (Some(start), Some(last)) = (self.acts_from.filter(|_| means), item.last()) else { return };
        let part = self.text.get(start..last.span.end).unwrap_or_default().to_owned();
        let reason = self.language.choose(
            "who does it is not described, so nothing can be kept of it",
            "тот, кто это делает, не описан, поэтому хранить об этом нечего",
        );
        self.draft.reject(&part, reason);
    }

    fn is_keeping(&self, verb: &str) -> bool {
        match self.language {
            Language::English => english::actions::is_keeping(verb),
            Language::Russian => russian::actions::is_keeping(verb),
        }
    }

    /// "a landlord tracks flats" says who uses the app, "a customer places orders" whose the orders are.
    pub(super) fn only_keeps(&self, verb: &str) -> bool {
        self.is_keeping(verb) && (deed(self.language, verb).is_none() || is_plain(verb))
    }

    /// Users are records where a record is theirs; whoever only works with the app is none.
    fn doing_user(&mut self, deed: Deed) -> Option<usize> {
        let user = self.doer.clone()?;
        if deed == Deed::Does || is_plain(&self.verb) {
            return self.draft.find(&user);
        }
        self.draft.entity(&user)
    }

    fn relate(&mut self, record: usize, target: Phrase, required: bool) {
        self.draft.link(record, Link { target, required, creates: true, role: None });
    }

    /// "Sender and receiver are customers": what was spoken of points at customers by these names.
    ///
    /// Gives the number of tokens up to the records they are.
    pub(super) fn role_names(&mut self, tokens: &[Token]) -> Option<usize> {
        const ARE: &[&str] = &["are", "это", "являются"];
        let is = |token: &Token| ARE.contains(&token.lower.as_str()) || token.is(Kind::Dash);
        let verb = tokens.iter().take(6).position(is)?;
        let (names, records) = (tokens.get(..verb)?, tokens.get(verb + 1..)?);
        let end = records.iter().position(|token| !token.is_wordlike()).unwrap_or(records.len());
        let end = (1..=end).find(|end| !self.is_noun_phrase(&records[..*end])).map_or(end, |end| end - 1);
        let target = Phrase::read(self.language, &records[..end], None).filter(|target| {
            target.is_plural && (common::knows(self.language, target) || self.draft.find(target).is_some())
        })?;
        let roles: Vec<Phrase> = items(self.language, names)
            .into_iter()
            .filter_map(|item| Phrase::read(self.language, item, None).filter(|_| self.is_noun_phrase(item)))
            .collect();
        let named = !roles.is_empty()
            && roles.iter().all(|role| {
                !role.is_plural && self.draft.find(role).is_none() && !common::knows(self.language, role)
            })
            && !records.get(end).is_some_and(|next| next.is(Kind::Comma));
        let subjects = self.subjects.clone();
        if !named || subjects.is_empty() {
            return None;
        }
        self.draft.entity(&target)?;
        for subject in subjects {
            for role in &roles {
                let (target, role) = (target.clone(), Some(role.singular.clone()));
                self.draft.link(subject, Link { target, required: true, creates: true, role });
            }
        }
        Some(verb + 1)
    }
}
