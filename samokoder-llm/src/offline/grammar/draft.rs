//! What has been understood so far, before relations and names are settled.

use samokoder_core::project::FieldKind;

use super::language::Language;
use super::pairs::Many;
use super::phrase::Phrase;

/// More entities than this are not read: an app of that size is not described in a few sentences.
pub(super) const MAX_ENTITIES: usize = 24;
/// More fields than this in one entity are not read.
pub(super) const MAX_FIELDS: usize = 40;

/// A kind of record.
#[derive(Debug, Clone)]
pub(super) struct DraftEntity {
    pub(super) phrase: Phrase,
    pub(super) fields: Vec<DraftField>,
    pub(super) links: Vec<Link>,
    /// Whether the description says what it consists of.
    pub(super) described: bool,
    /// Whether it only joins two records that have many of each other.
    pub(super) joins: bool,
}

/// A field of a record.
#[derive(Debug, Clone, Default)]
pub(super) struct DraftField {
    pub(super) phrase: Phrase,
    /// The type the description names, if it does.
    pub(super) kind: Option<FieldKind>,
    pub(super) values: Vec<String>,
    /// Whether the description says that it is required, or optional.
    pub(super) required: Option<bool>,
    /// It is said to be a choice, but not of what.
    pub(super) open_choice: bool,
    /// Added from common knowledge, not from the description.
    pub(super) known: bool,
}

/// A relation to another kind of record.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) target: Phrase,
    /// What the target is to the record, where that has a name of its own: the sender is a user.
    pub(super) role: Option<String>,
    pub(super) required: bool,
    /// Whether the target becomes an entity when none is described.
    pub(super) creates: bool,
}

/// Everything read from the description.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) language: Language,
    pub(super) entities: Vec<DraftEntity>,
    /// Who has many of what.
    pub(super) many: Vec<Many>,
    /// Records of which each has many of the other.
    pub(super) pairs: Vec<(Phrase, Phrase)>,
    pub(super) not_understood: Vec<String>,
    /// The words the app is called by.
    pub(super) title: Option<String>,
    /// The key of the noun in the title, for apps that are described by it alone.
    pub(super) topic: Option<String>,
    /// An entity that only the title names.
    pub(super) title_entity: Option<usize>,
    cut_entities: bool,
}

