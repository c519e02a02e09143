//! The program itself: is it where people and cargo look for it?

use super::{Finding, Subject, find_program, is_same_file};

const NAME: &str = "binary";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(program) = subject.program else {
        return vec![Finding::note(NAME, "the path of this program is not known")];
    };
    // Linux names a program that was removed or replaced under its process so.
    if program.to_string_lossy().ends_with(" (deleted)") || !program.exists() {
        return vec![
            Finding::problem(NAME, format!("{} was removed or replaced", program.display()))
                .fix("run the command again, or install cargo-kache again"),
        ];
    }
    let shown = program.display();
    let finding = match find_program(subject.env, "kache") {
        Some(found) if is_same_file(&found, program) => Finding::ok(NAME, format!("{shown}, as `kache`")),
        Some(found) if is_ours(&found) => {
            Finding::note(NAME, format!("`kache` is another copy of this program: {}", found.display()))
                .fix(format!("link it to this one: ln -sf {shown} {}", found.display()))
        }
        Some(found) => Finding::problem(NAME, format!("`kache` is another program: {}", found.display()))
            .fix(format!("remove it, or put {shown} as `kache` into an earlier folder of `PATH`")),
        None => Finding::note(NAME, format!("{shown}; no `kache` in `PATH`"))
            .fix(format!("ln -s cargo-kache {}", program.with_file_name("kache").display())),
    };
    let is_known_to_cargo = find_program(subject.env, "cargo-kache").is_some();
    let unknown = (!is_known_to_cargo).then(|| {
        Finding::note(NAME, "no `cargo-kache` in `PATH`: `cargo kache` will not find it")
            .fix("add its folder to `PATH`")
    });
    std::iter::once(finding).chain(unknown).collect()
}

/// Whether a program is, or links to, something by our full name.
fn is_ours(program: &std::path::Path) -> bool {
    let real = program.canonicalize();
    real.is_ok_and(|real| real.file_stem().is_some_and(|stem| stem == "cargo-kache"))
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::super::testing::{Machine, severities};
    use super::*;

    #[test]
    fn the_link_is_there() {
        let machine = Machine::new();
        let program = machine.program("bin/cargo-kache");
        assert_eq!(severities(&machine.check(check)), [Severity::Note]);
        std::os::unix::fs::symlink(&program, machine.path("bin/kache")).unwrap();
        assert_eq!(severities(&machine.check(check)), [Severity::Ok]);
    }

    #[test]
    fn another_program_has_the_name() {
        let machine = Machine::new();
        machine.program("bin/cargo-kache");
        machine.program("bin/kache");
        assert_eq!(severities(&machine.check(check)), [Severity::Problem]);
    }

    #[test]
    fn another_copy_has_the_name() {
        let machine = Machine::new();
        machine.program("bin/cargo-kache");
        let other = machine.program("other/cargo-kache");
        std::os::unix::fs::symlink(other, machine.path("bin/kache")).unwrap();
        assert_eq!(severities(&machine.check(check)), [Severity::Note]);
    }

    #[test]
    fn the_program_is_gone() {
        let machine = Machine::new();
        assert_eq!(severities(&machine.check(check)), [Severity::Problem]);
    }
}
