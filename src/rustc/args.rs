//! A rustc command line, as facts.
//!
//! Owns the parsing of arguments. Never guesses: what the table in [`flags`] does not know becomes
//! [`Unsupported`], and the unit is compiled without the cache.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::flags::{self, Meaning};
use crate::fs;

/// A compiler call that only asks something: `-vV`, `--print`, or one without a crate.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Nothing is compiled: run it untouched.
    Probe,
    /// A compile the key can't model.
    Unsupported(Unsupported, Box<Arguments>),
    /// A compile.
    Compile(Box<Arguments>),
}

/// Why the key can't model a compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// A flag that is not in the table.
    Flag(String),
    /// An output kind, or the lack of one that is needed.
    Emit(String),
    /// The crate is read from stdin.
    Stdin,
}

/// The facts of a compile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// `--crate-name`
    pub crate_name: String,
    /// The crate root as written.
    pub source: PathBuf,
    /// `--crate-type`, in order.
    pub crate_types: Vec<String>,
    /// `--edition`
    pub edition: Option<String>,
    /// `--emit` kinds, sorted.
    pub emit: Vec<String>,
    /// The file that `--emit=link=` names.
    pub link_file: Option<PathBuf>,
    /// `--out-dir`
    pub out_dir: PathBuf,
    /// `--target`
    pub target: Option<String>,
    /// `--sysroot`
    pub sysroot: Option<PathBuf>,
    /// `--test`
    pub test: bool,
    /// `-C extra-filename`
    pub extra_filename: String,
    /// `-C incremental`
    pub incremental: Option<PathBuf>,
    /// `--cfg`, sorted.
    pub cfgs: Vec<String>,
    /// `--check-cfg`, sorted.
    pub check_cfgs: Vec<String>,
    /// `--extern`, sorted by name.
    pub externs: Vec<Extern>,
    /// `-L`, in order.
    pub search_paths: Vec<SearchPath>,
    /// `-l`, in order.
    pub native_libs: Vec<String>,
    /// Flags whose text enters every key, in order.
    pub texts: Vec<String>,
    /// Flags that say in which form messages come, in order.
    pub messages: Vec<String>,
    /// Flags whose text enters the key of what is linked, in order.
    pub link_texts: Vec<String>,
    /// Files named by flags that the compiler reads.
    pub files: Vec<PathBuf>,
    /// `-C linker`
    pub linker: Option<PathBuf>,
    /// Whether `--json` asks for artifact notifications.
    pub json_artifacts: bool,
    /// Whether `-C target-cpu=native` stands for the processor of this machine.
    pub native_cpu: bool,
    /// `-C split-debuginfo`
    pub split_debuginfo: Option<String>,
}

/// `--extern [options:]name[=path]`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extern {
    /// The name with its options: `priv,noprelude:foo`.
    pub name: String,
    /// The file, if one is named.
    pub path: Option<PathBuf>,
}

/// `-L [kind=]path`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPath {
    /// `dependency`, `crate`, `native`, `framework` or `all`.
    pub kind: String,
    /// The directory.
    pub path: PathBuf,
}

impl Arguments {
    /// Whether this makes a file that the linker makes: a program, a dynamic library or a proc-macro.
    pub fn is_linked(&self) -> bool {
        self.emits("link")
            && (self.test
                || self.crate_types.is_empty()
                || self.crate_types.iter().any(|t| matches!(&**t, "bin" | "dylib" | "cdylib" | "proc-macro")))
    }

    /// Whether `--emit` names `kind`.
    pub fn emits(&self, kind: &str) -> bool {
        self.emit.iter().any(|e| e == kind)
    }

    /// Whether the crate type is `kind`.
    pub fn has_type(&self, kind: &str) -> bool {
        self.crate_types.iter().any(|t| t == kind)
    }

    /// Returns the directories of `-L dependency=`.
    pub fn dependency_dirs(&self) -> impl Iterator<Item = &Path> {
        self.search_paths.iter().filter(|s| s.kind == "dependency").map(|s| s.path.as_path())
    }

    /// Returns the directories that are searched for libraries which nobody names by path.
    pub fn other_dirs(&self) -> impl Iterator<Item = &Path> {
        self.search_paths.iter().filter(|s| s.kind != "dependency").map(|s| s.path.as_path())
    }

    /// Returns the features of the package, sorted.
    pub fn features(&self) -> Vec<String> {
        let feature = |cfg: &String| Some(cfg.strip_prefix("feature=\"")?.strip_suffix('"')?.to_owned());
        self.cfgs.iter().filter_map(feature).collect()
    }
}