impl Draft {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            entities: Vec::new(),
            many: Vec::new(),
            pairs: Vec::new(),
            not_understood: Vec::new(),
            title: None,
            topic: None,
            title_entity: None,
            cut_entities: false,
        }
    }

    /// The entity a phrase names.
    pub(super) fn find(&self, phrase: &Phrase) -> Option<usize> {
        let key = phrase.key();
        let exact = self.entities.iter().position(|entity| entity.phrase.key() == key);
        let compound = |key: &str| {
            let ends = |entity: &DraftEntity| {
                let own = entity.phrase.key();
                let prefix = own.strip_suffix(key).unwrap_or_default();
                let hyphened = prefix.ends_with('-');
                (hyphened || (phrase.determined && prefix.chars().count() > 3)) && !own.contains(' ')
            };
            let mut matching = self.entities.iter().enumerate().filter(|(_, entity)| ends(entity));
            matching.next().filter(|_| matching.next().is_none()).map(|(at, _)| at)
        };
        let close = (key.chars().count() > 3).then(|| compound(&key)).flatten();
        let case_form = || {
            const ENDINGS: &[&str] = &["а", "у", "ом", "е", "ы", "ов", "ам", "ами"];
            self.entities.iter().position(|entity| {
                let ending = key.strip_prefix(entity.phrase.key().as_str()).unwrap_or_default();
                key.chars().count() > 5 && ENDINGS.contains(&ending)
            })
        };
        exact.or(close).or_else(case_form).or_else(|| {
            let head = phrase.head_key();
            let mut by_head =
                self.entities.iter().enumerate().filter(|(_, entity)| entity.phrase.head_key() == head);
            let one_word = phrase.words.len() == 1 || key == head;
            let first = by_head.next().filter(|(_, entity)| one_word || entity.phrase.key() == head)?;
            by_head.next().is_none().then_some(first.0)
        })
    }

    /// The entity a phrase names, made when there is none. `None` when there are too many.
    pub(super) fn entity(&mut self, phrase: &Phrase) -> Option<usize> {
        let key = phrase.key();
        let same = self.entities.iter().position(|entity| entity.phrase.key() == key);
        if let Some(at) = same.or_else(|| self.find(phrase).filter(|_| phrase.words.len() == 1)) {
            let known = &mut self.entities[at].phrase;
            if known.complements.is_empty() {
                known.complements.clone_from(&phrase.complements);
            }
            return Some(at);
        }
        if self.entities.len() == MAX_ENTITIES {
            if !self.cut_entities {
                self.cut_entities = true;
                let limit = MAX_ENTITIES.to_string();
                let note = self.language.choose(
                    "kinds of records after the first {}: more than one app can hold",
                    "виды записей после первых {}: больше, чем вмещает одно приложение",
                );
                self.not_understood.push(note.replace("{}", &limit));
            }
            return None;
        }
        let entity = DraftEntity {
            phrase: phrase.clone(),
            fields: Vec::new(),
            links: Vec::new(),
            described: false,
            joins: false,
        };
        self.entities.push(entity);
        Some(self.entities.len() - 1)
    }

    /// Adds a field, or what is new about it; gives its place.
    pub(super) fn field(&mut self, entity: usize, field: DraftField) -> Option<usize> {
        let record = self.entities.get_mut(entity)?;
        record.described = true;
        let label = field.phrase.label.to_lowercase();
        if label == "id" {
            return None;
        }
        if let Some(at) = record.fields.iter().position(|own| own.phrase.label.to_lowercase() == label) {
            let own = &mut record.fields[at];
            own.kind = field.kind.or(own.kind);
            own.required = field.required.or(own.required);
            own.open_choice |= field.open_choice;
            if !field.values.is_empty() {
                own.values = field.values;
            }
            return Some(at);
        }
        if record.fields.len() == MAX_FIELDS {
            let reason = self
                .language
                .choose("one field too many for one form", "слишком много полей для одной формы");
            self.reject(&label, reason);
            return None;
        }
        record.fields.push(field);
        Some(record.fields.len() - 1)
    }

    /// Adds a relation, once per target.
    pub(super) fn link(&mut self, entity: usize, link: Link) {
        let Some(record) = self.entities.get_mut(entity) else { return };
        record.described = true;
        let same = |own: &Link| own.target.key() == link.target.key() && own.role == link.role;
        match record.links.iter_mut().find(|own| same(own)) {
            Some(own) => own.creates |= link.creates,
            None => record.links.push(link),
        }
    }

    /// Relates many parts to one owner.
    pub(super) fn many(&mut self, owner: usize, part: usize, required: bool) {
        let key = self.entities[owner].phrase.key();
        let adds_link =
            !self.entities[part].links.iter().any(|link| link.role.is_none() && link.target.key() == key);
        let (owner, target) = (self.entities[owner].phrase.clone(), self.entities[part].phrase.clone());
        self.many.push(Many { owner: owner.clone(), part: target, adds_link });
        self.link(part, Link { target: owner, required, creates: true, role: None });
    }

    /// Says that a part of the description leads to nothing.
    pub(super) fn reject(&mut self, part: &str, reason: &str) {
        const LONGEST: usize = 160;
        const MOST: usize = 40;
        let mut part: String = part.split_whitespace().collect::<Vec<_>>().join(" ");
        if part.chars().count() > LONGEST {
            part = part.chars().take(LONGEST).chain(['…']).collect();
        }
        let (open, close) = (self.language.choose("\"", "«"), self.language.choose("\"", "»"));
        let note = format!("{open}{part}{close}: {reason}");
        if !part.is_empty() && self.not_understood.len() < MOST && !self.not_understood.contains(&note) {
            self.not_understood.push(note);
        }
    }
}
