//! Shell files that still set up sccache. They are shown, never edited.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::finding::Remedy;
use super::named::{self, Named};
use super::sccache::{PREFIX, WRAPPERS};
use super::{Finding, Line, Subject};
use crate::env;
use crate::fs;

const NAME: &str = "shell";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let findings = files(subject).iter().flat_map(|file| examine(file)).collect::<Vec<_>>();
    if findings.is_empty() { vec![Finding::ok(NAME, "no sccache in startup files")] } else { findings }
}

/// Lists the startup files of the usual shells, of systemd's user session, and of direnv.
fn files(subject: &Subject<'_>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if let Some(home) = subject.env.home() {
        let zsh = subject.env.absolute("ZDOTDIR").unwrap_or_else(|| home.clone());
        let config = subject.env.absolute(env::XDG_CONFIG_HOME).unwrap_or_else(|| home.join(".config"));
        files.extend([".zshenv", ".zprofile", ".zshrc", ".zlogin"].map(|name| zsh.join(name)));
        let names = [".bashrc", ".bash_profile", ".bash_login", ".profile"];
        files.extend(names.map(|name| home.join(name)));
        files.extend(["fish/config.fish", "fish/fish_variables"].map(|name| config.join(name)));
        for (folder, ending) in [("fish/conf.d", "fish"), ("environment.d", "conf")] {
            let folder = config.join(folder);
            let names = fs::list(&folder).unwrap_or_default().into_iter().map(|name| folder.join(name));
            files.extend(names.filter(|path| path.extension().is_some_and(|found| found == ending)));
        }
    }
    files.extend(subject.here.ancestors().map(|dir| dir.join(".envrc")));
    files
}

fn examine(file: &Path) -> Vec<Finding> {
    let finding =
        |(number, line): (usize, &str)| Finding::by_hand(NAME, Line::new(file, number, line, remedy(line)));
    lines_about_it(file).iter().map(|(number, line)| finding((*number, line))).collect()
}

/// Returns the lines of a file that speak of sccache, but for comments, with their numbers.
pub(super) fn lines_about_it(file: &Path) -> Vec<(usize, String)> {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    let about = lines.filter(|(_, line)| !line.starts_with('#') && line.to_lowercase().contains("sccache"));
    about.map(|(number, line)| (number, line.to_owned())).collect()
}

/// Judges a line of a shell file.
fn remedy(line: &str) -> Remedy {
    let Some((name, value)) = assignment(line) else { return Remedy::Review };
    let universal = line.starts_with("SETUVAR ");
    let is_wrapper = WRAPPERS.contains(&name);
    if name.starts_with(PREFIX) {
        match universal {
            true => Remedy::Remove(Some("by `set -Ue`, in fish")),
            false => Remedy::Remove(None),
        }
    } else if is_wrapper && universal && is_sccache(&line[value.clone()]) {
        Remedy::Replace(format!("set -Ux {name} kache"))
    } else if is_wrapper && is_sccache(&line[value.clone()]) {
        Remedy::Replace(format!("{}kache{}", &line[..value.start], &line[value.end..]))
    } else {
        Remedy::Review
    }
}

/// Finds name and value in a line that does nothing but set one variable: `[export ]NAME=value`, fish's
/// `set -gx NAME value`, or a line of the file in which fish keeps its universal variables.
fn assignment(line: &str) -> Option<(&str, Range<usize>)> {
    let start = |rest: &str| line.len() - rest.len();
    let (name, value) = if let Some(rest) = line.strip_prefix("SETUVAR ") {
        rest.trim_start_matches("--export ").split_once(':')?
    } else if let Some(rest) = line.strip_prefix("set ") {
        let mut rest = rest.trim_start();
        while rest.starts_with('-') {
            rest = rest.split_once(' ')?.1.trim_start();
        }
        let (name, value) = rest.split_once(char::is_whitespace)?;
        (name, value.trim_start())
    } else {
        let words = ["export ", "declare -x ", "typeset -x "];
        let rest = words.iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
        rest.trim_start().split_once('=')?
    };
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begin = start(value);
    Some((name, within_quotes(line, begin, word_end(line, begin)?))).filter(|_| is_name)
}

