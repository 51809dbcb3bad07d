//! Lists of fields, with what is said about each.

use super::super::lexicon::Words;
use samokoder_core::project::FieldKind;

use super::super::annotation::{self, Annotation, is_conjunction};
use super::super::draft::{DraftField, Link};
use super::super::knowledge::kinds;
use super::super::language::Language;
use super::super::list::{items, values_end};
use super::super::phrase::Phrase;
use super::super::russian::paradigm::Case;
use super::super::token::{Kind, Token};
use super::Parser;
use super::field_words::{
    closing_dash, is_flag, requirement_words, says_limit, strip_flag, without_type, without_yes_no,
};

impl Parser<'_> {
    /// Adds the fields of a list to the subjects.
    pub(super) fn fields(&mut self, tokens: &[Token], case: Option<Case>, required: Option<bool>) {
        if self.subjects.is_empty() {
            if self.shape(tokens) == super::shape::Shape::Fields {
                return self.reject(tokens);
            }
            return self.keep(tokens, case, None);
        }
        let mut required = required;
        let mut rest = tokens;
        while let Some(first) = rest.first() {
            if first.lower.starts_with("необязательны") {
                required = Some(false);
            }
            if matches!(first.kind, Kind::Comma | Kind::Semicolon | Kind::Stop)
                || is_conjunction(self.language, first)
            {
                rest = &rest[1..];
                continue;
            }
            let mark = rest.iter().position(|token| matches!(token.kind, Kind::Colon | Kind::Dash));
            let item = items(self.language, rest).first().copied().unwrap_or(rest);
            if item.is_empty() {
                break;
            }
            let item_end = rest.iter().position(|token| token.span.start == item[0].span.start).unwrap_or(0)
                + item.len();
            if let Some(whole) = self.shared_head(item, &rest[item_end..]) {
                self.field_item(&whole, case, required);
                rest = &rest[item_end..];
                continue;
            }
            if let Some(length) = self.alternatives(rest, required) {
                rest = &rest[length..];
                continue;
            }
            if let Some(length) = self.choice_of(rest, case, required) {
                rest = &rest[length..];
                continue;
            }
            if let Some(mark) = mark.filter(|mark| *mark < item_end && self.opens_record(rest, *mark)) {
                self.subjects = self.subject_entities(&rest[..mark]);
                return self.fields(&rest[mark + 1..], None, None);
            }
            if let Some(length) = self.linked_item(rest, case, rest.len() == tokens.len()) {
                rest = &rest[length..];
                continue;
            }
            let Some(mark) = mark.filter(|mark| *mark < item_end) else {
                self.field_item(item, case, required);
                rest = &rest[item_end..];
                continue;
            };
            if let Some(close) = closing_dash(rest, mark) {
                let note = annotation::read(self.language, self.text, &rest[mark + 1..close]);
                self.named_field(&rest[..mark], case, required, note, Some(&rest[mark + 1..close]));
                rest = &rest[close + 1..];
                continue;
            }
            let end = mark + 1 + self.note_end(&rest[mark + 1..]);
            let note = annotation::read(self.language, self.text, &rest[mark + 1..end]);
            self.named_field(&rest[..mark], case, required, note, Some(&rest[mark + 1..end]));
            rest = &rest[end..];
        }
    }

    /// "start and end time": the start is a time too.
    fn shared_head(&self, item: &[Token], after: &[Token]) -> Option<Vec<Token>> {
        let [start] = item else { return None };
        let next = items(self.language, after).first().copied()?;
        let [end, head] = next else { return None };
        let pair = [("start", "end"), ("first", "last"), ("check-in", "check-out")]
            .contains(&(start.lower.as_str(), end.lower.as_str()));
        pair.then(|| vec![start.clone(), head.clone()])
    }

    /// "with a doctor" in a list of fields is a relation where the subject has relations, or doctors are described.
    ///
    /// A record that nobody describes is meant only where it comes first: "a walk of a dog with a volunteer".
    /// Gives the number of tokens it takes; what its brackets or its colon list are fields of the subject.
    fn linked_item(&mut self, rest: &[Token], case: Option<Case>, first: bool) -> Option<usize> {
        const LINKS: Words = Words("file document link photo файл документ ссылка фото");
        if let Some(length) = self.linked_for(rest) {
            return Some(length);
        }
        let end = rest
            .iter()
            .position(|token| !token.is_wordlike() || is_conjunction(self.language, token))
            .unwrap_or(rest.len());
        let phrase = Phrase::read(self.language, &rest[..end], case)?;
        let russian = self.language == Language::Russian;
        let singular =
            phrase.determined || (russian && !phrase.is_plural && case == Some(Case::Instrumental));
        let related = self.subjects.iter().any(|at| !self.draft.entities[*at].phrase.complements.is_empty());
        let described = singular && self.draft.find(&phrase).is_some_and(|at| !self.subjects.contains(&at));
        let known = first && singular && super::super::knowledge::common::knows(self.language, &phrase);
        let opens = rest.get(end).is_some_and(|token| {
            token.is(Kind::Group) && self.holds_fields(&rest[..end], token) || token.is(Kind::Colon)
        });
        if self.is_field_like(&phrase)
            || LINKS.has(&phrase.head_key())
            || !(related && (known || russian && described)
                || described && opens
                || described && !phrase.complements.is_empty())
        {
            return None;
        }
        for subject in self.subjects.clone() {
            let targets =
                std::iter::once(&phrase).chain(phrase.complements.iter().map(|other| &other.phrase));
            for target in targets {
                self.draft.link(
                    subject,
                    Link { target: target.clone(), required: true, creates: true, role: None },
                );
            }
        }
        match rest.get(end) {
            Some(group) if group.is(Kind::Group) => {
                self.fields(&group.inside, None, None);
                Some(end + 1)
            }
            Some(mark) if matches!(mark.kind, Kind::Colon | Kind::Dash) => Some(end + 1),
            _ => Some(end),
        }
    }

    /// "with a barber for a date and time": the record is related, what follows is a field.
    fn linked_for(&mut self, rest: &[Token]) -> Option<usize> {
        let joint =
            rest.iter().take(4).position(|token| ["for", "on", "at"].contains(&token.lower.as_str()))?;
        let phrase = Phrase::read(self.language, &rest[..joint], None).filter(|phrase| phrase.determined)?;
        let target = self.draft.find(&phrase).filter(|at| !self.subjects.contains(at))?;
        let field = items(self.language, &rest[joint + 1..]).first().copied()?;
        let name = Phrase::read(self.language, field, None)?;
        if self.language != Language::English || self.is_field_like(&phrase) || !kinds::is_known_field(&name)
        {
            return None;
        }
        let target = self.draft.entities[target].phrase.clone();
        for subject in self.subjects.clone() {
            self.draft
                .link(subject, Link { target: target.clone(), required: true, creates: false, role: None });
        }
        Some(joint + 1)
    }

    /// Adds the fields of a list to one entity.
    pub(super) fn fields_of(&mut self, entity: usize, tokens: &[Token]) {
        let before = std::mem::replace(&mut self.subjects, vec![entity]);
        self.fields(tokens, None, None);
        self.subjects = before;
    }

    /// Where the annotation after a colon ends: after a type it is short, after values long.
    fn note_end(&self, tokens: &[Token]) -> usize {
        let comma = tokens
            .iter()
            .position(|token| matches!(token.kind, Kind::Comma | Kind::Semicolon))
            .unwrap_or(tokens.len());
        let note = annotation::read(self.language, self.text, &tokens[..comma]);
        let bracket = tokens.first().is_some_and(|first| first.is(Kind::Group));
        if bracket
            || (note.kind.is_some() && note.kind != Some(FieldKind::Enumeration))
            || note.required.is_some()
        {
            return comma;
        }
        let end = values_end(self.language, tokens);
        self.before_record(&tokens[..end]).unwrap_or(end)
    }

    /// Where a list of values is over because a record that is described elsewhere is named: "level: low, high, teacher".
    fn before_record(&self, tokens: &[Token]) -> Option<usize> {
        let list = items(self.language, tokens);
        let record = list.iter().skip(2).find(|item| {
            let phrase = Phrase::read(self.language, item, None);
            phrase.is_some_and(|phrase| !phrase.is_plural && self.draft.find(&phrase).is_some())
        })?;
        tokens.iter().position(|token| token.span == record[0].span).map(|at| at - 1)
    }

    fn field_item(&mut self, item: &[Token], case: Option<Case>, required: Option<bool>) {
        if case == Some(Case::Instrumental) && self.is_next_record(item, case) {
            self.mention(item, None, true);
            return;
        }
        if self.is_record_of_another(item) {
            self.mention(item, None, true);
            return;
        }
        if says_limit(item) {
            return self.reject(item);
        }
        let groups: Vec<&Token> = item.iter().filter(|token| token.is(Kind::Group)).collect();
        let mut note = Annotation::default();
        for group in &groups {
            let read = annotation::read(self.language, self.text, &group.inside);
            note.kind = read.kind.or(note.kind);
            note.required = read.required.or(note.required);
            note.open_choice |= read.open_choice;
            note.values.extend(read.values);
            note.remarks.extend(read.remarks);
        }
        let (name, slashed) = self.split_slashes(item);
        if slashed.kind.is_some() {
            note.values = slashed.values;
            note.kind = slashed.kind;
        }
        let inside = match groups.as_slice() {
            [only] if !note.remarks.is_empty() => Some(only.inside.as_slice()),
            _ => None,
        };
        self.named_field(&name, case, required, note, inside);
    }

    /// "members with name and loans of a book to a member": a record that points at others is no field.
    fn is_record_of_another(&self, item: &[Token]) -> bool {
        let known = |phrase: &Phrase| super::super::knowledge::common::knows(self.language, phrase);
        let phrase = Phrase::read(self.language, item, None).filter(|_| self.is_noun_phrase(item));
        self.language == Language::English
            && phrase.is_some_and(|phrase| {
                let points = |other: &super::super::phrase::Complement| {
                    other.preposition == "of" && other.phrase.determined && known(&other.phrase)
                };
                phrase.is_plural && known(&phrase) && phrase.complements.iter().any(points)
            })
    }

    /// "товары с ценой, покупатели": the nominative ends the list of fields.
    fn is_next_record(&self, item: &[Token], case: Option<Case>) -> bool {
        let name: Vec<Token> = item.iter().take_while(|token| token.is_wordlike()).cloned().collect();
        let phrase = self.is_noun_phrase(&name).then(|| Phrase::read(self.language, &name, case)).flatten();
        phrase.is_some_and(|phrase| phrase.is_plural && phrase.is_nominative)
    }

    /// "priority low|medium|high": the word before the first alternative is the name.
    fn split_slashes(&self, item: &[Token]) -> (Vec<Token>, Annotation) {
        let words: Vec<Token> = item.iter().filter(|token| !token.is(Kind::Group)).cloned().collect();
        if let Some(name) = without_yes_no(&words) {
            return (name.to_vec(), Annotation { kind: Some(FieldKind::Boolean), ..Annotation::default() });
        }
        let slash = words.iter().position(|token| token.is(Kind::Slash)).filter(|slash| *slash > 1);
        let Some(slash) = slash else { return (words, Annotation::default()) };
        let (name, values) = words.split_at(slash - 1);
        let note = annotation::read(self.language, self.text, values);
        if note.values.len() < 2 && note.kind.is_none() {
            return (words, Annotation::default());
        }
        (name.to_vec(), note)
    }

    pub(super) fn named_field(
        &mut self,
        name: &[Token],
        case: Option<Case>,
        required: Option<bool>,
        mut note: Annotation,
        values: Option<&[Token]>,
    ) {
        let (name, said) = requirement_words(name);
        let name = without_type(name, &mut note);
        note.required = note.required.or(said).or(required);
        let Some(mut phrase) = self.field_phrase(&name, case, note.kind == Some(FieldKind::Boolean)) else {
            self.reject(&name);
            return;
        };
        self.one_of_each(&mut phrase);
        if self.subjects.is_empty() {
            self.reject(&name);
            return;
        }
        if values.is_some_and(|tokens| self.points_at(&phrase, tokens, &note)) {
            return;
        }
        if let (Some(tokens), true) = (
            values,
            note.values.is_empty() && note.kind.is_none() && !note.open_choice && note.required.is_none(),
        ) {
            note.remarks.extend(
                tokens.first().zip(tokens.last()).map(|(first, last)| first.span.start..last.span.end),
            );
        }
        if note.kind.is_none() && kinds::is_picture(&phrase) {
            let reason = self.language.choose(
                "files can't be uploaded; a link to the picture is kept",
                "файлы загружать нельзя; хранится ссылка на изображение",
            );
            let part = self.written(&name);
            self.draft.reject(&part, reason);
        }
        if is_flag(&phrase) {
            note.kind = note.kind.or(Some(FieldKind::Boolean));
            strip_flag(&mut phrase);
        }
        for subject in self.subjects.clone() {
            let field = DraftField { phrase: phrase.clone(), ..DraftField::default() };
            if let Some(at) = self.draft.field(subject, field) {
                self.field = Some((subject, at));
                self.annotate(
                    subject,
                    at,
                    Annotation {
                        remarks: Vec::new(),
                        kind: note.kind,
                        required: note.required,
                        values: note.values.clone(),
                        open_choice: note.open_choice,
                    },
                );
            }
        }
        for remark in std::mem::take(&mut note.remarks) {
            let part = self.text.get(remark).unwrap_or_default().to_owned();
            let reason = self
                .language
                .choose("a remark on a field; it is not checked", "замечание к полю; оно не проверяется");
            self.draft.reject(&part, reason);
        }
    }

    /// "assignee: a team member", "owner (user)": a relation that is called by the field.
    fn points_at(&mut self, role: &Phrase, tokens: &[Token], note: &Annotation) -> bool {
        let target = Phrase::read(self.language, tokens, None).filter(|target| {
            let known =
                super::super::knowledge::common::knows(self.language, target) && !self.is_field_like(target);
            !target.is_plural && (known || self.draft.find(target).is_some())
        });
        let plain = note.kind.is_none() && note.values.is_empty() && !note.open_choice;
        let Some(mut target) = target.filter(|_| plain && !role.is_plural && self.is_noun_phrase(tokens))
        else {
            return false;
        };
        target.complements.clear();
        let role = Some(role.label.clone()).filter(|label| label.to_lowercase() != target.key());
        for subject in self.subjects.clone() {
            let required = note.required.unwrap_or(false);
            self.draft
                .link(subject, Link { target: target.clone(), required, creates: true, role: role.clone() });
        }
        true
    }

    /// Adds what an annotation says to a field.
    pub(super) fn annotate(&mut self, entity: usize, at: usize, note: Annotation) {
        let Some(field) = self.draft.entities.get_mut(entity).and_then(|entity| entity.fields.get_mut(at))
        else {
            return;
        };
        field.kind = note.kind.or(field.kind);
        field.required = note.required.or(field.required);
        field.open_choice |= note.open_choice;
        if !note.values.is_empty() {
            field.values = note.values;
            field.kind = Some(FieldKind::Enumeration);
        }
    }

    fn field_phrase(&self, name: &[Token], case: Option<Case>, flag: bool) -> Option<Phrase> {
        const LONGEST: usize = 7;
        let words = name.iter().filter(|token| token.is_wordlike()).count();
        let named = name.iter().any(|token| token.is(Kind::Quoted)) || words <= LONGEST;
        let phrase = Phrase::read(self.language, name, case)?;
        let plain = !phrase.label.is_empty() && phrase.label.chars().any(char::is_alphabetic) && named;
        (plain && (flag || !self.is_sentence(name))).then_some(phrase)
    }

    /// Whether a would-be field is a clause of its own.
    fn is_sentence(&self, name: &[Token]) -> bool {
        let words: Vec<&Token> = name.iter().filter(|token| token.is_wordlike()).collect();
        let reason = super::super::knowledge::unsupported::reason(self.language, &self.written(name));
        let verbs = words.iter().skip(1).any(|token| match self.language {
            Language::English => {
                super::super::english::words::is_sentence_word(&token.lower)
                    && !["is", "has", "until"].contains(&token.lower.as_str())
            }
            Language::Russian => false,
        });
        let acts = words.first().is_some_and(|token| {
            let bounded = words.len() == 2 && words[1].lower == "до";
            self.language == Language::Russian
                && super::super::russian::words::is_infinitive(&token.lower)
                && !bounded
        });
        let known = super::super::knowledge::kinds::is_known_field(
            &Phrase::read(self.language, name, None).unwrap_or_default(),
        );
        let secret =
            words.iter().any(|token| ["password", "пароль", "паролем"].contains(&token.lower.as_str()));
        if words.first().is_some_and(|first| ["whether", "if"].contains(&first.lower.as_str()))
            && words.len() < 6
            || words.iter().take(3).any(|word| ["flag", "checkbox"].contains(&word.lower.as_str()))
        {
            return false;
        }
        (reason.is_some() && !known) || verbs || acts || secret
    }
}
