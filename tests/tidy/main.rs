//! The rules of this repository that no compiler checks.

mod crates;
mod dependencies;
mod files;
mod licences;
mod links;
mod metadata;
