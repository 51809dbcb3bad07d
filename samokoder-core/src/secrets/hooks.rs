//! Secrets that are addresses, or have a colon in them: who knows them needs nothing else.

use super::find::{Secret, is_word, length};

/// Addresses whose last part is a secret: host, path before it, and what it is. As their services document them.
const HOOKS: [(&str, &str, &str); 6] = [
    ("hooks.slack.com", "/services/", "Slack webhook"),
    ("hooks.slack.com", "/workflows/", "Slack webhook"),
    ("hooks.slack.com", "/triggers/", "Slack webhook"),
    ("discord.com", "/api/webhooks/", "Discord webhook"),
    ("discordapp.com", "/api/webhooks/", "Discord webhook"),
    ("hooks.zapier.com", "/hooks/catch/", "Zapier webhook"),
];

/// Bytes that the secret part of an address has at least: an example such as `/services/T0/B0/X` has fewer.
const LEAST: usize = 20;

/// The same of Zapier's, which are ids of an account and of a hook.
const LEAST_OF_ZAPIER: usize = 12;

/// The secret part of an address whose host is the word from `start` to `end`.
pub(super) fn in_hook(text: &str, start: usize, end: usize) -> Option<Secret> {
    let (host, rest) = (&text[start..end], &text[end..]);
    let (_, path, what) =
        HOOKS.iter().find(|(known, path, _)| host.eq_ignore_ascii_case(known) && rest.starts_with(path))?;
    let from = end + path.len();
    let secret = text[from..][..length(&text[from..], |byte| is_word(byte) || byte == b'/')]
        .trim_end_matches(['.', '/', '-']);
    let least = if what.starts_with("Zapier") { LEAST_OF_ZAPIER } else { LEAST };
    (secret.len() >= least && secret.contains(|c: char| c.is_ascii_digit()))
        .then(|| Secret { range: from..from + secret.len(), what })
}

/// The token of a Telegram bot, `123456789:` and 35 characters, that begins with the word from `start` to `end`; in an
/// address `bot` stands before it.
pub(super) fn telegram(text: &str, start: usize, end: usize) -> Option<Secret> {
    const CHARACTERS: usize = 35;
    let id = text[start..end].trim_start_matches("bot");
    let is_id = (8..=10).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
    let rest = text[end..].strip_prefix(':').filter(|_| is_id)?;
    let characters = length(rest, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    (characters == CHARACTERS)
        .then(|| Secret { range: end - id.len()..end + 1 + CHARACTERS, what: "Telegram token" })
}

#[cfg(test)]
mod tests {
    use crate::secrets::find_secrets;

    fn found(text: &str) -> Vec<(&'static str, &str)> {
        find_secrets(text).into_iter().map(|secret| (secret.what, &text[secret.range])).collect()
    }

    // Put together here, so that no scanner takes this file for a leak.
    const PART: &str = "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3hJ";

    #[test]
    fn the_secret_part_of_a_hooks_address_is_found() {
        for (address, part, what) in [
            ("https://hooks.slack.com/services/", format!("T00000001/B00000002/{PART}"), "Slack webhook"),
            ("https://hooks.slack.com/triggers/", format!("T1/2/{PART}"), "Slack webhook"),
            ("https://discord.com/api/webhooks/", format!("123456789012345678/{PART}"), "Discord webhook"),
            ("https://hooks.zapier.com/hooks/catch/", "1234567/b2cdefg".to_owned(), "Zapier webhook"),
        ] {
            for text in [format!("post to {address}{part}."), format!("{{\"url\": \"{address}{part}/\"}}")] {
                assert_eq!(found(&text), [(what, part.as_str())], "{text}");
            }
        }
        for text in [
            "it posts to https://hooks.slack.com/services/ID with a short id",
            "https://discord.com/api/webhooks/your-webhook-goes-here/please",
            "https://example.com/services/T00000001/B00000002/and-so-on-and-on",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn the_token_of_a_telegram_bot_is_found() {
        let token = format!("{}:{PART}", "123456789");
        for text in
            [token.clone(), format!("https://api.telegram.org/bot{token}/getMe"), format!("BOT={token};")]
        {
            assert_eq!(found(&text), [("Telegram token", token.as_str())], "{text}");
        }
        for text in ["12345678:30 is no time of day for any bot", "123456789:aaaa-bbbb-cccc-dddd-eeee"] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
