//! Durations, sizes and counts, as people write and read them.
//!
//! Owns the grammar of `30m` and `50GB` for options, variables and files alike, and the one way each is shown.
//! Never rounds on input, and never guesses a unit: `30` is no duration.
//!
//! | | Read | Shown | Exact form, can be read back |
//! |---|---|---|---|
//! | duration | `90s` `30m` `24h` `7d` `2w`, sums `1d12h` | `0.4s` `12s` `1m 12s` `3h 05m` `7d` | `1m12s` |
//! | size | `50GB` `1.5 GiB` `200k` `4096`, case-free | `12.3 MB` `1.0 GB` `312 B` | `50GB` `4097` |

use std::time::Duration;

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// It lacks a unit, or is something else altogether.
    #[error("invalid duration `{0}`: add a unit, as in `30m`, `24h` or `7d`")]
    Malformed(String),
    /// It is below zero.
    #[error("invalid duration `{0}`: it is negative; write it as in `30m`, `24h` or `7d`")]
    Negative(String),
    /// Its milliseconds do not fit in 64 bits.
    #[error("invalid duration `{0}`: too long")]
    TooLong(String),
}

/// A text that is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSize {
    /// It is not a number with or without a unit.
    #[error("invalid size `{0}`: write it as in `50GB`, `20GiB` or `4096`")]
    Malformed(String),
    /// Its bytes do not fit in 64 bits.
    #[error("invalid size `{0}`: too large")]
    TooLarge(String),
}

/// Seconds per unit, largest first.
const DURATION_UNITS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// Bytes per unit in lower case; the decimal ones also without their `b`.
const SIZE_UNITS: [(&str, u64); 14] = [
    ("", 1),
    ("b", 1),
    ("k", 1_000),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("t", 1_000_000_000_000),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
];

/// Decimal units for output, largest first.
const SHOWN_UNITS: [(&str, u64); 4] =
    [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];

/// Reads a duration: one or more whole numbers, each with a unit `s`, `m`, `h`, `d` or `w`.
///
/// `0s` is a duration; a bare `0` is as unclear as a bare `30` and refused.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let malformed = || InvalidDuration::Malformed(text.to_owned());
    let too_long = || InvalidDuration::TooLong(text.to_owned());

    let mut rest = text.trim();
    let mut seconds: u64 = 0;
    if rest.is_empty() {
        return Err(malformed());
    }
    if rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(InvalidDuration::Negative(text.to_owned()));
    }
    while !rest.is_empty() {
        let (digits, after) = split_digits(rest);
        let unit = DURATION_UNITS.iter().find_map(|(unit, each)| Some((after.strip_prefix(unit)?, each)));
        let Some((after, each)) = unit.filter(|_| !digits.is_empty()) else { return Err(malformed()) };
        let part = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*each));
        seconds = part.and_then(|part| seconds.checked_add(part)).ok_or_else(too_long)?;
        rest = after;
    }
    seconds.checked_mul(1_000).map(|_| Duration::from_secs(seconds)).ok_or_else(too_long)
}

/// Shows a duration in at most two units: `0.4s`, `12s`, `1m 12s`, `3h 05m`, `7d`.
pub fn format_duration(duration: Duration) -> String {
    let tenths = duration.as_millis().saturating_add(50) / 100;
    if tenths < 100 {
        return format!("{}.{}s", tenths / 10, tenths % 10);
    }
    match duration.as_millis().saturating_add(500) / 1_000 {
        seconds @ ..60 => format!("{seconds}s"),
        seconds @ ..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        seconds @ ..86_400 => format!("{}h {:02}m", seconds / 3_600, seconds % 3_600 / 60),
        seconds => match (seconds / 86_400, seconds % 86_400 / 3_600) {
            (days, 0) => format!("{days}d"),
            (days, hours) => format!("{days}d {hours:02}h"),
        },
    }
}

