//! What of a person's files may be recorded.

use std::borrow::Cow;

use super::Redactor;

/// Ends of names of files that hold keys, or settings with them.
const KEYS: [&str; 8] = [".env", ".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"];

/// How names of private keys begin.
const PRIVATE: [&str; 4] = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];

/// Ends of names of files that are prose or settings, and no code: what is told as a password there is one.
const TOLD: [&str; 14] = [
    ".md",
    ".txt",
    ".rst",
    ".adoc",
    ".ini",
    ".cfg",
    ".conf",
    ".properties",
    ".toml",
    ".yaml",
    ".yml",
    ".sh",
    ".bash",
    "dockerfile",
];

/// Whether there seems to be a secret in a file or its name.
pub(crate) fn has_secret(redactor: &dyn Redactor, path: &str, content: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&KEYS) || name.contains(".env.") || PRIVATE.iter().any(|begin| name.starts_with(begin)) {
        return true;
    }
    let is_owned = |text: Cow<'_, str>| matches!(text, Cow::Owned(_));
    let is_found =
        |text: &str| is_owned(if ends(&TOLD) { redactor.redact_typed(text) } else { redactor.redact(text) });
    is_owned(redactor.redact_typed(path))
        || is_found(&String::from_utf8_lossy(content))
        || in_utf_16(content).is_some_and(|text| is_found(&text))
}

/// A text in UTF-16 that says so with its mark.
fn in_utf_16(content: &[u8]) -> Option<String> {
    let units = |read: fn([u8; 2]) -> u16| {
        content.as_chunks().0.iter().skip(1).copied().map(read).collect::<Vec<_>>()
    };
    match content {
        [0xff, 0xfe, ..] => Some(String::from_utf16_lossy(&units(u16::from_le_bytes))),
        [0xfe, 0xff, ..] => Some(String::from_utf16_lossy(&units(u16::from_be_bytes))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::SecretRedactor;

    #[test]
    fn settings_and_prose_have_what_is_told_and_code_only_what_no_one_writes_as_an_example() {
        let has = |path: &str, text: &str| has_secret(&SecretRedactor::new(), path, text.as_bytes());
        for (path, text) in [
            ("prod.env", ""),
            ("settings.env.example", ""),
            ("keys/server.pem", ""),
            ("id_ed25519.pub", ""),
            ("compose.yaml", "environment:\n  POSTGRES_PASSWORD: tulip\n"),
            ("notes.md", "The admin's password is tulip."),
            ("Dockerfile", "ENV DB_PASSWORD=tulip"),
            ("start.sh", "mysql -u root -phunter2 shop"),
            ("src/settings.mjs", "export const password = \"kJ8s7df6Gh3kLq92\";"),
        ] {
            assert!(has(path, text), "{path}: {text}");
        }
        for (path, text) in [
            ("src/user.test.mjs", "login({ name: \"ann\", password: \"hunter2\" })"),
            ("locales/de.json", "{\"password\": \"Passwort\"}"),
            ("README.md", "Members have a name and a password. The password is hashed."),
            ("schema.yaml", "name: text\npassword: text\n"),
            ("src/keyboard.mjs", "const key = event.key;"),
        ] {
            assert!(!has(path, text), "{path}: {text}");
        }
    }

    #[test]
    fn a_text_in_utf_16_is_read() {
        for (mark, bytes) in
            [([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]), ([0xfe, 0xff], u16::to_be_bytes)]
        {
            let in_utf_16 =
                |text: &str| [&mark[..], &text.encode_utf16().flat_map(bytes).collect::<Vec<_>>()].concat();
            let has = |text: &str| has_secret(&SecretRedactor::new(), "notes.txt", &in_utf_16(text));
            assert!(has("Пароль: tulip"));
            assert!(!has("The password is required"));
        }
    }
}
