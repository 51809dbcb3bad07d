//! How the app is built.

use samokoder_core::project::{Architecture, PlannedFile, Specification, WorkspacePath};

use super::files::{self, AppFile};
use super::{Runtime, normalise};

/// The design of the app and every file of it.
pub(crate) fn architecture(spec: &Specification, runtime: Runtime) -> Architecture {
    let files = files::files(&normalise::normalise(spec), runtime);
    let argv = |arguments: &[&str]| arguments.iter().map(|&argument| argument.to_owned()).collect();
    let (start, test): (&[&str], &[&str]) = match runtime {
        Runtime::Node => (&["node", "server.mjs"], &["node", "--test"]),
        Runtime::Python => {
            (&["python3", "server.py"], &["python3", "-m", "unittest", "discover", "-s", "tests"])
        }
    };
    Architecture {
        runtime: runtime.as_str().to_owned(),
        summary: summary(runtime),
        start: argv(start),
        test: argv(test),
        files: files.iter().filter_map(planned).collect(),
    }
}

fn planned(file: &AppFile) -> Option<PlannedFile> {
    let path = WorkspacePath::parse(&file.path).ok()?;
    Some(PlannedFile { path, purpose: file.purpose.clone() })
}

fn summary(runtime: Runtime) -> String {
    let server = match runtime {
        Runtime::Node => "Node's own HTTP server",
        Runtime::Python => "the HTTP server of Python's standard library",
    };
    format!(
        "A web app without dependencies on {server}. Each kind of record is one module that lists its fields and \
         their rules; routes, validation, search and storage work from these. Records are kept in memory and in \
         one JSON file per kind, which is replaced as a whole at each change. The web page is plain JavaScript \
         that learns from `GET /api` what it can show and edit."
    )
}
