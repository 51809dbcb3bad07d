//! Identifiers: newtypes over UUIDs.
//!
//! Projects, branches and runs get a time-ordered UUID (version 7) when they are made. Everything that comes into
//! being inside a run gets an id derived from where it came from (version 8), so that a resumed run, and a second
//! run of the same description, gives the same ones.

use std::{
    fmt,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid};

/// An id that can be derived from where it comes from.
pub trait DerivedId {
    /// The id for `parts`.
    fn derived(parts: &[&str]) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// An id made of the first 16 bytes of the hash of `parts`.
            pub fn derive<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
                Self(derive(stringify!($name), parts))
            }
        }

        impl DerivedId for $name {
            fn derived(parts: &[&str]) -> Self {
                Self::derive(parts.iter().copied())
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// A project: one app and its history.
    ProjectId
    /// A line of a project's history. Every record belongs to one.
    BranchId
    /// One sitting of the pipeline on a branch, from taking the lease to giving it back.
    RunId
    /// A piece of work given to an agent. Attempts at it share the id.
    AssignmentId
    /// A question to a person.
    QuestionId
    /// Something a person told a run: an answer, a cancellation.
    SignalId
    /// A group of tasks that makes sense to a person as a whole.
    EpicId
    /// A task of the plan.
    TaskId
    /// A step of a task: one file to write.
    StepId
    /// A round of repair after a failed check.
    IterationId
}

/// Ids that begin something, made where a person or a program asks for it and never inside a run.
macro_rules! fresh {
    ($($name:ident)*) => {$(
        impl $name {
            /// A new id that sorts by the time it was made.
            #[expect(clippy::disallowed_methods, reason = "made once, outside of any agent, and recorded")]
            pub fn fresh() -> Self {
                // Without a battery, clocks begin before 1970 too, of which such an id knows nothing.
                let is_set = SystemTime::now() >= UNIX_EPOCH;
                Self(if is_set { Uuid::now_v7() } else { Uuid::new_v7(Timestamp::from_unix(NoContext, 0, 0)) })
            }
        }
    )*};
}

fresh! { ProjectId BranchId RunId SignalId }

fn derive<'a>(kind: &'a str, parts: impl IntoIterator<Item = &'a str>) -> Uuid {
    let mut hasher = blake3::Hasher::new();
    for part in std::iter::once(kind).chain(parts) {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Uuid::new_v8(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_depend_on_kind_and_on_where_parts_end() {
        assert_eq!(TaskId::derive(["a", "b"]), TaskId::derive(["a", "b"]));
        assert_ne!(TaskId::derive(["a", "b"]), TaskId::derive(["ab"]));
        assert_ne!(Uuid::from(TaskId::derive(["a"])), Uuid::from(StepId::derive(["a"])));
    }
}
