//! Statements with lists below them.

use super::super::outline::Statement;
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};
use super::Parser;
use super::shape::Shape;
use super::shape::is_section;

impl Parser<'_> {
    pub(super) fn statement(&mut self, statement: &Statement) {
        if statement.below.is_empty() {
            self.sentence(&statement.tokens);
        } else {
            self.block(statement);
        }
        self.first = false;
    }

    /// A header with items below it: fields of the entity it names, or entities of the app it names.
    fn block(&mut self, statement: &Statement) {
        let header = trimmed(&statement.tokens);
        let flat = statement.below.iter().all(|item| item.below.is_empty());
        let shape = if flat {
            self.shape_of_items(statement.below.iter().map(|item| item.tokens.as_slice()))
        } else {
            Shape::Entities
        };
        let subject = self.header_subject(header);
        match subject {
            Some(phrase) if shape == Shape::Fields || (shape == Shape::Either && !self.is_title(header)) => {
                if let Some(entity) = self.draft.entity(&phrase) {
                    if self.first || self.is_title(header) {
                        self.note_title(header);
                    }
                    self.subjects = vec![entity];
                    for item in &statement.below {
                        self.fields(&item.tokens, None, None);
                    }
                }
                return;
            }
            Some(_) => self.title(header),
            None if is_section(header) => {}
            None => self.sentence(header),
        }
        let describes_subject = subject_is_open(header, self.language) && !self.subjects.is_empty();
        for item in &statement.below {
            if describes_subject && flat && shape != Shape::Entities {
                self.fields(&item.tokens, None, None);
            } else {
                self.first = false;
                self.listed(item, shape);
            }
        }
    }

    /// An item of a list that isn't a list of fields.
    fn listed(&mut self, item: &Statement, shape: Shape) {
        let plain =
            item.below.is_empty() && !self.has_structure(&item.tokens) && !self.is_definition(&item.tokens);
        if plain && shape != Shape::Fields {
            self.mentions(&item.tokens, None);
        } else {
            self.statement(item);
        }
    }

    /// The noun a header consists of, if it is nothing but a noun.
    fn header_subject(&self, header: &[Token]) -> Option<Phrase> {
        let plain = !header.is_empty() && self.is_noun_phrase(header) && !is_section(header);
        plain.then(|| self.entity_phrase(header)).flatten()
    }
}

/// Without the colon or dash that opens the list.
fn trimmed(tokens: &[Token]) -> &[Token] {
    match tokens {
        [head @ .., last] if matches!(last.kind, Kind::Colon | Kind::Dash) => head,
        _ => tokens,
    }
}

/// Whether the header ends in "has" or "fields": what is below belongs to the subject.
fn subject_is_open(header: &[Token], language: super::super::language::Language) -> bool {
    use super::super::connector::{Connector, connector};
    let generic = header.last().is_some_and(|token| {
        [
            "fields",
            "attributes",
            "properties",
            "columns",
            "following",
            "поля",
            "полями",
            "атрибуты",
            "свойства",
        ]
        .contains(&token.lower.as_str())
    });
    generic
        || (0..header.len()).any(|at| {
            connector(language, header, at, false)
                .is_some_and(|found| found.connector == Connector::Has && at + found.length == header.len())
        })
}
