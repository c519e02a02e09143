//! The daemon as a service: does the file that makes it one lead to this program?

use super::{Finding, Repair, Subject, is_same_file};
use crate::daemon::service;

const NAME: &str = "service";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(unit) = service::installed(subject.env) else { return Vec::new() };
    let shown = unit.display();
    let Some(installed) = service::read(&unit) else {
        return vec![
            Finding::note(NAME, format!("{shown} is not as `cargo kache daemon install` writes it"))
                .fix("look into it, or run `cargo kache daemon install` to have it written anew"),
        ];
    };
    let program = &installed.program;
    let Some(this) = subject.program.filter(|this| this.exists()) else { return Vec::new() };
    vec![if is_same_file(program, this) {
        Finding::ok(NAME, format!("installed ({shown})"))
    } else if crate::fs::is_program(program) {
        Finding::note(NAME, format!("{shown} runs another program: {}", program.display()))
            .fix("`cargo kache daemon install` has it run this one")
            .repair(Repair::Service)
    } else {
        Finding::problem(NAME, format!("{shown} runs a program that is not there: {}", program.display()))
            .fix("`cargo kache daemon install` has it run this one")
            .repair(Repair::Service)
    }]
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::Severity;
    use super::super::testing::{Machine, severities};
    use super::*;
    use crate::daemon::service::{Service, systemd};

    #[test]
    fn the_program_of_the_unit() {
        let machine = Machine::new();
        let program = machine.program("bin/cargo-kache");
        assert_eq!(machine.check(check), []);
        let install = |program: &std::path::Path| {
            let service = Service { program: program.to_owned(), variables: Vec::new() };
            let text = systemd::text(&service).unwrap();
            machine.file("home/.config/systemd/user/cargo-kache.service", &text);
            machine.check(check)
        };
        assert_eq!(severities(&install(&program)), [Severity::Ok]);
        let other = machine.program("other/cargo-kache");
        assert_eq!(severities(&install(&other)), [Severity::Note]);
        let gone = install(&machine.path("gone"));
        assert_eq!(severities(&gone), [Severity::Problem]);
        assert_eq!(gone[0].repair, Some(Repair::Service));
        machine.file("home/.config/systemd/user/cargo-kache.service", "[Service]\n");
        assert_eq!(severities(&machine.check(check)), [Severity::Note]);
    }
}
