//! The order of things: workload by workload, scenario by scenario, run by run, and in each run every tool once.
//!
//! Owns that order, and what happens when a tool fails: it is left out from there on, and the table says why.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::measure::{self, CompilerShim};
use crate::options::Options;
use crate::scenario::{Rig, Scenario};
use crate::table::{self, Row};
use crate::tool::{self, Kind, Settings, Tool, Toolchain};
use crate::workload::{self, Workload};
use crate::{Result, micro};

pub(crate) fn run(options: &Options) -> Result<()> {
    let bench_dir = bench_dir()?;
    std::fs::create_dir_all(&bench_dir)?;
    if options.prepare_only {
        for workload in &options.workloads {
            println!("{}", workload::prepare(workload, &bench_dir, options.relock)?.display());
        }
        return Ok(());
    }
    measure::end_leftovers()?;
    let settings = Settings {
        toolchain: Toolchain::find()?,
        release: options.release,
        executables: options.executables,
        jobs: options.jobs.clone(),
    };
    let (tools, missing) = tool::find(&options.tools, &options.bin, &settings.toolchain);
    for kind in missing {
        println!("skipped {kind}: not found in $KACHE_BENCH_PEERS or $PATH");
    }
    for tool in &tools {
        println!("{:<10}  {}", tool.kind, if tool.version.is_empty() { "?" } else { &tool.version });
    }
    let (mut rows, mut replays) = (Vec::new(), Vec::new());
    if options.micro {
        replays = all_replays(&tools, &settings, &bench_dir.join("micro"), options.keep)?;
        print!("{}", table::micro_text(&replays));
    } else {
        for workload in &options.workloads {
            let sources = workload::prepare(workload, &bench_dir, false)?;
            let root = bench_dir.join("runs").join(workload.name);
            let measured =
                Bench { options, settings: &settings, tools: &tools, workload, sources, root }.run()?;
            print!("{}", table::text(&measured));
            rows.extend(measured);
        }
    }
    if let Some(path) = &options.json {
        let about = about(options, &settings, &tools);
        std::fs::write(path, format!("{:#}\n", table::json(&rows, &replays, about)))?;
    }
    Ok(())
}

/// `$KACHE_BENCH_DIR`, else a folder in the target directory this benchmark was built in.
fn bench_dir() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("KACHE_BENCH_DIR") {
        return Ok(std::path::absolute(dir)?);
    }
    // The program lies in <target>/<profile>/deps.
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("this program lies in no target directory")?;
    Ok(target.join("bench-workloads"))
}

fn about(options: &Options, settings: &Settings, tools: &[Tool]) -> serde_json::Value {
    let version = |program: PathBuf| {
        let output = std::process::Command::new(program).arg("--version").output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim_end().to_owned()).unwrap_or_default()
    };
    json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "rustc": version(settings.toolchain.rustc()),
        "cargo": version(settings.toolchain.cargo()),
        "profile": if options.release { "release" } else { "dev" },
        "executables": options.executables,
        "runs": options.runs,
        "tools": tools.iter().map(|tool| (tool.kind.name(), tool.version.as_str())).collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// One workload with all tools.
struct Bench<'a> {
    options: &'a Options,
    settings: &'a Settings,
    tools: &'a [Tool],
    workload: &'static Workload,
    sources: PathBuf,
    root: PathBuf,
}

