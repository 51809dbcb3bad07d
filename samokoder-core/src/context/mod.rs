//! Which files a prompt shows.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    agent::{AgentContext, AgentError},
    id::TaskId,
    project::{ProjectState, WorkspacePath},
};

/// A file as a prompt shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownFile {
    /// Where it is.
    pub path: WorkspacePath,
    /// What is in it, or a remark that it is too long to show.
    pub content: String,
}

/// Bytes of files that a prompt shows. Models start to disobey their instructions at about 25,000 tokens of context.
const BUDGET: u64 = 80 * 1024;

/// Reads files for a prompt, as many as fit, in the order given. For others there is a remark.
///
/// # Errors
/// [`AgentError::Store`].
pub async fn show(context: &AgentContext, paths: &[WorkspacePath]) -> Result<Vec<ShownFile>, AgentError> {
    let mut shown = Vec::new();
    let mut left = BUDGET;
    for path in paths {
        let Some(file) = context.state().file(path) else { continue };
        let content = if file.size <= left {
            left -= file.size;
            context.read(path).await?.unwrap_or_default()
        } else {
            format!("[{} bytes, left out because the prompt is full]", file.size)
        };
        shown.push(ShownFile { path: path.clone(), content });
    }
    Ok(shown)
}

impl ProjectState {
    /// The files of the tasks that a task depends on, nearest first.
    ///
    /// Its own files are not among them: they are written at the same time, and none is to wait for another.
    pub fn files_before(&self, task: TaskId) -> Vec<WorkspacePath> {
        let mut files = Vec::new();
        let mut seen = BTreeSet::from([task]);
        let mut level: Vec<TaskId> = self.task(task).map(|task| task.depends_on.clone()).unwrap_or_default();
        while !level.is_empty() {
            level.retain(|id| seen.insert(*id));
            let tasks: Vec<_> = level.iter().filter_map(|id| self.task(*id)).collect();
            for path in tasks.iter().flat_map(|task| &task.files) {
                if !files.contains(path) {
                    files.push(path.clone());
                }
            }
            level = tasks.iter().flat_map(|task| &task.depends_on).copied().collect();
        }
        files
    }
}
