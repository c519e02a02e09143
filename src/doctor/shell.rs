//! Shell files that still set up sccache. They are shown, never edited.

use std::path::{Path, PathBuf};

use super::{Finding, Subject};
use crate::env;
use crate::fs;

const NAME: &str = "shell";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let findings = files(subject).iter().flat_map(|file| examine(file)).collect::<Vec<_>>();
    if findings.is_empty() { vec![Finding::ok(NAME, "no sccache in startup files")] } else { findings }
}

/// Lists the startup files of the usual shells, and of systemd's user session.
fn files(subject: &Subject<'_>) -> Vec<PathBuf> {
    let Some(home) = subject.env.home() else { return Vec::new() };
    let zsh = subject.env.absolute("ZDOTDIR").unwrap_or_else(|| home.clone());
    let config = subject.env.absolute(env::XDG_CONFIG_HOME).unwrap_or_else(|| home.join(".config"));
    let mut files = [".zshenv", ".zprofile", ".zshrc"].map(|name| zsh.join(name)).to_vec();
    files.extend([".bashrc", ".bash_profile", ".profile"].map(|name| home.join(name)));
    files.push(config.join("fish/config.fish"));
    for folder in ["fish/conf.d", "environment.d"] {
        let folder = config.join(folder);
        let names = fs::list(&folder).unwrap_or_default();
        files.extend(names.into_iter().map(|name| folder.join(name)));
    }
    files
}

fn examine(file: &Path) -> Vec<Finding> {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    let about = lines.filter(|(_, line)| !line.starts_with('#') && line.to_lowercase().contains("sccache"));
    about.map(|(number, line)| finding(&format!("{}:{number}", file.display()), line)).collect()
}

fn finding(place: &str, line: &str) -> Finding {
    let finding = Finding::note(NAME, place.to_owned());
    finding.fix(match remedy(line) {
        Remedy::Replace(new) => format!("- {line}\n+ {new}"),
        Remedy::Remove => format!("- {line}   (remove)"),
        Remedy::Review => format!("  {line}   (review)"),
    })
}

enum Remedy {
    Replace(String),
    Remove,
    Review,
}

/// Judges a line: `[export ]NAME=value`, or fish's `set -gx NAME value`.
fn remedy(line: &str) -> Remedy {
    let assignment = line.strip_prefix("export ").unwrap_or(line).trim_start();
    let fish = line.strip_prefix("set ").map(|rest| {
        let mut words = rest.split_whitespace().skip_while(|word| word.starts_with('-'));
        (words.next().unwrap_or_default(), words.collect::<Vec<_>>().join(" "))
    });
    let (name, value) = match &fish {
        Some((name, value)) => (*name, value.as_str()),
        None => assignment.split_once('=').unwrap_or((assignment, "")),
    };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let value = value.trim_matches(['"', '\'']);
    let is_program = Path::new(value).file_stem().is_some_and(|stem| stem == "sccache");
    if is_name && name.starts_with("SCCACHE_") && !line.contains([';', '&', '|']) {
        Remedy::Remove
    } else if matches!(name, env::RUSTC_WRAPPER | env::CARGO_BUILD_RUSTC_WRAPPER)
        && is_program
        && !value.contains(char::is_whitespace)
    {
        Remedy::Replace(line.replace(value, "kache"))
    } else {
        Remedy::Review
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Machine, shown};
    use super::*;

    #[test]
    fn lines_are_shown_with_what_becomes_of_them() {
        let mut machine = Machine::new();
        let zdotdir = machine.path("z").display().to_string();
        machine.set("ZDOTDIR", &zdotdir);
        let file = machine.file(
            "z/.zshrc",
            "# sccache is nice\nexport RUSTC_WRAPPER=\"/usr/bin/sccache\"\nexport SCCACHE_DIR=/x\nalias s='sccache -s'\n",
        );
        machine.file("home/.config/fish/conf.d/rust.fish", "set -gx RUSTC_WRAPPER sccache\n");
        machine.file("home/.zshrc", "export SCCACHE_DIR=/ignored\n");
        let findings = machine.check(check);
        let fixes = findings.iter().map(|f| f.fix.as_deref().unwrap()).collect::<Vec<_>>();
        assert_eq!(
            fixes,
            [
                "- export RUSTC_WRAPPER=\"/usr/bin/sccache\"\n+ export RUSTC_WRAPPER=\"kache\"",
                "- export SCCACHE_DIR=/x   (remove)",
                "  alias s='sccache -s'   (review)",
                "- set -gx RUSTC_WRAPPER sccache\n+ set -gx RUSTC_WRAPPER kache",
            ]
        );
        assert_eq!(findings[0].detail, format!("{}:2", shown(&file)));
    }
}
