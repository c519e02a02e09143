//! The JSON messages that rustc writes to stderr.
//!
//! Owns the recognition of artifact notifications, the only messages that name the output directory. Never changes
//! a diagnostic.

/// How an artifact notification begins, up to its path.
const NOTIFICATION: &[u8] = b"{\"$message_type\":\"artifact\",\"artifact\":\"";

/// Whether `before` ends where the path of an artifact notification begins.
pub fn artifact_path_begins(before: &[u8]) -> bool {
    before.strip_suffix(NOTIFICATION).is_some_and(|b| b.last().is_none_or(|last| *last == b'\n'))
}

/// Whether a compiler's stderr holds nothing but artifact notifications.
pub fn is_silent(stderr: &[u8]) -> bool {
    stderr.split(|b| *b == b'\n').all(|line| line.is_empty() || line.starts_with(NOTIFICATION))
}

/// Returns `path` as it stands inside a JSON string.
pub fn json_escaped(path: &str) -> Vec<u8> {
    let quoted = serde_json::to_string(path).expect("strings serialise");
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_count() {
        assert!(artifact_path_begins(NOTIFICATION));
        assert!(artifact_path_begins(&[b"{}\n", NOTIFICATION].concat()));
        assert!(!artifact_path_begins(&[b"{}", NOTIFICATION].concat()));
        assert_eq!(json_escaped("/a \"b\"\\"), br#"/a \"b\"\\"#);
    }
}
