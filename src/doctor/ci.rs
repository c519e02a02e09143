//! Files of CI services that still set up sccache. They are shown, never edited: a build elsewhere depends on them.

use std::path::{Path, PathBuf};

use super::finding::Remedy;
use super::fix::migrate;
use super::named::{self, Named};
use super::sccache::{PREFIX, WRAPPERS};
use super::shell::lines_about_it;
use super::{Finding, Line, Subject};
use crate::fs;

const NAME: &str = "ci";

/// What a wrapper is there: `cargo install` makes no link.
const WRAPPER: &str = "cargo-kache";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    files(subject.here).iter().flat_map(|file| examine(file)).collect()
}

/// Lists the files of the repository that the folder lies in.
fn files(here: &Path) -> Vec<PathBuf> {
    let is_root = |dir: &&Path| dir.join(".git").exists();
    let top = here.ancestors().find(is_root).unwrap_or(here);
    let mut files = Vec::new();
    for dir in here.ancestors().take_while(|dir| dir.starts_with(top)) {
        for folder in
            [".github/workflows", ".gitlab/ci", ".woodpecker", ".forgejo/workflows", ".gitea/workflows"]
        {
            files.extend(children(&dir.join(folder)).into_iter().filter(|path| is_yaml(path)));
        }
        for action in children(&dir.join(".github/actions")) {
            files.extend(["action.yml", "action.yaml"].map(|name| action.join(name)));
        }
        let names = [
            ".gitlab-ci.yml",
            ".circleci/config.yml",
            ".cirrus.yml",
            "azure-pipelines.yml",
            ".woodpecker.yml",
        ];
        files.extend(names.map(|name| dir.join(name)));
    }
    files
}

fn children(folder: &Path) -> Vec<PathBuf> {
    fs::list(folder).unwrap_or_default().into_iter().map(|name| folder.join(name)).collect()
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yml" || ending == "yaml")
}

fn examine(file: &Path) -> Vec<Finding> {
    let lines = lines_about_it(file).into_iter();
    lines
        .map(|(number, line)| Finding::by_hand(NAME, Line::new(file, number, &line, remedy(&line))))
        .collect()
}

/// Judges a line: an entry `NAME: value`, a step, or a command.
fn remedy(line: &str) -> Remedy {
    let entry = line.trim_start_matches("- ").trim_start();
    let head = &line[..line.len() - entry.len()];
    if entry.starts_with("uses:") && entry.contains("sccache-action") {
        return Remedy::Replace(format!("{head}run: cargo install --locked cargo-kache"));
    }
    if let Some((name, value)) = entry.split_once(':')
        && is_name(name)
    {
        return of_entry(line, name.trim(), value);
    }
    of_command(line)
}

