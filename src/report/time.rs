//! Points in time, as people and programs read them.
//!
//! Owns the two written forms, both in UTC, and the rough distance between two points. Never asks for the time.

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// Returns a point in time by RFC 3339: `2026-03-21T12:34:56Z`.
pub fn rfc3339(ms: u64) -> String {
    let seconds = ms % DAY / 1_000;
    format!("{}T{:02}:{:02}:{:02}Z", date(ms), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Returns the day: `2026-03-21`.
pub fn date(ms: u64) -> String {
    let mut days = ms / DAY;
    // The calendar repeats every 400 years.
    let mut year = 1970 + 400 * (days / 146_097);
    days %= 146_097;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

/// Returns how long ago something was, in one unit: `2m ago`.
pub fn ago(then_ms: u64, now_ms: u64) -> String {
    match now_ms.saturating_sub(then_ms) / 1_000 {
        seconds @ ..60 => format!("{seconds}s ago"),
        seconds @ ..3_600 => format!("{}m ago", seconds / 60),
        seconds @ ..86_400 => format!("{}h ago", seconds / 3_600),
        seconds => format!("{}d ago", seconds / 86_400),
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_774_096_496_999), "2026-03-21T12:34:56Z");
        assert_eq!(date(1_767_225_599_999), "2025-12-31");
        assert_eq!(date(13_574_563_200_000), "2400-02-29");
    }

    #[test]
    fn distances_have_one_unit() {
        assert_eq!(ago(0, 59_999), "59s ago");
        assert_eq!(ago(0, 150_000), "2m ago");
        assert_eq!(ago(0, 7_200_000), "2h ago");
        assert_eq!(ago(0, 3 * DAY + 5), "3d ago");
        assert_eq!(ago(5, 0), "0s ago");
    }
}
