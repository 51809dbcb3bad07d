//! What the log of a branch is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Seq, StoreError, StoreErrorKind};
use crate::{
    agent::{Role, Subject},
    budget::{Limit, Spend, SpendLimits},
    digest::Digest,
    id::{AssignmentId, BranchId, QuestionId, RunId},
    llm::{LlmError, ModelId, Usage},
    project::Change,
    sandbox::SandboxError,
};

/// A record with its place in the log.
///
/// Its JSON is what events are: `{"seq": 7, "at_ms": …, "type": "commit", …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// Its number.
    pub seq: Seq,
    /// When it was stored, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it says.
    #[serde(flatten)]
    pub record: Record,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Record {
    /// The project changed. Its number is the project's new version.
    Commit(Commit),
    /// The branch leaves another one here: attempts that were at work there are not its own. Those that wait for a person
    /// are: each branch may hear another answer.
    Forked {
        /// The other one.
        from: BranchId,
        /// The last record that they share.
        at: Seq,
        /// What the project had spent by then, on all its branches: going back in time brings no money back.
        spent: Spend,
        /// The part of it that is a worst case.
        uncertain: Spend,
    },
    /// A sitting of the pipeline began.
    RunStarted {
        /// The sitting.
        run: RunId,
        /// What the embedding product calls it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        labels: BTreeMap<String, String>,
    },
    /// A sitting of the pipeline ended. One that has no end was killed.
    RunEnded {
        /// The sitting.
        run: RunId,
        /// Why it ended.
        end: RunEnd,
    },
    /// An agent began an attempt at an assignment.
    Started {
        /// The attempt.
        #[serde(flatten)]
        id: AttemptId,
        /// The agent.
        role: Role,
        /// What it is about.
        subject: Subject,
        /// The version that the agent sees.
        base: Seq,
        /// The hash of what the assignment reads at that version.
        input: Digest,
    },
    /// An attempt that a killed or suspended sitting left open goes on.
    Resumed {
        /// The attempt.
        #[serde(flatten)]
        id: AttemptId,
    },
    /// An attempt is over.
    Ended {
        /// The attempt.
        #[serde(flatten)]
        id: AttemptId,
        /// How.
        end: AssignmentEnd,
    },
    /// Something outside of the engine is about to be done. One that has no outcome may or may not have been done.
    /// One that follows a call's failed outcome is another attempt at the same call.
    Intent {
        /// The effect.
        #[serde(flatten)]
        effect: EffectId,
        /// What it is.
        kind: EffectKind,
        /// The hash of the whole request, which is a blob.
        request: Digest,
        /// What it may cost.
        reserved: Spend,
    },
    /// It was done.
    Outcome {
        /// The effect.
        #[serde(flatten)]
        effect: EffectId,
        /// What came of it.
        result: EffectResult,
        /// What it cost.
        spent: Spend,
    },
}

/// A change of the project, made as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// Who made it.
    pub author: Author,
    /// What changed.
    pub changes: Vec<Change>,
}

/// Who made a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Author {
    /// An agent, by finishing an attempt.
    Agent {
        /// The agent.
        role: Role,
        /// What the assignment was about.
        subject: Subject,
        /// The assignment.
        assignment: AssignmentId,
    },
    /// A person.
    Person,
    /// The pipeline itself.
    Pipeline,
}

/// An attempt at an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptId {
    /// The assignment.
    pub assignment: AssignmentId,
    /// Counted from 1.
    pub attempt: u32,
}

/// An effect: the `nth` one of its name in an attempt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId {
    /// The attempt.
    #[serde(flatten)]
    pub attempt: AttemptId,
    /// The name that the agent gave it.
    pub name: String,
    /// Counted from 0.
    pub nth: u32,
}

/// What an effect is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectKind {
    /// A call to a model.
    Call {
        /// The model.
        model: ModelId,
        /// The prompt's template, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<String>,
    },
    /// A command in the sandbox.
    Exec {
        /// The command, as arguments.
        command: Vec<String>,
    },
    /// A question to a person.
    Question {
        /// The question.
        question: QuestionId,
    },
    /// Something that an extension does.
    Custom,
}

/// What came of an effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectResult {
    /// It was done; what it returned is a blob of JSON.
    Done {
        /// The hash of the blob.
        payload: Digest,
        /// Tokens, for a call to a model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// A call to a model failed.
    CallFailed {
        /// Why.
        error: LlmError,
    },
    /// The sandbox failed.
    ExecFailed {
        /// Why.
        error: SandboxError,
    },
    /// Something that an extension does failed.
    Failed {
        /// Why.
        message: String,
    },
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssignmentEnd {
    /// Its proposal is the commit before this record.
    Committed,
    /// It failed.
    Failed {
        /// Why.
        reason: String,
    },
    /// What it had read was changed before it was finished.
    Stale,
    /// A finished effect was asked for again with another request.
    Diverged {
        /// Which effect.
        effect: String,
    },
    /// Nobody wants it any more.
    Superseded,
}

/// Why a sitting of the pipeline ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunEnd {
    /// Everything is done.
    Done {
        /// Whether the app's own tests passed. When they could not be run, the app is unverified.
        verified: bool,
    },
    /// A person has to answer first.
    Waiting {
        /// The questions.
        questions: Vec<QuestionId>,
    },
    /// A limit was reached.
    Exhausted {
        /// Which one.
        limit: Limit,
        /// What is left of it and what would be needed.
        reason: String,
    },
    /// The workflow does not know how to go on.
    Stuck {
        /// Why.
        reason: String,
    },
    /// A person stopped it.
    Cancelled,
}

