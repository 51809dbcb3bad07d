//! Sizes and times as people type them.

use std::time::Duration;

/// A size in bytes: "512M", "1G", "4096".
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let shift = match unit.trim_end_matches(['B', 'b']).trim_end_matches(['i', 'I']) {
        "" => 0,
        "K" | "k" => 10,
        "M" | "m" => 20,
        "G" | "g" => 30,
        _ => return Err(NO_SIZE.into()),
    };
    let number: u64 = number.parse().map_err(|_| NO_SIZE)?;
    number.checked_mul(1 << shift).ok_or_else(|| NO_SIZE.into())
}

/// A time: "30s", "500ms", "5m", "1h", or seconds without a unit.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let number: u64 = number.parse().map_err(|_| NO_TIME)?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(NO_TIME.into()),
    };
    let millis = number.checked_mul(millis).filter(|millis| (1..=MOST_MILLIS).contains(millis));
    millis.map(Duration::from_millis).ok_or_else(|| NO_TIME.into())
}

/// A year. Longer ones are typing errors, and clocks can't hold all of them.
const MOST_MILLIS: u64 = 366 * 24 * 3_600_000;
const NO_SIZE: &str = "give a size, such as 512M or 1G";
const NO_TIME: &str = "give a time of up to a year, such as 30s, 500ms, 5m or 1h";

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        for (text, size) in
            [("4096", 4096), ("2K", 2048), ("512M", 512 << 20), ("1GiB", 1 << 30), ("1g", 1 << 30)]
        {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "M", "-1", "1.5G", "1T", "99999999999999999999", "99999999999999G"] {
            assert_eq!(bytes(text), Err(NO_SIZE.into()), "{text}");
        }
    }

    #[test]
    fn times_are_seconds_unless_they_say_otherwise() {
        for (text, millis) in
            [("30", 30_000), ("30s", 30_000), ("500ms", 500), ("5m", 300_000), ("1h", 3_600_000)]
        {
            assert_eq!(time(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "0", "-1s", "1d", "1.5s", "99999999999999999999", "9000h"] {
            assert_eq!(time(text), Err(NO_TIME.into()), "{text}");
        }
    }
}
