//! Who does what to what.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    id::TaskId,
    project::{Change, WorkspacePath},
};

macro_rules! open_names {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(std::borrow::Cow<'static, str>);

        impl $name {
            /// From a text known when the program is written.
            pub const fn from_static(name: &'static str) -> Self {
                Self(std::borrow::Cow::Borrowed(name))
            }

            /// From any text.
            pub fn new(name: impl Into<String>) -> Self {
                Self(std::borrow::Cow::Owned(name.into()))
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    )*};
}

open_names! {
    /// What an agent is: `spec-writer`, `code-monkey`. Anyone may add one.
    Role
    /// What an assignment is about: `project`, `task:…`. Together with the role it names the assignment.
    Subject
}

impl Subject {
    /// The thing of this kind with this id: `task:0192…`.
    pub fn of(kind: &str, id: impl fmt::Display) -> Self {
        Self::new(format!("{kind}:{id}"))
    }

    /// The id, if this is a thing of this kind.
    pub fn id<T: std::str::FromStr>(&self, kind: &str) -> Option<T> {
        self.as_str().strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
    }
}

/// A part of the project that an assignment reads or writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Resource {
    /// What the person said and what is at hand to build with.
    Description,
    /// The specification.
    Specification,
    /// The architecture.
    Architecture,
    /// The epics and tasks, without their steps.
    Plan,
    /// One task with its steps.
    Task(TaskId),
    /// A file, or a folder with everything beneath it.
    File(WorkspacePath),
    /// Every file.
    Files,
    /// The checks and the rounds of repair.
    Verification,
    /// What an extension keeps under this namespace.
    Extension(String),
}

impl Resource {
    /// What a change touches. `None` for one that only people and the pipeline make.
    pub fn touched_by(change: &Change) -> Option<Self> {
        match change {
            Change::SpecificationWritten { .. } => Some(Self::Specification),
            Change::ArchitectureChosen { .. } => Some(Self::Architecture),
            Change::PlanMade { .. } => Some(Self::Plan),
            Change::StepsPlanned { task, .. } => Some(Self::Task(*task)),
            Change::FileWritten { path, .. } | Change::FileDeleted { path, .. } => {
                Some(Self::File(path.clone()))
            }
            Change::Checked { .. } | Change::IterationPlanned { .. } => Some(Self::Verification),
            Change::Extension { namespace, .. } => Some(Self::Extension(namespace.clone())),
            Change::Described { .. }
            | Change::QuestionAsked { .. }
            | Change::QuestionAnswered { .. }
            | Change::AssignmentFailed { .. }
            | Change::FailureCleared { .. }
            | Change::BudgetSet { .. } => None,
        }
    }

    /// Whether something could be part of both.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(a), Self::File(b)) => a.overlaps(b),
            (a, b) => a.covers(b) || b.covers(a),
        }
    }

    /// Whether all of `other` is part of this.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(folder), Self::File(file)) => folder.contains(file),
            (Self::Files, Self::File(_)) | (Self::Plan, Self::Task(_)) => true,
            (a, b) => a == b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_and_cover_go_by_path() {
        let file = |path: &str| Resource::File(path.parse().unwrap());
        assert!(file("src").overlaps(&file("src/a")) && file("src/a").overlaps(&file("src")));
        assert!(file("src").covers(&file("src/a")) && !file("src/a").covers(&file("src")));
        assert!(Resource::Files.covers(&file("x")) && !file("x").covers(&Resource::Files));
        assert!(!file("src/a").overlaps(&file("src/b")));
    }
}
