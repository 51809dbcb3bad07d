//! The app's folder on disk: a publication of the project's files, never their source.

mod edits;
mod folder;

pub use edits::{Edits, LeftOut, LocalEdit};
pub use folder::{Folder, FolderError};