/// Something a person tells a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "signal", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Signal {
    /// An answer to a question.
    Answer {
        /// The question.
        question: QuestionId,
        /// The answer.
        answer: String,
    },
    /// Stop.
    Cancel,
    /// From now on the project may spend this much.
    SetBudget {
        /// All limits.
        limits: SpendLimits,
    },
}

/// The version of the form in which records and signals are stored.
const FORMAT: u64 = 1;

#[derive(Serialize)]
struct Envelope<'a, T> {
    v: u64,
    #[serde(flatten)]
    content: &'a T,
}

impl Record {
    /// The contents that it refers to by their hash.
    pub fn contents(&self) -> Vec<Digest> {
        match self {
            Self::Commit(commit) => commit.changes.iter().filter_map(Change::content).collect(),
            Self::Intent { request, .. } => vec![*request],
            Self::Outcome { result: EffectResult::Done { payload, .. }, .. } => vec![*payload],
            _ => Vec::new(),
        }
    }

    /// The record as JSON, with the version of its form.
    pub fn encode(&self) -> Result<String, StoreError> {
        encode(self)
    }

    /// A record from the JSON that [`encode`](Self::encode) made.
    ///
    /// # Errors
    /// [`StoreErrorKind::NewerFormat`] for one that a newer version wrote: nothing unknown is ever skipped.
    /// [`StoreErrorKind::Damaged`] for anything else that is not a record.
    pub fn decode(json: &str) -> Result<Self, StoreError> {
        decode(json)
    }
}

impl Signal {
    /// The signal as JSON, with the version of its form.
    pub fn encode(&self) -> Result<String, StoreError> {
        encode(self)
    }

    /// A signal from the JSON that [`encode`](Self::encode) made.
    ///
    /// # Errors
    /// The same as [`Record::decode`].
    pub fn decode(json: &str) -> Result<Self, StoreError> {
        decode(json)
    }
}

fn encode<T: Serialize>(content: &T) -> Result<String, StoreError> {
    serde_json::to_string(&Envelope { v: FORMAT, content }).map_err(|error| {
        StoreError::new(StoreErrorKind::Damaged, "encode", "a record has no JSON form").caused_by(error)
    })
}

fn decode<T: DeserializeOwned>(json: &str) -> Result<T, StoreError> {
    let newer = |what: String| {
        StoreError::new(
            StoreErrorKind::NewerFormat,
            "read",
            format!(
                "this history was written by a newer version of samokoder ({what}); update samokoder to open it"
            ),
        )
    };
    let damaged = |error: serde_json::Error| {
        StoreError::new(StoreErrorKind::Damaged, "read", format!("a record is damaged: {error}"))
            .caused_by(error)
    };
    let mut value: Value = serde_json::from_str(json).map_err(damaged)?;
    match value.as_object_mut().and_then(|fields| fields.remove("v")).and_then(|v| v.as_u64()) {
        Some(FORMAT) => {}
        Some(version) => return Err(newer(format!("format {version}"))),
        None => {
            let message = "a record does not say its format; the file is damaged";
            return Err(StoreError::new(StoreErrorKind::Damaged, "read", message));
        }
    }
    serde_json::from_value(value).map_err(|error| match error.to_string() {
        text if text.starts_with("unknown variant") => newer(text),
        _ => damaged(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_json() {
        let attempt = AttemptId { assignment: AssignmentId::derive(["a"]), attempt: 2 };
        let records = [
            Record::RunEnded { run: RunId::fresh(), end: RunEnd::Done { verified: true } },
            Record::Ended { id: attempt, end: AssignmentEnd::Failed { reason: "no".into() } },
            Record::Outcome {
                effect: EffectId { attempt, name: "write".into(), nth: 1 },
                result: EffectResult::Done { payload: Digest::of(b"x"), usage: None, duration_ms: 3 },
                spent: Spend::default(),
            },
            Record::Commit(Commit {
                author: Author::Agent {
                    role: Role::new("r"),
                    subject: Subject::new("s"),
                    assignment: attempt.assignment,
                },
                changes: vec![Change::BudgetSet { limits: SpendLimits::default() }],
            }),
        ];
        for record in records {
            assert_eq!(Record::decode(&record.encode().unwrap()).unwrap(), record);
        }
    }

    #[test]
    fn what_a_newer_version_wrote_is_refused_and_never_skipped() {
        let kind = |json: &str| Record::decode(json).unwrap_err().kind;
        assert_eq!(kind(r#"{"v":2,"type":"commit"}"#), StoreErrorKind::NewerFormat);
        assert_eq!(kind(r#"{"v":1,"type":"teleported"}"#), StoreErrorKind::NewerFormat);
        let unknown_change =
            r#"{"v":1,"type":"commit","author":{"by":"person"},"changes":[{"change":"dreamt"}]}"#;
        assert_eq!(kind(unknown_change), StoreErrorKind::NewerFormat);
        assert_eq!(kind(r#"{"type":"commit"}"#), StoreErrorKind::Damaged);
        assert_eq!(kind(r#"{"v":1,"type":"comm"#), StoreErrorKind::Damaged);
    }
}
