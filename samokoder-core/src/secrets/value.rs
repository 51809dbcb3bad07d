//! What a value looks like: a word, a description, or a secret.

/// What is written with a number behind it and is no secret: algorithms, types, levels, tools that keep passwords.
const NUMBERED: [&str; 37] = [
    "aes", "argon", "base", "bcrypt", "blowfish", "chacha", "char", "des", "ed", "erc", "hs", "http", "ieee",
    "int", "iso", "keepass", "level", "max", "md", "min", "nist", "oauth", "otp", "pbkdf", "rfc", "room",
    "rs", "rsa", "scrypt", "sha", "string", "tls", "type", "utf", "uuid", "varchar", "vault",
];

/// What may follow a number that counts.
const UNITS: [&str; 10] = ["bit", "bits", "byte", "bytes", "char", "chars", "day", "days", "min", "sec"];

/// Words that say what kind of value there is, and not which one.
const WORDS: [&str; 36] = [
    "bool",
    "boolean",
    "changeme",
    "char",
    "date",
    "email",
    "empty",
    "false",
    "field",
    "hash",
    "hashed",
    "hidden",
    "input",
    "int",
    "integer",
    "nil",
    "no",
    "none",
    "null",
    "number",
    "off",
    "on",
    "optional",
    "pass",
    "password",
    "random",
    "required",
    "secret",
    "str",
    "string",
    "text",
    "token",
    "true",
    "undefined",
    "unique",
    "yes",
];

/// A value so mixed that it is no word, wherever it stands: letters and digits in turns.
pub(super) fn is_strong(value: &str) -> bool {
    value.len() >= 8 && turns(value) >= 4 && !is_described(value)
}

/// Whether it is mixed and no one would write it as an example.
pub(super) fn looks_random(value: &str) -> bool {
    let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
    let is_cased = has(|c| c.is_uppercase()) && has(|c| c.is_lowercase());
    is_strong(value) && is_cased && !is_example(value)
}

/// A value that may be a secret where one is told: letters with digits, or with signs that are not in words.
pub(super) fn is_mixed(value: &str, least: usize) -> bool {
    let letters = value.chars().any(char::is_alphabetic);
    let others = value.chars().any(|c| c.is_numeric() || "!@#$%^*~".contains(c));
    value.chars().count() >= least && letters && others && !is_described(value)
}

/// Whether there are only digits, and at least so many.
pub(super) fn is_number(value: &str, least: usize) -> bool {
    value.len() >= least && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a value stands for one that is not there.
pub(super) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    let variable = value.trim_matches(['$', '%']);
    let is_variable = variable.len() < value.len()
        && variable.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    is_variable
        || value.is_empty()
        || value.starts_with("${")
        || value.starts_with(['{', '<', '[', '('])
        || value.chars().all(|c| c == '*' || c == '.' || c == '…')
        || WORDS.contains(&&*lower)
}

/// How often digits and letters follow each other; signs between them do not count.
fn turns(value: &str) -> usize {
    let digits = || value.chars().filter(|c| c.is_alphanumeric()).map(char::is_numeric);
    digits().zip(digits().skip(1)).filter(|(one, next)| one != next).count()
}

/// Whether a value says how something is: `SHA-256`, `level3`, `6-digit`, `config.key2`, a date, an address.
fn is_described(value: &str) -> bool {
    let lower = value.to_lowercase();
    let is_numbered = NUMBERED.iter().any(|name| {
        let rest = lower.strip_prefix(name).unwrap_or_default();
        rest.trim_start_matches(['-', '_', 'v', '(']).starts_with(|c: char| c.is_ascii_digit())
    });
    let is_tool = ["1password", "2fa", "x509", "env.", "process.", "http:", "https:"]
        .iter()
        .any(|name| lower.starts_with(name));
    (is_numbered && turns(value) < 4)
        || is_tool
        || is_placeholder(value)
        || is_counted(&lower)
        || is_reference(value)
        || is_date(value)
        || is_mail(value)
        || lower.contains("://")
}

/// `6-digit`, `16chars`, `level-3`.
fn is_counted(lower: &str) -> bool {
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphabetic() || c == '-');
    let digits = lower.len() - lower.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (count, counted) = lower.split_at(digits);
    let is_counted = match counted.strip_prefix(['-', '+']) {
        Some(counted) => counted.is_empty() || is_word(counted),
        None => (digits <= 2 && is_word(counted)) || UNITS.contains(&counted),
    };
    let is_ranked = lower
        .rsplit_once('-')
        .is_some_and(|(word, rank)| is_word(word) && !word.contains('-') && is_number(rank, 1));
    (!count.is_empty() && is_counted) || is_ranked
}

/// `config.v2.toml`, `settings.apiKeyV2`.
pub(super) fn is_reference(value: &str) -> bool {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    value.contains('.') && value.split('.').all(is_name) && turns(value) < 4
}

fn is_date(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() >= 8
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[5].is_ascii_digit()
}

fn is_mail(value: &str) -> bool {
    let Some((who, host)) = value.split_once('@') else { return false };
    let Some((_, top)) = host.rsplit_once('.') else { return false };
    !who.is_empty() && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether it is the word itself in disguise, as in `P4ssw0rd1`.
fn is_example(value: &str) -> bool {
    let plain = |c: char| match c.to_ascii_lowercase() {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        c => c,
    };
    let plain: String = value.chars().map(plain).collect();
    ["passw", "secret", "example", "test"].iter().any(|word| plain.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_one_would_write_as_an_example_looks_random() {
        for value in ["kJ8s7df6Gh3kLq92", "Tr0ub4dor&3", "x8Kq2mZp9Lw"] {
            assert!(looks_random(value), "{value}");
        }
        for value in ["hunter2", "Passw0rd!", "P4ssw0rd1", "a1b2c3d4", "Secret123456!", "testPassword123"] {
            assert!(!looks_random(value), "{value}");
        }
    }

    #[test]
    fn what_says_how_something_is_is_no_secret() {
        for value in [
            "SHA-256",
            "argon2id",
            "PBKDF2-SHA256",
            "OAuth2.0",
            "level3",
            "level-3",
            "6-digit",
            "16chars",
            "24h",
            "KeePass2",
            "1Password",
            "uuid4",
            "UUIDv4",
            "2026-11-30T10:00:00Z",
            "config.v2.toml",
            "process.env.DB_PASSWORD_1",
            "ann@example.org",
            "${DB_PASSWORD_1}",
            "%PASS1%",
            "$DB_PASSWORD1",
            "<your-password-1>",
            "IEEE802.5",
            "NIST800-63B",
            "6-значное",
        ] {
            assert!(!is_strong(value) && !is_mixed(value, 4), "{value}");
        }
        for value in ["hunter2", "$ecret", "p@ss", "Winter2024!", "123qwerty", "shadow77", "солнышко1"]
        {
            assert!(is_mixed(value, 4), "{value}");
        }
    }
}
