//! Sentences: cut at connectors, each part read by the connector before it.

use super::super::connector::{Connector, connector};
use super::super::knowledge::unsupported;
use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::super::{annotation, english, russian};
use super::Parser;
use super::shape::is_section;
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

impl Parser<'_> {
    pub(super) fn sentence(&mut self, tokens: &[Token]) {
        let tokens = &self.without_relative_clauses(self.after_lead(tokens));
        let tokens = self.after_background(tokens);
        if self.many_to_many(tokens) {
            return;
        }
        if let Some((record, fields)) = self.fields_called_so(tokens) {
            self.subjects = vec![record];
            return self.fields(fields, None, None);
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
        if let Some((record, fields)) = self.fields_in(tokens) {
            self.subjects = vec![record];
            return self.fields(fields, None, None);
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
        let does = tokens[..request].last().is_some_and(|last| last.lower == "to")
            && connector(self.language, tokens, request, false)
                .is_some_and(|found| found.connector == Connector::Keep)
            && (title.iter().any(|token| ["each", "every"].contains(&token.lower.as_str()))
                || title.get(1).is_some_and(|object| english::nouns::is_plural(&object.lower)));
        if does {
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
                let weak = words.iter().any(|token| {
                    ["can", "may", "could", "может", "могут", "можно"].contains(&token.lower.as_str())
                });
                let strict = words.iter().any(|token| {
                    ["must", "should", "должен", "должна", "должны", "должно", "обязан", "обязательно"]
                        .contains(&token.lower.as_str())
                });
                optional = weak || (optional && mode == Mode::Unknown);
                self.verb.clone_from(&self.coming);
                mode = match found.connector {
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
                };
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

    /// "Пользователь создаёт опросы": who acts is no title.
    fn acts_first(&self, tokens: &[Token], end: usize) -> bool {
        let verb = connector(self.language, tokens, end, false).filter(|_| end < tokens.len());
        verb.is_some_and(|found| found.connector == Connector::Keep) && self.is_actor(&tokens[..end])
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
                let plural = Phrase::read(self.language, last, None).is_some_and(|phrase| phrase.is_plural);
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
            Mode::Fields(required) => {
                let settled = matches!(next, Some(Connector::Required | Connector::Optional));
                let asks = |token: &Token| {
                    ["which", "that", "который", "которая", "которое"].contains(&token.lower.as_str())
                };
                let chunk = match chunk {
                    [fields @ .., which] if settled && asks(which) => fields,
                    _ => chunk,
                };
                let (fields, subject) = self.split_subject(chunk, case, next);
                let owners = self.subjects.clone();
                let (fields, said) = self.without_pronoun(fields, next);
                self.fields(fields, case, required);
                if settled && subject.is_empty() {
                    self.require_field(next == Some(Connector::Required));
                }
                let said = said && next == Some(Connector::OneOf) || self.speaks_of_subject(fields, next);
                if said {
                    self.point_at_own_status();
                }
                if !subject.is_empty() {
                    self.subject(subject, None, next, false);
                    if fields.is_empty() && next == Some(Connector::Has) {
                        self.link_parts(&owners);
                    }
                }
            }
            Mode::Many | Mode::Belongs { .. } | Mode::Values | Mode::Flag => {
                let (own, subject) = self.split_next(chunk, next);
                match mode {
                    Mode::Many => {
                        let parts = self.many(own, case);
                        let goes_on = own.last().is_some_and(Token::is_wordlike)
                            && !annotation::is_conjunction(self.language, &own[own.len() - 1]);
                        if next == Some(Connector::Has) && goes_on && subject.is_empty() && !parts.is_empty()
                        {
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

    /// Words after "can" whose verb is unknown, or that lead to the next connector.
    fn unknown(&mut self, chunk: &[Token], next: Option<Connector>) {
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
