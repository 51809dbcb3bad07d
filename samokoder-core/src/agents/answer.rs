//! Typed answers of a model.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

/// A type that a model can be asked to answer with.
///
/// The type is the only source: it makes the JSON schema, and its example is what the prompt shows.
pub trait Answer: Serialize + DeserializeOwned + JsonSchema {
    /// A short name for the schema, in `snake_case`.
    const NAME: &'static str;

    /// A good answer to some other question.
    fn example() -> Self;
}
