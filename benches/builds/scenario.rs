//! The situations a build happens in.
//!
//! Owns the steps that lead to each situation and the point where the clock runs. A `Rig` is one tool in one
//! workload; it remembers how far it has come, so that no scenario builds more than it must. Prints nothing but what a remote has seen.
//!
//! ```text
//! <bench dir>/runs/<workload>/<tool>/
//!   cache/ home/ run/      the tool's own
//!   checkout/              the workspace, with its target directory
//!   kept/                  a target directory to start from again (tools without a cache)
//!   another-…/             the other checkout of one run
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::measure::{self, CompilerShim, Sample, SystemCalls};
use crate::remote::Remote;
use crate::tool::{Instance, Kind, Settings, Tool, remove_tree};
use crate::workload::Workload;
use crate::{Result, failed};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// Nothing in the cache, nothing in the target.
    Cold,
    /// The target was wiped, the cache is full.
    Warm,
    /// A second checkout, at a path of another length, with new times.
    Checkout,
    /// Nothing changed since the last build.
    Noop,
    /// One member got a new function; the first and the fifth time.
    Edit,
    /// An empty machine and a full remote.
    Remote,
}

impl Scenario {
    pub(crate) const ALL: [Self; 6] =
        [Self::Cold, Self::Warm, Self::Checkout, Self::Noop, Self::Edit, Self::Remote];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Checkout => "checkout",
            Self::Noop => "noop",
            Self::Edit => "edit",
            Self::Remote => "remote",
        }
    }

    /// The figures one run of it yields.
    pub(crate) fn figures(self) -> &'static [&'static str] {
        match self {
            Self::Cold => &["cold"],
            Self::Warm => &["warm"],
            Self::Checkout => &["checkout"],
            Self::Noop => &["noop"],
            Self::Edit => &["edit 1", "edit 5"],
            Self::Remote => &["remote"],
        }
    }

    /// Whether the scenario says anything about a tool.
    pub(crate) fn concerns(self, kind: Kind) -> bool {
        match (self, kind) {
            // The floor is about results that are there already, and incremental compiling about edits.
            (Self::Cold | Self::Edit, Kind::Floor) => false,
            (Self::Warm | Self::Checkout | Self::Noop, Kind::PlainIncremental) => false,
            (Self::Remote, kind) => kind.caches(),
            _ => true,
        }
    }
}

const EDITS: u32 = 5;

/// One tool in one workload.
#[derive(Debug)]
pub(crate) struct Rig<'a> {
    pub(crate) instance: Instance<'a>,
    workload: &'a Workload,
    sources: &'a Path,
    root: PathBuf,
    /// The cache (for the floor: the kept target) holds a whole build.
    full: bool,
    /// The checkout's target is complete and belongs to unchanged sources.
    built: bool,
    checkouts: u32,
    edits: u32,
    /// Filled, once there is one.
    remote: Option<Remote>,
}

impl<'a> Rig<'a> {
    pub(crate) fn new(
        tool: &'a Tool,
        settings: &'a Settings,
        workload: &'a Workload,
        sources: &'a Path,
        root: PathBuf,
    ) -> Result<Self> {
        remove_tree(&root)?;
        let instance = Instance::new(tool, settings, root.clone())?;
        let (full, built, checkouts, edits, remote) = (false, false, 0, 0, None);
        let rig = Self { instance, workload, sources, root, full, built, checkouts, edits, remote };
        rig.instance.reset()?;
        copy_tree(sources, &rig.checkout())?;
        Ok(rig)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.instance.tool.kind
    }

    /// Goes through a scenario once; one sample for each of its figures.
    pub(crate) fn run(&mut self, scenario: Scenario) -> Result<Vec<Sample>> {
        match scenario {
            Scenario::Cold => self.cold().map(|sample| vec![sample]),
            Scenario::Warm => self.warm().map(|sample| vec![sample]),
            Scenario::Checkout => self.other_checkout().map(|sample| vec![sample]),
            Scenario::Noop => self.noop().map(|sample| vec![sample]),
            Scenario::Edit => self.edit(),
            Scenario::Remote => self.remote().map(|sample| vec![sample]),
        }
    }

