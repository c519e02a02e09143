//! The JSON messages that rustc writes to stderr.
//!
//! Owns the recognition of artifact notifications, the only messages that name the output directory. Never changes
//! a diagnostic.

use std::path::Path;

use crate::portable::{Form, Mark, PortableText, Root};

/// How an artifact notification begins, up to its path.
const NOTIFICATION: &[u8] = b"{\"$message_type\":\"artifact\",\"artifact\":\"";

/// Takes the output directory out of artifact notifications. `out_dir` is as the compiler was given it.
pub fn shorten(stderr: &[u8], out_dir: &Path) -> PortableText {
    let directory = Form::Json.write(out_dir);
    let mut portable = PortableText::default();
    for line in stderr.split_inclusive(|b| *b == b'\n') {
        let path = line.strip_prefix(NOTIFICATION);
        match path.and_then(|path| path.strip_prefix(&*directory)).filter(|rest| rest.starts_with(b"/")) {
            Some(rest) if !directory.is_empty() => {
                portable.push_text(NOTIFICATION);
                portable.push_mark(Mark { root: Root::OutDir, form: Form::Json });
                portable.push_text(rest);
            }
            _ => portable.push_text(line),
        }
    }
    portable
}

/// Whether a compiler's stderr holds nothing but artifact notifications.
pub fn is_silent(stderr: &[u8]) -> bool {
    stderr.split(|b| *b == b'\n').all(|line| line.is_empty() || line.starts_with(NOTIFICATION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_notifications_name_the_directory() {
        let text = |directory: &str| {
            let notification = String::from_utf8_lossy(NOTIFICATION).into_owned();
            format!("{{}}\n{notification}{directory}/a\"}}\n{{\"x\":\"/t/b\"}}\n{notification}/t2/c\"}}\nend")
        };
        let portable = shorten(text("/t").as_bytes(), Path::new("/t"));
        let expanded = portable.expand(|mark| Some(mark.form.write(Path::new("/o \"p\"")))).unwrap();
        assert_eq!(String::from_utf8(expanded).unwrap(), text(r#"/o \"p\""#));
        assert!(is_silent(NOTIFICATION) && !is_silent(b"{}"));
    }
}
