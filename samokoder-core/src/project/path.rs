//! Paths inside a workspace.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// The folder that holds a project's state; no agent may name anything in it.
pub const STATE_FOLDER: &str = ".samokoder";

/// A file inside the workspace: relative, normalised, `/`-separated.
///
/// A model picks paths, so parsing is the boundary: no value of this type leaves the workspace or reaches
/// the state folder. Text is normalised to Unicode NFC; two paths that differ only in case count as
/// [overlapping](Self::overlaps), because on some file systems they are one file.
///
/// ```
/// use samokoder_core::project::WorkspacePath;
///
/// assert_eq!(WorkspacePath::parse("./src//app.mjs").unwrap().as_str(), "src/app.mjs");
/// assert!(WorkspacePath::parse("../etc/passwd").is_err());
/// assert!(WorkspacePath::parse(".samokoder/state.db").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "agents", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "agents", schemars(with = "String"))]
pub struct WorkspacePath(String);

/// Why a text is not a [`WorkspacePath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is not a path inside the workspace: {reason}")]
pub struct InvalidPath {
    path: String,
    reason: &'static str,
}

/// Longest path in bytes, and longest name in it: what common file systems can hold.
const MAX_PATH: usize = 1024;
const MAX_NAME: usize = 255;

impl WorkspacePath {
    /// Parses and normalises a relative path.
    ///
    /// # Errors
    /// [`InvalidPath`] for an absolute path, one with `..`, a backslash, a colon, a control character, a name
    /// that some system reserves, a path that is empty or too long, and anything beneath [`STATE_FOLDER`].
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        let fail = |reason| Err(InvalidPath { path: text.chars().take(200).collect(), reason });
        let text: String = text.nfc().collect();
        if text.starts_with('/') {
            return fail("it is absolute; give it relative to the app's folder");
        }
        if text.len() > MAX_PATH {
            return fail("it is longer than 1024 bytes");
        }
        let mut names = Vec::new();
        for name in text.split('/') {
            match name {
                "" | "." => {}
                ".." => return fail("`..` leaves the folder"),
                name if name.len() > MAX_NAME => return fail("a name in it is longer than 255 bytes"),
                name if name.contains(forbidden) => {
                    return fail("it has a control character or one of \\ : * ? \" < > |");
                }
                name if name.ends_with(['.', ' ']) || name.starts_with(' ') => {
                    return fail("a name in it starts or ends with a space, or ends with a dot");
                }
                name if is_reserved(name) => return fail("a name in it is reserved"),
                name => names.push(name),
            }
        }
        match names.first() {
            None => fail("it is empty"),
            Some(first) if fold(first) == STATE_FOLDER => fail("the state folder is not part of the app"),
            Some(first) if fold(first) == ".git" => {
                fail("the repository's own folder is not part of the app")
            }
            Some(_) => Ok(Self(names.join("/"))),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last name in the path.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Whether `other` is this file or lies beneath this folder.
    pub fn contains(&self, other: &Self) -> bool {
        beneath(&self.0, &other.0)
    }

    /// Whether one of the two is the other or lies beneath it, ignoring case.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (fold(&self.0), fold(&other.0));
        beneath(&a, &b) || beneath(&b, &a)
    }
}

/// Characters that a path may not contain on every system an app may be unpacked on.
fn forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{202a}'..='\u{202e}')
}

/// Device names that Windows reserves, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|c: char| c.is_ascii_digit()))
}

fn beneath(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn fold(text: &str) -> String {
    text.to_lowercase()
}

impl TryFrom<String> for WorkspacePath {
    type Error = InvalidPath;

    fn try_from(text: String) -> Result<Self, InvalidPath> {
        Self::parse(&text)
    }
}

impl From<WorkspacePath> for String {
    fn from(path: WorkspacePath) -> Self {
        path.0
    }
}

impl std::str::FromStr for WorkspacePath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        Self::parse(text)
    }
}

impl fmt::Display for WorkspacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WorkspacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_leaves_the_workspace_is_refused() {
        for text in [
            "",
            ".",
            "..",
            "/",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/..",
            "a\\b",
            "C:/x",
            "a\0b",
            "a\nb",
            ".samokoder/state.db",
            ".SAMOKODER/x",
            "./.samokoder",
            ".git/hooks/pre-commit",
            "con",
            "src/NUL.txt",
            "com1",
            "a./b",
            "a /b",
        ] {
            assert!(WorkspacePath::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_folder_overlaps_what_is_beneath_it_and_nothing_else() {
        let path = |text| WorkspacePath::parse(text).unwrap();
        assert!(path("src").overlaps(&path("src/app.mjs")));
        assert!(path("src/App.mjs").overlaps(&path("src/app.mjs")));
        assert!(!path("src").overlaps(&path("srcs/app.mjs")));
        assert!(!path("src/a").overlaps(&path("src/b")));
    }

    #[test]
    fn composed_and_decomposed_text_is_one_path() {
        assert_eq!(WorkspacePath::parse("cafe\u{301}.md").unwrap(), WorkspacePath::parse("café.md").unwrap());
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent_and_stays_inside(text in "[./a-zA-ZёЙ\\\\:~ ]{0,24}") {
            if let Ok(path) = WorkspacePath::parse(&text) {
                prop_assert_eq!(&WorkspacePath::parse(path.as_str()).unwrap(), &path);
                prop_assert!(!path.as_str().starts_with('/'));
                prop_assert!(path.as_str().split('/').all(|name| !name.is_empty() && name != "." && name != ".."));
            }
        }
    }
}
