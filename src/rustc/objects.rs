//! The object files in a library.
//!
//! Owns what of their names differs from one run of rustc to the next: with `-C incremental`, each run has a name of
//! its own, as in `foo-123.<unit>.19jm7tw.rcgu.o`. What is in the files is the same.

/// How the names of object files end.
const ENDING: &[u8] = b".rcgu.o";
/// The length of a run's name.
const RUN: usize = 7;

/// Blanks the names of runs in a library.
pub fn blank_runs(library: &mut [u8]) {
    let ends = memchr::memmem::find_iter(library, ENDING).collect::<Vec<_>>();
    for end in ends {
        let Some(dot) = end.checked_sub(RUN + 1).filter(|dot| library[*dot] == b'.') else { continue };
        let run = &mut library[dot + 1..end];
        if run.iter().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) {
            run.fill(b'-');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_are_blanked() {
        let blanked = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            blank_runs(&mut bytes);
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(blanked("/\nfoo-1.2zd.19jm7tw.rcgu.o/\nfoo-1"), "/\nfoo-1.2zd.-------.rcgu.o/\nfoo-1");
        for other in ["foo-1.1e8c.rcgu.o", ".rcgu.o", "19jm7tw.rcgu.o", "a.19JM7TW.rcgu.o", "a.19jm7tw.o"] {
            assert_eq!(blanked(other), other);
        }
    }
}
