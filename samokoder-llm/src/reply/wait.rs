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
                "s" | "sec" | "second" | "seconds" => 1.0,
                "m" | "min" | "minute" | "minutes" => 60.0,
                "h" | "hour" | "hours" => 3600.0,
                "d" | "day" | "days" => 86_400.0,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    Duration::try_from_secs_f64(sum).ok()
}

/// A wait that is asked for in words: "Please try again in 1.574s", "Please retry after 6 seconds".
pub(crate) fn in_words(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    let marks = ["try again in ", "retry in ", "retry after ", "try again after "];
    let rest = marks.iter().find_map(|mark| Some(text.split_once(mark)?.1))?;
    let mut words = rest.split_whitespace().map(|word| word.trim_end_matches(['.', ',', ';', ')']));
    let (first, second) = (words.next()?, words.next().unwrap_or_default());
    duration(&format!("{first} {second}")).or_else(|| duration(first))
}

/// The value of a header that says when: a duration, a date (RFC 9110, 10.2.3, or RFC 3339), or the seconds or
/// milliseconds since 1970. What has passed means at once.
#[cfg(feature = "http")]
pub(crate) fn until(value: &str, now: SystemTime) -> Option<Duration> {
    /// More than any wait, and less than the seconds that have passed since 1970.
    const EPOCH: u64 = 1_000_000_000;
    let date = match duration(value) {
        Some(wait) if wait.as_secs() < EPOCH => return Some(wait),
        Some(since) if since.as_secs() < EPOCH * 1000 => SystemTime::UNIX_EPOCH.checked_add(since)?,
        Some(since) => SystemTime::UNIX_EPOCH.checked_add(since / 1000)?,
        None => httpdate::parse_http_date(value.trim()).ok().or_else(|| rfc3339(value.trim()))?,
    };
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

/// A time of RFC 3339 in UTC, without parts of a second.
#[cfg(feature = "http")]
fn rfc3339(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let zone = time.get(8..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let mut date = date.split('-').map(|field| field.parse::<u64>().ok());
    let mut time = time.get(..8)?.split(':').map(|field| field.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (hours, minutes, seconds) = (time.next()??, time.next()??, time.next()??);
    if !matches!(zone, "Z" | "z" | "+00:00") || !(1970..10_000).contains(&year) || !(1..=12).contains(&month)
    {
        return None;
    }
    // Years that begin in March, so that the leap day is the last one (Hinnant: chrono-compatible low-level date
    // algorithms).
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    let days = (365 * year + leaps + (153 * month + 2) / 5 + day).checked_sub(719_469)?;
    let since = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(since))
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
        let wait = |value| until(value, now);
        for five_seconds in [
            "Wed, 21 Oct 2015 07:28:05 GMT",
            "2015-10-21T07:28:05Z",
            "2015-10-21T07:28:05.75+00:00",
            "1445412485",
            "1445412485000",
            "5s",
        ] {
            assert_eq!(wait(five_seconds), Some(Duration::from_secs(5)), "{five_seconds}");
        }
        for past in ["Wed, 21 Oct 2015 07:27:00 GMT", "2015-10-21T07:27:00Z", "1445412000"] {
            assert_eq!(wait(past), Some(Duration::ZERO), "{past}");
        }
        assert_eq!(until("2024-03-01T00:00:00Z", now).unwrap().as_secs(), 1_709_251_200 - 1_445_412_480);
        for wrong in ["later", "2015-13-21T07:28:05Z", "2015-10-21T07:28:05+02:00", "2015-10-21", "T", ""] {
            assert_eq!(wait(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_wait_is_asked_for_in_words_too() {
        for (text, ms) in [
            (
                "Rate limit reached for m. Limit 30000, Used 29000. Please try again in 1.574s. Visit https://a.b",
                1_574,
            ),
            ("Please try again in 28ms.", 28),
            ("Please try again in 6m0s", 360_000),
            ("Please retry after 6 seconds.", 6_000),
            ("Please retry in 34.07s.", 34_070),
            ("Try again in 2 minutes, please", 120_000),
        ] {
            assert_eq!(in_words(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["try again", "Please try again in a moment", "retry after the weekend"] {
            assert_eq!(in_words(text), None, "{text}");
        }
    }
}
