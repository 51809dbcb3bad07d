//! Patterns with stars, and texts that a file system may take for each other.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// Whether `text` is what `pattern` says, in which `*` stands for any characters, none included.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = pattern.contains('*').then(|| parts.next_back()).flatten() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// One text for all that some file system takes for the same name: neither case nor compatible forms of characters
/// count, nor characters that are not seen. It goes further than any single system does.
pub(super) fn fold(name: &str) -> String {
    alike(name).trim_end_matches([' ', '.']).trim_start().to_owned()
}

/// A pattern for names that were [folded](fold).
pub(super) fn fold_pattern(pattern: &str) -> Cow<'_, str> {
    plain(pattern).unwrap_or_else(|| pattern.split('*').map(alike).collect::<Vec<_>>().join("*").into())
}

fn alike(text: &str) -> Cow<'_, str> {
    plain(text).unwrap_or_else(|| folded(text).into())
}

/// The folded text if it is ASCII, as most names and all built-in patterns are: of that only the case is folded.
fn plain(text: &str) -> Option<Cow<'_, str>> {
    let is_folded = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    text.is_ascii().then(|| if is_folded { text.into() } else { text.to_ascii_lowercase().into() })
}

fn folded(text: &str) -> String {
    let seen = text.nfkc().filter(|c| !is_unseen(*c));
    // There and back: some letters have a capital that is another letter's too.
    let folded: String = seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    folded.nfkc().collect()
}

/// Characters that Unicode calls ignorable by default, as far as they stand alone; HFS+ leaves some out of names.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text) in
            [("node", "node"), ("*", ""), ("--test*", "--test"), ("a*c*e", "abcde"), ("*.pth", "x.pth")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("node", "nodejs"), ("", "x"), ("a*a", "a"), ("--test=*", "--test"), ("a*c*e", "abd")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn plain_text_folds_as_any_other(text in "[\\x00-\\x7f]{0,40}") {
            proptest::prop_assert_eq!(plain(&text).unwrap(), folded(&text));
        }
    }

    #[test]
    fn names_that_look_or_sort_alike_fold_to_one() {
        for name in [".GIT", ".g\u{200d}it", "\u{ff0e}git", ".ｇｉｔ", ".gıt", ".git.", " .git"] {
            assert_eq!(fold(name), fold(".git"), "{name:?}");
        }
        assert_ne!(fold("digit"), fold(".git"));
    }
}
