//! What can be asked about projects, answered from their logs.

mod call;
mod project;
mod tables;

pub use call::{CallQuery, CallRow, CallStatus, SpendRow};
pub(crate) use call::{calls, spending};
pub use project::{Page, ProjectDetail, ProjectSummary, TaskProgress};
pub(crate) use project::{project, projects};
pub use tables::{ExecRow, Tables};