/// Writes whole seconds so that [`parse_duration`] reads the same back: `1d12h`.
pub fn exact_duration(duration: Duration) -> String {
    let mut seconds = duration.as_secs();
    let mut text = String::new();
    for (unit, each) in DURATION_UNITS.into_iter().filter(|(unit, _)| *unit != "w") {
        if seconds >= each {
            text += &format!("{}{unit}", seconds / each);
            seconds %= each;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Reads a size: a number, then a unit or none for bytes. `GB` counts in thousands, `GiB` in 1024s.
///
/// A fraction is taken when it comes out in whole bytes or is cut to them, as in `12.3 MB`.
pub fn parse_size(text: &str) -> Result<u64, InvalidSize> {
    let malformed = || InvalidSize::Malformed(text.to_owned());
    let too_large = || InvalidSize::TooLarge(text.to_owned());

    let (whole, rest) = split_digits(text.trim());
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("0", rest),
    };
    let unit = rest.strip_prefix(' ').unwrap_or(rest).to_ascii_lowercase();
    let known = SIZE_UNITS.iter().find(|(name, _)| *name == unit);
    let Some((_, each)) = known.filter(|_| !whole.is_empty() && !fraction.is_empty()) else {
        return Err(malformed());
    };

    let bytes = whole.parse::<u64>().ok().and_then(|number| number.checked_mul(*each));
    bytes.and_then(|bytes| bytes.checked_add(part_of(*each, fraction))).ok_or_else(too_large)
}

/// Returns `0.<fraction>` of `each`, cut to a whole number.
fn part_of(each: u64, fraction: &str) -> u64 {
    // Twelve decimals decide a single byte of a terabyte; more cannot matter.
    let digits = &fraction[..fraction.len().min(12)];
    let numerator: u128 = digits.parse().unwrap_or(0);
    let part = numerator * u128::from(each) / 10_u128.pow(digits.len() as u32);
    u64::try_from(part).expect("a fraction of a number is no larger than the number")
}

/// Shows a size in decimal units with one digit: `12.3 MB`, `1.0 GB`, `312 B`.
pub fn format_size(bytes: u64) -> String {
    // A unit is taken as soon as the next smaller one would round to 1000.0.
    let fits = |each: u64| bytes >= each - each / 20_000 && bytes >= 1_000;
    match SHOWN_UNITS.into_iter().find(|(_, each)| fits(*each)) {
        Some((unit, each)) => {
            let tenths = (u128::from(bytes) * 10 + u128::from(each / 2)) / u128::from(each);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// Writes a size so that [`parse_size`] reads the same back: `50GB`, or bytes when no unit divides it.
pub fn exact_size(bytes: u64) -> String {
    let units = SHOWN_UNITS.into_iter().chain([("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]);
    let mut dividing = units.filter(|(_, each)| bytes != 0 && bytes.is_multiple_of(*each));
    match dividing.next() {
        Some((unit, each)) => format!("{}{unit}", bytes / each),
        None => bytes.to_string(),
    }
}

/// Shows a number with its noun: `1 entry`, `2 entries`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Splits off the leading ASCII digits.
fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> u64 {
        parse_duration(text).unwrap().as_secs()
    }

    #[test]
    fn durations_have_units_and_sums() {
        assert_eq!(seconds("45s"), 45);
        assert_eq!(seconds("30m"), 30 * 60);
        assert_eq!(seconds("24h"), 86_400);
        assert_eq!(seconds("7d"), 7 * 86_400);
        assert_eq!(seconds("2w"), 14 * 86_400);
        assert_eq!(seconds("1d12h"), 36 * 3_600);
        assert_eq!(seconds(" 1h30m15s "), 5_415);
        assert_eq!(seconds("0s"), 0);
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in
            ["", " ", "30", "0", "m", "-", "1.5h", "30 m", "30M", "1d 12h", "1d12", "d1", "7days", "٣m"]
        {
            assert_eq!(parse_duration(text), Err(InvalidDuration::Malformed(text.to_owned())), "{text:?}");
        }
        assert_eq!(
            parse_duration("30").unwrap_err().to_string(),
            "invalid duration `30`: add a unit, as in `30m`, `24h` or `7d`"
        );
    }

    #[test]
    fn no_duration_is_negative() {
        for text in ["-1d", "-30", " -5m"] {
            assert_eq!(parse_duration(text), Err(InvalidDuration::Negative(text.to_owned())));
        }
        assert_eq!(
            parse_duration("-1d").unwrap_err().to_string(),
            "invalid duration `-1d`: it is negative; write it as in `30m`, `24h` or `7d`"
        );
    }

    #[test]
    fn a_duration_too_long_is_an_error() {
        for text in [
            "99999999999999999999s",
            "18446744073709551615w",
            "18446744073709551615s",
            "18446744073709551615s1s",
        ] {
            assert_eq!(parse_duration(text), Err(InvalidDuration::TooLong(text.to_owned())));
        }
        assert_eq!(seconds("18446744073709551s"), u64::MAX / 1_000);
        assert_eq!(
            parse_duration("30500568904944w").unwrap_err().to_string(),
            "invalid duration `30500568904944w`: too long"
        );
    }

    #[test]
    fn durations_are_shown_in_two_units() {
        let shown = |ms| format_duration(Duration::from_millis(ms));
        assert_eq!(shown(0), "0.0s");
        assert_eq!(shown(44), "0.0s");
        assert_eq!(shown(400), "0.4s");
        assert_eq!(shown(1_350), "1.4s");
        assert_eq!(shown(9_949), "9.9s");
        assert_eq!(shown(9_950), "10s");
        assert_eq!(shown(12_400), "12s");
        assert_eq!(shown(59_499), "59s");
        assert_eq!(shown(59_500), "1m 00s");
        assert_eq!(shown(72_000), "1m 12s");
        assert_eq!(shown(842_000), "14m 02s");
        assert_eq!(shown(3_599_600), "1h 00m");
        assert_eq!(shown(11_100_000), "3h 05m");
        assert_eq!(shown(86_400_000), "1d");
        assert_eq!(shown(129_600_000), "1d 12h");
        assert_eq!(shown(7 * 86_400_000), "7d");
        assert!(format_duration(Duration::MAX).ends_with('h'));
    }

    #[test]
    fn exact_durations_are_read_back() {
        for text in ["0s", "3s", "10m", "1d12h", "14d", "1h1s"] {
            assert_eq!(exact_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn sizes_know_decimal_and_binary_units() {
        let read = |text| parse_size(text).unwrap();
        assert_eq!(read("50GB"), 50_000_000_000);
        assert_eq!(read("50GiB"), 50 << 30);
        assert_eq!((read("1kB"), read("1MB"), read("1TB")), (1_000, 1_000_000, 1_000_000_000_000));
        assert_eq!((read("1KiB"), read("1MiB"), read("1TiB")), (1 << 10, 1 << 20, 1 << 40));
        assert_eq!(
            (read("2K"), read("2M"), read("2G"), read("2T")),
            (2_000, 2_000_000, 2_000_000_000, 2_000_000_000_000)
        );
        assert_eq!((read("0"), read("4096"), read("4096B")), (0, 4_096, 4_096));
        assert_eq!(
            (read("50gb"), read("50 gib"), read(" 50 GB ")),
            (50_000_000_000, 50 << 30, 50_000_000_000)
        );
        assert_eq!(read("18446744073709551615"), u64::MAX);
    }

    #[test]
    fn shown_sizes_can_be_read() {
        assert_eq!(parse_size("12.3 MB"), Ok(12_300_000));
        assert_eq!(parse_size("1.5GiB"), Ok(3 << 29));
        assert_eq!(parse_size("0.0001kB"), Ok(0));
        assert_eq!(parse_size("1.99999999999999999999999999999999999999999TB"), Ok(1_999_999_999_999));
    }

    #[test]
    fn anything_else_is_no_size() {
        for text in [
            "", "GB", "-1", "50  GB", "50GBs", "50PB", "1e9", "1.GB", ".5GB", "5.5.5GB", "1_000", "50G B",
            "５GB",
        ] {
            assert_eq!(parse_size(text), Err(InvalidSize::Malformed(text.to_owned())), "{text:?}");
        }
        for text in ["18446744073709551616", "18446744073709552kB", "16777216TiB"] {
            assert_eq!(parse_size(text), Err(InvalidSize::TooLarge(text.to_owned())));
        }
        assert_eq!(
            parse_size("lots").unwrap_err().to_string(),
            "invalid size `lots`: write it as in `50GB`, `20GiB` or `4096`"
        );
    }

    #[test]
    fn sizes_are_shown_with_one_digit() {
        assert_eq!(format_size(0), "0 B");
        assert_eq!(format_size(312), "312 B");
        assert_eq!(format_size(999), "999 B");
        assert_eq!(format_size(1_000), "1.0 kB");
        assert_eq!(format_size(12_300_000), "12.3 MB");
        assert_eq!(format_size(999_949), "999.9 kB");
        assert_eq!(format_size(999_950), "1.0 MB");
        assert_eq!(format_size(999_999_999), "1.0 GB");
        assert_eq!(format_size(50_000_000_000), "50.0 GB");
        assert_eq!(format_size(u64::MAX), "18446744.1 TB");
    }

    #[test]
    fn exact_sizes_are_read_back() {
        for text in ["0", "1", "4097", "50GB", "1500MB", "20GiB", "1KiB", "2TB"] {
            assert_eq!(exact_size(parse_size(text).unwrap()), text);
        }
    }

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(count(0, "entry", "entries"), "0 entries");
        assert_eq!(count(1, "entry", "entries"), "1 entry");
        assert_eq!(count(2, "entry", "entries"), "2 entries");
    }
}
