//! How long a provider asks to wait, in all the spellings that are seen.

use std::time::Duration;
#[cfg(feature = "http")]
use std::time::SystemTime;

/// A duration as providers write it: `30`, `1.5`, `500ms`, `6m0s`, `2m59.56s`, `1h30m`, `46s`. A number without a unit
/// is seconds. Less than nothing is nothing.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    if let Ok(seconds) = rest.parse::<f64>() {
        if seconds.is_nan() {
            return None;
        }
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        sum += number
            * match rest[..letters].trim() {
                "ns" => 1e-9,
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" | "sec" | "seconds" => 1.0,
                "m" | "min" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    Duration::try_from_secs_f64(sum).ok()
}

/// The value of a `Retry-After` header: a duration, or a date (RFC 9110, 10.2.3), of which one that has passed means at
/// once.
#[cfg(feature = "http")]
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    duration(value).or_else(|| {
        let date = httpdate::parse_http_date(value.trim()).ok()?;
        Some(date.duration_since(now).unwrap_or(Duration::ZERO))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_spelling() {
        for (text, ms) in [
            ("30", 30_000),
            ("1.5", 1_500),
            ("500ms", 500),
            ("6m0s", 360_000),
            ("2m59.56s", 179_560),
            ("1h30m", 5_400_000),
            ("46s", 46_000),
            ("-1", 0),
            ("0", 0),
            ("1d", 86_400_000),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "soon", "5 apples", "1e400", "ms", "NaN"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    #[cfg(feature = "http")]
    fn a_date_is_a_wait_until_then_and_a_past_one_no_wait() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(24_090_208);
        let wait = |value| retry_after(value, now);
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:05 GMT"), Some(Duration::from_secs(5)));
        assert_eq!(wait("Wed, 21 Oct 2015 07:27:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("later"), None);
    }
}
