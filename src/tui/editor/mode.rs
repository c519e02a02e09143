//! What keys go to, and what can come of them.
//!
//! Owns the words between state, drawing and the file. Decides nothing.

use super::field::{Entry, Field};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Set {
        key: &'static str,
        value: String,
    },
    Unset {
        key: &'static str,
    },
    /// Save, and then leave if wanted.
    Save {
        leave: bool,
    },
    /// Save although somebody else changed the file.
    SaveOver {
        leave: bool,
    },
    /// Read the file anew without the changes.
    Reload,
    Leave,
}

/// What keys go to.
#[derive(Clone, Debug)]
pub(super) enum Mode {
    List,
    Field(Field),
    Filter(Entry),
    Help,
    Ask(Question),
    /// Something that must not be missed. The next key takes it away.
    Notice {
        title: &'static str,
        text: String,
        hint: Option<String>,
    },
}

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// What to do with the changes before leaving.
    Leave,
    /// What to do about changes of others.
    Stale { leave: bool },
}

/// Something to say until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) text: String,
    pub(super) is_good: bool,
}
