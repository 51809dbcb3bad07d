//! Finds secrets in text.

use std::ops::Range;

use super::{
    passwords::in_url,
    services::{in_webhook, telegram},
    suspect::is_suspect,
    told::head,
    value::{is_reference, is_strong, looks_random},
};

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secret {
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// What it is: `AWS access key`.
    pub what: &'static str,
}

/// How keys of known services begin, how many characters they have at least after that, and what they are. Of two that
/// fit, the first counts. The forms are those that their services document for secret scanners.
const PREFIXES: [(&str, usize, &str); 44] = [
    ("sk-ant-", 20, "Anthropic key"),
    ("sk-or-", 20, "OpenRouter key"),
    ("sk-proj-", 20, "OpenAI key"),
    ("sk_live_", 16, "Stripe key"),
    ("rk_live_", 16, "Stripe key"),
    ("sk-", 20, "API key"),
    ("gsk_", 20, "Groq key"),
    ("xai-", 20, "xAI key"),
    ("AIza", 35, "Google key"),
    ("AKIA", 16, "AWS access key"),
    ("ASIA", 16, "AWS access key"),
    ("ghp_", 36, "GitHub token"),
    ("gho_", 36, "GitHub token"),
    ("ghu_", 36, "GitHub token"),
    ("ghs_", 36, "GitHub token"),
    ("ghr_", 36, "GitHub token"),
    ("github_pat_", 22, "GitHub token"),
    ("glpat-", 20, "GitLab token"),
    ("xoxb-", 20, "Slack token"),
    ("xoxp-", 20, "Slack token"),
    ("xoxa-", 20, "Slack token"),
    ("hf_", 30, "Hugging Face token"),
    ("npm_", 36, "npm token"),
    ("pypi-", 50, "PyPI token"),
    ("SG.", 40, "SendGrid key"),
    ("sk_test_", 16, "Stripe key"),
    ("whsec_", 24, "webhook secret"),
    ("xapp-", 20, "Slack token"),
    ("dckr_pat_", 20, "Docker token"),
    ("pplx-", 32, "Perplexity key"),
    ("r8_", 30, "Replicate token"),
    ("dop_v1_", 40, "DigitalOcean token"),
    ("shpat_", 32, "Shopify token"),
    ("lin_api_", 32, "Linear key"),
    ("ntn_", 32, "Notion token"),
    ("figd_", 32, "Figma token"),
    ("hvs.", 24, "Vault token"),
    ("ya29.", 20, "Google token"),
    ("GOCSPX-", 20, "Google secret"),
    ("AGE-SECRET-KEY-1", 40, "age key"),
    ("AQVN", 32, "Yandex key"),
    ("y0_", 32, "Yandex token"),
    ("vk1.a.", 40, "VK token"),
    (JWT, 40, "JSON web token"),
];

/// How a JSON web token begins: an object in base64. It has three parts.
const JWT: &str = "eyJ";

/// How a private key in PEM begins.
pub(super) const PEM: &str = "-----BEGIN";

/// Ends of the names of variables that hold secrets.
const NAMES: [&str; 10] = [
    "key",
    "secret",
    "token",
    "password",
    "passwd",
    "pwd",
    "_pass",
    "passphrase",
    "credential",
    "credentials",
];

/// Characters that a key or a value must have to be taken for a secret. No key of the services above has fewer.
pub(super) const LONG: usize = 20;

/// Bytes within which the first line of a private key says that it is one.
const NAMED_WITHIN: usize = 64;

/// Bytes of a value that are looked at: a text of nothing but names and signs is no reason to read it again at each.
pub(super) const LOOKED_AT: usize = 512;

/// Bits of entropy that each character of a value must have: words and paths have less.
const ENTROPY: f64 = 3.5;

/// The same of hexadecimal digits, of which there are fewer.
const HEX_ENTROPY: f64 = 3.0;

/// Finds the secrets in a text, in their order, without overlap.
///
/// ```
/// use samokoder_core::secrets::find_secrets;
///
/// let text = "deploy with AKIAIOSFODNN7EXAMPLE please";
/// let found = find_secrets(text);
/// assert_eq!((found[0].what, &text[found[0].range.clone()]), ("AWS access key", "AKIAIOSFODNN7EXAMPLE"));
/// ```
pub fn find_secrets(text: &str) -> Vec<Secret> {
    if is_suspect(text.as_bytes()) { search(text, false) } else { Vec::new() }
}

