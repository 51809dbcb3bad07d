//! What is checked before a file is taken.

use super::EditError;

/// Remarks that stand for code a model left out, in lower case.
const ELISIONS: [&str; 10] = [
    "rest of the code",
    "rest of code",
    "rest of the file",
    "existing code",
    "code unchanged",
    "remains unchanged",
    "same as before",
    "остальной код",
    "без изменений",
    "существующий код",
];

/// A file this long that loses most of its lines has more likely been cut off than rewritten.
const LONG: usize = 40;

/// The content, if nothing suggests that a part of it is missing.
///
/// # Errors
/// [`EditError`] for an empty file, for a comment that stands for code, and for a long file that became much shorter.
pub fn guard(current: Option<&str>, content: String) -> Result<String, EditError> {
    if content.trim().is_empty() {
        return Err(EditError("the file is empty".into()));
    }
    if content.contains('\0') {
        return Err(EditError("the file holds a zero byte".into()));
    }
    let current = current.unwrap_or_default();
    for line in content.lines().map(str::trim) {
        let is_elision = is_comment(line) && line.contains(['…', '.']) && {
            let line = line.to_lowercase();
            (line.contains("...") || line.contains('…'))
                && ELISIONS.iter().any(|elision| line.contains(elision))
        };
        if is_elision && !current.contains(line) {
            return Err(EditError(format!(
                "the line {line:?} stands for code that is left out; write all of it"
            )));
        }
    }
    let (before, after) = (current.lines().count(), content.lines().count());
    if before >= LONG && after * 3 < before {
        return Err(EditError(format!(
            "the file had {before} lines and would have {after}; write all of it, what is not in the answer is lost"
        )));
    }
    Ok(content)
}

fn is_comment(line: &str) -> bool {
    ["//", "#", "/*", "*", "<!--", "{/*", "--", "\"\"\""].iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(current: Option<&str>, content: &str) -> bool {
        guard(current, content.to_owned()).is_ok()
    }

    #[test]
    fn remarks_that_stand_for_code_are_refused_in_both_languages() {
        for line in
            ["// ... rest of the code", "# … остальной код без изменений", "<!-- existing code... -->"]
        {
            assert!(!is_taken(None, &format!("a\n{line}\nb")), "{line}");
        }
        assert!(is_taken(None, "// The existing code of the tax office.\nlet a;"));
        assert!(is_taken(Some("# ... existing code"), "# ... existing code\nx = 1\n"));
    }

    #[test]
    fn a_long_file_may_not_shrink_to_a_stub() {
        let long = "line\n".repeat(60);
        assert!(!is_taken(Some(&long), "line\n"));
        assert!(is_taken(Some(&long), &"line\n".repeat(30)));
        assert!(is_taken(Some("short\n"), "x\n"));
    }
}
