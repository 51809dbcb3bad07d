//! Secrets of services that have signs in them which other words have not: addresses of webhooks, tokens of bots.

use super::find::{LOOKED_AT, Secret, is_random_word, is_word, length};

/// Addresses whose last part is a secret: host, path before it, and what it is. As their services document them.
const WEBHOOKS: [(&str, &str, &str); 6] = [
    ("hooks.slack.com", "/services/", "Slack webhook"),
    ("hooks.slack.com", "/workflows/", "Slack webhook"),
    ("hooks.slack.com", "/triggers/", "Slack webhook"),
    ("discord.com", "/webhooks/", "Discord webhook"),
    ("discordapp.com", "/webhooks/", "Discord webhook"),
    ("hooks.zapier.com", "/hooks/catch/", "Zapier webhook"),
];

/// The secret part of an address whose host is the word from `start` to `end`.
pub(super) fn in_webhook(text: &str, start: usize, end: usize) -> Option<Secret> {
    let host = text[start..end].trim_start_matches("canary.").trim_start_matches("ptb.");
    // Discord's have a version, or none.
    let api = text[end..].strip_prefix("/api").map_or(0, |rest| {
        let version =
            rest.strip_prefix("/v").map_or(0, |rest| "/v".len() + length(rest, |byte| byte.is_ascii_digit()));
        "/api".len() + version
    });
    let rest = &text[end + api..];
    let (_, path, what) = WEBHOOKS
        .iter()
        .find(|(known, path, _)| host.eq_ignore_ascii_case(known) && rest.starts_with(path))?;
    let is_part = |byte: &u8| is_word(*byte) || *byte == b'/';
    let rest = &rest[path.len()..];
    let secret = &rest[..rest.bytes().take(LOOKED_AT).take_while(is_part).count()];
    let secret = secret.trim_end_matches(['.', '/', '-']);
    let (account, last) = secret.rsplit_once('/')?;
    let is_hook = |last: &str| last.len() >= 6 && last.contains(|c: char| c.is_ascii_digit());
    // What stands there in documentation is no secret. Zapier's are short.
    let is_secret = if what.starts_with("Zapier") {
        account.bytes().all(|byte| byte.is_ascii_digit()) && is_hook(last)
    } else {
        is_random_word(last)
    };
    let from = end + api + path.len();
    is_secret.then(|| Secret { range: from..from + secret.len(), what })
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
    fn the_secret_part_of_a_webhooks_address_is_found() {
        for (address, part, what) in [
            ("https://hooks.slack.com/services/", format!("T00000001/B00000002/{PART}"), "Slack webhook"),
            ("https://hooks.slack.com/triggers/", format!("T1/2/{PART}"), "Slack webhook"),
            ("https://discord.com/api/webhooks/", format!("123456789012345678/{PART}"), "Discord webhook"),
            (
                "https://ptb.discord.com/api/v10/webhooks/",
                format!("12345678901234567/{PART}"),
                "Discord webhook",
            ),
            ("https://hooks.zapier.com/hooks/catch/", "1234567/b2cdefg".to_owned(), "Zapier webhook"),
        ] {
            for text in [format!("post to {address}{part}."), format!("{{\"url\": \"{address}{part}/\"}}")] {
                assert_eq!(found(&text), [(what, part.as_str())], "{text}");
            }
        }
        for text in [
            "it posts to https://hooks.slack.com/services/ID with a short id",
            "https://discord.com/api/webhooks/your-webhook-goes-here/please",
            "https://discord.com/api/webhooks/123456789012345678/your-token-goes-here",
            "https://hooks.slack.com/services/T00000000/B00000000/xxxxxxxxxxxxxxxxxxxxxxxx",
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
