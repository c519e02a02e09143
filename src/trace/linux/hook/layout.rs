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
//! LOG + RECORDS …   records, each at a multiple of 8:
//!                     u32  kind << 24 | length of the text; 0 while it is being written
//!                     u32  0
//!                     u64  READ: return address of the caller; OBJECT, EARLY: its lowest address; PROGRAM: 0
//!                     u64  OBJECT: the end of its addresses; else 0
//!                     …    READ: name of the variable, or HERE, CLOCK, RANDOM, HOST; OBJECT, PROGRAM: path
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
pub(crate) const RECORDS: usize = 24;

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
