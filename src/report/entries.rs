//! What the store holds: `cargo kache list`.
//!
//! Owns the order of entries and their forms: a table, one in full, and the object for programs. Never opens the store:
//! the caller brings the entries.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::table::{Align, Table};
use super::{json, time, words};
use crate::digest::Digest;
use crate::entry::{Entry, Output, Usage};
use crate::event::{Mode, Unit};
use crate::quantity::{count, format_duration, format_size};
use crate::store::index::RemoteCopy;

/// Order of the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By name.
    Name,
    /// Largest first.
    Size,
    /// Most used first.
    Hits,
    /// Newest first.
    Age,
}

/// The entries to show.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// One row for each.
    pub rows: Vec<Row>,
    /// Bytes of all their files; what several share counts once.
    pub total_size: u64,
    seen: HashSet<Digest>,
}

/// What of an entry is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its key.
    pub key: Digest,
    /// The entry, without its inputs and messages.
    pub entry: Entry,
    /// How it was used.
    pub usage: Usage,
    /// Where it came from.
    pub origin: Origin,
}

/// Where an entry came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was compiled here.
    Here,
    /// It was fetched from the remote.
    Pulled,
}

impl Origin {
    /// Tells by what is known of the remote's copy.
    pub fn of(copy: Option<RemoteCopy>) -> Self {
        if copy.is_some_and(|copy| copy.was_pulled) { Self::Pulled } else { Self::Here }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Here => "built here",
            Self::Pulled => "pulled",
        }
    }
}

impl Listing {
    /// Adds an entry.
    pub fn add(&mut self, key: Digest, mut entry: Entry, usage: Usage, origin: Origin) {
        for output in &entry.outputs {
            if self.seen.insert(output.digest) {
                self.total_size += output.size;
            }
        }
        // All that is long and not shown.
        entry.inputs.files = Vec::new();
        entry.inputs.variables = Vec::new();
        entry.dep_info = None;
        entry.stdout = Default::default();
        entry.stderr = Default::default();
        self.rows.push(Row { key, entry, usage, origin });
    }

    /// Puts the rows in order; equal ones by name.
    pub fn sort(&mut self, order: Order) {
        let name = |row: &Row| {
            let unit = &row.entry.unit;
            (
                unit.package.clone(),
                unit.version.clone(),
                kind(unit),
                unit.profile.clone(),
                row.entry.created_ms,
            )
        };
        self.rows.sort_by_cached_key(name);
        match order {
            Order::Name => {}
            Order::Size => self.rows.sort_by_key(|row| std::cmp::Reverse(row.entry.size())),
            Order::Hits => self.rows.sort_by_key(|row| std::cmp::Reverse(row.usage.hits)),
            Order::Age => self.rows.sort_by_key(|row| std::cmp::Reverse(row.entry.created_ms)),
        }
    }

    /// Returns the table, and the sum below it.
    pub fn table(&self, width: Option<usize>) -> String {
        let mut table = Table::new([
            ("CRATE", Align::Left),
            ("VERSION", Align::Left),
            ("TYPE", Align::Left),
            ("PROFILE", Align::Left),
            ("SIZE", Align::Right),
            ("HITS", Align::Right),
            ("CREATED", Align::Left),
            ("USED", Align::Left),
        ]);
        for Row { entry, usage, .. } in &self.rows {
            table.row([
                entry.unit.package.clone(),
                entry.unit.version.clone(),
                kind(&entry.unit),
                entry.unit.profile.clone(),
                format_size(entry.size()),
                usage.hits.to_string(),
                time::date(entry.created_ms),
                last_use(usage).map(time::date).unwrap_or_default(),
            ]);
        }
        let entries = count(self.rows.len() as u64, "entry", "entries");
        table.render(width) + &format!("{entries}, {}\n", format_size(self.total_size))
    }

    /// Returns all rows in full.
    pub fn details(&self) -> String {
        self.rows.iter().map(Row::details).collect::<Vec<_>>().join("\n")
    }

    /// Returns the object for programs, on one line.
    pub fn json(&self) -> String {
        json::line(&self.object())
    }

    fn object(&self) -> Object<'_> {
        Object {
            schema: json::SCHEMA,
            entries: self.rows.iter().map(Row::object).collect(),
            total_size: self.total_size,
        }
    }
}

impl Row {
    /// Returns one in full.
    pub fn details(&self) -> String {
        let Self { key, entry, usage, origin } = self;
        let unit = &entry.unit;
        let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        let lines = [
            ("crate", unit.package.clone()),
            ("version", unit.version.clone()),
            ("type", kind(unit)),
            ("profile", unit.profile.clone()),
            ("target", unit.triple.clone().unwrap_or_else(|| "host".into())),
            ("features", entry.inputs.features.join(", ")),
            ("rustc", entry.inputs.compiler_name.clone()),
            ("size", format_size(entry.size())),
            ("hits", usage.hits.to_string()),
            ("created", time::date(entry.created_ms)),
            ("last used", last_use(usage).map(time::date).unwrap_or_default()),
            ("compile time", format_duration(std::time::Duration::from_millis(entry.compile_ms))),
            ("origin", origin.words().into()),
        ];
        let mut text = format!("key: {key}\n");
        for (name, value) in lines {
            let _ = writeln!(text, "{name}: {}", or_dash(value));
        }
        text += "files:\n";
        for output in &entry.outputs {
            let _ = writeln!(text, "  {} ({})", output.name, format_size(output.size));
        }
        text
    }

