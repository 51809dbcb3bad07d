//! Chunks that bring one text and nothing else, as nearly all do.

use super::{
    content::Content,
    response::{Call, Choice, Chunk, Delta, Function},
};
use crate::wire::{Arguments, Text};

/// A field of a delta that brings text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    Content,
    Reasoning,
    ReasoningContent,
    /// Arguments of the call with this index.
    Arguments(usize),
}

impl Field {
    /// A delta that brings this text and nothing else.
    pub(super) fn delta(self, text: Text<'_>) -> Delta<'_> {
        let mut delta = Delta::default();
        match self {
            Self::Content => delta.content = Some(Content::Text(text)),
            Self::Reasoning => delta.reasoning = Some(text),
            Self::ReasoningContent => delta.reasoning_content = Some(text),
            Self::Arguments(index) => {
                let function = Function { name: None, arguments: Some(Arguments::Text(text)) };
                delta.tool_calls =
                    Some(vec![Call { index: Some(index), id: None, function: Some(function) }]);
            }
        }
        delta
    }
}

impl Chunk<'_> {
    /// The text that the chunk brings, if it brings nothing else.
    pub(super) fn only_text(&self) -> Option<(Field, &str)> {
        let [
            Choice {
                index: None | Some(0),
                delta: Some(delta),
                message: None,
                finish_reason,
                usage: None,
                error: None,
            },
        ] = self.choices.as_deref()?
        else {
            return None;
        };
        let goes_on = finish_reason.as_ref().is_none_or(|reason| reason.is_empty());
        if goes_on && !self.has_usage() { delta.only_text() } else { None }
    }
}

impl Delta<'_> {
    /// The text that the delta brings, if it brings nothing else.
    fn only_text(&self) -> Option<(Field, &str)> {
        let texts = [&self.refusal, &self.reasoning, &self.reasoning_content];
        let [refusal, reasoning, reasoning_content] = texts.map(|text| text.as_deref().unwrap_or_default());
        let content = match &self.content {
            None => "",
            Some(Content::Text(text)) => text,
            Some(Content::Parts(_)) => return None,
        };
        let calls = self.tool_calls.as_deref().unwrap_or_default();
        let lists = [&self.reasoning_details, &self.annotations, &self.images];
        let brings_more = lists.into_iter().flatten().any(|list| !list.is_empty());
        if !refusal.is_empty() || brings_more || self.function_call.is_some() {
            return None;
        }
        match (content, reasoning, reasoning_content, calls) {
            (text, "", "", []) if !text.is_empty() => Some((Field::Content, text)),
            ("", text, "", []) if !text.is_empty() => Some((Field::Reasoning, text)),
            // An empty list would stand for it.
            ("", "", text, []) if !text.is_empty() && self.reasoning_details.is_none() => {
                Some((Field::ReasoningContent, text))
            }
            ("", "", "", [call]) => call.only_arguments(),
            _ => None,
        }
    }
}

impl Call<'_> {
    /// More of the arguments, if the piece brings nothing else.
    fn only_arguments(&self) -> Option<(Field, &str)> {
        let Self { index: Some(index), id, function: Some(function) } = self else { return None };
        let begins = [id, &function.name].into_iter().flatten().any(|text| !text.is_empty());
        match &function.arguments {
            Some(Arguments::Text(text)) if !begins => Some((Field::Arguments(*index), text)),
            _ => None,
        }
    }
}
