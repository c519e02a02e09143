//! The settings: are they valid, and free of slips?

use std::error::Error;

use super::{Finding, Subject};

const NAME: &str = "settings";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let resolved = match subject.settings {
        Ok(resolved) => resolved,
        Err(error) => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                text += &format!(": {error}");
                cause = error.source();
            }
            let finding = Finding::problem(NAME, text);
            return vec![match error.hint() {
                Some(hint) => finding.fix(hint),
                None => finding,
            }];
        }
    };
    let slips = resolved.warnings.iter().map(|warning| Finding::problem(NAME, warning.to_string()));
    let slips = slips.collect::<Vec<_>>();
    if !slips.is_empty() {
        return slips;
    }
    if resolved.settings.disabled {
        return vec![
            Finding::note(NAME, "`KACHE_DISABLED` is set: nothing is cached")
                .fix("unset it to build with the cache"),
        ];
    }
    let files = [&resolved.user_file, &resolved.project_file];
    let files = files.into_iter().flatten().filter(|path| path.is_file());
    let files = files.map(|path| path.display().to_string()).collect::<Vec<_>>();
    vec![Finding::ok(NAME, if files.is_empty() { "defaults; no file".to_owned() } else { files.join(", ") })]
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::testing::{Machine, found, severities};
    use super::*;

    #[test]
    fn files_and_variables() {
        let mut machine = Machine::new();
        assert_eq!(found(&machine.check(check)), [(Severity::Ok, "defaults; no file")]);
        let file = machine.file("home/.config/kache/config.toml", "[cache]\nlocal_max_size = \"1GB\"\n");
        assert_eq!(found(&machine.check(check)), [(Severity::Ok, &*file.display().to_string())]);
        machine.set("KACHE_DISABLED", "1");
        assert_eq!(severities(&machine.check(check)), [Severity::Note]);
        machine.file("home/.config/kache/config.toml", "[cache]\nlocal_max_sise = \"1GB\"\n");
        assert_eq!(severities(&machine.check(check)), [Severity::Problem]);
        machine.set("KACHE_S3_ACCESS_KEY", "half");
        assert_eq!(severities(&machine.check(check)), [Severity::Problem; 2]);
        machine.file("home/.config/kache/config.toml", "[cache\n");
        let findings = machine.check(check);
        assert!(findings[0].detail.contains("line 1, column 7"), "{findings:?}");
    }
}
