//! From a specification to the source files of a complete app without dependencies.
//!
//! Everything here is a pure function of the specification and the runtime: the same input gives the same
//! bytes. The specification is [normalised](normalise) first, so that no label, name or value in it, whoever
//! wrote it, can break out of the place where a template puts it.

mod architecture;
mod escape;
mod examples;
mod files;
mod names;
mod normalise;
mod plan;
mod templates;
mod view;

#[cfg(test)]
mod tests;

use samokoder_core::project::Specification;

pub(crate) use architecture::architecture;
pub(crate) use plan::{PlannedTask, plan};

/// What runs the generated app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// Node 18 or newer, with nothing installed.
    Node,
    /// Python 3.10 or newer, with its standard library.
    Python,
}

impl Runtime {
    /// The runtime an architecture names, `None` for one that this generator can't write for.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "node" => Some(Self::Node),
            "python3" => Some(Self::Python),
            _ => None,
        }
    }

    /// The name of the program that runs the app.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python3",
        }
    }
}

/// Writes one file of the app, `None` when the app has no file at `path`.
pub(crate) fn render(spec: &Specification, runtime: Runtime, path: &str) -> Option<String> {
    let spec = normalise::normalise(spec);
    let file = files::files(&spec, runtime).into_iter().find(|file| file.path == path)?;
    Some(templates::render(&spec, runtime, &file))
}
