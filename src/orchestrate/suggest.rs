//! What a mistyped command was meant to be.
//!
//! Owns the guess after cargo refused a command. Never guesses for a command that exists: an alias or a program of
//! someone else's may fail with the same exit code.

use std::ffi::OsString;

use super::command::CargoWords;
use super::program::find_program;
use crate::cargo_config::CargoConfig;
use crate::env::Env;

/// Returns the command of ours that is close to cargo's unknown one.
pub(super) fn command<'a>(
    env: &Env,
    config: &CargoConfig,
    cargo: &CargoWords<'_>,
    own: &[&'a str],
) -> Option<&'a str> {
    let word = cargo.command_name()?;
    let nearest = own.iter().map(|name| (distance(word, name), *name)).min()?;
    let is_close = nearest.0 <= (word.chars().count() / 3).max(1);
    Some(nearest.1).filter(|_| is_close && !exists(env, config, word))
}

fn exists(env: &Env, config: &CargoConfig, word: &str) -> bool {
    let variable = format!("CARGO_ALIAS_{}", word.to_uppercase().replace('-', "_"));
    env.get(&variable).is_some()
        || config.has(&["alias", word])
        || find_program(env, &OsString::from(format!("cargo-{word}"))).is_some()
}

/// Counts the letters to insert, remove, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                rows[i][j] = i + j;
                continue;
            }
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            rows[i][j] = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                rows[i][j] = rows[i][j].min(rows[i - 2][j - 2] + 1);
            }
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("list", "list"), 0);
        assert_eq!(distance("lsit", "list"), 1);
        assert_eq!(distance("stat", "stats"), 1);
        assert_eq!(distance("test", "list"), 2);
        assert_eq!(distance("", "gc"), 2);
    }

    #[test]
    fn only_unknown_commands_are_guessed() {
        let guess = |word: &str, env: &Env| {
            let words = [OsString::from(word)];
            let cargo = CargoWords::parse(&words);
            let config = CargoConfig::new(env, std::path::Path::new("/nowhere"));
            command(env, &config, &cargo, &["list", "stats", "doctor"])
        };
        let plain = Env::from_pairs([("PATH", "/nowhere")]);
        assert_eq!(guess("lsit", &plain), Some("list"));
        assert_eq!(guess("docter", &plain), Some("doctor"));
        assert_eq!(guess("lint", &plain), Some("list"));
        assert_eq!(guess("xtask", &plain), None);
        assert_eq!(guess("lint", &Env::from_pairs([("CARGO_ALIAS_LINT", "clippy")])), None);
    }
}
