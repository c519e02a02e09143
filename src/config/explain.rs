//! Explains a setting in whole sentences.
//!
//! Owns the way from a key to its comment in [`DEFAULT_TOML`], which is the one text that explains it. Never on the
//! wrapper's path.

use super::DEFAULT_TOML;
use super::keys::Key;

/// Returns what a setting does and what its values mean, in one paragraph.
pub fn explain(key: &Key) -> String {
    key.path.and_then(|path| comment(path, key.variable)).unwrap_or_else(|| format!("{}.", capital(key.help)))
}

/// Returns the comment above a key, without the variable at the right and the mark of project keys.
fn comment(path: &str, variable: Option<&str>) -> Option<String> {
    let (table, name) = path.rsplit_once('.')?;
    let (_, table) = DEFAULT_TOML.split_once(&format!("\n[{table}]\n"))?;
    let is_key = |line: &str| line.trim_start_matches("# ").starts_with(&format!("{name} = "));
    let above = table.lines().take_while(|line| !is_key(line)).collect::<Vec<_>>();
    let start = above.iter().rposition(|line| line.is_empty()).map_or(0, |blank| blank + 1);
    let words = |line: &&str| {
        let text = line.trim_start_matches('#').trim();
        let text = variable.and_then(|variable| text.strip_suffix(variable)).unwrap_or(text).trim();
        text.strip_suffix("(project)").unwrap_or(text).trim().to_owned()
    };
    Some(above[start..].iter().map(words).collect::<Vec<_>>().join(" ").trim().to_owned())
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{KEYS, find};
    use super::*;

    #[test]
    fn a_comment_loses_its_columns() {
        let explained = |path| explain(find(path).unwrap());
        assert_eq!(explained("cache.bypass"), "Crates that are never cached, as globs.");
        assert_eq!(
            explained("cache.upload_wait"),
            "How long the end of a build waits for uploads; 60s where CI is set. What is left then is queued for the \
             daemon."
        );
        assert_eq!(
            explained("report.style"),
            "The report after a build: \"short\", \"full\", \"json\" or \"none\"."
        );
        assert_eq!(explained("cache.remote.type"), "\"s3\", or \"dir\" for a folder on a shared disk.");
    }

    #[test]
    fn every_setting_is_explained_in_sentences() {
        for key in KEYS {
            let text = explain(key);
            assert!(text.len() > 10 && text.ends_with('.'), "{key:?}: {text}");
            assert!(!text.contains("  ") && !text.contains('#') && !text.contains(" = "), "{text}");
        }
    }
}