fn is_name(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn of_entry(line: &str, name: &str, value: &str) -> Remedy {
    let plain = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    let bare = name.trim_matches(['"', '\'']);
    if WRAPPERS.contains(&bare) && named::judge(plain, Path::new("/")) == Named::Sccache {
        return Remedy::Replace(replaced_behind(line, value, plain, WRAPPER));
    }
    match bare.strip_prefix(PREFIX) {
        Some("GHA_ENABLED" | "GHA_CACHE_TO" | "GHA_CACHE_FROM" | "GHA_VERSION") => {
            Remedy::Remove(Some("keep the cache directory by `actions/cache`, or set `KACHE_S3_BUCKET`"))
        }
        Some(_) => match migrate::of_variable(bare, plain) {
            Some((ours, new)) => {
                Remedy::Replace(replaced_behind(line, value, plain, &new).replacen(bare, ours, 1))
            }
            None => Remedy::Remove(None),
        },
        // A command, say, in an entry `run:`.
        None => of_command(line),
    }
}

/// Replaces `old` in the part of a line that begins with `value`.
fn replaced_behind(line: &str, value: &str, old: &str, new: &str) -> String {
    let start = line.len() - value.len();
    line[..start].to_owned() + &line[start..].replacen(old, new, 1)
}

fn of_command(line: &str) -> Remedy {
    let wrapper = WRAPPERS.iter().map(|name| format!("{name}=sccache")).find(|set| {
        let rest = line.split_once(&**set).map(|(_, rest)| rest);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || "-_./".contains(c)))
    });
    if let Some(set) = wrapper.filter(|_| !line.contains(PREFIX)) {
        return Remedy::Replace(line.replacen(&set, &set.replace("sccache", WRAPPER), 1));
    }
    for words in ["sccache --show-stats", "sccache -s"] {
        if line.ends_with(words) {
            return Remedy::Replace(line.replacen(words, "cargo kache stats", 1));
        }
    }
    let sets = format!("echo \"{PREFIX}");
    if line.contains(&sets) && line.contains("GITHUB_ENV") && !line.contains(['&', ';', '|']) {
        return Remedy::Remove(None);
    }
    Remedy::Review
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Machine, shown};
    use super::*;

    #[test]
    fn lines() {
        let text = |line: &str| Line::new(Path::new("/f"), 1, line, remedy(line)).text();
        for (line, expected) in [
            ("- uses: mozilla-actions/sccache-action@v0.0.9", "- run: cargo install --locked cargo-kache"),
            ("uses: mozilla-actions/sccache-action@v0.0.9", "run: cargo install --locked cargo-kache"),
            ("RUSTC_WRAPPER: sccache", "RUSTC_WRAPPER: cargo-kache"),
            ("RUSTC_WRAPPER: \"sccache\" # sccache", "RUSTC_WRAPPER: \"cargo-kache\" # sccache"),
            ("SCCACHE_BUCKET: builds", "KACHE_S3_BUCKET: builds"),
            ("SCCACHE_CACHE_SIZE: \"2G\"", "KACHE_MAX_SIZE: \"2GiB\""),
            ("SCCACHE_ENDPOINT: minio:9000", "KACHE_S3_ENDPOINT: http://minio:9000"),
            ("SCCACHE_BUCKET: ${{ vars.SCCACHE_BUCKET }}", "KACHE_S3_BUCKET: ${{ vars.SCCACHE_BUCKET }}"),
            ("- export RUSTC_WRAPPER=sccache", "- export RUSTC_WRAPPER=cargo-kache"),
            (
                "- run: echo \"RUSTC_WRAPPER=sccache\" >> $GITHUB_ENV",
                "- run: echo \"RUSTC_WRAPPER=cargo-kache\" >> $GITHUB_ENV",
            ),
            ("run: sccache --show-stats", "run: cargo kache stats"),
        ] {
            assert_eq!(text(line), format!("- {line}\n+ {expected}"));
        }
        assert_eq!(text("SCCACHE_DIR: x"), "- SCCACHE_DIR: x   (remove)");
        let gha = text("SCCACHE_GHA_ENABLED: \"true\"");
        assert!(gha.starts_with("- SCCACHE_GHA_ENABLED: \"true\"   (remove; keep the cache "), "{gha}");
        for line in
            ["- name: Run sccache-cache", "run: cargo install sccache", "key: sccache-${{ runner.os }}"]
        {
            assert_eq!(text(line), format!("  {line}   (review)"));
        }
        assert_eq!(text("SCCACHE_REDIS_PASSWORD: hush"), "- SCCACHE_REDIS_PASSWORD: …   (remove)");
    }

    #[test]
    fn files_of_the_repository() {
        let machine = Machine::new();
        machine.file(".gitlab-ci.yml", "variables:\n  RUSTC_WRAPPER: sccache\n");
        assert_eq!(machine.check(check), []);
        machine.file("work/.git/HEAD", "");
        let file =
            machine.file("work/.github/workflows/ci.yaml", "env:\n  # sccache\n  RUSTC_WRAPPER: sccache\n");
        let findings = machine.check(check);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].detail, format!("{}:3", shown(&file)));
    }
}
