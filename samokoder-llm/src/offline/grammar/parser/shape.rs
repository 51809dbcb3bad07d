//! Is it a list of fields or a list of records, a noun or a sentence?

use super::super::connector::{Connector, connector};
use super::super::knowledge::{common, kinds};
use super::super::language::Language;
use super::super::list::items;
use super::super::phrase::Phrase;
use super::super::token::{Kind, Token};
use super::super::{annotation, english, russian};
use super::Parser;
use super::choice::is_choice;
use samokoder_core::project::FieldKind;

/// What the items of a list are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Fields,
    Entities,
    /// The items alone don't tell.
    Either,
}

impl Parser<'_> {
    /// What the items of a list on one line are.
    pub(super) fn shape(&self, tokens: &[Token]) -> Shape {
        if self.has_structure(tokens) {
            return Shape::Entities;
        }
        self.shape_of_items(items(self.language, tokens).into_iter())
    }

    pub(super) fn shape_of_items<'t>(&self, list: impl Iterator<Item = &'t [Token]>) -> Shape {
        let (mut fields, mut entities) = (0, 0);
        for item in list {
            if self.has_structure(item) {
                return Shape::Entities;
            }
            if self.is_definition(item) {
                return Shape::Entities;
            }
            let annotated =
                item.iter().any(|token| matches!(token.kind, Kind::Group | Kind::Colon | Kind::Dash));
            let head: Vec<Token> = item.iter().take_while(|token| token.is_wordlike()).cloned().collect();
            let Some(phrase) = Phrase::read(self.language, &head, None) else { continue };
            if annotated || self.is_field_like(&phrase) {
                fields += 1;
            } else if phrase.is_plural {
                entities += 1;
            } else if common::knows(self.language, &phrase) {
                if self.first { entities += 1 } else { fields += 1 }
            }
        }
        match (fields, entities) {
            (0, 0) => Shape::Either,
            _ if fields >= entities => Shape::Fields,
            _ => Shape::Entities,
        }
    }

    /// "Courses: title, price": a record with its fields in one item of a list.
    pub(super) fn is_definition(&self, item: &[Token]) -> bool {
        let mark = item.iter().position(|token| matches!(token.kind, Kind::Colon | Kind::Dash));
        mark.is_some_and(|mark| {
            let list = &item[mark + 1..];
            let many = items(self.language, list).len() > 1;
            let named = Phrase::read(self.language, &item[..mark], None);
            let record = named.is_some_and(|phrase| common::knows(self.language, &phrase));
            let typed = annotation::read(self.language, self.text, list).kind.is_some() && !many;
            let chosen = list.first().is_some_and(|first| {
                ["one", "either", "один", "одна", "одно"].contains(&first.lower.as_str())
            });
            let chooses =
                Phrase::read(self.language, &item[..mark], None).is_some_and(|phrase| is_choice(&phrase));
            !chosen && !chooses && mark > 0 && (many || record) && !typed && self.shape(list) == Shape::Fields
        })
    }

    /// Known as a field, and not rather as a kind of record.
    pub(super) fn is_field_like(&self, phrase: &Phrase) -> bool {
        kinds::is_known_field(phrase) && !(phrase.is_plural && common::knows(self.language, phrase))
    }

    /// Whether the list describes records: an item has fields of its own, or something is done with it.
    pub(super) fn has_structure(&self, tokens: &[Token]) -> bool {
        let connects = (0..tokens.len()).any(|at| {
            connector(self.language, tokens, at, true).is_some_and(|found| match found.connector {
                Connector::Has | Connector::Many | Connector::Belongs => {
                    at > 0 && !self.is_in_flag(tokens, at) && !self.counts_things(&tokens[..at])
                }
                Connector::Topic => at == 0,
                _ => false,
            })
        });
        connects
            || tokens.iter().enumerate().any(|(at, token)| at > 0 && self.holds_fields(&tokens[..at], token))
    }

    /// Whether the word at `at` stands inside a yes-or-no field: "has a garden", "whether it has been paid",
    /// "with food (yes/no)", "с мебелью (да/нет)".
    pub(super) fn is_in_flag(&self, tokens: &[Token], at: usize) -> bool {
        let ends = |token: &Token| {
            matches!(token.kind, Kind::Comma | Kind::Semicolon | Kind::Colon)
                || annotation::is_conjunction(self.language, token)
        };
        let start = tokens[..at].iter().rposition(ends).map_or(0, |mark| mark + 1);
        let item = &tokens[start..];
        let item = &item[..item.iter().position(ends).unwrap_or(item.len())];
        let word = tokens[at].lower.as_str();
        let asks = item.first().is_some_and(|first| ["whether", "if"].contains(&first.lower.as_str()));
        let said = item.last().is_some_and(|last| {
            last.is(Kind::Group)
                && annotation::read(self.language, self.text, &last.inside).kind == Some(FieldKind::Boolean)
        });
        let noun = |token: &Token| match self.language {
            Language::English => true,
            Language::Russian => !russian::words::is_infinitive(&token.lower),
        };
        let first = !tokens[start..at].iter().any(noun);
        let with = ["with", "without", "с", "со", "без"].contains(&word) && said && first && start > 0;
        let is =
            ["has", "is", "есть"].contains(&word) && start == at && at > 0 && tokens[at - 1].is(Kind::Comma);
        asks && start < at || with || is
    }

    /// "количество рамок с расплодом": a field whose name goes on after the preposition.
    pub(super) fn counts_things(&self, before: &[Token]) -> bool {
        if self.language != Language::Russian {
            return false;
        }
        let start = before.iter().rposition(|token| !token.is_wordlike()).map_or(0, |at| at + 1);
        let phrase = Phrase::read(self.language, &before[start..], None);
        phrase.is_some_and(|phrase| {
            !phrase.is_plural
                && phrase.complements.len() == 1
                && kinds::kind_of(&phrase) == FieldKind::Integer
        })
    }

    /// Whether brackets after a noun list its fields, not a type or values.
    pub(super) fn holds_fields(&self, before: &[Token], group: &Token) -> bool {
        if !group.is(Kind::Group) || group.inside.is_empty() {
            return false;
        }
        let says_or = group.inside.iter().any(|token| ["or", "или", "либо"].contains(&token.lower.as_str()));
        if says_or && !group.inside.iter().any(|token| token.is(Kind::Colon) || token.is(Kind::Group)) {
            return false;
        }
        let note = annotation::read(self.language, self.text, &group.inside);
        let annotated_inside =
            group.inside.iter().any(|token| token.is(Kind::Group) || token.is(Kind::Colon));
        if note.open_choice || (note.values.is_empty() && !annotated_inside && note.remarks.is_empty()) {
            return false;
        }
        let start = before.iter().rposition(|token| !token.is_wordlike()).map_or(0, |at| at + 1);
        let named = Phrase::read(self.language, &before[start..], None);
        let plural =
            named.as_ref().is_some_and(|phrase| phrase.is_plural || common::knows(self.language, phrase));
        let field_before = named.as_ref().is_some_and(|phrase| self.is_field_like(phrase));
        let list = items(self.language, &group.inside);
        let known = list
            .iter()
            .filter_map(|item| {
                let head: Vec<Token> = item.iter().take_while(|token| token.is_wordlike()).cloned().collect();
                Phrase::read(self.language, &head, None)
            })
            .filter(kinds::is_known_field)
            .count();
        if field_before && !plural {
            known == list.len() && known > 1 && annotated_inside
        } else {
            known * 2 >= list.len() && known > 0 || annotated_inside
        }
    }

    /// Whether the words are a noun with what belongs to it, and no sentence.
    pub(super) fn is_noun_phrase(&self, tokens: &[Token]) -> bool {
        const LONGEST: usize = 12;
        let words: Vec<&Token> = tokens.iter().filter(|token| !token.is(Kind::Group)).collect();
        let plain =
            !words.is_empty() && words.len() <= LONGEST && words.iter().all(|token| token.is_wordlike());
        plain
            && !tokens
                .iter()
                .enumerate()
                .any(|(at, token)| self.is_sentence_word(token) && !stands_as_noun(tokens, at))
            && !self.has_inner_article(&words)
            && !(0..tokens.len()).any(|at| connector(self.language, tokens, at, false).is_some())
    }

    /// "teacher adds a student": an article inside a noun phrase follows a preposition.
    fn has_inner_article(&self, words: &[&Token]) -> bool {
        let is_article = |token: &Token| {
            ["a", "an", "the", "my", "their", "each", "every"].contains(&token.lower.as_str())
        };
        self.language == Language::English
            && (acts_inside(words)
                || words.windows(2).any(|pair| {
                    is_article(pair[1])
                        && !english::words::is_preposition(&pair[0].lower)
                        && !english::words::is_filler(&pair[0].lower)
                }))
    }

    fn is_sentence_word(&self, token: &Token) -> bool {
        match self.language {
            Language::English => english::words::is_sentence_word(&token.lower),
            Language::Russian => {
                english::words::is_sentence_word(&token.lower)
                    || russian::words::is_sentence_word(&token.lower)
                    || (russian::words::looks_like_verb(&token.lower)
                        && !russian::phrase::is_known(&token.lower))
            }
        }
    }
}

