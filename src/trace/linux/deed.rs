//! What a call does, in the recorder's terms.
//!
//! Owns the vocabulary between those who understand calls and notes, and the recorder. A deed is told before it is done.

/// One call, with its paths made absolute.
#[derive(Debug)]
pub(super) enum Deed<'a> {
    Open {
        path: &'a [u8],
        flags: i32,
        follow: bool,
    },
    Stat {
        path: &'a [u8],
        follow: bool,
    },
    ReadLink {
        path: &'a [u8],
    },
    /// Reads all links on the way from `base` to what is at `path`, and its own.
    ReadLinks {
        base: &'a [u8],
        path: &'a [u8],
    },
    /// Makes a directory the one that names are relative to.
    Enter {
        path: &'a [u8],
    },
    List {
        path: &'a [u8],
    },
    Exec {
        path: &'a [u8],
        directory: &'a [u8],
    },
    Create {
        path: &'a [u8],
        link: bool,
    },
    Remove {
        path: &'a [u8],
    },
    Change {
        path: &'a [u8],
        follow: bool,
    },
    Rename {
        from: &'a [u8],
        to: &'a [u8],
        flags: u32,
    },
    HardLink {
        from: &'a [u8],
        to: &'a [u8],
        follow: bool,
    },
    Connect {
        socket: &'a [u8],
    },
    Network,
    Random,
    Host,
}