/// Reads a command line (without the program).
pub fn parse(arguments: &[OsString]) -> Parsed {
    let mut parser = Parser::default();
    for argument in expand_response_files(arguments) {
        parser.words.push_back(argument);
    }
    parser.run()
}

/// Replaces `@file` by the lines of the file. One that can't be read stays, and is then not understood.
fn expand_response_files(arguments: &[OsString]) -> Vec<OsString> {
    let mut all = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let file = argument.to_str().and_then(|a| a.strip_prefix('@'));
        match file.and_then(|f| fs::read_to_string(Path::new(f)).ok()) {
            Some(lines) => all.extend(lines.lines().map(OsString::from)),
            None => all.push(argument.clone()),
        }
    }
    all
}

#[derive(Default)]
struct Parser {
    words: std::collections::VecDeque<OsString>,
    facts: Arguments,
    sources: Vec<PathBuf>,
    unsupported: Option<Unsupported>,
    probe: bool,
}

impl Parser {
    fn run(mut self) -> Parsed {
        while let Some(word) = self.words.pop_front() {
            match word.to_str() {
                Some(word) => self.word(word),
                None => self.refuse(Unsupported::Flag(word.to_string_lossy().into_owned())),
            }
        }
        if self.probe || self.facts.crate_name.is_empty() {
            return Parsed::Probe;
        }
        self.check();
        self.facts.cfgs.sort();
        self.facts.check_cfgs.sort();
        self.facts.externs.sort();
        self.facts.emit.sort();
        let facts = Box::new(self.facts);
        match self.unsupported {
            Some(why) => Parsed::Unsupported(why, facts),
            None => Parsed::Compile(facts),
        }
    }

    fn refuse(&mut self, why: Unsupported) {
        self.unsupported.get_or_insert(why);
    }

    fn refuse_flag(&mut self, flag: impl Into<String>) {
        self.refuse(Unsupported::Flag(flag.into()));
    }

    /// Checks what only the whole command line shows.
    fn check(&mut self) {
        match &self.sources[..] {
            [source] if source.as_os_str() == "-" => self.refuse(Unsupported::Stdin),
            [source] => self.facts.source = source.clone(),
            _ => self.refuse_flag("more than one source file"),
        }
        if self.facts.out_dir.as_os_str().is_empty() {
            self.refuse_flag("no `--out-dir`");
        }
        let known = ["dep-info", "metadata", "link"];
        if let Some(kind) = self.facts.emit.iter().find(|e| !known.contains(&&***e)).cloned() {
            self.refuse(Unsupported::Emit(kind));
        }
        if !self.facts.emits("dep-info") {
            self.refuse(Unsupported::Emit("no dep-info".to_owned()));
        }
    }

    fn value(&mut self, flag: &str, inline: Option<&str>) -> Option<String> {
        if let Some(inline) = inline {
            return Some(inline.to_owned());
        }
        let next = self.words.pop_front();
        let value = next.as_deref().and_then(OsStr::to_str).map(str::to_owned);
        if value.is_none() {
            self.refuse_flag(flag);
        }
        value
    }

    fn word(&mut self, word: &str) {
        if word == "-" || !word.starts_with('-') {
            self.sources.push(PathBuf::from(word));
        } else if let Some(long) = word.strip_prefix("--") {
            self.long(long);
        } else {
            self.short(word);
        }
    }

    fn long(&mut self, word: &str) {
        let (name, inline) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let Some(flag) = flags::LONG.iter().find(|f| f.name == name) else {
            return self.refuse_flag(format!("--{name}"));
        };
        let value = if flag.takes_value {
            let Some(value) = self.value(&format!("--{name}"), inline) else { return };
            value
        } else {
            String::new()
        };
        match flag.meaning {
            Meaning::Special => self.special(name, value),
            Meaning::Nothing => {}
            Meaning::Message => self.facts.messages.push(format!("--{name}={value}")),
            _ => self.facts.texts.push(format!("--{name}={value}")),
        }
    }

