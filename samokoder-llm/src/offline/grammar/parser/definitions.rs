//! Several records in one sentence: "tenant (name, phone), request: subject, text, due date".

use super::super::annotation::{self, is_conjunction};
use super::super::knowledge::{common, kinds};
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};
use super::Parser;
use super::shape::{Shape, is_section};

/// How a record is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Brackets,
    Mark,
}

impl Parser<'_> {
    /// The parts of a sentence that describe one record each, where a colon or a dash after a comma opens one.
    ///
    /// A single part is the whole sentence.
    pub(super) fn definitions<'t>(&self, tokens: &'t [Token]) -> Vec<&'t [Token]> {
        let opens = |token: &Token| matches!(token.kind, Kind::Colon | Kind::Dash | Kind::Group);
        let mut starts = vec![0];
        let mut marked = false;
        for at in (0..tokens.len()).filter(|at| tokens[*at].is(Kind::Comma)) {
            let joined =
                tokens[at + 1..].iter().take_while(|next| is_conjunction(self.language, next)).count();
            let from = at + 1 + joined;
            let opening = self.opening(&tokens[from..]);
            if let Some(opening) = opening.filter(|_| tokens[..at].iter().any(opens)) {
                marked |= opening == Opening::Mark;
                starts.push(from);
            }
        }
        let singular = tokens.iter().position(|token| !token.is_wordlike()).is_some_and(|end| {
            let phrase = Phrase::read(self.language, &tokens[..end], None);
            phrase.is_some_and(|phrase| !phrase.is_plural) && self.opening(tokens) == Some(Opening::Brackets)
        });
        if !marked && !singular {
            return vec![tokens];
        }
        let ends = starts.iter().skip(1).copied().chain([tokens.len()]);
        starts.iter().zip(ends).map(|(start, end)| without_joint(self, &tokens[*start..end])).collect()
    }

    /// Whether a record with its fields begins here, and how.
    fn opening(&self, tokens: &[Token]) -> Option<Opening> {
        let end = tokens.iter().position(|token| !token.is_wordlike())?;
        let (name, rest) = tokens.split_at(end);
        let phrase = Phrase::read(self.language, name, None).filter(|_| self.is_noun_phrase(name))?;
        let record =
            phrase.is_plural || common::knows(self.language, &phrase) || self.draft.find(&phrase).is_some();
        let unknown = match rest[0].kind {
            Kind::Group => self.names_itself(&rest[0].inside),
            _ => false,
        };
        if !(record || unknown) || self.is_field_like(&phrase) || is_section(name) {
            return None;
        }
        match rest[0].kind {
            Kind::Group => self.holds_fields(name, &rest[0]).then_some(Opening::Brackets),
            Kind::Colon | Kind::Dash => self.lists_fields(&rest[1..]).then_some(Opening::Mark),
            _ => None,
        }
    }

    /// "(name, address, age)": what has a name and more is a record, whatever it is called.
    fn names_itself(&self, inside: &[Token]) -> bool {
        let list = items(self.language, inside);
        let first = list.first().and_then(|first| Phrase::read(self.language, first, None));
        list.len() > 1 && first.is_some_and(|first| kinds::naming_rank(&first).is_some())
    }

    /// Whether a list begins with a field, and not with a type or a value.
    pub(super) fn lists_fields(&self, tokens: &[Token]) -> bool {
        let list = items(self.language, tokens);
        let Some(first) = list.first() else { return false };
        let head: Vec<Token> = first.iter().take_while(|token| token.is_wordlike()).cloned().collect();
        let phrase = Phrase::read(self.language, &head, None).filter(|_| self.is_noun_phrase(&head));
        let marked = list
            .get(1)
            .is_some_and(|next| next.iter().any(|token| matches!(token.kind, Kind::Colon | Kind::Dash)));
        let typed = marked && annotation::read(self.language, self.text, first).kind.is_some();
        phrase.is_some_and(|phrase| {
            let names = kinds::naming_rank(&phrase).is_some();
            let several = list.len() > 1 && list[..2].iter().all(|item| self.shape(item) != Shape::Entities);
            let refers = self.draft.find(&phrase).is_some() || common::knows(self.language, &phrase);
            names || several && (kinds::is_known_field(&phrase) && !typed || refers)
        })
    }
}

/// Without the comma and the "and" that join it to the next part.
fn without_joint<'t>(parser: &Parser<'_>, part: &'t [Token]) -> &'t [Token] {
    let joins = |token: &Token| token.is(Kind::Comma) || is_conjunction(parser.language, token);
    let end = part.iter().rposition(|token| !joins(token)).map_or(0, |last| last + 1);
    &part[..end]
}
