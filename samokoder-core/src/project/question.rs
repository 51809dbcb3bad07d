//! What a person is asked.

use serde::{Deserialize, Serialize};

use crate::id::QuestionId;

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// What is asked.
    pub text: String,
    /// Answers to choose from. Any text is an answer when there are none.
    #[serde(default)]
    pub options: Vec<String>,
    /// The answer that is taken when the person leaves it to the engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}
