//! What `clean` says.

use std::fmt::Write as _;
use std::path::Path;

use super::{Fate, Row};
use crate::quantity::{count, format_size};
use crate::report::time::ago;
use crate::targets::Kind;
use crate::targets::measure::{Measured, total};

/// Returns a path from the current folder on, or whole if it lies elsewhere. Nothing in it moves a terminal's cursor.
pub(super) fn shown(path: &Path, here: &Path) -> String {
    let path = match path.strip_prefix(here) {
        Ok(below) if below != Path::new("") => below,
        _ => path,
    };
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    path.to_string_lossy().chars().map(escape).collect()
}

/// Returns a number of target directories.
pub(super) fn directories(number: u64) -> String {
    count(number, "target directory", "target directories")
}

/// Returns what is there, and what its removal would free.
pub(super) fn dry_run(rows: &[(Row, Fate)], now_ms: u64) -> String {
    let measured = || rows.iter().filter_map(|(row, _)| row.measured.as_ref().ok());
    let all = total(measured());
    let (size, cached) = (format_size(all.bytes), format_size(all.cached));
    let mut text = match rows.len() {
        0 => return "No target directories found.\n".to_owned(),
        number => {
            format!("Found {} ({size}, {cached} of it shared with the cache)\n", directories(number as u64))
        }
    };
    let widest = |width: fn(&Row) -> usize| rows.iter().map(|(row, _)| width(row)).max().unwrap_or(0);
    let widths = [
        widest(|row| row.shown.chars().count()),
        widest(|row| figure(row, |measured| measured.bytes).len()),
        widest(|row| figure(row, |measured| measured.cached).len()),
    ];
    for (row, _) in rows {
        text += &line(row, widths, now_ms);
    }
    // What is in use would stay.
    let freed = total(measured().filter(|measured| !measured.busy)).freed;
    let _ = writeln!(text, "Dry run: would free {}", format_size(freed));
    text
}

/// Returns a figure as it is shown; nothing if there is none.
fn figure(row: &Row, bytes: fn(&Measured) -> u64) -> String {
    row.measured.as_ref().map(|measured| format_size(bytes(measured))).unwrap_or_default()
}

fn line(row: &Row, [path_width, size_width, cached_width]: [usize; 3], now_ms: u64) -> String {
    let path = &row.shown;
    let Ok(measured) = &row.measured else { return format!("  {path:path_width$}  cannot be measured\n") };
    let (size, cached) = (format_size(measured.bytes), format_size(measured.cached));
    let labels = labels(row.target.kind, measured);
    let mut text =
        format!("  {path:path_width$}  {size:>size_width$}  cached {cached:>cached_width$}  [{labels}]");
    let _ = write!(text, "  frees {}", format_size(measured.freed()));
    if measured.parts.incremental > 0 {
        let _ = write!(text, ", incremental {}", format_size(measured.parts.incremental));
    }
    if let Some(used) = measured.last_used_ms {
        let _ = write!(text, ", used {}", ago(used, now_ms));
    }
    if measured.busy {
        text += ", a build is running";
    }
    text + "\n"
}

/// Returns the profiles, or what else a directory is.
fn labels(kind: Kind, measured: &Measured) -> String {
    match kind {
        Kind::Leftover => "left by an interrupted clean".to_owned(),
        _ => measured.profiles.join(", "),
    }
}

/// Returns what came of one.
pub(super) fn fate(fate: &Fate, shown: &str) -> String {
    match fate {
        Fate::Kept => String::new(),
        Fate::Removed { .. } => format!("  removed {shown}\n"),
        Fate::Stays(why) if why.is_in_use() => format!("  skipped {shown}: {why}\n"),
        Fate::Stays(why) => format!("  failed  {shown}: {why}\n"),
    }
}

/// Returns what came of all.
pub(super) fn removed(fates: &[Fate]) -> String {
    let freed = fates.iter().filter_map(|fate| match fate {
        Fate::Removed { freed } => Some(*freed),
        _ => None,
    });
    let freed = freed.collect::<Vec<_>>();
    let (number, size) = (directories(freed.len() as u64), format_size(freed.iter().sum()));
    format!("Removed {number}, freed {size}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short_and_harmless() {
        let shown = |path: &str| shown(Path::new(path), Path::new("/home/u/src"));
        assert_eq!(shown("/home/u/src/app/target"), "app/target");
        assert_eq!(shown("/home/u/src"), "/home/u/src");
        assert_eq!(shown("/home/u/other/target"), "/home/u/other/target");
        assert_eq!(shown("/home/u/src/a\x1b[2J/target"), "a\\u{1b}[2J/target");
    }
}
