//! The event log file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{TransferEvent, UnitEvent};
use crate::fs::{self, AtPath as _, OrAbsent as _};

/// A place in the log: which file (it is replaced when it rotates) and how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPosition {
    /// Inode of the file.
    pub file: u64,
    /// Bytes from its start.
    pub offset: u64,
}

/// The event log of one cache directory.
#[derive(Clone, Debug)]
pub struct Log {
    path: PathBuf,
}

impl Log {
    /// Names the log at `path`; nothing is opened.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends one event by a single write.
    pub fn append(&self, event: &impl Serialize) -> fs::Result<()> {
        let mut line = serde_json::to_vec(event).expect("events have string keys only");
        line.push(b'\n');
        let mut file = self.open_for_append()?;
        file.write_all(&line).at("append to", &self.path)
    }

    fn open_for_append(&self) -> fs::Result<File> {
        let open = || self.open(OpenOptions::new().append(true).create(true));
        match open() {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(self.path.parent().expect("the log lies in a directory"))?;
                open()
            }
            other => other,
        }
    }

    /// Opens the log. What is no file, such as a pipe that nobody reads, must not hold up a build.
    fn open(&self, options: &mut OpenOptions) -> fs::Result<File> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let file = options.custom_flags(libc::O_NONBLOCK).open(&self.path).at("open", &self.path)?;
        let is_file = file.metadata().at("read metadata of", &self.path)?.is_file();
        let refused = io::Error::new(io::ErrorKind::InvalidInput, "the event log is not a file");
        if is_file { Ok(file) } else { Err(refused).at("open", &self.path) }
    }

    /// Returns the position of the log's end.
    pub fn end(&self) -> LogPosition {
        use std::os::unix::fs::MetadataExt as _;
        match fs::metadata(&self.path) {
            Ok(meta) => LogPosition { file: meta.ino(), offset: meta.len() },
            Err(_) => LogPosition::default(),
        }
    }

    /// Reads the compiler calls after `start`, and the position behind the last line. A log that was replaced since is
    /// read from its beginning. Lines that are not understood are passed over.
    pub fn read_since(&self, start: LogPosition) -> fs::Result<(Vec<UnitEvent>, LogPosition)> {
        self.events_since(start)
    }

    /// Reads the transfers after `start`, in the same way.
    pub fn transfers_since(&self, start: LogPosition) -> fs::Result<(Vec<TransferEvent>, LogPosition)> {
        self.events_since(start)
    }

    fn events_since<E: DeserializeOwned>(&self, start: LogPosition) -> fs::Result<(Vec<E>, LogPosition)> {
        let (bytes, end) = self.lines_since(start)?;
        let events = lines(&bytes).filter_map(|line| serde_json::from_slice(line).ok()).collect();
        Ok((events, end))
    }

    /// Reads all compiler calls.
    pub fn read_all(&self) -> fs::Result<Vec<UnitEvent>> {
        self.read_since(LogPosition::default()).map(|(events, _)| events)
    }

    fn lines_since(&self, start: LogPosition) -> fs::Result<(Vec<u8>, LogPosition)> {
        use std::os::unix::fs::MetadataExt as _;
        let Some(mut file) = self.open(OpenOptions::new().read(true)).or_absent()? else {
            return Ok((Vec::new(), LogPosition::default()));
        };
        let meta = file.metadata().at("read metadata of", &self.path)?;
        let same = meta.ino() == start.file && meta.len() >= start.offset;
        let offset = if same { start.offset } else { 0 };
        file.seek(SeekFrom::Start(offset)).at("read", &self.path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).at("read", &self.path)?;
        let complete = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        bytes.truncate(complete);
        Ok((bytes, LogPosition { file: meta.ino(), offset: offset + complete as u64 }))
    }

    /// Shortens a log above `limit` bytes to its newest half, and to no less than the events of the last build.
    /// Written beside and renamed; events appended meanwhile may be lost, which costs figures only.
    pub fn rotate(&self, limit: u64) -> fs::Result<bool> {
        if self.end().offset <= limit {
            return Ok(false);
        }
        let (bytes, _) = self.lines_since(LogPosition::default())?;
        let lines = lines(&bytes).collect::<Vec<_>>();
        let build = |line: &&[u8]| serde_json::from_slice::<UnitEvent>(line).ok().map(|event| event.build);
        let last = lines.iter().rev().find_map(build);
        let first_of_last = lines.iter().position(|line| last.is_some() && build(line) == last);
        let kept = lines[first_of_last.unwrap_or(lines.len()).min(lines.len() / 2)..].join(&b'\n');
        let beside = self.path.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&beside, [kept, b"\n".to_vec()].concat())?;
        fs::rename(&beside, &self.path)?;
        Ok(true)
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{BuildId, Bytes, Mode, Outcome, Target, Unit};

    fn event(build: &str, at_ms: u64) -> UnitEvent {
        UnitEvent {
            build: BuildId(build.into()),
            at_ms,
            unit: Unit {
                package: "a".into(),
                version: "1.0.0".into(),
                crate_name: "a".into(),
                target: Target::Bin("a".into()),
                mode: Mode::Build,
                profile: "dev".into(),
                triple: None,
            },
            outcome: Outcome::Hit { remote: false },
            key: None,
            compile_ms: 1,
            wrapper_ms: 1,
            bytes: Bytes::default(),
            cwd: "/w".into(),
            out_dir: None,
        }
    }

    fn transfer() -> TransferEvent {
        TransferEvent {
            transfer: crate::event::Direction::Pull,
            build: None,
            at_ms: 1,
            key: "k".into(),
            package: "a".into(),
            bytes: 2,
            took_ms: 3,
            error: None,
        }
    }

    #[test]
    fn reads_what_was_appended_and_passes_over_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::at(dir.path().join("logs/events.jsonl"));
        assert_eq!(log.read_all().unwrap(), []);
        log.append(&event("one", 1)).unwrap();
        let middle = log.end();
        let mut file = OpenOptions::new().append(true).open(log.path()).unwrap();
        log.append(&transfer()).unwrap();
        file.write_all(b"{\"from\":\"the future\"}\nnot json\n").unwrap();
        log.append(&event("two", 2)).unwrap();
        file.write_all(b"{\"unfinished").unwrap();
        assert_eq!(log.read_all().unwrap(), [event("one", 1), event("two", 2)]);
        assert_eq!(log.read_since(middle).unwrap().0, [event("two", 2)]);
        assert_eq!(log.transfers_since(LogPosition::default()).unwrap().0, [transfer()]);
    }

    #[test]
    fn what_is_no_file_holds_nobody_up() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let device = dir.path().join("device");
        std::os::unix::fs::symlink("/dev/full", &device).unwrap();
        for path in [pipe, device] {
            let log = Log::at(path);
            assert!(log.append(&event("one", 1)).is_err());
            assert!(log.read_all().is_err());
        }
    }

    #[test]
    fn rotation_keeps_the_last_build() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::at(dir.path().join("events.jsonl"));
        for n in 0..10 {
            log.append(&event("old", n)).unwrap();
        }
        for n in 10..30 {
            log.append(&event("new", n)).unwrap();
        }
        let before = log.end();
        assert!(!log.rotate(1 << 20).unwrap());
        assert!(log.rotate(1000).unwrap());
        let kept = log.read_all().unwrap();
        assert_eq!(kept.len(), 20);
        assert!(kept.iter().all(|e| e.build.0 == "new"));
        assert_eq!(log.read_since(before).unwrap().0.len(), 20, "a replaced log is read anew");
    }
}
