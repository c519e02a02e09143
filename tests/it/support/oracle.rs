//! The oracle: plain cargo, from nothing, at the very same place.
//!
//! The target directory's path is seen by some compiles, so the oracle can't build elsewhere: it moves the target
//! directory aside, builds in its place, and moves it back.

use std::fs;

use super::observe::Observed;
use super::project::Project;
use super::run::Run;

impl Project {
    /// Builds with plain cargo from nothing and returns what that gave. The target directory stays as it was.
    pub(crate) fn plain_clean(&self, arguments: &str) -> Observed {
        let aside = self.beside("target aside");
        let present = self.target().exists();
        if present {
            fs::rename(self.target(), &aside).unwrap();
        }
        self.wipe_for("plain");
        let run = self.cargo(arguments);
        let observed = Observed::after(self, &run);
        self.keep_compiler("plain");
        self.wipe();
        if present {
            fs::rename(&aside, self.target()).unwrap();
        }
        observed
    }

    /// Builds through the cache from nothing, and demands that plain cargo gives the same.
    #[track_caller]
    pub(crate) fn exact(&self, arguments: &str) -> Run {
        self.wipe_for("wrapped");
        let run = self.wrapped(arguments);
        self.keep_compiler("wrapped");
        self.assert_as_plain(&run, arguments);
        run
    }

    /// Demands that a run, and what it left in the target directory, is what plain cargo gives from nothing.
    #[track_caller]
    pub(crate) fn assert_as_plain(&self, run: &Run, arguments: &str) {
        let ours = Observed::after(self, run);
        let plain = self.plain_clean(arguments);
        assert_same(run, &ours, &plain);
    }

    /// Demands that plain cargo finds nothing to do.
    #[track_caller]
    pub(crate) fn assert_fresh(&self, arguments: &str) -> &Self {
        let run = self.cargo(&format!("{arguments} -v"));
        run.success();
        let busy = |line: &&str| {
            let word = line.split_whitespace().next().unwrap_or_default();
            ["Compiling", "Checking", "Dirty", "Running"].contains(&word)
        };
        let first = run.stderr.lines().find(busy);
        assert_eq!(first, None, "not all is fresh after {run}");
        self
    }
}

#[track_caller]
fn assert_same(run: &Run, ours: &Observed, plain: &Observed) {
    let mut faults = Vec::new();
    let mut compare = |what: &str, ours: String, plain: String| {
        if ours != plain {
            faults.push(format!("=== {what}, through the cache\n{ours}\n=== {what}, plain\n{plain}\n"));
        }
    };
    compare("exit code", ours.code.to_string(), plain.code.to_string());
    compare("stdout", ours.stdout.join("\n"), plain.stdout.join("\n"));
    compare("stderr", ours.stderr.join("\n"), plain.stderr.join("\n"));
    compare("programs", format!("{:#?}", ours.programs), format!("{:#?}", plain.programs));
    compare("dep-info", format!("{:#?}", ours.dep_info), format!("{:#?}", plain.dep_info));
    for (what, mine, other) in [("only through the cache", ours, plain), ("only plain", plain, ours)] {
        for (name, mode) in &mine.files {
            match other.files.get(name) {
                None => faults.push(format!("=== file {what}: {name}\n")),
                Some(theirs) if theirs != mode => faults.push(format!("=== mode {mode} {what}: {name}\n")),
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "the cache gives another result than plain cargo:\n{}{run}", faults.concat());
}
