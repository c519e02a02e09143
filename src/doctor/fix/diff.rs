//! An edit as people read it.
//!
//! Owns the form of a unified diff. Never shows a secret.

use similar::TextDiff;

use super::super::secrets;
use super::Edit;

/// Returns the changes with some lines around them.
pub(super) fn unified(edit: &Edit) -> String {
    let before = masked(edit, edit.before.as_deref().unwrap_or_default());
    let after = masked(edit, &edit.after);
    let path = edit.path.display().to_string();
    let from = if edit.before.is_some() { &*path } else { "/dev/null" };
    TextDiff::from_lines(&before, &after).unified_diff().context_radius(3).header(from, &path).to_string()
}

fn masked(edit: &Edit, text: &str) -> String {
    let mut text = text.replace('\r', "");
    // The longest first: one may be part of another.
    let mut hidden = edit.secrets.iter().flat_map(|value| value.lines()).collect::<Vec<_>>();
    hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    for value in hidden.into_iter().filter(|value| !value.trim().is_empty()) {
        text = text.replace(value, "…");
    }
    text.split_inclusive('\n')
        .map(|line| {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            secrets::masked(line) + end
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_without_secrets() {
        let edit = Edit {
            path: "/c".into(),
            before: Some(
                "a\r\n[env.AWS_SECRET_ACCESS_KEY]\r\nvalue = \"hush\"\r\nSCCACHE_REDIS_PASSWORD = \"x\"\r\n"
                    .into(),
            ),
            after: "a\r\n[env.AWS_SECRET_ACCESS_KEY]\r\nvalue = \"hush\"\r\n".into(),
            secrets: vec!["hush".into()],
        };
        let expected = "--- /c\n+++ /c\n@@ -1,4 +1,3 @@\n a\n [env.AWS_SECRET_ACCESS_KEY]\n value = \"…\"\n-SCCACHE_REDIS_PASSWORD = \"…\n";
        assert_eq!(unified(&edit), expected);
        let new = Edit { before: None, after: "a\n".into(), ..edit };
        assert_eq!(unified(&new), "--- /dev/null\n+++ /c\n@@ -0,0 +1 @@\n+a\n");
    }
}