    /// Goes through a scenario once more with a counting compiler; one count for each figure.
    ///
    /// The scenarios must come in their order, since the counting compiler is another compiler to a cache.
    pub(crate) fn count(&mut self, scenario: Scenario, shim: &CompilerShim) -> Result<Vec<u64>> {
        match scenario {
            Scenario::Edit => {
                self.restore_unedited()?;
                let mut counts = Vec::new();
                for _ in 0..EDITS {
                    self.change_source()?;
                    shim.take();
                    self.timed_build(&self.checkout())?;
                    counts.push(shim.take());
                }
                self.undo_edits()?;
                Ok(vec![counts[0], counts[counts.len() - 1]])
            }
            Scenario::Cold => {
                self.wipe()?;
                shim.take();
                self.cold()?;
                Ok(vec![shim.take()])
            }
            Scenario::Warm | Scenario::Checkout | Scenario::Noop => {
                self.fill()?;
                if scenario == Scenario::Noop {
                    self.ensure_built()?;
                }
                shim.take();
                self.run(scenario)?;
                Ok(vec![shim.take()])
            }
            Scenario::Remote => failed("compilers are not counted with a remote"),
        }
    }

    /// Counts the system calls of one warm build, and of each wrapper call where a wrapper is all there is.
    pub(crate) fn trace_warm(&mut self, strace: &Path) -> Result<SystemCalls> {
        self.fill()?;
        remove_tree(&self.target())?;
        self.prepare_floor()?;
        let summary = self.root.join("strace.txt");
        let mut command = measure::traced(strace, &self.instance.build(&self.checkout()), &summary);
        measure::untimed(&mut command, &self.log())?;
        self.built = true;
        let mut calls = SystemCalls::default();
        calls.add(&fs::read_to_string(summary)?);
        Ok(calls)
    }

