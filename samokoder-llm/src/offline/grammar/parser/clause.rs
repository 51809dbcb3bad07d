//! What is left of a sentence is cut at its connectors, and each part read by the connector before it.

use super::super::annotation;
use super::super::connector::{Connector, connector};
use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::Parser;
use super::subject::is_pronoun;

/// How the words that follow are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Subject,
    /// Like a subject, after "for each": what is kept about it are its fields.
    Topic,
    Fields(Option<bool>),
    Many,
    Belongs {
        required: bool,
    },
    Values,
    Flag,
    Keep,
    Search,
    /// After "can": a verb that means nothing to an app of records.
    Unknown,
}

const WEAK: Words = Words("can may could может могут можно");
const STRICT: Words = Words("must should должен должна должны должно обязан обязательно");

impl Parser<'_> {
    /// Reads tokens in a mode, up to the end of the sentence.
    pub(super) fn clause(&mut self, tokens: &[Token], mode: Mode, case: Option<Case>) {
        let (mut mode, mut case) = (mode, case);
        let mut optional = false;
        let mut start = 0;
        let mut at = 0;
        while at < tokens.len() {
            let in_list = matches!(mode, Mode::Keep | Mode::Search | Mode::Unknown);
            let chunk = &tokens[start..at];
            if matches!(mode, Mode::Fields(_) | Mode::Values) && self.is_in_flag(tokens, at) {
                at += 1;
                continue;
            }
            if let Some(mut found) = connector(self.language, tokens, at, in_list)
                && self.applies((mode, case), chunk, found.connector, &tokens[at + found.length..])
            {
                let words = &tokens[at..at + found.length];
                if self.may_have(words, &tokens[at + found.length..]) {
                    found.connector = Connector::Has;
                }
                self.coming = words.iter().map(|token| token.lower.as_str()).collect::<Vec<_>>().join(" ");
                self.flush(mode, case, chunk, Some(found.connector));
                let asks = |next: &Token| ["i", "we", "я", "мы"].contains(&next.lower.as_str());
                if found.connector == Connector::Clause
                    && self.coming == "so that"
                    && tokens.get(at + found.length).is_some_and(asks)
                {
                    return self.reject(&tokens[at..]);
                }
                let says = |set: Words| words.iter().any(|token| set.has(&token.lower));
                let (weak, strict) = (says(WEAK), says(STRICT));
                optional = weak || (optional && mode == Mode::Unknown);
                self.verb.clone_from(&self.coming);
                mode = mode_after(found.connector, mode, (optional, strict));
                case = found.case;
                at += found.length;
                start = at;
            } else if matches!(tokens[at].kind, Kind::Colon | Kind::Dash) {
                if let Some(next) = self.after_colon(mode, &tokens[start..at], &tokens[at + 1..]) {
                    mode = next;
                    case = None;
                    start = at + 1;
                }
                at += 1;
            } else {
                at += 1;
            }
        }
        self.flush(mode, case, &tokens[start..], None);
    }

    /// "может быть комментарий": a field that may be empty, and no value.
    fn may_have(&self, words: &[Token], rest: &[Token]) -> bool {
        let may = words.first().is_some_and(|first| ["может", "могут"].contains(&first.lower.as_str()));
        let is = words.last().is_some_and(|last| last.lower == "быть");
        let list = items(self.language, rest);
        let [only] = list.as_slice() else { return false };
        let phrase = Phrase::read(self.language, only, None).filter(|_| self.is_noun_phrase(only));
        may && is && words.len() == 2 && phrase.is_some_and(|phrase| self.is_field_like(&phrase))
    }

    /// Whether a connector means what it says at this place.
    fn applies(
        &self,
        (mode, case): (Mode, Option<Case>),
        chunk: &[Token],
        found: Connector,
        rest: &[Token],
    ) -> bool {
        let empty = !chunk.iter().any(Token::is_wordlike);
        match (mode, found) {
            (Mode::Fields(_), Connector::Modal) => {
                let last = items(self.language, chunk).last().copied().unwrap_or_default();
                let open = chunk.last().is_none_or(|last| {
                    !last.is_wordlike() || annotation::is_conjunction(self.language, last)
                });
                let plural = Phrase::read(self.language, last, None)
                    .is_some_and(|phrase| phrase.is_plural || self.draft.find(&phrase).is_some());
                open || plural || self.is_actor(last) || is_pronoun(last)
            }
            (Mode::Fields(_), Connector::Clause) => !chunk.last().is_some_and(|last| last.is(Kind::Comma)),
            (Mode::Fields(_), Connector::Has) if self.language == Language::Russian => {
                !self.counts_things(chunk) || case == Some(Case::Instrumental)
            }
            (Mode::Values, Connector::Has) => chunk.len() > 1,
            (Mode::Values, Connector::OneOf) => empty,
            (Mode::Fields(_), Connector::Keep | Connector::Search) if self.language == Language::Russian => {
                empty
                    || chunk.last().is_some_and(|last| {
                        !last.is_wordlike() || annotation::is_conjunction(self.language, last)
                    })
            }
            (Mode::Fields(_), Connector::Keep | Connector::Search) => {
                const OBJECTS: Words = Words("it them by their through it's");
                rest.first().is_some_and(|next| OBJECTS.has(&next.lower))
            }
            (Mode::Fields(_), Connector::Belongs) if self.language == Language::Russian => !empty,
            (_, Connector::OneOf) => !rest.is_empty(),
            _ => true,
        }
    }

    /// Reads the words between two connectors.
    pub(super) fn flush(&mut self, mode: Mode, case: Option<Case>, chunk: &[Token], next: Option<Connector>) {
        if !chunk.iter().any(|token| token.is_wordlike() || token.is(Kind::Group)) {
            return;
        }
        match mode {
            Mode::Topic if next.is_none() && case == Some(Case::Genitive) => {
                match self.fields_after(chunk, Case::Genitive) {
                    Some((record, fields)) => {
                        self.subjects = vec![record];
                        self.fields(fields, None, None);
                    }
                    None => self.subject(chunk, case, next, true),
                }
            }
            Mode::Subject | Mode::Topic => self.subject(chunk, case, next, mode == Mode::Topic),
            Mode::Fields(required) => self.fields_before(chunk, (case, required), next),
            Mode::Many | Mode::Belongs { .. } | Mode::Values | Mode::Flag => {
                let (own, subject) = self.split_next(chunk, next);
                match mode {
                    Mode::Many => {
                        let parts = self.many(own, case);
                        let open = !own.last().is_some_and(Token::is_wordlike) || self.ends_joined(own);
                        if next == Some(Connector::Has) && !open && subject.is_empty() && !parts.is_empty() {
                            self.subjects = parts;
                        }
                    }
                    Mode::Belongs { required } => self.belongs(own, case, required),
                    Mode::Values => self.values(own),
                    _ => self.flags(own),
                }
                if !subject.is_empty() {
                    self.subject(subject, None, next, false);
                }
            }
            Mode::Keep => {
                let (own, doer) = self.split_doer(chunk, next);
                self.keep(own, case, if doer.is_empty() { next } else { None });
                if !doer.is_empty() {
                    self.subject(doer, None, next, false);
                }
            }
            Mode::Search => self.search(chunk, next),
            Mode::Unknown => self.unknown(chunk, next),
        }
    }

    /// Fields up to the next connector, which may speak of the last of them or of what comes after them.
    fn fields_before(
        &mut self,
        chunk: &[Token],
        (case, required): (Option<Case>, Option<bool>),
        next: Option<Connector>,
    ) {
        const WHICH: Words = Words("which that который которая которое");
        let settled = matches!(next, Some(Connector::Required | Connector::Optional));
        let chunk = match chunk {
            [fields @ .., which] if settled && WHICH.has(&which.lower) => fields,
            _ => chunk,
        };
        let (fields, subject) = self.split_subject(chunk, case, next);
        let owners = self.subjects.clone();
        let (fields, said) = self.without_pronoun(fields, next);
        self.fields(fields, case, required);
        if settled && subject.is_empty() {
            self.require_field(next == Some(Connector::Required));
        }
        if said && next == Some(Connector::OneOf) || self.speaks_of_subject(fields, next) {
            self.point_at_own_status();
        }
        if !subject.is_empty() {
            self.subject(subject, None, next, false);
            if fields.is_empty() && next == Some(Connector::Has) {
                self.link_parts(&owners);
            }
        }
    }

    /// Whether an "and" or a comma at the end of the words says that more follows.
    fn ends_joined(&self, chunk: &[Token]) -> bool {
        chunk.last().is_some_and(|last| annotation::is_conjunction(self.language, last))
    }
}

/// How the words after a connector are read.
fn mode_after(connector: Connector, mode: Mode, (optional, strict): (bool, bool)) -> Mode {
    match connector {
        Connector::Has if strict => Mode::Fields(Some(true)),
        Connector::Has => Mode::Fields(optional.then_some(false)),
        Connector::Keep | Connector::Search if mode == Mode::Topic => Mode::Fields(None),
        Connector::Many => Mode::Many,
        Connector::Belongs => Mode::Belongs { required: !optional },
        Connector::OneOf => Mode::Values,
        Connector::Flag => Mode::Flag,
        Connector::Keep => Mode::Keep,
        Connector::Search => Mode::Search,
        Connector::Topic => Mode::Topic,
        Connector::Clause => Mode::Subject,
        Connector::Modal if mode == Mode::Topic => Mode::Topic,
        Connector::Modal | Connector::Required | Connector::Optional => Mode::Unknown,
    }
}
