//! The domain: what a project is made of, and how it changes.

mod architecture;
mod path;
mod specification;

pub use architecture::{Architecture, PlannedFile};
pub use path::{InvalidPath, STATE_FOLDER, WorkspacePath};
pub use specification::{Entity, Field, FieldKind, Specification};
