//! Whether the time of a run stands in what it made.
//!
//! Owns the forms in which people and compilers write dates. The clock can be read without a call that a trace could
//! see, by programs that a script starts (`date`, a compiler's `__DATE__`): then only the result shows it. Never finds a
//! time that something was computed from.

use memchr::memmem;

use crate::fs::stat::Time;

/// From when to when a script ran.
#[derive(Debug)]
pub(super) struct Moment {
    first: i64,
    last: i64,
    /// Days as everybody writes them: `2026-11-25`, `20261125`, `25 Nov 2026`.
    dates: Vec<String>,
    /// Days as compilers write them: `Nov 25 2026`.
    compiler_dates: Vec<String>,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Moment {
    /// The time from `started` until now.
    pub(super) fn since(started: Time) -> Self {
        Self::between(started.seconds, Time::now().seconds + 1)
    }

    fn between(first: i64, last: i64) -> Self {
        const DAY: i64 = 86_400;
        let mut days = Vec::new();
        // Anywhere on earth it may be the day before or after.
        for seconds in [first - DAY / 2, first, last, last + DAY / 2] {
            let day = civil(seconds.div_euclid(DAY));
            if !days.contains(&day) {
                days.push(day);
            }
        }
        let month = |month: u32| MONTHS[month as usize - 1];
        let forms = |(y, m, d): &(i64, u32, u32)| {
            [format!("{y}-{m:02}-{d:02}"), format!("{y}{m:02}{d:02}"), format!("{d:02} {} {y}", month(*m))]
        };
        let compiler = |(y, m, d): &(i64, u32, u32)| format!("{} {d:>2} {y}", month(*m));
        Self {
            first,
            last,
            dates: days.iter().flat_map(forms).chain(days.iter().map(compiler)).collect(),
            compiler_dates: days.iter().map(compiler).collect(),
        }
    }

    /// Whether a text holds a date of the run, or a time of it in seconds or less since 1970.
    pub(super) fn is_told_in(&self, text: &[u8]) -> bool {
        let is_there = |date: &String| memmem::find(text, date.as_bytes()).is_some();
        self.dates.iter().any(is_there)
            || numbers(text).any(|seconds| (self.first..=self.last).contains(&seconds))
    }

    /// Whether a compiler has put its date into a file.
    pub(super) fn is_told_by_compiler(&self, content: &[u8]) -> bool {
        self.compiler_dates.iter().any(|date| memmem::find(content, date.as_bytes()).is_some())
    }
}

/// Lists what the numbers of ten or more digits in a text are as seconds: 13 digits are milliseconds, and so on.
fn numbers(text: &[u8]) -> impl Iterator<Item = i64> {
    let words = text.split(|byte| !byte.is_ascii_digit());
    let words = words.filter(|word| matches!(word.len(), 10 | 13 | 16 | 19));
    words.filter_map(|word| std::str::from_utf8(&word[..10]).ok()?.parse().ok())
}

/// Returns year, month and day of a day counted from 1970, by the calendar's cycle of 400 years.
fn civil(days: i64) -> (i64, u32, u32) {
    // Years begin in March here, so that the leap day is their last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_782), (2026, 11, 25));
        assert_eq!(civil(-1), (1969, 12, 31));
    }

    #[test]
    fn times_of_the_run_are_found() {
        let noon = 20_782 * 86_400 + 43_200;
        let moment = Moment::between(noon, noon + 5);
        for text in [
            "2026-11-25T12:00",
            "v20261125",
            "Wed, 25 Nov 2026",
            "Nov 25 2026",
            &format!("T={}", noon + 3),
            &format!("{noon}123"),
        ] {
            assert!(moment.is_told_in(text.as_bytes()), "{text}");
        }
        for text in ["2026-11-23", "2025-11-25", &format!("{}", noon - 100), &format!("9{noon}"), "1.2.3"] {
            assert!(!moment.is_told_in(text.as_bytes()), "{text}");
        }
        assert!(moment.is_told_by_compiler(b"\0Nov 25 2026\0") && !moment.is_told_by_compiler(b"2026-11-25"));
    }
}
