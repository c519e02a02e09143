//! Keeps secrets out of what is shown.
//!
//! Owns which names sound like one, and how a line that holds one is shown. Rather hides too much.

/// What stands for a secret.
const HIDDEN: &str = "…";

/// Whether a variable of this name may hold a secret.
pub(super) fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 6] = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIAL", "CONNECTION_STRING"];
    let name = name.to_ascii_uppercase();
    PARTS.iter().any(|part| name.contains(part)) || name.ends_with("_KEY") || name.ends_with("_KEY_ID")
}

/// Returns a line without the values of secret variables, and without passwords in addresses.
pub(super) fn masked(line: &str) -> String {
    let mut start = 0;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    while let Some(begin) = line[start..].find(is_part).map(|at| start + at) {
        let end = line[begin..].find(|c| !is_part(c)).map_or(line.len(), |at| begin + at);
        let after = line[end..].trim_start_matches(['"', '\'', ']']);
        let value = after.trim_start_matches([' ', '\t', '=', ':', '"', '\'']);
        if is_secret(&line[begin..end]) && value.len() < after.len() && !value.is_empty() {
            let shown = line.len() - value.len();
            return without_passwords(&line[..shown]) + HIDDEN;
        }
        start = end;
    }
    without_passwords(line)
}

/// Hides what stands between `//` and `@` of an address.
fn without_passwords(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end =
            after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')).unwrap_or(after.len());
        shown += before;
        rest = after;
        if let Some(user) = after[..end].rfind('@') {
            shown += HIDDEN;
            rest = &after[user..];
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden() {
        for (line, expected) in [
            ("export SCCACHE_REDIS_PASSWORD=hush", "export SCCACHE_REDIS_PASSWORD=…"),
            ("AWS_SECRET_ACCESS_KEY = \"hush\" # x", "AWS_SECRET_ACCESS_KEY = \"…"),
            ("set -gx AWS_ACCESS_KEY_ID hush", "set -gx AWS_ACCESS_KEY_ID …"),
            ("RUSTC_WRAPPER=sccache SCCACHE_AZURE_KEY=hush", "RUSTC_WRAPPER=sccache SCCACHE_AZURE_KEY=…"),
            ("SCCACHE_REDIS=redis://u:hush@h:1/0", "SCCACHE_REDIS=redis://…@h:1/0"),
            ("[env.SCCACHE_WEBDAV_TOKEN]", "[env.SCCACHE_WEBDAV_TOKEN]"),
            ("SCCACHE_S3_KEY_PREFIX = \"p\"", "SCCACHE_S3_KEY_PREFIX = \"p\""),
            ("endpoint = \"https://s3.example.com/@x\"", "endpoint = \"https://s3.example.com/@x\""),
        ] {
            assert_eq!(masked(line), expected);
        }
    }
}
