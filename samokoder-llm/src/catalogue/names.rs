//! Under which names a model is looked for.

use std::iter;

/// Variants of a model at OpenRouter that only say how to route.
const ROUTING_VARIANTS: [&str; 3] = [":nitro", ":floor", ":exacto"];

/// The name under which a provider is listed.
pub(super) fn provider(name: &str) -> &str {
    match name {
        "google" => "gemini",
        other => other,
    }
}

/// The model's name, then what is left of it as parts that don't matter are taken off.
pub(super) fn candidates<'a>(provider: &'a str, model: &'a str) -> impl Iterator<Item = &'a str> {
    iter::successors(Some(model), move |name| shorter(provider, name))
}

fn shorter<'a>(provider: &str, model: &'a str) -> Option<&'a str> {
    let shorter = match provider {
        "gemini" => model.strip_prefix("models/"),
        "openrouter" => ROUTING_VARIANTS.iter().find_map(|variant| model.strip_suffix(variant)),
        _ => None,
    };
    shorter.or_else(|| without_date(model))
}

/// The name of the model that this is a snapshot of.
fn without_date(model: &str) -> Option<&str> {
    let split = |length: usize| model.len().checked_sub(length).and_then(|at| model.split_at_checked(at));
    if let Some((name, date)) = split("-2026-03-17".len())
        && let [b'-', year @ .., b'-', m1, m2, b'-', d1, d2] = date.as_bytes()
        && is_date(year, [*m1, *m2], [*d1, *d2])
    {
        return Some(name);
    }
    let (name, date) = split("-20260317".len())?;
    let [b'-' | b'@', year @ .., m1, m2, d1, d2] = date.as_bytes() else { return None };
    is_date(year, [*m1, *m2], [*d1, *d2]).then_some(name)
}

fn is_date(year: &[u8], month: [u8; 2], day: [u8; 2]) -> bool {
    let is_number = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    let is_year = year.len() == 4 && year.starts_with(b"20") && is_number(year);
    let within = |digits: [u8; 2], last: &[u8; 2]| is_number(&digits) && digits != *b"00" && digits <= *last;
    is_year && within(month, b"12") && within(day, b"31")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<'a>(provider: &'a str, model: &'a str) -> Vec<&'a str> {
        candidates(provider, model).collect()
    }

    #[test]
    fn a_snapshot_is_its_model_with_a_date() {
        for dated in ["claude-x-20251001", "claude-x@20251001", "claude-x-2025-10-01"] {
            assert_eq!(all("anthropic", dated), [dated, "claude-x"]);
        }
    }

    #[test]
    fn what_is_no_date_stays() {
        let names = [
            "gpt-4-0613",
            "model-20251301",
            "model-2025-10-32",
            "model-19991231",
            "20251001",
            "-2025-1-001",
            "",
            "ё",
        ];
        for name in names {
            assert_eq!(all("openai", name), [name]);
        }
    }

    #[test]
    fn only_openrouter_has_routing_variants() {
        assert_eq!(
            all("openrouter", "a/b-2025-10-01:nitro"),
            ["a/b-2025-10-01:nitro", "a/b-2025-10-01", "a/b"]
        );
        assert_eq!(all("openrouter", "a/b:free"), ["a/b:free"]);
        assert_eq!(all("ollama", "b:floor"), ["b:floor"]);
    }

    #[test]
    fn gemini_writes_its_names_with_a_collection() {
        assert_eq!(all("gemini", "models/gemini-x"), ["models/gemini-x", "gemini-x"]);
        assert_eq!(provider("google"), "gemini");
    }
}
