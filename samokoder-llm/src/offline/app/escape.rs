//! How text from a description is written in each language, one function per language.

/// A string literal of JavaScript, Python and JSON alike: the escapes that JSON uses mean the same in all three.
pub(super) fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Text inside Markdown, where each punctuation mark that could be markup gets a backslash.
pub(super) fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~' | '!') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// One argument of a POSIX shell, in single quotes.
pub(super) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// One line for a `//` or `#` comment: whatever could end the line becomes a space.
pub(super) fn line(text: &str) -> String {
    let printable: String = text.chars().map(|c| if breaks_line_or_misleads(c) { ' ' } else { c }).collect();
    printable.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Control characters, line separators, and the marks that reorder text, which can make code read as what it isn't.
fn breaks_line_or_misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_line_ends_stay_inside_a_literal() {
        assert_eq!(literal("a\"b\\c\n${d}`"), r#""a\"b\\c\n${d}`""#);
    }

    #[test]
    fn markup_is_text_in_markdown() {
        assert_eq!(markdown("<b>|`x`"), r"\<b\>\|\`x\`");
    }

    #[test]
    fn a_quote_does_not_end_a_shell_argument() {
        assert_eq!(shell("it's; rm"), r"'it'\''s; rm'");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line("  a\nb\u{2028}c\u{202e}d\r\n"), "a b c d");
    }
}
