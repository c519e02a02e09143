//! Faults: whatever happens to the cache, the machine or the process, the build is right, and later ones hit again.

mod blobs;
mod crashes;
mod disk;
mod index;
mod settings;
mod signals;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_kache::event::Outcome;

use crate::support::{Captured, Project, Run, note, project};

/// One compiler call, what it must give, and a cache to begin with.
struct Subject {
    p: Project,
    call: Captured,
    expected: BTreeMap<String, String>,
    plain: Run,
}

impl Subject {
    /// Takes the call of `crate_name`; the cache knows the compiler and the other crates, but not this one.
    ///
    /// The compiler is real once. From then on a script stands in its place that gives the same again, hundreds of
    /// times: it writes over what is there, in place.
    fn new(p: Project, crate_name: &str) -> Self {
        let mut calls = p.capture("build");
        let mut call = calls.remove(crate_name).unwrap();
        let made = p.run(call.plain());
        made.success();
        let extra =
            call.words.iter().find_map(|w| w.to_str()?.strip_prefix("extra-filename=")).unwrap().to_owned();
        let expected =
            call.outputs().into_iter().filter(|(name, _)| name.contains(&extra)).collect::<BTreeMap<_, _>>();
        let room = p.beside("made");
        fs::create_dir_all(&room).unwrap();
        for name in expected.keys() {
            fs::copy(call.out_dir().join(name), room.join(name)).unwrap();
        }
        fs::write(room.join("said"), &made.stderr).unwrap();
        let (room, real, out_dir) = (room.display(), call.words[0].display().to_string(), call.out_dir());
        let script = format!(
            "#!/bin/sh\ncase $* in *'--crate-name {crate_name} '*)\n\
             for file in {room}/*{extra}*; do cat $file > {out}/${{file##*/}}; done\n\
             chmod +x {out}/*{extra}.so 2>/dev/null; cat {room}/said >&2; test -z \"$HARM\" || sh -c \"$HARM\"; exit ;;\nesac\nexec '{real}' \"$@\"\n",
            out = out_dir.display()
        );
        let script = p.write_script(p.beside("bin/rustc"), &script);
        call.words[0] = script.clone().into();
        for mut other in calls.into_values() {
            other.words[0] = script.clone().into();
            other.run(&p).success();
        }
        let plain = p.run(call.plain());
        plain.success();
        let subject = Self { p, call, expected, plain };
        subject.wipe();
        subject.save("empty");
        subject
    }

    fn library() -> Self {
        let p = project().workspace(&["foo", "bar"]).package("foo", "foo", "").package("bar", "bar", "");
        let p = p.file("bar/src/lib.rs", "").file("foo/src/lib.rs", "pub fn a() -> u8 { let unused = 1; 1 }");
        Self::new(p.build(), "foo")
    }

    /// A macro: linked, traced, and restored as a host tool.
    fn proc_macro() -> Self {
        let p = project().workspace(&["mac", "bar"]).package("bar", "bar", "").file("bar/src/lib.rs", "");
        let p = p
            .proc_macro("#[proc_macro] pub fn one(_: TokenStream) -> TokenStream { \"1\".parse().unwrap() }");
        Self::new(p.build(), "mac")
    }

    /// Removes the outputs.
    fn wipe(&self) {
        for name in self.expected.keys() {
            let _ = fs::remove_file(self.call.out_dir().join(name));
        }
    }

    fn saved(&self, name: &str) -> PathBuf {
        self.p.beside(format!("saved-{name}"))
    }

    /// Keeps the present cache under a name.
    fn save(&self, name: &str) {
        copy(&self.p.cache(), &self.saved(name));
    }

    /// Puts a kept cache back.
    fn load(&self, name: &str) {
        copy(&self.saved(name), &self.p.cache());
    }

    /// Makes the call; what is wrong about its result.
    fn try_run(&self) -> Result<Run, String> {
        self.try_run_by(self.call.launched("timeout", &["--signal=KILL", "60"]))
    }

    fn try_run_by(&self, command: Command) -> Result<Run, String> {
        let run = self.p.run(command);
        // LMDB says a last word of its own when it finds its file damaged.
        let is_last_word = |line: &&str| line.contains(": Assertion '");
        let stderr = run.stderr.split_inclusive('\n').filter(|line| !is_last_word(line)).collect::<String>();
        let given = (run.code, &run.stdout, &stderr);
        if given != (self.plain.code, &self.plain.stdout, &self.plain.stderr) {
            return Err(format!("other than {}: {run}", self.plain));
        }
        let outputs = self.call.outputs();
        match self.expected.iter().find(|(name, bytes)| outputs.get(*name) != Some(bytes)) {
            Some((name, _)) => Err(format!("`{name}` differs: {run}")),
            None => Ok(run),
        }
    }

    #[track_caller]
    fn run(&self) -> Run {
        self.try_run().unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// Makes the call until it has been a hit twice in a row: each must be right, and six must be enough. A damaged tree
    /// may give a hit and lose it by what is written next; the call after that starts a new one.
    fn recovers(&self) -> Result<(), String> {
        let mut hits = 0;
        let mut last = None;
        for _ in 0..6 {
            self.wipe();
            last = self.try_run()?.units.into_iter().next().map(|unit| unit.outcome);
            hits = if matches!(last, Some(Outcome::Hit { .. })) { hits + 1 } else { 0 };
            if hits == 2 {
                return Ok(());
            }
        }
        Err(format!("the sixth call is no second hit in a row but {last:?}"))
    }
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn can_inject() -> bool {
    let possible =
        Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status().is_ok_and(|s| s.success());
    if !possible {
        note("skipped: `strace` does not work here");
    }
    possible
}

fn small() -> Project {
    project()
        .workspace(&["a", "b", "app"])
        .package("a", "a", "")
        .file("a/src/lib.rs", "pub fn a() -> u8 { 1 }")
        .package("b", "b", "build = \"build.rs\"\n[dependencies]\na = { path = \"../a\" }\n")
        .file("b/build.rs", "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); if let Ok(to) = std::env::var(\"FILL\") { while std::fs::OpenOptions::new().append(true).create(true).open(&to).and_then(|mut f| std::io::Write::write_all(&mut f, &[0; 4096])).is_ok() {} } }")
        .file("b/src/lib.rs", "pub fn b() -> u8 { a::a() + 1 }")
        .package("app", "app", "[dependencies]\nb = { path = \"../b\" }\n")
        .file("app/src/main.rs", "fn main() { println!(\"{}\", b::b()); }")
        .build()
}

/// Demands that a build from nothing is right, and returns its command's result.
#[track_caller]
fn assert_right(p: &Project) -> Run {
    p.wipe_for("wrapped");
    let mut command = p.command(Path::new("timeout"));
    command.args(["--signal=KILL", "120", env!("CARGO"), "build"]).env("RUSTC_WRAPPER", Project::program());
    let run = p.run(command);
    p.keep_compiler("wrapped");
    p.assert_as_plain(&run, "build");
    p.assert_fresh("build");
    run
}
