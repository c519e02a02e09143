//! What a build cost: wall time, processor time, real compiler runs, processes and system calls.
//!
//! Owns the clocks and counters. A counter that would disturb the clock (the compiler shim, `strace`) is used in
//! runs of its own. Never decides what is built.
//!
//! Processor time is that of the started process and all it waited for, plus that of the background processes
//! (servers, daemons, collectors) the tool left behind; they are known by a variable in their environment.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, failed};

/// Marks every process of one tool of one run of the benchmark.
pub(crate) const MARK: &str = "BUILDS_BENCH_MARK";

/// The kernel shows times to programs in this unit, whatever its own clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// The cost of one timed build.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

impl std::ops::Add for Sample {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

/// Runs a command to its end and says what it cost, with what it left running in the background.
pub(crate) fn timed(command: &mut Command, mark: &str, log: &Path) -> Result<Sample> {
    settle(mark)?;
    flush_disks();
    let before = processor_time(mark)?;
    let (status, wall) = run_logged(command, log)?;
    check(command, status, log)?;
    settle(mark)?;
    Ok(Sample { wall: wall.as_secs_f64(), cpu: processor_time(mark)? - before })
}

/// Runs a command that only prepares something.
pub(crate) fn untimed(command: &mut Command, log: &Path) -> Result<()> {
    let (status, _) = run_logged(command, log)?;
    check(command, status, log)
}

fn run_logged(command: &mut Command, log: &Path) -> Result<(ExitStatus, Duration)> {
    let output = fs::File::create(log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("failed to start {command:?}: {error}"))?;
    Ok((status, start.elapsed()))
}

fn check(command: &Command, status: ExitStatus, log: &Path) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let output = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    let last: Vec<_> = output.lines().rev().take(15).collect();
    let last: Vec<_> = last.into_iter().rev().collect();
    let program = command.get_program().display();
    failed(format!("`{program}` failed ({status}), see {}\n{}", log.display(), last.join("\n")))
}

/// Waits until the tool's background processes rest, so that their work is neither lost nor another's.
pub(crate) fn settle(mark: &str) -> Result<()> {
    let mut last = background_ticks(mark)?;
    for _ in 0..100 {
        if last == 0 {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(200));
        let now = background_ticks(mark)?;
        if now == last {
            return Ok(());
        }
        last = now;
    }
    eprintln!("warning: background processes of {mark} are still busy");
    Ok(())
}

/// The processes that carry `mark` and still run.
pub(crate) fn background(mark: &str) -> Result<Vec<u32>> {
    Ok(marked()?.into_iter().filter(|(_, found)| found == mark).map(|(pid, _)| pid).collect())
}

/// All processes with a mark.
fn marked() -> Result<Vec<(u32, String)>> {
    let prefix = format!("{MARK}=");
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        let mark = variables.find_map(|variable| variable.strip_prefix(prefix.as_bytes()));
        found.extend(mark.map(|mark| (pid, String::from_utf8_lossy(mark).into_owned())));
    }
    Ok(found)
}

/// Ends what interrupted benchmarks left running; their processes know the number of the benchmark.
pub(crate) fn end_leftovers() -> Result<()> {
    for (pid, mark) in marked()? {
        let benchmark = mark.split(':').next().unwrap_or_default();
        if !Path::new("/proc").join(benchmark).exists() {
            eprintln!("ending process {pid}, left over from an interrupted benchmark");
            let _ = Command::new("kill").arg(pid.to_string()).status();
        }
    }
    Ok(())
}

fn background_ticks(mark: &str) -> Result<u64> {
    Ok(background(mark)?.into_iter().filter_map(|pid| ticks(&pid.to_string(), 0..4)).sum())
}

fn processor_time(mark: &str) -> Result<f64> {
    let waited_for = ticks("self", 2..4).ok_or("failed to read /proc/self/stat")?;
    #[expect(clippy::cast_precision_loss, reason = "a count of hundredths of seconds is far below 2^52")]
    Ok((waited_for + background_ticks(mark)?) as f64 / TICKS_PER_SECOND)
}

