//! What the app must do, as agreed with the person.

use serde::{Deserialize, Serialize};

/// What the app must do, as agreed with the person.
///
/// Written by the `SpecWriter`, read by everybody else. An app that keeps records describes them as
/// [`Entity`]s; whatever does not fit that shape is a sentence in `requirements`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "agents", derive(schemars::JsonSchema))]
pub struct Specification {
    /// The app's name as people see it, in the words of the description: "Library".
    pub name: String,
    /// The app's name in ASCII kebab-case, for folders and packages: "library".
    pub slug: String,
    /// The language of labels and texts in the app, as a BCP 47 tag: "en", "ru".
    pub language: String,
    /// What the app is for, in one to three sentences.
    pub summary: String,
    /// The records the app keeps. Empty when it keeps none.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// What must hold when the app is finished, one checkable sentence each.
    #[serde(default)]
    pub requirements: Vec<String>,
    /// Parts of the description that lead to nothing in the app, quoted, each with the reason.
    #[serde(default)]
    pub not_understood: Vec<String>,
}

/// A kind of record the app keeps: a book, a member, a loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "agents", derive(schemars::JsonSchema))]
pub struct Entity {
    /// Identifier of one record, ASCII `snake_case`, singular: "book".
    pub name: String,
    /// Identifier of the collection in URLs, ASCII kebab-case, plural: "books".
    pub path: String,
    /// What people call one record, in the description's words: "Book".
    pub label: String,
    /// What people call many of them: "Books".
    pub label_plural: String,
    /// The fields of a record, in the order in which a form shows them.
    pub fields: Vec<Field>,
}

/// One field of an [`Entity`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "agents", derive(schemars::JsonSchema))]
pub struct Field {
    /// Identifier, ASCII `snake_case`: "`due_date`". A relation ends in `_id`: "`member_id`".
    pub name: String,
    /// What people call it, in the description's words: "Due date".
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Whether a record without it is refused.
    pub required: bool,
    /// The allowed values of an `enumeration`, in the description's words. Empty for other types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The `name` of the entity a `relation` points to. Absent for other types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<String>,
}

/// What a [`Field`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "agents", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Text of many lines.
    LongText,
    /// A number that may have a fraction.
    Number,
    /// A whole number.
    Integer,
    /// An amount of money, with at most two decimals.
    Money,
    /// A calendar date, `YYYY-MM-DD`.
    Date,
    /// A date and time of day, RFC 3339 or `YYYY-MM-DDTHH:MM`.
    DateTime,
    /// A time of day without a date, `HH:MM` or `HH:MM:SS`.
    Time,
    /// Yes or no.
    Boolean,
    /// An e-mail address.
    Email,
    /// A web address with `http` or `https`.
    Url,
    /// One of a fixed list of values.
    Enumeration,
    /// The id of a record of another entity.
    Relation,
}
