//! The program itself: is it where people and cargo look for it?

use std::path::{Path, PathBuf};

use super::{Finding, Repair, Subject, find_program, is_same_file};

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
        None => unlinked(subject, program),
    };
    let is_known_to_cargo = find_program(subject.env, "cargo-kache").is_some();
    let unknown = (!is_known_to_cargo).then(|| {
        Finding::note(NAME, "no `cargo-kache` in `PATH`: `cargo kache` will not find it")
            .fix("add its folder to `PATH`")
    });
    std::iter::once(finding).chain(unknown).collect()
}

/// Says what is where the link `kache` belongs.
fn unlinked(subject: &Subject<'_>, program: &Path) -> Finding {
    let link = link(subject, program);
    let shown = link.display();
    // A link that leads nowhere was one of ours, before the program moved.
    let is_free = link.symlink_metadata().map_or(true, |meta| meta.is_symlink() && !link.exists());
    if is_free {
        let to = beside(subject, program).file_name().unwrap_or_default().into();
        let finding = Finding::note(NAME, format!("{}; no `kache` in `PATH`", program.display()));
        return finding.fix(format!("ln -sf cargo-kache {shown}")).repair(Repair::Link { at: link, to });
    }
    if is_same_file(&link, program) {
        return Finding::note(NAME, format!("{shown} is not in `PATH`")).fix("add its folder to `PATH`");
    }
    Finding::note(NAME, format!("{}; no `kache` in `PATH`, and {shown} is something else", program.display()))
        .fix(format!("remove it, then ln -s cargo-kache {shown}"))
}

/// Returns where the link `kache` belongs: beside the program, by the name under which it is found.
pub(super) fn link(subject: &Subject<'_>, program: &Path) -> PathBuf {
    beside(subject, program).with_file_name("kache")
}

fn beside(subject: &Subject<'_>, program: &Path) -> PathBuf {
    let found = find_program(subject.env, "cargo-kache").filter(|found| is_same_file(found, program));
    found.unwrap_or_else(|| program.to_owned())
}

/// Whether a program is, or links to, something by our full name.
pub(super) fn is_ours(program: &Path) -> bool {
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
        let finding = machine.check(check).remove(0);
        let link = machine.path("bin/kache");
        assert_eq!(finding.repair, Some(Repair::Link { at: link.clone(), to: "cargo-kache".into() }));
        std::os::unix::fs::symlink(machine.path("gone"), &link).unwrap();
        assert_eq!(machine.check(check), [finding], "a link that leads nowhere is replaced");
        crate::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&program, &link).unwrap();
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