/// "NGO distributes food parcels": a word in -s between a singular and a plural is a verb.
fn acts_inside(words: &[&Token]) -> bool {
    let plural = |token: &Token| english::nouns::is_plural(&token.lower);
    let end = words.iter().position(|token| english::words::is_preposition(&token.lower));
    match &words[..end.unwrap_or(words.len())] {
        [first, inside @ .., last] => {
            !plural(first) && plural(last) && inside.iter().any(|token| plural(token))
        }
        _ => false,
    }
}

/// "shows (title, number)", "a show", "shows of a play": brackets after a word, an article before it, or its place
/// make it a noun.
fn stands_as_noun(tokens: &[Token], at: usize) -> bool {
    let (before, next) = (at.checked_sub(1).map(|before| &tokens[before]), tokens.get(at + 1));
    let article = |token: &Token| {
        ["a", "an", "the", "each", "every", "per", "of", "for"].contains(&token.lower.as_str())
    };
    let names = |token: &Token| {
        token.is(Kind::Group) || english::words::is_preposition(&token.lower) && token.lower != "to"
    };
    let modified = |token: &Token| token.is(Kind::Word) && !english::words::is_filler(&token.lower);
    next.is_some_and(|next| next.is(Kind::Group))
        || before.is_some_and(article)
        || english::words::is_noun_too(&tokens[at].lower)
            && next.is_none_or(names)
            && before.is_none_or(|before| !modified(before) || !english::nouns::is_plural(&before.lower))
}

/// Whether a header only announces a list: "Entities", "Features", "Нужно хранить".
pub(super) fn is_section(tokens: &[Token]) -> bool {
    const SECTIONS: &[&str] = &[
        "entities",
        "entity",
        "features",
        "feature",
        "requirements",
        "models",
        "model",
        "tables",
        "fields",
        "data",
        "data model",
        "records",
        "objects",
        "functionality",
        "the data",
        "overview",
        "description",
        "domain",
        "domain model",
        "resources",
        "things",
        "what i need",
        "сущности",
        "функции",
        "возможности",
        "требования",
        "таблицы",
        "модели",
        "поля",
        "данные",
        "разделы",
        "объекты",
        "справочники",
        "функционал",
        "описание",
        "модель данных",
        "ресурсы",
    ];
    let words: Vec<&str> = tokens.iter().map(|token| token.lower.as_str()).collect();
    SECTIONS.contains(&words.join(" ").as_str())
}
