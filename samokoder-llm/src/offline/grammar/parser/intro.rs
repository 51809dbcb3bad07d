//! The words a description begins with: "I want an app for a bakery".

use super::super::connector::{Connector, connector};
use super::super::language::Language;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::super::{english, russian};
use super::Parser;

impl Parser<'_> {
    /// Whether the words name an app: they hold "app", "system", "tracker", or begin the description with "a".
    pub(super) fn is_title(&self, tokens: &[Token]) -> bool {
        let end = tokens.iter().position(|token| !token.is_wordlike()).unwrap_or(tokens.len());
        let start = tokens[..end].iter().take_while(|token| self.is_plain_word(token)).count();
        let words = &tokens[start..end];
        let object = |at: usize| at > 0 && ["a", "an", "the", "для"].contains(&words[at - 1].lower.as_str());
        (0..words.len()).any(|at| self.is_generic_app_word(&words[at]) && !object(at))
            || (words.len() > 1 && (0..words.len()).any(|at| self.is_app_word(&words[at]) && !object(at)))
    }

    pub(super) fn is_app_word(&self, token: &Token) -> bool {
        match self.language {
            Language::English => english::words::is_app_word(&token.lower),
            Language::Russian => {
                (russian::words::is_app_word(&russian::phrase::lemma(&token.lower))
                    && !russian::phrase::is_nominative_plural(&token.lower))
                    || english::words::is_app_word(&token.lower)
            }
        }
    }

    /// Remembers what the app is called.
    pub(super) fn note_title(&mut self, tokens: &[Token]) {
        if self.draft.title.is_some() {
            return;
        }
        let named = tokens.iter().position(|token| {
            ["called", "named", "titled", "название", "названием", "называется", "именем"]
                .contains(&token.lower.as_str())
        });
        let quoted = tokens.iter().find(|token| token.is(Kind::Quoted));
        let name = match (named, quoted) {
            (_, Some(quoted)) => Some(quoted.text.clone()),
            (Some(at), None) => Some(self.written(&tokens[at + 1..])),
            _ => self.short_name(tokens),
        };
        self.draft.title = name.filter(|name| !name.trim().is_empty());
    }

    /// A title: its name, and the noun that says what the app is about.
    pub(super) fn title(&mut self, tokens: &[Token]) {
        self.note_title(tokens);
        if self.draft.topic.is_none() {
            self.draft.topic = Some(self.written(tokens).to_lowercase().replace('ё', "е"));
        }
    }

    fn short_name(&self, tokens: &[Token]) -> Option<String> {
        let words: Vec<&Token> = tokens.iter().filter(|token| token.is_wordlike()).collect();
        let start = words.iter().take_while(|token| self.is_plain_word(token)).count();
        let words = &words[start..];
        let stops = |token: &Token| match self.language {
            Language::English => {
                english::words::is_preposition(&token.lower) && token.lower != "of"
                    || ["that", "where", "which", "with"].contains(&token.lower.as_str())
            }
            Language::Russian => {
                token.lower == "для"
                    || ["где", "который", "которая", "которое", "по"].contains(&token.lower.as_str())
            }
        };
        let end = words.iter().position(|token| stops(token)).unwrap_or(words.len());
        let (head, after) = words.split_at(end);
        let own = head;
        let vague =
            |token: &Token| ["place", "way", "thing", "database", "crud"].contains(&token.lower.as_str());
        let generic = own
            .iter()
            .all(|token| self.is_generic_app_word(token) || self.is_plain_word(token) || vague(token));
        if !generic {
            let first = own.first().map(|token| russian::phrase::lemma(&token.lower)).unwrap_or_default();
            if self.language == Language::Russian && own.len() > 1 && russian::words::is_container(&first) {
                let known = Phrase::read(self.language, &[(*own[0]).clone()], Some(Case::Accusative));
                let head = known.map_or(first, |phrase| phrase.singular);
                return Some(capitalise(&format!("{head} {}", join(&own[1..]))));
            }
            return Some(capitalise(&self.title_words(own)));
        }
        let rest: Vec<&Token> = after.iter().skip(1).copied().collect();
        let skip = rest.iter().take_while(|token| self.is_plain_word(token)).count();
        let rest = &rest[skip..];
        if rest.is_empty() {
            return None;
        }
        let owned: Vec<Token> = rest.iter().map(|token| (*token).clone()).collect();
        match self.language {
            Language::English => {
                let verb = connector(self.language, &owned, 0, true).map_or(0, |found| found.length);
                let end = rest.iter().position(|token| stops(token)).unwrap_or(rest.len()).max(verb);
                Some(capitalise(&join(&rest[verb..end]))).filter(|name| !name.is_empty())
            }
            Language::Russian => self.russian_name(&owned),
        }
    }

    /// A Russian title in the nominative: "сделай турнирную таблицу" asks for a "Турнирная таблица".
    fn title_words(&self, own: &[&Token]) -> String {
        let written = join(own);
        let known = own.len() < 4
            && self.language == Language::Russian
            && own.iter().all(|token| token.is(Kind::Word) && !token.text.is_ascii())
            && own.last().is_some_and(|last| {
                russian::phrase::is_known(&last.lower) && !russian::phrase::is_nominative(&last.lower)
            });
        let tokens: Vec<Token> = own.iter().map(|token| (*token).clone()).collect();
        let phrase = if known { Phrase::read(self.language, &tokens, Some(Case::Accusative)) } else { None };
        phrase.filter(|phrase| phrase.complements.is_empty()).map_or(written, |phrase| phrase.label)
    }

    /// "для учёта расходов" is "Учёт расходов", "для автосервиса" is "Автосервис".
    fn russian_name(&self, tokens: &[Token]) -> Option<String> {
        let first = tokens.first()?;
        let lemma = russian::phrase::lemma(&first.lower);
        if tokens.len() > 1 && (russian::words::is_container(&lemma)) {
            let noun = Phrase::read(self.language, &tokens[..1], Some(Case::Genitive))?;
            let rest: Vec<&Token> = tokens[1..].iter().collect();
            return Some(capitalise(&format!("{} {}", noun.singular, join(&rest))));
        }
        let phrase = Phrase::read(self.language, tokens, Some(Case::Genitive))?;
        Some(capitalise(&phrase.label))
    }

    pub(super) fn is_plain_word(&self, token: &Token) -> bool {
        match self.language {
            Language::English => {
                english::words::is_filler(&token.lower) || english::words::is_plain_adjective(&token.lower)
            }
            Language::Russian => {
                ["в", "на"].contains(&token.lower.as_str())
                    || russian::words::is_filler(&token.lower)
                    || russian::words::is_plain_adjective(&token.lower)
            }
        }
    }

    /// "app", "system": says nothing about what it is for.
    pub(super) fn is_generic_app_word(&self, token: &Token) -> bool {
        match self.language {
            Language::English => english::words::is_generic_app_word(&token.lower),
            Language::Russian => {
                (russian::words::is_generic_app_word(&russian::phrase::lemma(&token.lower))
                    && !russian::phrase::is_nominative_plural(&token.lower))
                    || english::words::is_generic_app_word(&token.lower)
            }
        }
    }

    /// The record a title is about: "todo list" keeps todos, "приложение для учёта расходов" keeps expenses.
    pub(super) fn title_entities(&self, tokens: &[Token]) -> Vec<Phrase> {
        let words: Vec<Token> =
            tokens.iter().filter(|token| token.is_wordlike() || token.is(Kind::Comma)).cloned().collect();
        let start = words.iter().take_while(|token| self.is_plain_word(token)).count();
        let mut words = &words[start..];
        if self.language == Language::Russian {
            while let Some((first, rest)) = words.split_first()
                && (self.is_generic_app_word(first)
                    || self.is_plain_word(first)
                    || ["для", "по"].contains(&first.lower.as_str()))
                && !rest.is_empty()
            {
                words = rest;
            }
            let container = words
                .first()
                .is_some_and(|first| russian::words::is_container(&russian::phrase::lemma(&first.lower)));
            let after_for = tokens.iter().any(|token| token.lower == "для");
            let case = if after_for { Some(Case::Genitive) } else { None };
            let case_of = |n: usize| if container && n > 0 { Some(Case::Genitive) } else { case };
            if after_for && !container {
                return Vec::new();
            }
            if let [only] = words
                && self.is_generic_app_word(only)
            {
                return Vec::new();
            }
            let phrases = items(self.language, words).into_iter();
            return phrases
                .enumerate()
                .filter_map(|(n, item)| Phrase::read(self.language, item, case_of(n)))
                .map(|mut phrase| {
                    let place = ["в", "во", "на", "для", "при"];
                    phrase.complements.retain(|other| !place.contains(&other.preposition.as_str()));
                    phrase.in_title = true;
                    phrase
                })
                .collect();
        }
        let end = words
            .iter()
            .position(|token| {
                ["for", "that", "which", "where", "to", "in", "at"].contains(&token.lower.as_str())
            })
            .unwrap_or(words.len());
        words = &words[..end];
        while let Some((last, rest)) = words.split_last()
            && self.is_app_word(last)
        {
            words = rest;
        }
        items(self.language, words)
            .iter()
            .filter(|item| !matches!(item, [only] if only.lower == "online"))
            .filter_map(|item| Phrase::read(self.language, item, None))
            .collect()
    }

    /// The noun phrase an entity is named by, without "list", "tracker" and the like.
    pub(super) fn entity_phrase(&self, tokens: &[Token]) -> Option<Phrase> {
        if self.is_title(tokens) {
            self.title_entities(tokens).into_iter().next()
        } else {
            let plain = tokens.iter().take_while(|token| self.is_plain_word(token)).count();
            let named = if self.language == Language::Russian { &tokens[plain..] } else { tokens };
            Phrase::read(self.language, if named.is_empty() { tokens } else { named }, None)
        }
    }

    /// Where the title at the start of a sentence ends.
    pub(super) fn title_end(&self, tokens: &[Token]) -> usize {
        let ends = |at: usize| {
            !tokens[at].is_wordlike() && !tokens[at].is(Kind::Other)
                || ["that", "which", "where", "so", "чтобы", "где", "который", "которая", "которое", "in"]
                    .contains(&tokens[at].lower.as_str())
                || connector(self.language, tokens, at, false).is_some_and(|found| {
                    !(at == 0
                        && found.connector == Connector::Keep
                        && found.length == 1
                        && self.language == Language::English
                        && !tokens.get(1).is_some_and(|next| self.is_plain_word(next)))
                })
                || (tokens[at].lower == "to" && at > 0)
                || (tokens[at].lower == "for" && connector(self.language, tokens, at + 1, false).is_some())
        };
        (0..tokens.len()).find(|at| ends(*at)).unwrap_or(tokens.len())
    }
}

fn join(tokens: &[&Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn capitalise(text: &str) -> String {
    super::super::phrase::capitalised(text.trim())
}
