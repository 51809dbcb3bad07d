//! Tells most texts without a secret from the others, without looking at each of their bytes.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::find::{LONG, PEM, is_value};

static PRIVATE_KEY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(PEM));

/// Whether [`find_secrets`](super::find_secrets) may find a secret in a text, or in a string of a JSON text. Every one is a private key or has a run
/// of as many bytes as the shortest one, all of which may be in a value. JSON escapes none of these bytes.
pub fn is_suspect(text: &[u8]) -> bool {
    has_run(text) || PRIVATE_KEY.find(text).is_some()
}

/// Goes on after the last byte that ends a run: of prose, about every second byte is not looked at.
fn has_run(text: &[u8]) -> bool {
    let mut from = 0;
    while let Some(window) = text.get(from..from + LONG) {
        match window.iter().rposition(|byte| !is_value(*byte)) {
            Some(last) => from += last + 1,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_wherever_it_is_and_only_if_it_is_long_enough() {
        for before in 0..45 {
            for after in [0, 1, 30] {
                let text = |run: usize| {
                    let words = "in words ".repeat(6);
                    format!("{} {} {}", &words[..before], "x".repeat(run), &words[..after])
                };
                assert!(is_suspect(text(LONG).as_bytes()), "{}", text(LONG));
                assert!(!is_suspect(text(LONG - 1).as_bytes()), "{}", text(LONG - 1));
            }
        }
    }

    #[test]
    fn a_private_key_is_suspect_also_in_json() {
        let text = "a\n-----BEGIN PRIVATE KEY-----\nMIIE\n";
        assert!(is_suspect(text.as_bytes()));
        assert!(is_suspect(serde_json::to_string(text).unwrap_or_default().as_bytes()));
    }
}
