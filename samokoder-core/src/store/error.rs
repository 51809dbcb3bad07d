//! Why a store could not do its part.

use std::{error::Error, fmt, sync::Arc};

/// What kind of failure a [`StoreError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no such branch or content.
    NotFound,
    /// Someone else holds the lease.
    LeaseHeld,
    /// The lease is not the newest one any more.
    Fenced,
    /// The log is longer than the writer thought.
    Conflict,
    /// What is stored can't be true: it is cut off or altered.
    Damaged,
    /// A newer version of this library wrote it.
    NewerFormat,
    /// No room is left.
    Full,
    /// This kind of store can't do it.
    Unsupported,
    /// The store can't be reached or used at the moment.
    Unavailable,
}

/// A store that could not do its part.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreError {
    /// What kind of failure it is.
    pub kind: StoreErrorKind,
    /// What was being done: "append", "open".
    pub operation: &'static str,
    /// What happened, to what, and what to do about it.
    pub message: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error of this kind.
    pub fn new(kind: StoreErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        Self { kind, operation, message: message.into(), source: None }
    }

    /// Adds the error that caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Unavailable | StoreErrorKind::LeaseHeld)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store {}: {}", self.operation, self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}
