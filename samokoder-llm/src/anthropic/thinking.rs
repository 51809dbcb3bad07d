//! How a model is told how much to think.

use samokoder_core::llm::{ChatRequest, ReasoningEffort};
use serde_json::{Value, json};

/// Models whose names begin with this are told in this form; the first row that fits counts. A Claude that is in no row
/// is newer than the table and adapts.
///
/// From the catalogue of rig-core 0.46.0, October 2026, not from Anthropic's own pages.
const FORMS: [(&str, Form); 17] = [
    ("claude-2", Form::Budget),
    ("claude-3", Form::Budget),
    // Names with a date: `claude-opus-4-20250514`.
    ("claude-opus-4-2", Form::Budget),
    ("claude-sonnet-4-2", Form::Budget),
    ("claude-opus-4@", Form::Budget),
    ("claude-sonnet-4@", Form::Budget),
    ("claude-opus-4-0", Form::Budget),
    ("claude-sonnet-4-0", Form::Budget),
    ("claude-opus-4-1", Form::Budget),
    ("claude-opus-4-5", Form::Budget),
    ("claude-sonnet-4-5", Form::Budget),
    ("claude-haiku-4-5", Form::Budget),
    ("claude-sonnet-5-5", Form::Adaptive { off: Some("between_tools") }),
    ("claude-opus-5-5", Form::Adaptive { off: None }),
    ("claude-fable-", Form::Adaptive { off: None }),
    ("claude-mythos-", Form::Adaptive { off: None }),
    ("claude-", Form::Adaptive { off: Some("disabled") }),
];

/// The least that a model can be told to think, in tokens.
const MIN_BUDGET: u64 = 1024;

#[derive(Debug, Clone, Copy)]
enum Form {
    /// With a number of tokens. Servers that speak this protocol for other models than Claude know this form.
    Budget,
    /// With an effort. `off` is the type that stops it from thinking, where there is one.
    Adaptive { off: Option<&'static str> },
}

/// What a model is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Not to think, by this type.
    Off(&'static str),
    /// To think for this many tokens at most.
    Budget(u64),
    /// To think as much as this effort is worth.
    Adaptive(&'static str),
}

impl Thinking {
    /// What is told for the effort that the request asks for. A model that can't stop thinking is told to think as little
    /// as it can. `None` if the request asks for nothing, or its answer has no room for thoughts.
    pub(super) fn of(request: &ChatRequest, max_tokens: u64) -> Option<Self> {
        let effort = request.reasoning?;
        match (form(request.model.name()), effort) {
            (Form::Budget, ReasoningEffort::None) => Some(Self::Off("disabled")),
            (Form::Budget, effort) => budget(effort, max_tokens).map(Self::Budget),
            (Form::Adaptive { off: Some(off) }, ReasoningEffort::None) => Some(Self::Off(off)),
            (Form::Adaptive { .. }, effort) => Some(Self::Adaptive(level(effort))),
        }
    }

    /// The field `thinking`.
    pub(super) fn field(self) -> Value {
        match self {
            Self::Off(kind) => json!({"type": kind}),
            Self::Budget(tokens) => json!({"type": "enabled", "budget_tokens": tokens}),
            Self::Adaptive(_) => json!({"type": "adaptive"}),
        }
    }

    /// The field `output_config.effort`.
    pub(super) fn effort(self) -> Option<&'static str> {
        match self {
            Self::Adaptive(level) => Some(level),
            Self::Off(_) | Self::Budget(_) => None,
        }
    }
}

/// The form for a model, whoever serves it: `anthropic.claude-opus-4-5-v1:0`, `anthropic/claude-opus-4.5`.
fn form(model: &str) -> Form {
    let name = model.to_ascii_lowercase().replace('.', "-");
    let Some(start) = name.find("claude-") else {
        return Form::Budget;
    };
    let known = FORMS.iter().find(|(prefix, _)| name[start..].starts_with(prefix));
    known.map_or(Form::Budget, |(_, form)| *form)
}

fn level(effort: ReasoningEffort) -> &'static str {
    match effort {
        ReasoningEffort::None | ReasoningEffort::Minimal | ReasoningEffort::Low => "low",
        ReasoningEffort::Medium => "medium",
        ReasoningEffort::Max => "max",
        _ => "high",
    }
}

/// A budget that leaves a quarter of the answer for what is not thought.
fn budget(effort: ReasoningEffort, max_tokens: u64) -> Option<u64> {
    let wanted = match effort {
        ReasoningEffort::None | ReasoningEffort::Minimal => MIN_BUDGET,
        ReasoningEffort::Low => 4_096,
        ReasoningEffort::Medium => 8_192,
        ReasoningEffort::Max => 32_000,
        _ => 16_384,
    };
    (max_tokens > MIN_BUDGET).then(|| wanted.min(max_tokens - max_tokens / 4).max(MIN_BUDGET))
}

#[cfg(test)]
mod tests {
    use samokoder_core::llm::{Message, ModelRole};

    use super::*;

    fn told(model: &str, effort: ReasoningEffort) -> Option<Thinking> {
        let message = Message::new(ModelRole::User, "Hello!");
        let mut request = ChatRequest::new(format!("anthropic:{model}").parse().unwrap(), vec![message]);
        request.reasoning = Some(effort);
        Thinking::of(&request, 16_000)
    }

    #[test]
    fn models_up_to_4_5_have_a_budget() {
        for model in [
            "claude-3-7-sonnet-latest",
            "claude-sonnet-4-20250514",
            "claude-opus-4-1-20250805",
            "claude-haiku-4-5",
            "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "anthropic/claude-opus-4.5",
        ] {
            assert_eq!(told(model, ReasoningEffort::Low), Some(Thinking::Budget(4096)), "{model}");
            assert_eq!(told(model, ReasoningEffort::None), Some(Thinking::Off("disabled")), "{model}");
        }
    }

    #[test]
    fn later_models_have_an_effort_and_so_do_those_that_are_not_known() {
        for model in
            ["claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-5-5", "claude-opus-4-8", "claude-nova-9"]
        {
            assert_eq!(told(model, ReasoningEffort::Medium), Some(Thinking::Adaptive("medium")), "{model}");
            assert_eq!(told(model, ReasoningEffort::None), Some(Thinking::Off("disabled")), "{model}");
        }
    }

    #[test]
    fn models_that_never_stop_thinking_think_as_little_as_they_can() {
        for model in ["claude-opus-5-5", "claude-fable-5-1", "claude-fable-5"] {
            assert_eq!(told(model, ReasoningEffort::None), Some(Thinking::Adaptive("low")), "{model}");
        }
        assert_eq!(told("claude-sonnet-5-5", ReasoningEffort::None), Some(Thinking::Off("between_tools")));
    }

    #[test]
    fn other_models_that_speak_the_protocol_have_a_budget() {
        assert_eq!(told("glm-5.3", ReasoningEffort::High), Some(Thinking::Budget(12_000)));
    }

    #[test]
    fn a_budget_leaves_room_for_the_answer() {
        assert_eq!(budget(ReasoningEffort::Max, 64_000), Some(32_000));
        assert_eq!(budget(ReasoningEffort::Max, 8_000), Some(6_000));
        assert_eq!(budget(ReasoningEffort::Max, 1_200), Some(1_024));
        assert_eq!(budget(ReasoningEffort::Minimal, 1_024), None);
    }
}
