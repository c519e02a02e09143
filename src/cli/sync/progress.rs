//! How far a sync is.
//!
//! Owns two bars on a terminal, and a line for each tenth elsewhere.

use std::cell::Cell;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::event::Direction;
use crate::quantity::format_size;
use crate::term::Term;
use crate::transfer::sync::{Done, Item, Plan};

const FORM: &str = "{prefix} [{bar:25}] {bytes}/{total_bytes} {bytes_per_sec} eta {eta} ({msg})";

/// How far both ways are.
pub(super) struct Progress<'t> {
    pull: Way<'t>,
    push: Way<'t>,
}

/// How far one way is.
struct Way<'t> {
    term: &'t Term,
    word: &'static str,
    entries: u64,
    bytes: u64,
    done_entries: Cell<u64>,
    done_bytes: Cell<u64>,
    told_tenths: Cell<u64>,
    bar: Option<ProgressBar>,
}

impl<'t> Progress<'t> {
    pub(super) fn new(term: &'t Term, plan: &Plan) -> Self {
        let bars = term.stderr_is_terminal().then(MultiProgress::new);
        let way = |word, items: &[Item]| Way::new(term, word, items, bars.as_ref());
        Self { pull: way("Pulling", &plan.pull), push: way("Pushing", &plan.push) }
    }

    pub(super) fn note(&self, done: &Done) {
        let way = match done.direction {
            Direction::Pull => &self.pull,
            Direction::Push => &self.push,
        };
        way.note(done.item.bytes);
    }
}

impl<'t> Way<'t> {
    fn new(term: &'t Term, word: &'static str, items: &[Item], bars: Option<&MultiProgress>) -> Self {
        let bytes = items.iter().map(|item| item.bytes).sum();
        let bar = bars.filter(|_| !items.is_empty()).map(|bars| {
            let style = ProgressStyle::with_template(FORM).expect("the form is one of indicatif's");
            bars.add(ProgressBar::new(bytes).with_style(style).with_prefix(word))
        });
        Self {
            term,
            word,
            entries: items.len() as u64,
            bytes,
            done_entries: Cell::default(),
            done_bytes: Cell::default(),
            told_tenths: Cell::default(),
            bar,
        }
    }

    fn note(&self, bytes: u64) {
        self.done_entries.set(self.done_entries.get() + 1);
        self.done_bytes.set(self.done_bytes.get() + bytes);
        let of = format!("{}/{}", self.done_entries.get(), self.entries);
        if let Some(bar) = &self.bar {
            bar.set_message(of);
            bar.set_position(self.done_bytes.get());
            if self.done_entries.get() == self.entries {
                bar.finish_and_clear();
            }
            return;
        }
        let tenths = self.done_entries.get() * 10 / self.entries;
        if tenths > self.told_tenths.replace(tenths) {
            let (done, all) = (format_size(self.done_bytes.get()), format_size(self.bytes));
            self.term.message(&format!("{} {}%: {of} artifacts, {done} of {all}\n", self.word, tenths * 10));
        }
    }
}
