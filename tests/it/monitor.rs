//! The monitor, in a terminal of its own.

use rustix::process::Signal;

use crate::support::{Terminal, project};

#[test]
fn without_a_terminal() {
    let p = project().settings("").build();
    p.kache("monitor")
        .exits(2)
        .stdout_is("")
        .stderr_is("error: `monitor` needs a terminal\nhint: `cargo kache stats` prints the figures\n");
}

#[test]
fn the_terminal_is_given_back() {
    let p = project().settings("").build();
    for (words, keys) in [("monitor", "q"), ("", "\x1b"), ("monitor", "\x03")] {
        let mut terminal = Terminal::start(p.kache_command(words), 100, 30);
        terminal.shows("kache").keys(keys);
        assert_eq!(terminal.end(), 0);
        terminal.is_restored();
    }
    let mut terminal = Terminal::start(p.kache_command("monitor"), 100, 30);
    terminal.shows("kache").signal(Signal::TERM);
    assert_eq!(terminal.end(), 128 + 15);
    terminal.is_restored();
}