/// Also shorter values of telling names, and passwords in URLs, that no one would write as an example.
pub(super) fn find_all(text: &str) -> Vec<Secret> {
    search(text, true)
}

/// The text with each of these, which are in order, replaced by its description: `[AWS access key removed]`.
pub fn remove_secrets(text: &str, found: &[Secret]) -> String {
    let (mut clean, mut at) = (String::with_capacity(text.len()), 0);
    for Secret { range, what } in found {
        clean.push_str(&text[at..range.start]);
        clean.extend(["[", what, " removed]"]);
        at = range.end;
    }
    clean + &text[at..]
}

fn search(text: &str, short: bool) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut at = 0;
    // All characters of a word are single bytes, so that it begins and ends between characters.
    while let Some(start) = text.as_bytes()[at..].iter().position(|byte| is_word(*byte)).map(|next| at + next)
    {
        let end = start + length(&text[start..], is_word);
        let secret = if text[start..end].starts_with(PEM) {
            private_key(text, start)
        } else {
            let in_url = || {
                let range = in_url(text, &(start..end)).filter(|_| short)?;
                looks_random(&text[range.clone()]).then_some(Secret { range, what: "secret" })
            };
            let formed = known(text, start, end).or_else(|| in_webhook(text, start, end));
            let formed = formed.or_else(|| telegram(text, start, end));
            formed.or_else(|| assigned(text, start, end, short)).or_else(in_url)
        };
        at = secret.as_ref().map_or(end, |secret| secret.range.end);
        found.extend(secret);
    }
    found
}

/// Whether a word looks like a key that nothing is said of. A hash or an id looks the same where it is called one.
pub(super) fn is_random_word(word: &str) -> bool {
    word.len() >= LONG
        && word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_ascii_alphabetic())
        && entropy(word) >= HEX_ENTROPY
        && is_strong(word)
}

/// Whether a character may be in a key or in the name of one.
#[inline]
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Whether a character may be in a value that is assigned to a name.
#[inline]
pub(super) const fn is_value(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'+' | b'/' | b'=' | b'~' | b'!' | b'@' | b'#' | b'$' | b'%')
}

/// How many of the first bytes are of a kind.
pub(super) fn length(text: &str, kind: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !kind(byte)).unwrap_or(text.len())
}

/// A private key in PEM, up to the end of its last line; one that is cut off goes up to the end of the text.
fn private_key(text: &str, start: usize) -> Option<Secret> {
    const NAME: &[u8] = b"PRIVATE KEY";
    let head = text.as_bytes()[start..].iter().take(NAMED_WITHIN).copied();
    let line: Vec<u8> = head.take_while(|byte| *byte != b'\n').collect();
    if !line.windows(NAME.len()).any(|part| part == NAME) {
        return None;
    }
    let end = text[start..].find("-----END").map_or(text.len(), |end| {
        let last = start + end + "-----END".len();
        text[last..].find("-----").map_or(text.len(), |close| last + close + "-----".len())
    });
    Some(Secret { range: start..end, what: "private key" })
}

/// A key with a known beginning.
fn known(text: &str, start: usize, end: usize) -> Option<Secret> {
    let word = text[start..end].trim_end_matches(['.', '-']);
    if word.len() < LONG {
        return None;
    }
    let (_, _, what) = PREFIXES.iter().find(|(prefix, least, _)| {
        word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *least && !is_words(rest))
            && (*prefix != JWT || word.matches('.').count() == 2)
    })?;
    Some(Secret { range: start..start + word.len(), what })
}

