//! From a model's answer to the content of a file.

mod guard;
mod whole_file;

pub use guard::guard;
pub use whole_file::whole_file;

/// Why an answer is not taken, in words for the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EditError(String);
