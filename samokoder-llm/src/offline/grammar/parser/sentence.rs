//! Sentences: what comes before their first verb says how they are read.

use super::super::connector::{Connector, connector};
use super::super::english;
use super::super::knowledge::common;
use super::super::language::Language;
use super::super::phrase::Phrase;
use super::super::token::Token;
use super::Parser;
use super::clause::Mode;
use super::shape::is_section;

impl Parser<'_> {
    pub(super) fn sentence(&mut self, tokens: &[Token]) {
        let tokens = &self.without_relative_clauses(self.after_lead(tokens));
        let tokens = self.after_background(tokens);
        if self.many_to_many(tokens) || self.lists_one_record(tokens) {
            return;
        }
        if let Some(length) = self.title_before_record(tokens) {
            self.title(&tokens[..length]);
            self.first = false;
            return self.sentence(&tokens[length + 1..]);
        }
        let parts = self.definitions(tokens);
        if parts.len() > 1 {
            for part in parts {
                self.sentence(part);
                self.first = false;
            }
            return;
        }
        if let Some(length) = self.role_names(tokens) {
            return self.clause(&tokens[length..], Mode::Subject, None);
        }
        if is_section(tokens) || is_section(tokens.split_last().map_or(&[], |(_, head)| head)) {
            return;
        }
        let request = self.request_length(tokens);
        let rest = &tokens[request..];
        if rest.is_empty() {
            return;
        }
        let end = self.title_end(rest);
        let (title, after) = rest.split_at(end);
        if self.asks_to_keep(tokens, request, title) {
            self.clause(&tokens[request - 1..], Mode::Unknown, None);
        } else if !title.is_empty()
            && !self.acts_first(rest, end)
            && self.opens_with_title(title, request > 0)
        {
            self.after_title(title, after);
        } else {
            self.clause(rest, Mode::Subject, None);
        }
    }

    /// "Fields of a car: brand, model" and "В заказе клиент и дата": fields of one record, and nothing else.
    fn lists_one_record(&mut self, tokens: &[Token]) -> bool {
        let found = self.fields_called_so(tokens).or_else(|| self.fields_in(tokens));
        let Some((record, fields)) = found else { return false };
        self.subjects = vec![record];
        self.fields(fields, None, None);
        true
    }

    /// "I want to record athletes": the verb belongs to what is asked for, and not to a title.
    fn asks_to_keep(&self, tokens: &[Token], request: usize, title: &[Token]) -> bool {
        let to = tokens[..request].last().is_some_and(|last| last.lower == "to");
        let keeps = connector(self.language, tokens, request, false)
            .is_some_and(|found| found.connector == Connector::Keep);
        let each = title.iter().any(|token| ["each", "every"].contains(&token.lower.as_str()));
        let many = title.get(1).is_some_and(|object| english::nouns::is_plural(&object.lower));
        to && keeps && (each || many)
    }

    /// "Пользователь создаёт опросы": who acts is no title.
    fn acts_first(&self, tokens: &[Token], end: usize) -> bool {
        let verb = connector(self.language, tokens, end, false).filter(|_| end < tokens.len());
        let acts = verb.is_some_and(|found| matches!(found.connector, Connector::Keep | Connector::Modal));
        let known = Phrase::read(self.language, &tokens[..end], None).is_some_and(|phrase| {
            self.language == Language::Russian
                && common::knows(self.language, &phrase)
                && common::app(self.language, &phrase.key()).is_none()
        });
        acts && (self.is_actor(&tokens[..end]) && !self.is_title(&tokens[..end]) || known)
    }
}
