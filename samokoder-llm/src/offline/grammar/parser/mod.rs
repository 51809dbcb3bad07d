//! From statements to a draft.
//!
//! A sentence is cut at its connectors; what stands between two of them is read by the connector before it.

mod acts;
mod background;
mod choice;
mod clause;
mod colon;
mod definitions;
mod field_words;
mod fields;
mod intro;
mod kept;
mod outline;
mod owned;
mod relations;
mod sentence;
mod shape;
mod subject;
mod title;
mod unknown;
mod values;

use super::draft::Draft;
use super::language::Language;
use super::outline::Statement;
use super::phrase::Phrase;
use super::token::Token;

/// Reads statements one after another; pronouns and bare field lists refer to what was last spoken of.
pub(super) struct Parser<'a> {
    language: Language,
    text: &'a str,
    pub(super) draft: Draft,
    /// The entities that fields are added to.
    subjects: Vec<usize>,
    /// The field that values are added to.
    field: Option<(usize, usize)>,
    /// Who does what the sentence says: "members can book classes".
    actor: Option<usize>,
    /// A record that nothing but the beginning of a sentence names so far.
    unsure: Option<usize>,
    /// Where the words begin that name who acts.
    acts_from: Option<usize>,
    /// People who use the app and do what the sentence says without "can": "users write reviews".
    doer: Option<Phrase>,
    /// Records named in a part that says nothing of them: "I pay for too many subscriptions. Help me track them".
    antecedent: Option<Phrase>,
    /// What was last acted on: "them" in "members book classes and trainers cancel them".
    object: Option<usize>,
    /// Whether the item before ends in a single record it belongs to: "lessons for a student".
    complemented: bool,
    /// The verb of the part being read.
    verb: String,
    /// The verb after the part being read.
    coming: String,
    /// Whether nothing has been read yet: the first words may be the title.
    first: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(language: Language, text: &'a str) -> Self {
        Self {
            language,
            text,
            draft: Draft::new(language),
            subjects: Vec::new(),
            field: None,
            actor: None,
            unsure: None,
            acts_from: None,
            doer: None,
            object: None,
            antecedent: None,
            complemented: false,
            verb: String::new(),
            coming: String::new(),
            first: true,
        }
    }

    /// Reads a whole description.
    pub(super) fn read(mut self, statements: &[Statement]) -> Draft {
        for statement in statements {
            self.statement(statement);
        }
        self.draft
    }

    /// Reads a description that has no title.
    pub(super) fn read_records(mut self, statements: &[Statement]) -> Draft {
        self.first = false;
        self.read(statements)
    }

    /// Reads `description` as the fields of the entity: how common knowledge is written down.
    pub(super) fn read_fields(mut self, entity: super::draft::DraftEntity, tokens: &[Token]) -> Draft {
        self.draft.entities.push(entity);
        self.subjects = vec![0];
        self.fields(tokens, None, None);
        self.draft
    }

    fn written(&self, tokens: &[Token]) -> String {
        let span =
            tokens.first().zip(tokens.last()).map_or(0..0, |(first, last)| first.span.start..last.span.end);
        self.text.get(span).unwrap_or_default().to_owned()
    }

    /// Says that a part leads to nothing, with the reason that fits it best.
    fn reject(&mut self, tokens: &[Token]) {
        if !tokens.iter().any(Token::is_wordlike) && !tokens.iter().any(|token| !token.inside.is_empty()) {
            return;
        }
        self.remember(tokens);
        let part = self.written(tokens);
        self.reject_text(&part);
    }

    fn reject_text(&mut self, part: &str) {
        let unclear = self.language.choose(
            "it names nothing that an app made of records could keep or check",
            "здесь не названо ничего, что приложение из записей могло бы хранить или проверять",
        );
        let reason = super::knowledge::unsupported::reason(self.language, part).unwrap_or(unclear);
        self.draft.reject(part, reason);
    }

    /// Keeps the records that a part ends in, so that "them" can mean them.
    fn remember(&mut self, tokens: &[Token]) {
        let last =
            tokens.iter().rposition(|token| !token.is_wordlike()).map_or(tokens, |at| &tokens[at + 1..]);
        let case = Some(super::russian::paradigm::Case::Genitive);
        let noun = last.len().checked_sub(1).and_then(|at| Phrase::read(self.language, &last[at..], case));
        let noun = noun.filter(|noun| noun.is_plural && super::knowledge::common::knows(self.language, noun));
        self.antecedent = noun.or_else(|| self.antecedent.take());
    }
}
