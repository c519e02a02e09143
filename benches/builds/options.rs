//! The command line of the benchmark.

use std::path::PathBuf;

use crate::scenario::Scenario;
use crate::tool::Kind;
use crate::workload::{WORKLOADS, Workload};
use crate::{Result, failed};

const HELP: &str = "\
Usage: cargo bench --bench builds -- [OPTIONS]

  --workload LIST   ripgrep,bat,gix,smoke (all but smoke)
  --scenario LIST   cold,warm,checkout,noop,edit,remote (all)
  --tool LIST       plain,plain-inc,floor,kache,wrapper,mbx,peer-kache,sccache (all that are found)
  --runs N          timed runs of each scenario (3)
  --plain-runs N    timed runs of plain cargo where they are whole builds: warm and checkout (as --runs)
  --profile NAME    dev or release (dev)
  --jobs N          compilers at once (cargo's default)
  --executables     every cache keeps programs too, as far as it can
  --no-counts       leave out the runs that count compilers and system calls
  --micro           single hits of the wrapper instead of builds
  --bin PATH        the cargo-kache to measure (the one built with the benchmark)
  --json FILE       also write the result as JSON
  --prepare         only prepare the workloads
  --relock          only prepare the workloads, and write their lock files anew
  --keep            leave the checkouts and caches for a look

Variables: KACHE_BENCH_DIR (folder for all of it), KACHE_BENCH_PEERS (folders with other caches, before PATH)
";

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) workloads: Vec<&'static Workload>,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) tools: Vec<Kind>,
    pub(crate) runs: usize,
    pub(crate) plain_runs: Option<usize>,
    pub(crate) release: bool,
    pub(crate) jobs: Option<String>,
    pub(crate) executables: bool,
    pub(crate) counts: bool,
    pub(crate) micro: bool,
    pub(crate) bin: PathBuf,
    pub(crate) json: Option<PathBuf>,
    pub(crate) prepare_only: bool,
    pub(crate) relock: bool,
    pub(crate) keep: bool,
}

/// Reads the options; nothing is to be run when there are none of them, as under `cargo test --all-targets`.
pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Option<Options>> {
    let mut args = args.peekable();
    if args.peek().is_none() {
        return Ok(None);
    }
    let mut options = Options {
        workloads: WORKLOADS.iter().filter(|known| known.name != "smoke").collect(),
        scenarios: Scenario::ALL.to_vec(),
        tools: Kind::ALL.to_vec(),
        runs: 3,
        plain_runs: None,
        release: false,
        jobs: None,
        executables: false,
        counts: true,
        micro: false,
        bin: env!("CARGO_BIN_EXE_cargo-kache").into(),
        json: None,
        prepare_only: false,
        relock: false,
        keep: false,
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("`{arg}` needs a value"));
        match arg.as_str() {
            // Cargo says with it that this is a benchmark.
            "--bench" => {}
            "--workload" => {
                options.workloads = pick(&value()?, WORKLOADS.iter().map(|known| (known.name, known)))?;
            }
            "--scenario" => {
                options.scenarios =
                    pick(&value()?, Scenario::ALL.into_iter().map(|known| (known.name(), known)))?;
            }
            "--tool" => {
                options.tools = pick(&value()?, Kind::ALL.into_iter().map(|known| (known.name(), known)))?;
            }
            "--runs" => options.runs = value()?.parse()?,
            "--plain-runs" => options.plain_runs = Some(value()?.parse()?),
            "--profile" => {
                options.release = pick(&value()?, [("dev", false), ("release", true)].into_iter())? == [true];
            }
            "--jobs" => options.jobs = Some(value()?),
            "--executables" => options.executables = true,
            "--no-counts" => options.counts = false,
            "--micro" => options.micro = true,
            "--bin" => options.bin = std::path::absolute(value()?)?,
            "--json" => options.json = Some(value()?.into()),
            "--prepare" => options.prepare_only = true,
            "--relock" => (options.prepare_only, options.relock) = (true, true),
            "--keep" => options.keep = true,
            "--help" | "-h" => {
                print!("{HELP}");
                return Ok(None);
            }
            _ => return failed(format!("unknown option `{arg}`\n\n{HELP}")),
        }
    }
    Ok(Some(options))
}

/// Picks the named values in the order they are known in.
fn pick<T>(list: &str, known: impl Iterator<Item = (&'static str, T)>) -> Result<Vec<T>> {
    let mut wished: Vec<&str> = list.split(',').collect();
    let mut picked = Vec::new();
    for (name, value) in known {
        if let Some(at) = wished.iter().position(|wish| *wish == name) {
            wished.remove(at);
            picked.push(value);
        }
    }
    match wished.first() {
        Some(unknown) => failed(format!("unknown value `{unknown}`\n\n{HELP}")),
        None => Ok(picked),
    }
}
