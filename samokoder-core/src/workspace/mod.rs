//! The app's folder on disk: a publication of the project's files, never their source.

mod folder;

pub use folder::{Folder, FolderError, LocalEdit};
