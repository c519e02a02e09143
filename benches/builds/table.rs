//! The figures, as a table to read and as JSON to keep.
//!
//! Owns the results and the ratios between them. Never measures; prints text only through what it returns.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::measure::{SystemCalls, median, quantile, ratio};
use crate::micro::Replays;
use crate::tool::Kind;

/// What one tool needed for one figure of one scenario.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) workload: &'static str,
    pub(crate) figure: &'static str,
    pub(crate) kind: Kind,
    pub(crate) wall: Vec<f64>,
    pub(crate) cpu: Vec<f64>,
    /// Real compiler runs, where they were counted.
    pub(crate) compilers: Option<u64>,
    /// System calls of the whole build, where they were counted.
    pub(crate) calls: Option<SystemCalls>,
    /// System calls of the wrapper alone, and the number of its calls.
    pub(crate) wrapper_calls: Option<(u64, SystemCalls)>,
    /// Why there are no figures.
    pub(crate) failed: Option<String>,
}

impl Row {
    pub(crate) fn new(workload: &'static str, figure: &'static str, kind: Kind) -> Self {
        Self {
            workload,
            figure,
            kind,
            wall: Vec::new(),
            cpu: Vec::new(),
            compilers: None,
            calls: None,
            wrapper_calls: None,
            failed: None,
        }
    }

    fn median_wall(&self) -> Option<f64> {
        (!self.wall.is_empty()).then(|| median(&self.wall))
    }
}

const HEADER: [&str; 9] =
    ["TOOL", "WALL", "MIN-MAX", "CPU", "×PLAIN", "×FLOOR", "RUSTC", "PROCESSES", "SYSCALLS"];

/// Draws a table for each workload and figure.
pub(crate) fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut title = None;
    let mut lines: Vec<[String; 9]> = Vec::new();
    for row in rows {
        if title != Some((row.workload, row.figure)) {
            text += &draw(&lines);
            lines = vec![HEADER.map(str::to_owned)];
            title = Some((row.workload, row.figure));
            let _ = writeln!(text, "\n{} · {}", row.workload, row.figure);
        }
        lines.push(cells(rows, row));
    }
    text += &draw(&lines);
    for row in rows {
        if let Some(reason) = &row.failed {
            let _ = writeln!(text, "\n{} · {} · {} failed: {reason}", row.workload, row.figure, row.kind);
        }
        if let Some((units, calls)) = &row.wrapper_calls {
            let (all, started) = (ratio(calls.total(), *units), ratio(calls.processes(), *units));
            let _ = writeln!(
                text,
                "\n{} · {} · {}: {all:.1} system calls and {started:.2} programs started a wrapper call ({units} calls)",
                row.workload, row.figure, row.kind
            );
            text += &calls.describe(*units);
        }
    }
    text
}

fn cells(rows: &[Row], row: &Row) -> [String; 9] {
    let count = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
    let failed = if row.failed.is_some() { "failed" } else { "–" };
    let Some(wall) = row.median_wall() else {
        let empty = || "–".to_owned();
        let kind = row.kind.to_string();
        return [
            kind,
            failed.to_owned(),
            empty(),
            empty(),
            empty(),
            empty(),
            count(row.compilers),
            empty(),
            empty(),
        ];
    };
    [
        row.kind.to_string(),
        format!("{wall:.2} s"),
        format!("{:.2}–{:.2}", quantile(&row.wall, 0.0), quantile(&row.wall, 1.0)),
        format!("{:.2} s", median(&row.cpu)),
        times(wall, reference(rows, row, Kind::Plain)),
        times(wall, reference(rows, row, Kind::Floor)),
        count(row.compilers),
        count(row.calls.as_ref().map(SystemCalls::processes)),
        count(row.calls.as_ref().map(SystemCalls::total)),
    ]
}

/// The median of another tool for the same figure.
fn reference(rows: &[Row], row: &Row, kind: Kind) -> Option<f64> {
    rows.iter()
        .find(|other| other.workload == row.workload && other.figure == row.figure && other.kind == kind)?
        .median_wall()
}

fn times(wall: f64, reference: Option<f64>) -> String {
    reference.map_or_else(|| "–".to_owned(), |reference| format!("{:.3}", wall / reference))
}

/// Sets columns as wide as their widest cell: the first one to the left, numbers to the right.
fn draw(lines: &[[String; 9]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..9).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let _ = write!(text, "  {:<width$}", line[0], width = widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
    text
}

/// Draws the table of single replays.
pub(crate) fn micro_text(replays: &[Replays]) -> String {
    let mut text = "\none hit of a library with 20 source files, milliseconds a process\n".to_owned();
    let _ = writeln!(
        text,
        "  {:<10}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}",
        "TOOL", "MEDIAN", "P95", "MAX", "SYSCALLS", "PROGRAMS", "WRONG"
    );
    for replay in replays {
        let per_unit = |count: Option<u64>| {
            count.map_or_else(|| "–".to_owned(), |count| format!("{:.1}", ratio(count, replay.traced)))
        };
        let _ = writeln!(
            text,
            "  {:<10}  {:>8.3}  {:>8.3}  {:>8.3}  {:>8}  {:>8}  {:>8}",
            name(replay),
            median(&replay.times),
            quantile(&replay.times, 0.95),
            quantile(&replay.times, 1.0),
            per_unit(replay.calls.as_ref().map(SystemCalls::total)),
            per_unit(replay.calls.as_ref().map(SystemCalls::processes)),
            replay.wrong,
        );
    }
    for replay in replays {
        if let Some(calls) = &replay.calls {
            let _ = writeln!(text, "\nsystem calls a hit: {}", name(replay));
            text += &calls.describe(replay.traced);
        }
    }
    text
}

/// A process that does nothing stands in the table too.
fn name(replay: &Replays) -> &'static str {
    replay.kind.map_or("(nothing)", Kind::name)
}

pub(crate) fn json(rows: &[Row], replays: &[Replays], about: Value) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let wall = row.median_wall();
            let against = |kind| Some(wall? / reference(rows, row, kind)?);
            json!({
                "workload": row.workload,
                "figure": row.figure,
                "tool": row.kind.name(),
                "wall_s": row.wall,
                "cpu_s": row.cpu,
                "median_wall_s": wall,
                "median_cpu_s": (!row.cpu.is_empty()).then(|| median(&row.cpu)),
                "times_plain": against(Kind::Plain),
                "times_floor": against(Kind::Floor),
                "rustc_runs": row.compilers,
                "build_syscalls": row.calls.as_ref().map(|calls| &calls.by_name),
                "wrapper_calls": row.wrapper_calls.as_ref().map(|(units, _)| units),
                "wrapper_syscalls": row.wrapper_calls.as_ref().map(|(_, calls)| &calls.by_name),
                "failed": row.failed,
            })
        })
        .collect();
    let replays: Vec<Value> = replays
        .iter()
        .map(|replay| {
            json!({
                "tool": name(replay),
                "median_ms": median(&replay.times),
                "p95_ms": quantile(&replay.times, 0.95),
                "max_ms": quantile(&replay.times, 1.0),
                "times_ms": replay.times,
                "traced_units": replay.traced,
                "syscalls": replay.calls.as_ref().map(|calls| &calls.by_name),
                "wrong": replay.wrong,
            })
        })
        .collect();
    json!({ "schema": 1, "about": about, "builds": rows, "micro": replays })
}