/// Sums some of the four times of a process: its user and system time, and those of its dead children.
fn ticks(process: &str, which: std::ops::Range<usize>) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is a name in brackets that may hold anything; the times are fields 14 to 17.
    let (_, fields) = stat.rsplit_once(')')?;
    let times: Vec<u64> =
        fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    Some(times.get(which)?.iter().sum())
}

/// Writes out what earlier runs left in memory, which would slow the next one down.
fn flush_disks() {
    let _ = Command::new("sync").status();
}

/// A stand-in for rustc that counts the calls that compile something.
#[derive(Debug)]
pub(crate) struct CompilerShim {
    pub(crate) program: PathBuf,
    counter: PathBuf,
}

impl CompilerShim {
    pub(crate) fn new(dir: &Path, rustc: &Path) -> Result<Self> {
        fs::create_dir_all(dir)?;
        // Tools know a compiler by its file name.
        let shim = Self { program: dir.join("rustc"), counter: dir.join("calls") };
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in\n*\" --print \"*|*\" --print=\"*|*\" - \"*) ;;\n*\" --crate-name \"*) printf . >>'{}' ;;\nesac\nexec '{}' \"$@\"\n",
            shim.counter.display(),
            rustc.display(),
        );
        write_script(&shim.program, &script)?;
        Ok(shim)
    }

    /// Returns the number of compiler runs since the last call.
    pub(crate) fn take(&self) -> u64 {
        let calls = fs::metadata(&self.counter).map_or(0, |metadata| metadata.len());
        let _ = fs::remove_file(&self.counter);
        calls
    }
}

pub(crate) fn write_script(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// How often each system call was made, as `strace -c` tells.
#[derive(Debug, Default, Clone)]
pub(crate) struct SystemCalls {
    pub(crate) by_name: std::collections::BTreeMap<String, u64>,
}

impl SystemCalls {
    /// Reads and adds one summary.
    pub(crate) fn add(&mut self, summary: &str) {
        // Columns: share, seconds, microseconds a call, calls, errors (may be blank), name.
        for line in summary.lines() {
            let columns: Vec<_> = line.split_whitespace().collect();
            let (Some(calls), Some(name)) = (columns.get(3), columns.last()) else { continue };
            let Ok(calls) = calls.parse::<u64>() else { continue };
            if *name != "total" {
                *self.by_name.entry((*name).to_owned()).or_default() += calls;
            }
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.by_name.values().sum()
    }

    /// Programs started; a search along `PATH` counts once for each place tried.
    pub(crate) fn processes(&self) -> u64 {
        ["execve", "execveat"].iter().filter_map(|name| self.by_name.get(*name)).sum()
    }

    /// The calls, most frequent first, divided by the number of units they served.
    pub(crate) fn describe(&self, units: u64) -> String {
        let mut calls: Vec<_> = self.by_name.iter().collect();
        calls.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut text = String::new();
        for (name, count) in calls {
            let per_unit = ratio(*count, units);
            let _ = writeln!(text, "{per_unit:>10.1}  {name}");
        }
        text
    }
}

pub(crate) fn ratio(count: u64, of: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
    let (count, of) = (count as f64, of.max(1) as f64);
    count / of
}

/// Wraps a command so that `strace` counts its calls and those of its children.
pub(crate) fn traced(strace: &Path, command: &Command, summary: &Path) -> Command {
    let mut traced = Command::new(strace);
    traced.args(["-f", "-qq", "-c", "-o"]).arg(summary).arg(command.get_program()).args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        traced.current_dir(dir);
    }
    traced.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    traced
}

/// The value that half of the others exceed.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which the given share of the others lies, between neighbours where it falls between them.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    #[expect(clippy::cast_precision_loss, reason = "there are a few hundred values at most")]
    let position = last as f64 * share;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ position ≤ last")]
    let below = position as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * position.fract()
}
