//! A piece of work for an agent.

use super::{Resource, Role, Subject};

/// A piece of work for an agent. Its role and subject together name it: a workflow never wants two of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assignment {
    /// Whose it is.
    pub role: Role,
    /// What it is about.
    pub subject: Subject,
    /// What the outcome depends on. When it changes before the outcome is committed, the work is done again.
    pub reads: Vec<Resource>,
    /// What a proposal may touch. Assignments whose write sets overlap don't run at the same time.
    pub writes: Vec<Resource>,
    /// How much work waits behind it: of those that could start, the heaviest starts first.
    pub weight: u32,
}

impl Assignment {
    /// An assignment that reads and writes nothing yet.
    pub fn new(role: Role, subject: Subject) -> Self {
        Self { role, subject, reads: Vec::new(), writes: Vec::new(), weight: 0 }
    }

    /// Adds to what it reads.
    #[must_use]
    pub fn reads(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        self.reads.extend(resources);
        self
    }

    /// Adds to what it may write.
    #[must_use]
    pub fn writes(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        self.writes.extend(resources);
        self
    }

    /// Says how much work waits behind it.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// Whether the two could touch the same thing.
    pub fn conflicts(&self, other: &Self) -> bool {
        self.writes.iter().any(|mine| other.writes.iter().any(|theirs| mine.overlaps(theirs)))
    }
}
