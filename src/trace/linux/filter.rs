//! The filter program that runs in the kernel.
//!
//! Owns the translation of the table of calls into classic BPF. Never decides what a call means.
//!
//! The program is a binary search. Since Linux 5.11 the kernel runs it once for each number when it is installed, and
//! never again for those that are always allowed: a chain of comparisons would cost more there than all calls together.
//!
//! Calls that only look pass when they come from the gate, where they are noted before they are made; see `hook`.

use super::calls::{LAST_KNOWN, Rule, When, rules};
use super::hook::layout::GATE_CALL;

/// How the kernel names the architecture this program is compiled for.
#[cfg(target_arch = "x86_64")]
pub(super) const NATIVE: u32 = 0xc000_003e;
/// How the kernel names the architecture this program is compiled for.
#[cfg(target_arch = "aarch64")]
pub(super) const NATIVE: u32 = 0xc000_00b7;

const NOTIFY: u32 = libc::SECCOMP_RET_USER_NOTIF;
const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;

/// Where `struct seccomp_data` keeps what the program loads.
const NR: u32 = 0;
const ARCH: u32 = 4;
const INSTRUCTION: u32 = 8;
const ARGS: u32 = 16;

/// Builds the program: a foreign architecture, an unknown number and every rule that applies stop the caller.
pub(super) fn program() -> Vec<libc::sock_filter> {
    let mut program = vec![
        load(ARCH),
        jump(libc::BPF_JEQ, NATIVE, 1, 0),
        ret(NOTIFY),
        load(NR),
        jump(libc::BPF_JGT, LAST_KNOWN, 0, 1),
        ret(NOTIFY),
    ];
    let mut rules: Vec<&Rule> = rules().collect();
    rules.sort_unstable_by_key(|rule| rule.nr);
    program.extend(search(&rules));
    program
}

/// Returns the search for the loaded number among sorted rules; every way through it ends in a verdict.
fn search(rules: &[&Rule]) -> Vec<libc::sock_filter> {
    match rules {
        [] => vec![ret(ALLOW)],
        [rule] => {
            let mut block = block(rule.when);
            if rule.passes_gate() {
                block.splice(0..0, gate());
            }
            let mut leaf = vec![jump(libc::BPF_JEQ, rule.nr, 0, distance(&block))];
            leaf.extend(block);
            leaf.push(ret(ALLOW));
            leaf
        }
        _ => {
            let (lower, upper) = rules.split_at(rules.len() / 2);
            let below = search(lower);
            let mut node = vec![jump(libc::BPF_JGE, upper[0].nr, distance(&below), 0)];
            node.extend(below);
            node.extend(search(upper));
            node
        }
    }
}

fn distance(skipped: &[libc::sock_filter]) -> u8 {
    u8::try_from(skipped.len()).expect("half of the table is shorter than the longest jump")
}

/// Lets a call pass that comes from the gate.
fn gate() -> [libc::sock_filter; 5] {
    [
        load(INSTRUCTION),
        jump(libc::BPF_JEQ, GATE_CALL as u32, 0, 3),
        load(INSTRUCTION + 4),
        jump(libc::BPF_JEQ, (GATE_CALL as u64 >> 32) as u32, 0, 1),
        ret(ALLOW),
    ]
}

/// Returns what decides about one call; every way through it ends in a verdict.
fn block(when: When) -> Vec<libc::sock_filter> {
    match when {
        When::Always => vec![ret(NOTIFY)],
        When::UnlessFstat { flags } => vec![
            load(low(0)),
            jump(libc::BPF_JEQ, libc::AT_FDCWD as u32, 2, 0),
            load(low(flags)),
            jump(libc::BPF_JEQ, libc::AT_EMPTY_PATH as u32, 1, 0),
            ret(NOTIFY),
            ret(ALLOW),
        ],
        When::UnlessNull { path } => vec![
            load(low(path)),
            jump(libc::BPF_JEQ, 0, 0, 2),
            load(high(path)),
            jump(libc::BPF_JEQ, 0, 1, 0),
            ret(NOTIFY),
            ret(ALLOW),
        ],
        When::SocketReachesOut => vec![
            load(low(0)),
            jump(libc::BPF_JEQ, libc::AF_UNIX as u32, 0, 3),
            load(low(1)),
            op(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, 0xf),
            jump(libc::BPF_JEQ, libc::SOCK_STREAM as u32, 1, 0),
            ret(NOTIFY),
            ret(ALLOW),
        ],
        When::Zero { arg } => vec![load(low(arg)), jump(libc::BPF_JEQ, 0, 0, 1), ret(NOTIFY), ret(ALLOW)],
        When::FilterWithListener => vec![
            load(low(0)),
            jump(libc::BPF_JEQ, libc::SECCOMP_SET_MODE_FILTER, 0, 3),
            load(low(1)),
            jump(libc::BPF_JSET, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER as u32, 0, 1),
            ret(NOTIFY),
            ret(ALLOW),
        ],
    }
}

/// The lower half of an argument, on the little-endian machines this module is compiled for.
fn low(arg: u8) -> u32 {
    ARGS + 8 * u32::from(arg)
}

fn high(arg: u8) -> u32 {
    low(arg) + 4
}

fn load(offset: u32) -> libc::sock_filter {
    op(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

fn ret(verdict: u32) -> libc::sock_filter {
    op(libc::BPF_RET | libc::BPF_K, verdict)
}

fn op(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: 0, jf: 0, k }
}

/// Compares and skips `yes` or `no` instructions.
fn jump(test: u32, k: u32, yes: u8, no: u8) -> libc::sock_filter {
    libc::sock_filter { code: (libc::BPF_JMP | test | libc::BPF_K) as u16, jt: yes, jf: no, k }
}
