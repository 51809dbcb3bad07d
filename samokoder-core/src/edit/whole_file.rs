//! Answers that hold a whole file.

use super::EditError;
use crate::project::WorkspacePath;

/// The file in an answer: between `<file path="…">` and `</file>`, or else in its only fenced block.
///
/// # Errors
/// [`EditError`] when there is no file, or one with another path.
pub fn whole_file(path: &WorkspacePath, answer: &str) -> Result<String, EditError> {
    if let Some((before, rest)) = answer.split_once("<file path=\"") {
        let (named, rest) = rest.split_once("\">").unwrap_or((rest, ""));
        if named != path.as_str() {
            let named: String = named.chars().take(200).collect();
            return Err(EditError(format!("it is about {named:?}, but {path} was asked for")));
        }
        // The file itself may hold such a line, so the last one counts.
        let Some((content, _)) = rest.rsplit_once("</file>") else {
            return Err(EditError("the file is cut off: there is no line </file> at its end".into()));
        };
        let content = content.strip_prefix("\r\n").or_else(|| content.strip_prefix('\n')).unwrap_or(content);
        return Ok(unwrap_fence(content, before));
    }
    let blocks: Vec<&str> = fenced_blocks(answer);
    match blocks.as_slice() {
        [block] => Ok((*block).to_owned()),
        _ => Err(EditError(format!(
            "there is no file in it; write it between <file path=\"{path}\"> and </file>"
        ))),
    }
}

/// The content, without a fence that a model may have put around all of it.
fn unwrap_fence(content: &str, before: &str) -> String {
    let body = content.trim();
    let is_fenced = body.starts_with("```") && body.ends_with("```") && !before.trim_end().ends_with("```");
    match (is_fenced, fenced_blocks(body).as_slice()) {
        (true, [block]) if body.lines().filter(|line| line.starts_with("```")).count() == 2 => {
            (*block).to_owned()
        }
        _ => content.to_owned(),
    }
}

fn fenced_blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(open) = find_fence(rest) {
        let Some(line_end) = rest[open..].find('\n') else { break };
        let body = &rest[open + line_end + 1..];
        let Some(close) = find_fence(body) else { break };
        blocks.push(&body[..close]);
        let after = &body[close..];
        rest = after.find('\n').map_or("", |end| &after[end + 1..]);
    }
    blocks
}

/// Where the first line that begins with a fence begins.
fn find_fence(text: &str) -> Option<usize> {
    if text.starts_with("```") { Some(0) } else { text.find("\n```").map(|at| at + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Result<String, EditError> {
        whole_file(&"src/a.mjs".parse().unwrap(), answer)
    }

    #[test]
    fn content_is_taken_to_the_letter() {
        let answer = "Here it is:\n<file path=\"src/a.mjs\">\n  let x = '</file>';\n\n</file>\nDone.";
        assert_eq!(read(answer).unwrap(), "  let x = '</file>';\n\n");
        assert_eq!(read("<file path=\"src/a.mjs\">\r\na\r\n</file>").unwrap(), "a\r\n");
    }

    #[test]
    fn a_fence_around_the_file_is_not_part_of_it() {
        assert_eq!(read("Sure:\n```js\nlet a;\n```\nDone").unwrap(), "let a;\n");
        assert_eq!(read("<file path=\"src/a.mjs\">\n```js\nlet a;\n```\n</file>").unwrap(), "let a;\n");
        let readme = "<file path=\"src/a.mjs\">\n# A\n\n```sh\nls\n```\n</file>";
        assert_eq!(read(readme).unwrap(), "# A\n\n```sh\nls\n```\n");
    }

    #[test]
    fn what_is_no_file_or_another_one_is_refused() {
        assert!(read("I can't do that.").is_err());
        assert!(read("<file path=\"../../etc/passwd\">\nx\n</file>").is_err());
        assert!(read("<file path=\"src/a.mjs\">\nlet x").is_err());
        assert!(read("```\na\n```\n```\nb\n```\n").is_err());
    }
}
