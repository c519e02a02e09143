//! Two checkouts of one project: in both all is as plain cargo makes it, and what names no directory is shared.
//!
//! Owns the question what a unit may know of its place, asked in all the ways code, macros, flags and directories give.
//! [`checkouts`](crate::checkouts) tells the story of an ordinary workspace.

mod flags;
mod generated;
mod layouts;
mod linked;
mod macros;
mod messages;
mod values;
mod variables;

use std::fmt::Write as _;

use crate::checkouts::without_numbers;
use crate::support::{Builder, Project, Run, project};

/// Another place for a checkout, of another length than the first one's.
const OTHER: &str = "an other place/of this project";

/// Builds in both checkouts from nothing, each compared with plain cargo, and demands that both are fresh then.
#[track_caller]
fn exact_in_both(p: &Project, other: &Project, arguments: &str) -> [Run; 2] {
    [p, other].map(|p| {
        let run = p.exact(arguments);
        run.success();
        p.assert_fresh(arguments);
        run
    })
}

/// The same for programs alone, by what they say when they are run in several ways.
#[track_caller]
fn right_in_both(p: &Project, other: &Project, arguments: &str, program: &str, ways: &[&str]) -> [Run; 2] {
    let runs = [p, other].map(|p| {
        p.wipe_for("wrapped");
        let run = p.wrapped(arguments);
        p.keep_compiler("wrapped");
        run.success();
        p.assert_fresh(arguments);
        run
    });
    say_as_plain([p, other], arguments, &[program], ways);
    runs
}

/// A workspace of libraries, each with `pub fn says() -> String`, and the program `app` that prints what they say.
struct Members {
    builder: Builder,
    names: Vec<String>,
    /// Further members, and `[dependencies]` that each library has.
    further: Vec<String>,
    dependencies: String,
}

impl Members {
    fn new() -> Self {
        Self { builder: project(), names: Vec::new(), further: Vec::new(), dependencies: String::new() }
    }

    /// Adds a member that the libraries depend on and `app` does not.
    fn helper(mut self, name: &str, source: &str) -> Self {
        self.builder = self.builder.package(name, name, "").file(&format!("{name}/src/lib.rs"), source);
        self.further.push(name.to_owned());
        self.dependencies += &format!("{name} = {{ path = \"../{name}\" }}\n");
        self
    }

    /// Adds the macro package `mac`.
    fn proc_macro(mut self, source: &str) -> Self {
        self.builder = self.builder.proc_macro(source);
        self.further.push("mac".to_owned());
        self.dependencies += "mac = { path = \"../mac\" }\n";
        self
    }

    /// Adds a library.
    fn library(mut self, name: &str, source: &str) -> Self {
        let rest = format!("[dependencies]\n{}", self.dependencies);
        self.builder = self.builder.package(name, name, &rest).file(&format!("{name}/src/lib.rs"), source);
        self.names.push(name.to_owned());
        self
    }

    /// Adds a library whose build script writes these files to `OUT_DIR`.
    fn generated(mut self, name: &str, source: &str, files: &[(&str, &str)]) -> Self {
        self = self.library(name, source);
        self.builder = self.builder.file(&format!("{name}/build.rs"), writes(files));
        self
    }

    /// Adds a file.
    fn file(mut self, path: &str, text: &str) -> Self {
        self.builder = self.builder.file(path, text);
        self
    }

    fn build(self) -> Project {
        let all: Vec<&str> = self.names.iter().chain(&self.further).map(String::as_str).collect();
        let members: Vec<&str> = all.iter().copied().chain(["app"]).collect();
        let dependencies = self.names.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n"));
        let rest = format!("[dependencies]\n{}", dependencies.collect::<String>());
        let lines = self.names.iter().map(|name| format!("println!(\"{name}: {{}}\", {name}::says());\n"));
        let main = format!("fn main() {{\n{}}}\n", lines.collect::<String>());
        self.builder.workspace(&members).package("app", "app", &rest).file("app/src/main.rs", main).build()
    }
}

/// A build script that writes these files to `OUT_DIR`.
fn writes(files: &[(&str, &str)]) -> String {
    let write =
        |(name, text): &(&str, &str)| format!("std::fs::write(out.join({name:?}), {text:?}).unwrap();\n");
    format!(
        "fn main() {{\nlet out = std::path::PathBuf::from(std::env::var(\"OUT_DIR\").unwrap());\n{}\
         println!(\"cargo:rerun-if-changed=build.rs\");\n}}\n",
        files.iter().map(write).collect::<String>()
    )
}

/// Runs a program of the target directory in several ways and collects what it says.
fn says(p: &Project, program: &str, ways: &[&str]) -> String {
    let mut all = String::new();
    for backtrace in ["1", "full"] {
        for way in ways {
            let mut command = p.command(&p.target().join(program));
            command.arg(way).env("RUST_BACKTRACE", backtrace);
            let run = p.run(command);
            // Programs of tests panic on stdout.
            let lines = run.stdout.lines().chain(run.stderr.lines()).map(without_numbers);
            let lines: Vec<String> = lines.filter(|line| !line.contains("finished in")).collect();
            let _ = writeln!(all, "{program} {way} {}\n{}", run.code, lines.join("\n"));
        }
    }
    all
}

/// Demands that programs in both checkouts say what plain cargo's say at the same place. Both are built.
#[track_caller]
fn say_as_plain<const N: usize>(places: [&Project; N], arguments: &str, programs: &[&str], ways: &[&str]) {
    for p in places {
        let all = || programs.iter().map(|program| says(p, program, ways)).collect::<String>();
        let ours = all();
        p.wipe_for("plain");
        p.cargo(arguments).success();
        let plain = all();
        if ours != plain {
            let faults = ours.lines().zip(plain.lines()).filter(|(ours, plain)| ours != plain);
            let faults: Vec<_> =
                faults.map(|(ours, plain)| format!("ours:  {ours}\nplain: {plain}")).collect();
            panic!("another program than plain cargo's in {}:\n{}", p.root().display(), faults.join("\n"));
        }
    }
}
