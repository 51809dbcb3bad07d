//! Files are short, finished and safe.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::metadata::{folder, members, root};

/// Folders beside those of the crates that hold what people write.
const FOLDERS: [&str; 8] = ["src", "tests", "examples", "benches", "bindings", "docs", ".ci", ".github"];

/// Lines that a source file may have.
const LONGEST: usize = 600;

/// Where unsafe code may be, and why.
const UNSAFE: [(&str, &str); 3] = [
    ("samokoder-sandbox/agent/sys.rs", "system calls that the standard library has no function for"),
    ("samokoder-sandbox/init/sys/", "system calls that the standard library has no function for"),
    ("samokoder-sandbox/probe/", "what hostile programs try in the sandbox"),
];

/// All files that people write, without a folder's files that a program made.
pub(crate) fn all() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|name| root().join(name)).collect();
    folders.extend(members().map(folder).filter(|folder| folder != root()));
    folders.sort();
    folders.dedup();
    let mut files: Vec<PathBuf> = entries(root()).into_iter().filter(|path| path.is_file()).collect();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let name = path.file_name().unwrap_or_default();
            if path.is_symlink() || ["target", "node_modules", "__pycache__"].iter().any(|made| name == *made)
            {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files.dedup();
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("a folder can be read").path()).collect()
}

/// A path as people write it here.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn sources(extensions: &[&str]) -> impl Iterator<Item = (String, String)> {
    let wanted =
        |path: &PathBuf| path.extension().is_some_and(|e| extensions.iter().any(|known| e == *known));
    let files: Vec<_> = all().into_iter().filter(wanted).collect();
    files.into_iter().map(|path| (shown(&path), fs::read_to_string(&path).expect("sources are text")))
}

#[test]
fn no_source_file_is_long() {
    for (path, text) in sources(&["rs", "py", "js", "mjs", "ts", "tsx"]) {
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{path} has {lines} lines: split it where its subject changes");
    }
}

#[test]
fn nothing_is_left_unfinished() {
    // Put together, so that this file does not contain them.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let code = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore")];
    for (path, text) in sources(&["rs", "py", "js", "mjs", "ts", "tsx", "toml", "sh", "yml", "css", "sql"]) {
        for (number, line) in text.lines().enumerate() {
            let found = marks.iter().find(|mark| has_word(line, mark));
            let found = found.or_else(|| code.iter().find(|code| line.contains(**code)));
            assert_eq!(found, None, "{path}:{}", number + 1);
        }
    }
}

#[test]
fn unsafe_code_is_where_it_may_be() {
    let starts = ["{", "fn ", "impl ", "extern ", "trait ", "("];
    for (path, text) in sources(&["rs"]) {
        let allowed = UNSAFE.iter().any(|(place, _)| path.starts_with(place));
        for (number, line) in text.lines().enumerate() {
            let is_unsafe = words(line, "unsafe")
                .any(|(_, after)| starts.iter().any(|start| after.trim_start().starts_with(start)));
            let is_comment = line.trim_start().starts_with("//");
            assert!(
                allowed || is_comment || !is_unsafe,
                "{path}:{}: unsafe code may only be in {UNSAFE:?}",
                number + 1
            );
        }
    }
}

fn has_word(line: &str, word: &str) -> bool {
    words(line, word).next().is_some()
}

/// What is before and after each place where a word stands alone.
fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let is_part = |other: char| other.is_alphanumeric() || other == '_';
    line.match_indices(word)
        .map(|(at, _)| (&line[..at], &line[at + word.len()..]))
        .filter(move |(before, after)| !before.ends_with(is_part) && !after.starts_with(is_part))
}