    /// Counts the system calls of every wrapper call of one warm build; the number of these calls comes first.
    pub(crate) fn trace_wrapper(&mut self, strace: &Path) -> Result<(u64, SystemCalls)> {
        self.fill()?;
        remove_tree(&self.target())?;
        let folder = self.root.join("strace");
        remove_tree(&folder)?;
        fs::create_dir_all(&folder)?;
        let shim = self.root.join("traced-wrapper");
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in\n*\" --crate-name ___ \"*|*\" - \"*) ;;\n*\" --crate-name \"*) exec '{}' -f -qq -c -o '{}'/$$ '{}' \"$@\" ;;\nesac\nexec '{}' \"$@\"\n",
            strace.display(),
            folder.display(),
            self.instance.tool.program.display(),
            self.instance.tool.program.display(),
        );
        measure::write_script(&shim, &script)?;
        let mut command = self.instance.build(&self.checkout());
        command.env("RUSTC_WRAPPER", &shim);
        measure::untimed(&mut command, &self.log())?;
        self.built = true;
        let mut calls = SystemCalls::default();
        let mut units = 0;
        for entry in fs::read_dir(&folder)? {
            calls.add(&fs::read_to_string(entry?.path())?);
            units += 1;
        }
        Ok((units, calls))
    }

    fn cold(&mut self) -> Result<Sample> {
        self.wipe()?;
        let sample = self.timed_build(&self.checkout())?;
        self.full = self.kind() != Kind::Floor;
        self.built = true;
        Ok(sample)
    }

    fn wipe(&mut self) -> Result<()> {
        self.instance.reset()?;
        remove_tree(&self.target())?;
        (self.full, self.built) = (false, false);
        Ok(())
    }

    fn warm(&mut self) -> Result<Sample> {
        self.fill()?;
        remove_tree(&self.target())?;
        self.built = false;
        let links = self.timed_floor()?;
        let sample = links + self.timed_build(&self.checkout())?;
        self.built = true;
        Ok(sample)
    }

    fn other_checkout(&mut self) -> Result<Sample> {
        if self.kind() == Kind::Floor {
            // Its links fit the place they were made for only.
            return self.warm();
        }
        self.fill()?;
        self.checkouts += 1;
        let checkout = self.root.join(format!("another-checkout-of-the-same-workspace-{}", self.checkouts));
        copy_tree(self.sources, &checkout)?;
        let sample = self.timed_build(&checkout)?;
        remove_tree(&checkout)?;
        Ok(sample)
    }

    fn noop(&mut self) -> Result<Sample> {
        self.fill()?;
        self.ensure_built()?;
        self.timed_build(&self.checkout())
    }

    fn edit(&mut self) -> Result<Vec<Sample>> {
        self.restore_unedited()?;
        let mut samples = Vec::new();
        for _ in 0..EDITS {
            self.change_source()?;
            samples.push(self.timed_build(&self.checkout())?);
        }
        self.undo_edits()?;
        Ok(vec![samples[0], samples[samples.len() - 1]])
    }

    /// Builds on an empty machine with what another build has left in the remote.
    fn remote(&mut self) -> Result<Sample> {
        if self.remote.is_none() {
            let remote = Remote::start();
            self.instance.add_variables(remote.variables(self.kind()));
            self.wipe()?;
            self.untimed_build()?;
            remote.settle();
            self.remote = Some(remote);
        }
        self.wipe()?;
        let remote = self.remote.as_ref().expect("it was just made");
        remote.slow_down();
        let sample = self.timed_build(&self.checkout())?;
        eprintln!("{} remote {}: {}", self.workload.name, self.kind(), remote.figures());
        self.built = true;
        Ok(sample)
    }

    /// Sees to it that the cache holds a whole build.
    fn fill(&mut self) -> Result<()> {
        if self.full || !(self.kind().caches() || self.kind() == Kind::Floor) {
            return Ok(());
        }
        self.wipe()?;
        self.untimed_build()?;
        if self.kind() == Kind::Floor {
            fs::rename(self.target(), self.kept())?;
            self.built = false;
        }
        self.full = true;
        Ok(())
    }

    fn ensure_built(&mut self) -> Result<()> {
        if !self.built {
            self.prepare_floor()?;
            self.untimed_build()?;
        }
        Ok(())
    }

    /// Brings the target to where a first edit starts: built from these sources, and never edited.
    ///
    /// A cache restores it; without one, the target that was kept for that is copied.
    fn restore_unedited(&mut self) -> Result<()> {
        if self.kind().caches() {
            self.fill()?;
            remove_tree(&self.target())?;
            return self.untimed_build();
        }
        if !self.kept().exists() {
            remove_tree(&self.target())?;
            self.untimed_build()?;
            run("cp", &["-a"], &self.target(), &self.kept())?;
        }
        remove_tree(&self.target())?;
        run("cp", &["-a"], &self.kept(), &self.target())
    }

    /// Adds a function to the edited file that no earlier edit of any run has added.
    fn change_source(&mut self) -> Result<()> {
        self.edits += 1;
        self.built = false;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let path = self.edited();
        let text = fs::read_to_string(&path)?;
        let number = self.edits;
        let added = format!(
            "\n/// Added by edit {number}.\npub fn added_{now}(a: u64) -> u64 {{\n    a.wrapping_mul({number})\n}}\n"
        );
        fs::write(path, text + &added)?;
        Ok(())
    }

    /// Gives the edited file its first content back, and the time that goes with it.
    fn undo_edits(&self) -> Result<()> {
        let original = self.sources.join(self.workload.edited);
        let path = self.edited();
        fs::write(&path, fs::read(&original)?)?;
        let before_any_build = fs::metadata(self.checkout().join("Cargo.lock"))?.modified()?;
        fs::File::options().write(true).open(path)?.set_modified(before_any_build)?;
        Ok(())
    }

    fn timed_build(&self, checkout: &Path) -> Result<Sample> {
        let mut command = self.instance.build(checkout);
        let sample = measure::timed(&mut command, &self.instance.mark, &self.log())?;
        self.check_built(checkout)?;
        Ok(sample)
    }

    fn untimed_build(&mut self) -> Result<()> {
        measure::untimed(&mut self.instance.build(&self.checkout()), &self.log())?;
        measure::settle(&self.instance.mark)?;
        self.check_built(&self.checkout())?;
        self.built = true;
        Ok(())
    }

    /// A tool that succeeds without building anything would win every comparison.
    fn check_built(&self, checkout: &Path) -> Result<()> {
        let units = checkout.join("target").join(self.instance.profile_folder()).join(".fingerprint");
        if units.is_dir() { Ok(()) } else { failed(format!("the build left no {}", units.display())) }
    }

    /// Links the kept target into its place, which is half of what the floor is.
    fn timed_floor(&self) -> Result<Sample> {
        if self.kind() != Kind::Floor {
            return Ok(Sample::default());
        }
        let mut command = Command::new("cp");
        command.arg("-al").arg(self.kept()).arg(self.target());
        measure::timed(&mut command, &self.instance.mark, &self.log())
    }

    fn prepare_floor(&self) -> Result<()> {
        if self.kind() == Kind::Floor && !self.target().exists() {
            return self.timed_floor().map(drop);
        }
        Ok(())
    }

    fn checkout(&self) -> PathBuf {
        self.root.join("checkout")
    }

    fn target(&self) -> PathBuf {
        self.checkout().join("target")
    }

    fn kept(&self) -> PathBuf {
        self.root.join("kept")
    }

    fn edited(&self) -> PathBuf {
        self.checkout().join(self.workload.edited)
    }

    fn log(&self) -> PathBuf {
        self.root.join("build.log")
    }
}

/// Copies sources as a checkout would write them: with the present time.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    run("cp", &["-r"], from, to)
}

fn run(program: &str, options: &[&str], from: &Path, to: &Path) -> Result<()> {
    let status = Command::new(program).args(options).arg(from).arg(to).status()?;
    if status.success() {
        return Ok(());
    }
    failed(format!("failed to copy {} to {}", from.display(), to.display()))
}