    fn object(&self) -> EntryObject<'_> {
        let Self { key, entry, usage, origin } = self;
        let file = |output: &Output| FileObject {
            name: output.name.clone(),
            size: output.size,
            digest: output.digest.to_hex(),
        };
        EntryObject {
            key: key.to_hex(),
            package: &entry.unit.package,
            version: (!entry.unit.version.is_empty()).then_some(&entry.unit.version),
            kind: words::target(&entry.unit.target),
            mode: words::mode(entry.unit.mode),
            profile: &entry.unit.profile,
            target: entry.unit.triple.as_deref(),
            features: &entry.inputs.features,
            rustc: &entry.inputs.compiler_name,
            size: entry.size(),
            hits: usage.hits,
            created: time::rfc3339(entry.created_ms),
            used: last_use(usage).map(time::rfc3339),
            compile_ms: entry.compile_ms,
            origin: origin.words(),
            files: entry.outputs.iter().map(file).collect(),
        }
    }
}

/// Names the target and what was made of it: `lib`, `lib, check`.
pub fn kind(unit: &Unit) -> String {
    let target = words::target(&unit.target);
    if unit.mode == Mode::Build { target } else { format!("{target}, {}", words::mode(unit.mode)) }
}

/// Returns the time of the last use, in milliseconds since the Unix epoch, if there was one.
pub fn last_use(usage: &Usage) -> Option<u64> {
    (usage.last_ms > 0).then_some(usage.last_ms)
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    entries: Vec<EntryObject<'a>>,
    total_size: u64,
}

#[derive(Serialize)]
struct EntryObject<'a> {
    key: String,
    #[serde(rename = "crate")]
    package: &'a str,
    version: Option<&'a String>,
    #[serde(rename = "type")]
    kind: String,
    mode: &'static str,
    profile: &'a str,
    target: Option<&'a str>,
    features: &'a [String],
    rustc: &'a str,
    size: u64,
    hits: u64,
    created: String,
    used: Option<String>,
    compile_ms: u64,
    origin: &'static str,
    files: Vec<FileObject>,
}

#[derive(Serialize)]
struct FileObject {
    name: String,
    size: u64,
    digest: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Artefact, Inputs, OutputKind, Tree};
    use crate::event::Target;
    use crate::rustc::paths::Loose;

    fn row(package: &str, size: u64, hits: u64, created_ms: u64) -> Row {
        let entry = Entry {
            key_schema: 1,
            invocation: Digest::of(b"invocation"),
            unit: Unit {
                package: package.into(),
                version: "1.0.0".into(),
                crate_name: package.into(),
                target: Target::Lib,
                mode: Mode::Check,
                profile: "dev".into(),
                triple: None,
            },
            inputs: Inputs { compiler_name: "rustc 1.95.0".into(), ..Inputs::default() },
            outputs: vec![Output {
                name: format!("lib{package}.rmeta"),
                kind: OutputKind::Metadata,
                digest: Digest::of(package.as_bytes()),
                size,
                executable: false,
            }],
            dep_info: None,
            stdout: Default::default(),
            stderr: Default::default(),
            compile_ms: 1350,
            created_ms,
            artefact: Artefact {
                closure: Digest::default(),
                loads_code: false,
                loose: Loose::default(),
                unsettled: Vec::new(),
            },
            tree: Tree::default(),
        };
        let usage = Usage { hits, last_ms: if hits > 0 { 1_774_096_496_999 } else { 0 } };
        Row { key: Digest::of(b"key"), entry, usage, origin: Origin::Here }
    }

    fn listing() -> Listing {
        let rows = vec![row("b", 1000, 3, 86_400_000), row("a", 2000, 0, 0), row("c", 500, 1, 172_800_000)];
        Listing { rows, total_size: 3500, ..Listing::default() }
    }

    #[test]
    fn orders() {
        let order = |order| {
            let mut listing = listing();
            listing.sort(order);
            listing.rows.iter().map(|row| row.entry.unit.package.clone()).collect::<String>()
        };
        assert_eq!(order(Order::Name), "abc");
        assert_eq!(order(Order::Size), "abc");
        assert_eq!(order(Order::Hits), "bca");
        assert_eq!(order(Order::Age), "cba");
    }

    #[test]
    fn the_table() {
        let mut listing = listing();
        listing.rows.truncate(2);
        assert_eq!(
            listing.table(None),
            "CRATE  VERSION  TYPE        PROFILE    SIZE  HITS  CREATED     USED\n\
             b      1.0.0    lib, check  dev      1.0 kB     3  1970-01-02  2026-03-21\n\
             a      1.0.0    lib, check  dev      2.0 kB     0  1970-01-01  -\n\
             2 entries, 3.5 kB\n"
        );
    }

    #[test]
    fn one_in_full() {
        let text = row("a", 2000, 0, 0).details();
        assert!(text.starts_with(&format!("key: {}\ncrate: a\n", Digest::of(b"key"))), "{text}");
        assert!(text.contains("\nfeatures: -\nrustc: rustc 1.95.0\n"), "{text}");
        assert!(
            text.ends_with("compile time: 1.4s\norigin: built here\nfiles:\n  liba.rmeta (2.0 kB)\n"),
            "{text}"
        );
    }
}