/// Returns where a word ends, behind which nothing but a comment may follow.
fn word_end(line: &str, begin: usize) -> Option<usize> {
    let word = &line[begin..];
    let length = if let Some(quote) = word.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        word[1..].find(quote)? + 2
    } else if word.starts_with("$(") || word.starts_with('(') {
        word.find(')')? + 1
    } else {
        word.find(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|')).unwrap_or(word.len())
    };
    let rest = word[length..].trim();
    (rest.is_empty() || rest.starts_with('#')).then_some(begin + length)
}

fn within_quotes(line: &str, begin: usize, end: usize) -> Range<usize> {
    let is_quoted = end - begin >= 2 && line[begin..end].starts_with(['"', '\'']);
    if is_quoted { begin + 1..end - 1 } else { begin..end }
}

/// Whether a value is sccache, or asks the shell where it is.
fn is_sccache(value: &str) -> bool {
    let asked = value.trim_start_matches(['$', '(', '`']).trim_end_matches([')', '`']);
    let asked = ["command -v ", "which ", "type -P "].iter().find_map(|word| asked.strip_prefix(word));
    named::judge(asked.unwrap_or(value).trim(), Path::new("/")) == Named::Sccache
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
        machine.file("home/.config/fish/conf.d/rust.fish.bak", "set -gx RUSTC_WRAPPER sccache\n");
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

    #[test]
    fn lines() {
        let text = |line: &str| Line::new(Path::new("/f"), 1, line, remedy(line)).text();
        let new = |line: &str| text(line).lines().nth(1).map(str::to_owned).unwrap_or_default();
        for (line, expected) in [
            ("RUSTC_WRAPPER=sccache", "+ RUSTC_WRAPPER=kache"),
            (
                "export RUSTC_WRAPPER=sccache # sccache is fast",
                "+ export RUSTC_WRAPPER=kache # sccache is fast",
            ),
            ("export RUSTC_WRAPPER=$(which sccache)", "+ export RUSTC_WRAPPER=kache"),
            (
                "export CARGO_BUILD_RUSTC_WRAPPER=\"$(command -v sccache)\"",
                "+ export CARGO_BUILD_RUSTC_WRAPPER=\"kache\"",
            ),
            ("set -gx RUSTC_WRAPPER (which sccache)", "+ set -gx RUSTC_WRAPPER kache"),
            (
                "set --global --export RUSTC_WRAPPER $HOME/.cargo/bin/sccache",
                "+ set --global --export RUSTC_WRAPPER kache",
            ),
            ("SETUVAR --export RUSTC_WRAPPER:sccache", "+ set -Ux RUSTC_WRAPPER kache"),
        ] {
            assert_eq!(new(line), expected, "{line}");
        }
        for line in [
            "command -v sccache >/dev/null && export RUSTC_WRAPPER=sccache",
            "export RUSTC_WRAPPER=sccache SCCACHE_DIR=/x",
            "export RUSTC_WRAPPER=sccache; echo",
            "export RUSTC_WRAPPER=~/bin/sccache-wrapper",
            "if test -x /usr/bin/sccache",
        ] {
            assert_eq!(text(line), format!("  {line}   (review)"));
        }
        assert_eq!(text("set -gx SCCACHE_BUCKET b"), "- set -gx SCCACHE_BUCKET b   (remove)");
        assert_eq!(
            text("SETUVAR --export SCCACHE_DIR:/x"),
            "- SETUVAR --export SCCACHE_DIR:/x   (remove; by `set -Ue`, in fish)"
        );
        assert_eq!(text("export SCCACHE_AZURE_KEY=hush"), "- export SCCACHE_AZURE_KEY=…   (remove)");
    }
}