    fn special(&mut self, name: &str, value: String) {
        let facts = &mut self.facts;
        match name {
            "cfg" => facts.cfgs.push(value),
            "check-cfg" => facts.check_cfgs.push(value),
            "crate-name" => facts.crate_name = value,
            "crate-type" => facts.crate_types.extend(value.split(',').map(str::to_owned)),
            "edition" => facts.edition = Some(value),
            "emit" => {
                if let Some(file) = value.split(',').find_map(|kind| kind.strip_prefix("link=")) {
                    facts.link_file = Some(file.into());
                }
                facts.emit.extend(value.split(',').map(str::to_owned));
            }
            "extern" => {
                let (name, path) = match value.split_once('=') {
                    Some((name, path)) => (name.to_owned(), Some(PathBuf::from(path))),
                    None => (value, None),
                };
                facts.externs.push(Extern { name, path });
            }
            "out-dir" => facts.out_dir = value.into(),
            "target" => facts.target = Some(value),
            "sysroot" => facts.sysroot = Some(value.into()),
            "test" => facts.test = true,
            "json" => {
                facts.json_artifacts |= value.split(',').any(|v| v == "artifacts");
                facts.messages.push(format!("--json={value}"));
            }
            "codegen" => self.codegen(&value),
            "print" if is_said_while_linking(&value) => self.refuse_flag(format!("--print={value}")),
            _ => self.probe = true,
        }
    }

    fn short(&mut self, word: &str) {
        let (name, rest) = word.split_at(2.min(word.len()));
        // `-Copt-level=3`, `-C opt-level=3`
        let inline = (!rest.is_empty()).then(|| rest.strip_prefix('=').unwrap_or(rest));
        match name {
            "-V" | "-h" => self.probe = true,
            "-v" if rest == "V" => self.probe = true,
            "-v" if rest.is_empty() => self.facts.texts.push(word.to_owned()),
            "-O" | "-g" if rest.is_empty() => self.facts.texts.push(word.to_owned()),
            "-A" | "-W" | "-D" | "-F" => {
                if let Some(lint) = self.value(name, inline) {
                    self.facts.texts.push(format!("{name}{lint}"));
                }
            }
            "-C" => {
                if let Some(value) = self.value(name, inline) {
                    self.codegen(&value);
                }
            }
            "-Z" => {
                if let Some(value) = self.value(name, inline) {
                    self.unstable(&value);
                }
            }
            "-L" => {
                if let Some(value) = self.value(name, inline) {
                    let kinds = ["dependency", "crate", "native", "framework", "all"];
                    let (kind, path) = match value.split_once('=') {
                        Some((kind, path)) if kinds.contains(&kind) => (kind.to_owned(), path.into()),
                        _ => ("all".to_owned(), value.into()),
                    };
                    self.facts.search_paths.push(SearchPath { kind, path });
                }
            }
            "-l" => {
                if let Some(value) = self.value(name, inline) {
                    self.facts.native_libs.push(value);
                }
            }
            _ => self.refuse_flag(word),
        }
    }

    fn codegen(&mut self, option: &str) {
        let (name, value) =
            option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        let name = &name.replace('_', "-");
        let Some((_, meaning)) = flags::CODEGEN.iter().find(|(known, _)| known == name) else {
            return self.refuse_flag(format!("-C {name}"));
        };
        let text = match value {
            Some(value) => format!("-C{name}={value}"),
            None => format!("-C{name}"),
        };
        let value = value.unwrap_or_default();
        match meaning {
            Meaning::Text => {
                self.facts.native_cpu |= name == "target-cpu" && value == "native";
                if name == "split-debuginfo" {
                    self.facts.split_debuginfo = Some(value.to_owned());
                }
                self.facts.texts.push(text);
            }
            Meaning::LinkText => self.facts.link_texts.push(text),
            Meaning::LinkFile => {
                if name == "linker" {
                    self.facts.linker = Some(value.into());
                }
                self.facts.link_texts.push(text);
            }
            Meaning::File => {
                self.facts.files.push(value.into());
                self.facts.texts.push(text);
            }
            Meaning::Special if name == "incremental" => self.facts.incremental = Some(value.into()),
            Meaning::Special => self.facts.extra_filename = value.to_owned(),
            Meaning::Nothing | Meaning::Message => {}
        }
    }

    fn unstable(&mut self, option: &str) {
        let name = option.split_once('=').map_or(option, |(name, _)| name).replace('_', "-");
        if flags::UNSTABLE.contains(&&*name) {
            self.facts.texts.push(format!("-Z{option}"));
        } else {
            self.refuse_flag(format!("-Z {name}"));
        }
    }
}

/// Whether what `--print` asks for is said by the link, so that the compile goes on.
fn is_said_while_linking(print: &str) -> bool {
    let kind = print.split_once('=').map_or(print, |(kind, _)| kind);
    matches!(kind, "link-args" | "native-static-libs")
}

