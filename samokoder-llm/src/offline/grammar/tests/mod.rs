//! Descriptions and what a person would expect of them.
//!
//! A case in the tables is a description, a line `---`, and the expectation in the notation of [`table::render`]:
//! `entity/path(field: type!, other: ->entity)`, where `!` marks a required field, `= Name (slug)` is the app, a line
//! `? text` says that `text` is quoted as not understood, and a line `?? key` that a question is asked.

mod hostile;
mod table;
