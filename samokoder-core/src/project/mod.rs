//! The domain: what a project is made of, and how it changes.

mod architecture;
mod change;
mod check;
mod difference;
mod digests;
mod path;
mod plan;
mod question;
mod specification;
mod state;

pub use architecture::{Architecture, PlannedFile};
pub use change::Change;
pub use check::{CheckReport, Verdict};
pub use difference::{Difference, Fact, FileDifference};
pub use path::{InvalidPath, STATE_FOLDER, WorkspacePath};
pub use plan::{Epic, Iteration, Step, Task};
pub use question::Question;
pub use specification::{Entity, Field, FieldKind, Specification};
pub use state::{ApplyError, AskedQuestion, ProjectState, SourceFile};