/// Returns the arguments without `-C incremental`.
pub fn without_incremental(arguments: &[OsString]) -> Vec<OsString> {
    let mut kept: Vec<OsString> = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let text = argument.as_encoded_bytes();
        if text.starts_with(b"-Cincremental=") || text.starts_with(b"--codegen=incremental=") {
            continue;
        }
        let follows_flag = kept.last().is_some_and(|last| last == "-C" || last == "--codegen");
        if follows_flag && text.starts_with(b"incremental=") {
            kept.pop();
            continue;
        }
        kept.push(argument.clone());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Parsed {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    fn facts(line: &str) -> Arguments {
        match parse_line(line) {
            Parsed::Compile(facts) => *facts,
            other => panic!("{other:?}"),
        }
    }

    const LIB: &str = "--crate-name a --edition=2021 src/lib.rs --error-format=json --json=artifacts,future-incompat \
        --crate-type lib --emit=dep-info,metadata,link -C opt-level=3 -Cembed-bitcode=no --cfg feature=\"b\" \
        --check-cfg cfg(docsrs,test) -C metadata=123 -C extra-filename=-456 --out-dir /t/deps -C incremental=/t/inc \
        -L dependency=/t/deps -L native=/n -l static=z --extern b=/t/deps/libb-1.rmeta --extern priv:c=/t/libc.rlib \
        --cap-lints allow --diagnostic-width=80";

    #[test]
    fn a_line_of_cargos() {
        let facts = facts(LIB);
        assert_eq!(facts.crate_name, "a");
        assert_eq!(facts.source, Path::new("src/lib.rs"));
        assert_eq!(facts.emit, ["dep-info", "link", "metadata"]);
        assert_eq!(facts.extra_filename, "-456");
        assert_eq!(facts.incremental.as_deref(), Some(Path::new("/t/inc")));
        assert_eq!(facts.features(), ["b"]);
        assert_eq!(facts.externs.len(), 2);
        assert_eq!(facts.other_dirs().collect::<Vec<_>>(), [Path::new("/n")]);
        assert!(facts.json_artifacts && !facts.is_linked());
        assert!(!facts.texts.iter().any(|t| t.contains("width")));
    }

    #[test]
    fn what_is_linked() {
        let with = |kind: &str| LIB.replace("--crate-type lib", kind);
        assert!(facts(&with("--crate-type bin")).is_linked());
        assert!(facts(&with("--crate-type proc-macro")).is_linked());
        assert!(facts(&with("--crate-type lib --test")).is_linked());
        assert!(!facts(&with("--crate-type bin").replace("metadata,link", "metadata")).is_linked());
    }

    #[test]
    fn probes() {
        for line in [
            "-vV",
            "--version",
            "-V",
            "--print=cfg",
            "--print cfg --print link-args --crate-name a x.rs",
            "-",
            "--print cfg --crate-name ___ -",
            "x.rs",
        ] {
            assert_eq!(parse_line(line), Parsed::Probe, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let refused = |line: &str| match parse_line(&format!("{LIB} {line}")) {
            Parsed::Unsupported(why, _) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused("-Z foo=1"), Unsupported::Flag("-Z foo".into()));
        assert_eq!(refused("-C save-temps"), Unsupported::Flag("-C save-temps".into()));
        assert_eq!(refused("--pretty x"), Unsupported::Flag("--pretty".into()));
        assert_eq!(refused("--emit=asm"), Unsupported::Emit("asm".into()));
        assert_eq!(refused("--emit=link=/p"), Unsupported::Emit("link=/p".into()));
        assert_eq!(refused("--print link-args=f"), Unsupported::Flag("--print=link-args=f".into()));
        assert_eq!(
            refused("--print=native-static-libs"),
            Unsupported::Flag("--print=native-static-libs".into())
        );
        assert_eq!(refused("@missing"), Unsupported::Flag("more than one source file".into()));
    }

    #[test]
    fn order_of_sets_does_not_count() {
        let a = facts(&format!("{LIB} --cfg x --cfg y"));
        let b = facts(&format!("{LIB} --cfg y --cfg x"));
        assert_eq!(a, b);
    }

    #[test]
    fn response_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("args");
        fs::write(&file, LIB.split_whitespace().collect::<Vec<_>>().join("\n")).unwrap();
        let parsed = parse(&[OsString::from(format!("@{}", file.display()))]);
        assert!(matches!(parsed, Parsed::Compile(f) if *f == facts(LIB)));
    }

    #[test]
    fn incremental_is_dropped_in_all_spellings() {
        let drop = |line: &str| {
            let words = line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
            without_incremental(&words).join(OsStr::new(" ")).into_string().unwrap()
        };
        assert_eq!(drop("a -C incremental=x -C opt-level=1"), "a -C opt-level=1");
        assert_eq!(drop("-Cincremental=x b"), "b");
        assert_eq!(drop("--codegen incremental=x b"), "b");
        assert_eq!(drop("--codegen=incremental=x b"), "b");
    }
}
