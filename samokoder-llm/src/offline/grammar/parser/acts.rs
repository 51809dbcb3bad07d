//! Who does what with which records: "customers place orders", "members book classes", "a doctor sees patients".

use super::super::draft::Link;
use super::super::knowledge::deeds::{Deed, deed};
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};
use super::Parser;

impl Parser<'_> {
    /// Relates what is acted on to who acts.
    pub(super) fn acted_on(&mut self, object: usize) {
        let Some(deed) = deed(self.language, &self.verb) else { return };
        let Some(actor) = self.actor.or_else(|| self.doing_user(deed)).filter(|actor| *actor != object)
        else {
            return;
        };
        let target = self.draft.entities[actor].phrase.clone();
        let thing = self.draft.entities[object].phrase.clone();
        match deed {
            Deed::Makes => self.relate(object, target, true),
            Deed::Does => self.relate(object, target, false),
            Deed::Event(noun) => {
                let words = [Token::new(Kind::Word, noun, 0..0)];
                let phrase = Phrase::read(self.language, &words, None);
                if let Some(event) = phrase.and_then(|phrase| self.draft.entity(&phrase)) {
                    self.relate(event, thing, true);
                    self.relate(event, target, true);
                }
            }
        }
    }

    /// Users are records where a record is theirs; whoever only works with the app is none.
    fn doing_user(&mut self, deed: Deed) -> Option<usize> {
        let user = self.doer.clone()?;
        if deed == Deed::Does || super::super::knowledge::deeds::is_plain(&self.verb) {
            return self.draft.find(&user);
        }
        self.draft.entity(&user)
    }

    fn relate(&mut self, record: usize, target: Phrase, required: bool) {
        self.draft.link(record, Link { target, required, creates: true, role: None });
    }
}