/// Whether it is a name made of words, as in `sk-learn-compatible-estimators`.
fn is_words(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// A value that looks random, assigned to a name that says what it is.
fn assigned(text: &str, start: usize, end: usize, short: bool) -> Option<Secret> {
    let is_bearer = text[start..end].eq_ignore_ascii_case("bearer");
    let rest = text[end..].trim_start_matches(['"', '\'', ' ', ']']);
    let rest = rest.strip_prefix(['=', ':']).or(is_bearer.then_some(rest))?;
    let name = &text.as_bytes()[start..end];
    let ends_with = |secret: &str| {
        let end = name.len().checked_sub(secret.len()).map(|from| &name[from..]);
        end.is_some_and(|end| end.eq_ignore_ascii_case(secret.as_bytes()))
    };
    if !is_bearer && !NAMES.iter().any(|secret| ends_with(secret)) {
        return None;
    }
    let rest = rest.trim_start_matches(['=', '>', ' ', '"', '\'', '`']);
    let value_start = text.len() - rest.len();
    if let Some(secret) = known(text, value_start, value_start + length(rest, is_word)) {
        return Some(secret);
    }
    let value = &rest[..rest.bytes().take(LOOKED_AT).take_while(|byte| is_value(*byte)).count()];
    let is_random = value.len() >= LONG
        && value.contains(|c: char| c.is_ascii_digit())
        && value.contains(|c: char| c.is_ascii_alphabetic())
        && entropy(value) >= ENTROPY
        && !is_reference(value);
    let length = if is_random {
        length(rest, is_value)
    } else {
        let ends = |c: char| c.is_whitespace() || "\"'`,;()<>{}[]|\\".contains(c);
        let value = if short { head(rest).split(ends).next()? } else { "" };
        looks_random(value).then_some(value.len())?
    };
    Some(Secret { range: value_start..value_start + length, what: "secret" })
}

/// Shannon entropy of a text's bytes, in bits for each of them.
#[expect(clippy::cast_precision_loss, reason = "counts of characters in a word are small")]
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    let bits = counts.iter().filter(|count| **count > 0).map(|count| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    });
    bits.sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> Vec<(&'static str, &str)> {
        find_secrets(text).into_iter().map(|secret| (secret.what, &text[secret.range])).collect()
    }

    #[test]
    fn keys_of_known_services_are_found_wherever_they_stand() {
        // Put together here, so that no scanner takes this file for a leak.
        let tail = "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ5";
        for (prefix, what) in [
            ("sk-ant-", "Anthropic key"),
            ("ghp_", "GitHub token"),
            ("gsk_", "Groq key"),
            ("hvs.", "Vault token"),
        ] {
            let key = format!("{prefix}{tail}");
            for text in
                [key.clone(), format!("use `{key}`."), format!("KEY={key}\n"), format!("{{\"a\":\"{key}\"}}")]
            {
                assert_eq!(found(&text), [(what, key.as_str())], "{text}");
            }
        }
    }

    #[test]
    fn a_private_key_is_found_whole_and_also_when_it_is_cut_off() {
        let body = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n";
        let whole = format!("a {body}-----END RSA PRIVATE KEY----- b");
        assert_eq!(found(&whole), [("private key", &whole[2..whole.len() - 2])]);
        assert_eq!(found(body), [("private key", body)]);
    }

    #[test]
    fn random_values_of_telling_names_are_found() {
        let value = "9fK2xQ7bLm4Zt8Wc1Rv6Yp3N";
        for text in [
            format!("DB_PASSWORD={value}"),
            format!("api_key: \"{value}\""),
            format!("\"clientSecret\": \"{value}\""),
            format!("let token = '{value}';"),
            format!("Authorization: Bearer {value}"),
        ] {
            assert_eq!(found(&text), [("secret", value)], "{text}");
        }
    }

    #[test]
    fn a_text_of_nothing_but_names_is_read_once() {
        // Minutes, if each of them had the rest read again.
        for part in [
            "key=",
            "password:",
            "password ",
            "-----BEGIN a ",
            "token=\"",
            "x://a:b@",
            "password is ",
            "hooks.slack.com/services/",
        ] {
            let text = part.repeat((32 << 10) / part.len());
            find_secrets(&text);
            find_all(&text);
        }
        let secrets = "AKIAIOSFODNN7EXAMPLE ".repeat(5_000);
        let removed = remove_secrets(&secrets, &find_secrets(&secrets));
        assert_eq!(removed, "[AWS access key removed] ".repeat(5_000));
    }

    #[test]
    fn ordinary_code_and_prose_have_no_secrets() {
        for text in [
            "task-list-with-a-very-long-name-1234567890",
            "sk-learn-compatible-estimators-and-pipelines",
            "the primary key: customer_id references customers",
            "password = input('Enter your password please: ')",
            "token: String, // filled in when the user logs in",
            "const key = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1';",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "commit 3f2504e04f8911d39a0c0305e82c3301",
            "AKIA is how such keys begin",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_overlap(text in "[ -~é\n]{0,60}(-----BEGIN PRIVATE KEY-----)?[ -~]{0,40}(key=[0-9a-zA-Z]{18,30})?.{0,20}") {
            let mut end = 0;
            prop_assert_eq!(find_secrets(&text), search(&text, false), "a text with a secret is suspect");
            for secret in find_secrets(&text) {
                prop_assert!(secret.range.start >= end && secret.range.end > secret.range.start);
                prop_assert!(text.get(secret.range.clone()).is_some());
                end = secret.range.end;
            }
        }
    }
}
