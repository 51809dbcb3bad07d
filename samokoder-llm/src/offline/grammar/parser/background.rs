//! Words about the people who ask, not about the app: "I run a small bakery and want ...".

use super::super::language::Language;
use super::super::lexicon::Words;
use super::super::phrase::{Phrase, capitalised};
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::super::{english, russian};
use super::Parser;

impl Parser<'_> {
    /// Without "Task:", "Also" and "As a teacher," before what is asked for.
    pub(super) fn after_lead<'t>(&self, tokens: &'t [Token]) -> &'t [Token] {
        const HEADERS: Words = Words("task project goal idea тз задача проект цель идея задание");
        const ALSO: Words = Words("also additionally plus besides finally next также кроме еще");
        match tokens {
            [also, rest @ ..] if ALSO.has(&also.lower) && !rest.is_empty() => {
                self.after_lead(if rest[0].is(Kind::Comma) { &rest[1..] } else { rest })
            }
            [header, colon, rest @ ..]
                if HEADERS.has(&header.lower) && colon.is(Kind::Colon) && self.request_length(rest) > 0 =>
            {
                rest
            }
            [it, is, rest @ ..] if ["it", "this"].contains(&it.lower.as_str()) && is.lower == "is" => {
                self.after_app_word(rest).unwrap_or(tokens)
            }
            [it, rest @ ..] if it.lower == "it's" || it.lower == "это" => {
                self.after_app_word(rest).unwrap_or(tokens)
            }
            [role, ..] if ["as", "как"].contains(&role.lower.as_str()) => {
                let asks = |token: &Token| ["i", "we", "я", "мы"].contains(&token.lower.as_str());
                let comma = tokens.iter().take(7).position(|token| token.is(Kind::Comma));
                let asked = tokens.iter().take(7).position(asks).filter(|at| *at > 1);
                let start = comma.map(|comma| comma + 1).or(asked).unwrap_or(0);
                let rest = &tokens[start..];
                if self.request_length(rest) > 0 { rest } else { tokens }
            }
            _ => tokens,
        }
    }

    /// "an app for books" after "it is": what the app is, if that is what is said.
    fn after_app_word<'t>(&self, rest: &'t [Token]) -> Option<&'t [Token]> {
        let near = rest.iter().take(5);
        let ends = |token: &&Token| token.is_wordlike();
        near.take_while(ends).any(|token| self.is_app_word(token)).then_some(rest)
    }

    /// The number of tokens that only ask for an app: "Please build me", "Мне нужно".
    pub(super) fn request_length(&self, tokens: &[Token]) -> usize {
        let is_request = |token: &Token| match self.language {
            Language::English => english::words::is_request(&token.lower),
            Language::Russian => russian::words::is_request(&token.lower),
        };
        let count = tokens.iter().take_while(|token| is_request(token) || token.is(Kind::Comma)).count();
        let asks = tokens[..count].iter().any(|token| token.is(Kind::Word));
        if asks { count } else { 0 }
    }

    /// "movies I have watched with ..." are movies; who has watched them is no part of the app.
    pub(super) fn without_relative_clauses(&self, tokens: &[Token]) -> Vec<Token> {
        const WHO: &[&str] = &["i", "we", "i've", "we've", "i'd", "we'd"];
        const BEFORE: Words = Words(
            "and or to so what how when where that let lets but because if then which while app tool \
             as for with hi hello hey yesterday",
        );
        let mut kept: Vec<Token> = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let token = &tokens[at];
            let which = token.lower.starts_with("котор")
                && tokens.get(at + 1).is_some_and(|next| ["я", "мы"].contains(&next.lower.as_str()));
            if which {
                let end = tokens[at..]
                    .iter()
                    .position(|token| !token.is_wordlike())
                    .map_or(tokens.len(), |end| at + end);
                kept.pop_if(|last| last.is(Kind::Comma));
                at = end;
                continue;
            }
            let after_noun = kept.last().is_some_and(|last| {
                last.is(Kind::Word) && !BEFORE.has(&last.lower) && !self.is_generic_app_word(last)
            });
            let each =
                kept.iter().rev().take(4).any(|token| ["each", "every"].contains(&token.lower.as_str()));
            if self.language == Language::English
                && after_noun
                && !each
                && WHO.contains(&token.lower.as_str())
            {
                let ends = |token: &Token| {
                    !token.is_wordlike()
                        || ["with", "and", "or", "by", "including"].contains(&token.lower.as_str())
                };
                let end = tokens[at..].iter().position(ends).map_or(tokens.len(), |end| at + end);
                if end - at < 6 {
                    at = end;
                    continue;
                }
            }
            kept.push(token.clone());
            at += 1;
        }
        kept
    }

    /// "We repair bicycles": a verb that asks for nothing and keeps nothing.
    fn tells_what_people_do(&self, tokens: &[Token]) -> bool {
        let [who, verb, object, ..] = tokens else { return false };
        let word = verb.lower.as_str();
        let plain = !english::words::is_request(word)
            && !english::words::is_filler(word)
            && !english::words::is_sentence_word(word)
            && !english::words::is_lead(word)
            && !english::nouns::is_plural(word)
            && super::super::connector::connector(self.language, tokens, 1, false).is_none();
        let names = english::nouns::is_plural(&object.lower) || english::words::is_article(&object.lower);
        self.language == Language::English && ["i", "we"].contains(&who.lower.as_str()) && plain && names
    }

    /// "I run a small bakery and want ..." tells who asks; what is asked begins at "want".
    pub(super) fn after_background<'t>(&mut self, tokens: &'t [Token]) -> &'t [Token] {
        const WHO: Words = Words("i we my our я мы у");
        const WANTS: Words =
            Words("want need would wants needs i'd хочу хотим нужно нужна нужен надо хотелось требуется");
        const MUCH: Words = Words("много слишком куча мало many much too lots");
        const TELLS: Words = Words(
            "run own have work teach operate am are started organize organise coach breed rent sell \
             keep lead volunteer держу владею работаю веду преподаю занимаюсь организую открыл \
             открыла открываем продаю сдаю сдаем продаем работаем меня нас развожу тренирую \
             занимаемся коллекционирую собираю",
        );
        let veiled = tokens.first().is_some_and(|first| {
            ["веду", "держу", "занимаюсь", "преподаю", "владею"].contains(&first.lower.as_str())
        });
        let speaks = veiled || tokens.first().is_some_and(|first| WHO.has(&first.lower));
        let keeps = tokens.get(1).is_some_and(|next| {
            self.language == Language::Russian
                && russian::words::is_container(&russian::phrase::lemma(&next.lower))
        });
        if veiled && keeps {
            return &tokens[1..];
        }
        let does =
            !tokens.get(1).is_some_and(|verb| TELLS.has(&verb.lower)) && self.tells_what_people_do(tokens);
        let tells = veiled || does || tokens.get(1).is_some_and(|verb| TELLS.has(&verb.lower));
        let is = tokens.first().is_some_and(|first| ["i'm", "we're"].contains(&first.lower.as_str()))
            && tokens.get(1).is_some_and(|next| ["a", "an", "the", "in"].contains(&next.lower.as_str()));
        let early =
            tokens.iter().take(4).position(|token| ["wants", "needs"].contains(&token.lower.as_str()));
        if let (true, false, Some(at)) = (speaks, tells, early) {
            return &tokens[at..];
        }
        if !is && (!speaks || !tells) {
            return tokens;
        }
        let pivot = tokens.iter().skip(2).position(|token| WANTS.has(&token.lower)).map(|at| at + 2);
        let to = matches!(tokens.get(2), Some(token) if token.lower == "to" || token.lower == "есть");
        let lists = pivot.is_none() && tokens.get(1).is_some_and(|verb| verb.lower == "have");
        if to || lists {
            return tokens;
        }
        let before = &tokens[usize::from(!is && !veiled) + 1..pivot.unwrap_or(tokens.len())];
        let end = before
            .iter()
            .position(|token| {
                !token.is_wordlike()
                    || ["and", "и", "so", "но", "that", "which", "who", "with", "in"]
                        .contains(&token.lower.as_str())
            })
            .unwrap_or(before.len());
        let much = before[..end].iter().any(|token| MUCH.has(&token.lower));
        let named = self.draft.title.is_none() && !much && !does && self.is_noun_phrase(&before[..end]);
        if named && self.language == Language::Russian {
            let skip = before[..end].iter().take_while(|token| self.is_plain_word(token)).count();
            let phrase = Phrase::read(self.language, &before[skip..end], Some(Case::Accusative));
            self.draft.title = phrase.map(|phrase| capitalised(&phrase.label));
        } else if named {
            self.note_title(&before[..end]);
        } else {
            let reason = self
                .language
                .choose("it tells of the people, not of the app", "это рассказ о людях, а не о приложении");
            let part = self.written(&tokens[..pivot.unwrap_or(tokens.len())]);
            self.draft.reject(&part, reason);
            self.remember(&before[..end]);
        }
        pivot.map_or(&[], |at| &tokens[at..])
    }
}
