//! The file that the library and we share: the library itself at its start, its log from [`LOG`] on.
//!
//! Owns the numbers both sides agree on. Compiled twice: into the library, and into this program.
//!
//! ```text
//! 0                 the library, an ELF file
//! LOG + 0           MAGIC: u64, written by us
//! LOG + CURSOR      u32: where in the log the next record goes
//! LOG + LOST        u32: not 0 when a record did not fit, or the list of objects is not complete
//! LOG + STARTED     u32: processes in which the library began
//! LOG + ENDED       u32: processes in which the library came to its end
//! LOG + NEXT        path of the second file, with a zero at its end; empty without one
//! LOG + RECORDS …   records, each at a multiple of 8:
//!                     u32  kind << 24 | length of the text; 0 while it is being written
//!                     u32  0
//!                     u64  READ: return address of the caller; OBJECT, EARLY: its lowest address; PROGRAM: 0
//!                     u64  OBJECT: the end of its addresses; else 0
//!                     …    READ: name of the variable, or HERE, CLOCK, RANDOM, HOST, PROCESSORS; OBJECT, PROGRAM: path
//! ```
//!
//! A second file brings the library into the programs that this one starts. It has a tape in the place of the log:
//!
//! ```text
//! 0                 the library
//! CODE              instructions that make one system call and return
//! LOG + 0           TAPE: u64, written by us
//! LOG + LOCK        u32: not 0 while somebody writes, to the tape or to END
//! LOG + END         u32: where on the tape the next note goes
//! LOG + NOTES …     notes, each at a multiple of 4:
//!                     u32  kind << 24 | length of the path
//!                     …    path, absolute; of REAL, the working directory, a zero, and the path, if that is relative
//! ```

/// Where in the file the log begins; a multiple of any page size.
pub(crate) const LOG: usize = 1 << 20;
/// Its length. Pages of it that nobody writes to are not there.
pub(crate) const SIZE: usize = 1 << 20;

/// Says that this file is one of ours, and of this layout.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"kache\0h2");

pub(crate) const CURSOR: usize = 8;
pub(crate) const LOST: usize = 12;
pub(crate) const STARTED: usize = 16;
pub(crate) const ENDED: usize = 20;
/// Where the first record goes, which only we need to know.
#[allow(dead_code, reason = "the library is told by the cursor")]
pub(crate) const RECORDS: usize = 24 + NEXT_LEN;

/// Where the path of the second file is, and its room.
pub(crate) const NEXT: usize = 24;
pub(crate) const NEXT_LEN: usize = 64;

/// What comes before the text of a record.
pub(crate) const HEAD: usize = 24;
/// Where in a record its two numbers are.
pub(crate) const FIRST: usize = 8;
pub(crate) const SECOND: usize = 16;

/// What stands in the place of a variable's name when the working directory was asked for.
#[allow(dead_code, reason = "the program knows it as `trace::HERE`")]
pub(crate) const HERE: &[u8] = b".";

/// As [`HERE`], for the time.
#[allow(dead_code, reason = "the program knows it as `trace::CLOCK`")]
pub(crate) const CLOCK: &[u8] = b"=clock";
/// As [`HERE`], for random numbers.
#[allow(dead_code, reason = "the program knows it as `trace::RANDOM`")]
pub(crate) const RANDOM: &[u8] = b"=random";
/// As [`HERE`], for the name of the machine.
#[allow(dead_code, reason = "the program knows it as `trace::HOST`")]
pub(crate) const HOST: &[u8] = b"=host";
/// As [`HERE`], for the number of processors.
#[allow(dead_code, reason = "the program knows it as `trace::PROCESSORS`")]
pub(crate) const PROCESSORS: &[u8] = b"=processors";

/// A variable was asked for.
pub(crate) const READ: u32 = 1;
/// An object that was there before the program began.
pub(crate) const EARLY: u32 = 2;
/// An object that was there at the end.
pub(crate) const OBJECT: u32 = 3;
/// The program.
pub(crate) const PROGRAM: u32 = 4;

/// The part of a record's first word that is its length.
pub(crate) const LENGTH: u32 = (1 << 24) - 1;

/// Says that this file is one of ours, and has a tape.
pub(crate) const TAPE: u64 = u64::from_le_bytes(*b"kache\0t1");

pub(crate) const LOCK: usize = 8;
pub(crate) const END: usize = 12;
/// Where the first note goes.
#[allow(dead_code, reason = "the library is told by the end")]
pub(crate) const NOTES: usize = 16;
/// What comes before the path of a note.
pub(crate) const NOTE_HEAD: usize = 4;

/// A file is about to be opened to be read; a final link is followed.
pub(crate) const OPEN: u32 = 1;
/// As [`OPEN`], of the name itself.
pub(crate) const OPEN_NAME: u32 = 2;
/// A file is about to be looked at; a final link is followed.
pub(crate) const STAT: u32 = 3;
/// As [`STAT`], of the name itself.
pub(crate) const STAT_NAME: u32 = 4;
/// A link is about to be read.
pub(crate) const LINK: u32 = 5;
/// All links on the way are about to be read.
pub(crate) const REAL: u32 = 6;

/// Where in the file the instructions are; a multiple of any page size.
pub(crate) const CODE: usize = LOG - (1 << 16);
/// Where in memory they are, in every program: the filter lets calls from there pass. Far from where systems put things.
pub(crate) const GATE: usize = 0x20_6b60_0000;

/// The instructions.
#[cfg(target_arch = "x86_64")]
#[allow(dead_code, reason = "written by the program, called by the library")]
pub(crate) const GATE_CODE: &[u8] = &[
    0xf3, 0x0f, 0x1e, 0xfa, // endbr64
    0x0f, 0x05, // syscall
    0xc3, // ret
];
/// Where the kernel sees a call come from: behind the instruction that makes it.
#[cfg(target_arch = "x86_64")]
#[allow(dead_code, reason = "only the filter has to know")]
pub(crate) const GATE_CALL: usize = GATE + 6;

#[cfg(target_arch = "aarch64")]
#[allow(dead_code, reason = "written by the program, called by the library")]
pub(crate) const GATE_CODE: &[u8] = &[
    0x01, 0x00, 0x00, 0xd4, // svc 0
    0xc0, 0x03, 0x5f, 0xd6, // ret
];
#[cfg(target_arch = "aarch64")]
#[allow(dead_code, reason = "only the filter has to know")]
pub(crate) const GATE_CALL: usize = GATE + 4;
