//! Words that no connector explains: they lead to one, say who the app is for, or are quoted.

use super::super::annotation;
use super::super::connector::Connector;
use super::super::knowledge::unsupported;
use super::super::language::Language;
use super::super::list::items;
use super::super::token::Token;
use super::super::{english, russian};
use super::Parser;
use super::subject::is_pronoun;

impl Parser<'_> {
    /// Words after "can" whose verb is unknown, or that lead to the next connector.
    pub(super) fn unknown(&mut self, chunk: &[Token], next: Option<Connector>) {
        let leads =
            matches!(next, Some(Connector::Modal | Connector::Keep | Connector::Search | Connector::Topic))
                || self.is_lead(chunk);
        if leads
            && (is_pronoun(chunk)
                || self.is_lead(chunk)
                || chunk.iter().all(|token| self.is_connecting(token)))
        {
            return;
        }
        if matches!(next, Some(Connector::Has | Connector::Belongs | Connector::Many)) {
            return self.subject(chunk, None, next, false);
        }
        if self.is_purpose(chunk) {
            return;
        }
        if let Some(start) = self.withdraw() {
            let end = chunk.last().map_or(start, |last| last.span.end);
            let whole = self.text.get(start..end).unwrap_or_default().to_owned();
            return self.reject_text(&whole);
        }
        let list = items(self.language, chunk);
        let wishes =
            list.iter().any(|item| unsupported::reason(self.language, &self.written(item)).is_some());
        if wishes {
            for item in list {
                self.reject(item);
            }
        } else {
            self.reject(chunk);
        }
    }

    /// Takes back a record that only a sentence about something else has named: "Totals should be calculated".
    ///
    /// Gives where that sentence begins.
    fn withdraw(&mut self) -> Option<usize> {
        let unsure = self.unsure.take()?;
        let last = self.draft.entities.len().checked_sub(1)?;
        let bare = unsure == last && !self.draft.entities[last].described;
        if !bare || self.draft.title_entity == Some(last) {
            return None;
        }
        self.draft.entities.pop();
        self.subjects.retain(|subject| *subject != last);
        self.actor = self.actor.filter(|actor| *actor != last);
        self.object = self.object.filter(|object| *object != last);
        self.acts_from
    }

    fn is_connecting(&self, token: &Token) -> bool {
        !token.is_wordlike()
            || match self.language {
                Language::English => {
                    english::words::is_filler(&token.lower)
                        || english::words::is_lead(&token.lower)
                        || english::words::is_actor(&token.lower)
                }
                Language::Russian => {
                    russian::words::is_filler(&token.lower)
                        || russian::words::is_lead(&token.lower)
                        || russian::words::is_actor(&russian::phrase::lemma(&token.lower))
                }
            }
    }

    fn is_lead(&self, chunk: &[Token]) -> bool {
        chunk.iter().all(|token| self.is_connecting(token))
    }

    /// "for a small bakery" says who the app is for.
    fn is_purpose(&self, chunk: &[Token]) -> bool {
        let skip = chunk.iter().take_while(|token| annotation::is_conjunction(self.language, token)).count();
        let starts = chunk
            .get(skip)
            .is_some_and(|first| ["for", "in", "at", "для", "в"].contains(&first.lower.as_str()));
        starts && self.draft.title.is_some() && chunk.len() <= 8
    }
}