impl Bench<'_> {
    fn run(&self) -> Result<Vec<Row>> {
        let mut rows = self.time()?;
        if self.options.counts {
            self.count(&mut rows)?;
        }
        if !self.options.keep {
            tool::remove_tree(&self.root)?;
        }
        Ok(rows)
    }

    fn scenarios(&self) -> impl Iterator<Item = Scenario> {
        self.options.scenarios.iter().copied()
    }

    fn rig<'a>(&'a self, tool: &'a Tool, folder: &str) -> Result<Rig<'a>> {
        let root = self.root.join(format!("{}{folder}", tool.kind));
        Rig::new(tool, self.settings, self.workload, &self.sources, root)
    }

    fn time(&self) -> Result<Vec<Row>> {
        let mut rigs = Vec::new();
        for tool in self.tools {
            rigs.push(self.rig(tool, "")?);
        }
        let mut rows = Vec::new();
        for scenario in self.scenarios() {
            let mut results = self.empty_rows(scenario);
            for run in 0..self.options.runs {
                for rig in &mut rigs {
                    if self.takes_part(scenario, rig.kind(), run) {
                        self.time_once(scenario, rig, run, &mut results);
                    }
                }
            }
            rows.extend(results);
        }
        Ok(rows)
    }

    fn empty_rows(&self, scenario: Scenario) -> Vec<Row> {
        let mut rows = Vec::new();
        for figure in scenario.figures() {
            let tools = self.tools.iter().filter(|tool| scenario.concerns(tool.kind));
            rows.extend(tools.map(|tool| Row::new(self.workload.name, figure, tool.kind)));
        }
        rows
    }

    /// Plain cargo builds everything again in a wiped target, which may take too long to repeat.
    fn takes_part(&self, scenario: Scenario, kind: Kind, run: usize) -> bool {
        let whole = kind == Kind::Plain && matches!(scenario, Scenario::Warm | Scenario::Checkout);
        let limit = if whole { self.options.plain_runs } else { None };
        scenario.concerns(kind) && limit.is_none_or(|limit| run < limit)
    }

    fn time_once(&self, scenario: Scenario, rig: &mut Rig<'_>, run: usize, rows: &mut [Row]) {
        let kind = rig.kind();
        let mut rows: Vec<&mut Row> = rows.iter_mut().filter(|row| row.kind == kind).collect();
        if rows.iter().any(|row| row.failed.is_some()) {
            return;
        }
        match rig.run(scenario) {
            Ok(samples) => {
                for (row, sample) in rows.iter_mut().zip(samples) {
                    row.wall.push(sample.wall);
                    row.cpu.push(sample.cpu);
                    eprintln!(
                        "{} {} {kind} {}: {:.2} s, cpu {:.2} s",
                        self.workload.name,
                        row.figure,
                        run + 1,
                        sample.wall,
                        sample.cpu
                    );
                }
            }
            Err(error) => {
                eprintln!("{} {} {kind}: {error}", self.workload.name, scenario.name());
                for row in rows {
                    row.failed = Some(error.to_string());
                }
            }
        }
    }

    /// Goes through the scenarios once more with a compiler that counts, and under `strace`.
    fn count(&self, rows: &mut [Row]) -> Result<()> {
        for tool in self.tools {
            if tool.kind == Kind::Floor {
                continue;
            }
            let mut rig = self.rig(tool, "-counted")?;
            let shim = CompilerShim::new(
                &self.root.join(format!("{}-shim", tool.kind)),
                &self.settings.toolchain.rustc(),
            )?;
            rig.instance.set_compiler(shim.program.clone());
            let counted = |scenario: &Scenario| *scenario != Scenario::Remote && scenario.concerns(tool.kind);
            for scenario in self.scenarios().filter(counted) {
                match rig.count(scenario, &shim) {
                    Ok(counts) => {
                        for (figure, count) in scenario.figures().iter().zip(counts) {
                            if let Some(row) = find(rows, figure, tool.kind) {
                                row.compilers = Some(count);
                            }
                        }
                    }
                    Err(error) => eprintln!("counting {} {}: {error}", tool.kind, scenario.name()),
                }
            }
        }
        if let (Some(strace), true) =
            (&self.settings.toolchain.strace, self.scenarios().any(|s| s == Scenario::Warm))
        {
            for tool in self.tools.iter().filter(|tool| tool.kind.caches() || tool.kind == Kind::Floor) {
                if let Err(error) = self.trace(tool, strace, rows) {
                    eprintln!("counting system calls of {}: {error}", tool.kind);
                }
            }
        }
        Ok(())
    }

    fn trace(&self, tool: &Tool, strace: &Path, rows: &mut [Row]) -> Result<()> {
        let Some(row) = find(rows, "warm", tool.kind) else { return Ok(()) };
        let mut rig = self.rig(tool, "-traced")?;
        row.calls = Some(rig.trace_warm(strace)?);
        if tool.kind == Kind::Wrapper {
            row.wrapper_calls = Some(rig.trace_wrapper(strace)?);
        }
        Ok(())
    }
}

fn find<'a>(rows: &'a mut [Row], figure: &str, kind: Kind) -> Option<&'a mut Row> {
    rows.iter_mut().find(|row| row.figure == figure && row.kind == kind)
}

fn all_replays(tools: &[Tool], settings: &Settings, root: &Path, keep: bool) -> Result<Vec<micro::Replays>> {
    let mut replays = vec![micro::replay_nothing()?];
    for tool in tools.iter().filter(|tool| micro::concerns(tool.kind)) {
        match micro::replay(tool, settings, &root.join(tool.kind.name())) {
            Ok(replay) => replays.push(replay),
            Err(error) => eprintln!("{}: {error}", tool.kind),
        }
    }
    if !keep {
        tool::remove_tree(root)?;
    }
    Ok(replays)
}
