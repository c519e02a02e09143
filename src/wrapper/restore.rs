//! A hit: outputs put in place, messages repeated.
//!
//! Owns how each kind of output comes back, and the rule that no shared inode is ever touched: a blob's time and mode
//! are never changed, what is written in place later is a private copy.
//!
//! | output | comes back as |
//! |--------|---------------|
//! | `.rmeta`, `.rlib`, proc-macro, build-script program | reflink, else read-only hard link, else copy |
//! | program, dynamic or static library | reflink, else copy |
//! | one of them, where the [rules of time](super::clock) ask for it | private copy with the time of now |
//! | dep-info | written anew, with this checkout's paths |

use std::path::{Path, PathBuf};

use super::call::Call;
use super::clock;
use super::compile::say;
use super::lookup::Hit;
use super::products;
use super::session::Session;
use super::stand_in::{self, Made, StandIn};
use crate::config::Restore;
use crate::entry::{Entry, Output, OutputKind};
use crate::event::Bytes;
use crate::fs::link::{self, Copied};
use crate::fs::stat::{Stat, Time};
use crate::fs::{self, PathError};
use crate::portable::{PortableText, Root};
use crate::serve::files::RememberedFiles;
use crate::store::blob::{Blobs, Form};
use crate::store::index::{Memo, MemoStat, Writer};

/// Why a hit could not be restored.
pub(super) enum Failure {
    /// A blob is missing or was changed.
    Damaged,
    /// A file operation failed.
    File(PathError),
}

impl From<PathError> for Failure {
    fn from(error: PathError) -> Self {
        Self::File(error)
    }
}

/// Mode bits that plain cargo's files have before the umask.
const PLAIN: u32 = 0o666;
pub(super) const PLAIN_EXECUTABLE: u32 = 0o777;

/// Puts the outputs in place, then repeats what the compiler said.
pub(super) fn restore(session: &Session<'_>, hit: &Hit) -> Result<Bytes, Failure> {
    let call = session.call;
    let blobs = find_blobs(session, &hit.entry)?;
    let mut memos = hit.known.memos.clone();
    let mut bytes = Bytes::default();
    if !is_in_place(session, hit) {
        let ways = Ways::choose(session, hit);
        for (output, blob) in hit.entry.outputs.iter().zip(&blobs) {
            let path = call.out_dir.join(&output.name);
            let stand_in = StandIn::for_program(session, &path);
            let put = match &stand_in {
                Some(stand_in) => ways.put_behind(stand_in, output, blob, &mut bytes),
                None => ways.put(output, blob, &path, &mut bytes),
            };
            let private = match put {
                // Removed since it was found: by gc, or by hand.
                Err(_) if !blob.exists() => return Err(Failure::Damaged),
                other => other?,
            };
            if output.kind == OutputKind::Product {
                products::localise(call, &path);
            }
            if private && stand_in.is_none() {
                // Nobody knows of the file yet, so its content can't have changed since. What was linked is known by what
                // it was before it got the paths of this checkout.
                let stat = Stat::of(&path)?;
                memos.push((stat, Memo { stat: MemoStat::of_file(&stat), digest: output.digest }));
            }
        }
        if let Some((name, text)) = &hit.entry.dep_info {
            let text = text_here(call, text).ok_or(Failure::Damaged)?;
            link::write_replacing(&call.out_dir.join(name), &text, PLAIN)?;
        }
    }
    repeat(call, &hit.entry);
    session.guard_result();
    if !memos.is_empty() {
        // Memos save time and nothing else.
        let put_all =
            |writer: &mut Writer<'_>| memos.iter().try_for_each(|(stat, memo)| writer.put_memo(stat, memo));
        let _ = session.store.index.write(put_all);
    }
    session.end_guard();
    Ok(bytes)
}

/// Finds the blobs of an entry by what the file system tells of them.
pub(super) fn find_blobs(session: &Session<'_>, entry: &Entry) -> Result<Vec<PathBuf>, Failure> {
    let find = |output: &Output| {
        session.store.blobs.find(&output.digest, output.size, Form::of(output)).map(|(path, _)| path)
    };
    entry.outputs.iter().map(find).collect::<Option<_>>().ok_or(Failure::Damaged)
}

/// Returns a recorded text with this call's directories. `None` if it has not all of them.
pub(super) fn text_here(call: &Call, text: &PortableText) -> Option<Vec<u8>> {
    text.expand(|mark| match mark.root {
        Root::OutDir => Some(mark.form.write(&call.arguments.out_dir)),
        root => call.roots.get(root).map(|directory| mark.form.write(directory)),
    })
}

/// Writes the compiler's messages again.
fn repeat(call: &Call, entry: &Entry) {
    say(call, &text_here(call, &entry.stdout).unwrap_or_default(), std::io::stdout());
    say(call, &text_here(call, &entry.stderr).unwrap_or_default(), std::io::stderr());
}

/// Whether the very outputs are in place already, no older than what they depend on: then they are left alone.
fn is_in_place(session: &Session<'_>, hit: &Hit) -> bool {
    let call = session.call;
    let Ok(reader) = session.store.index.read() else { return false };
    let files = RememberedFiles::new(&reader);
    let mut newest = Time::default();
    for output in &hit.entry.outputs {
        let path = call.out_dir.join(&output.name);
        let modified = Stat::of(&path).map_or(Time::default(), |stat| stat.modified);
        match files.digest(&stand_in::program_behind(&path)) {
            Ok(Some((_, digest))) if digest == output.digest => newest = newest.max(modified),
            _ => return false,
        }
    }
    let dep_info = hit.entry.dep_info.as_ref().is_none_or(|(name, text)| {
        fs::read(&call.out_dir.join(name)).is_ok_and(|present| Some(present) == text_here(call, text))
    });
    dep_info && newest >= hit.known.newest_dependency && newest >= clock::newest_script_output(call)
}

/// How the outputs of one unit come back.
struct Ways {
    /// Private copies for everything.
    copy_all: bool,
    /// The file system shares blocks, so a private copy costs no bytes.
    reflinks: bool,
    /// The output that gets a time of its own.
    own_time: Option<String>,
}

impl Ways {
    fn choose(session: &Session<'_>, hit: &Hit) -> Self {
        let call = session.call;
        let outputs = &hit.entry.outputs;
        let copied_anyway = |output: &&Output| output.kind == OutputKind::Product;
        let own_time = if outputs.iter().any(|o| copied_anyway(&o))
            || !clock::needs_own_time(session, hit.known.newest_dependency)
        {
            None
        } else {
            smallest(outputs)
        };
        Self { copy_all: copies_everything(session), reflinks: reflinks(&call.out_dir), own_time }
    }

    /// Puts a build script behind its launcher, which has the unit's time; whether the script is a private file.
    fn put_behind(
        &self,
        stand_in: &StandIn,
        output: &Output,
        blob: &Path,
        bytes: &mut Bytes,
    ) -> Result<bool, PathError> {
        let is_private = Self { own_time: None, ..*self }.put(output, blob, &stand_in.program, bytes)?;
        stand_in.put(if self.own_time.is_some() { Made::Now } else { Made::T0 })?;
        Ok(is_private)
    }

    /// Puts one output in place; whether it is a private file.
    fn put(&self, output: &Output, blob: &Path, path: &Path, bytes: &mut Bytes) -> Result<bool, PathError> {
        let shared = !self.copy_all
            && !self.reflinks
            && output.kind != OutputKind::Product
            && self.own_time.as_deref() != Some(&output.name);
        if shared {
            match link::hard_link(blob, path) {
                Ok(()) => {
                    bytes.linked += output.size;
                    return Ok(false);
                }
                Err(e) if link::needs_copy(&e) => {}
                Err(e) => return Err(e),
            }
        }
        let mode = if output.executable { PLAIN_EXECUTABLE } else { PLAIN };
        match link::private_copy(blob, path, mode)? {
            Copied::Reflinked => bytes.linked += output.size,
            Copied::Bytes => bytes.copied += output.size,
        }
        Ok(true)
    }
}

/// Picks the output whose copy costs least: the metadata, else the smallest.
pub(super) fn smallest(outputs: &[Output]) -> Option<String> {
    let metadata = outputs.iter().find(|o| o.kind == OutputKind::Metadata);
    metadata.or_else(|| outputs.iter().min_by_key(|o| o.size)).map(|o| o.name.clone())
}

/// Whether read-only links would differ from what the user asked for: by the setting, or by a strict umask.
pub(super) fn copies_everything(session: &Session<'_>) -> bool {
    let umask = rustix::process::umask(rustix::fs::Mode::empty());
    rustix::process::umask(umask);
    session.settings.restore == Restore::Copy || umask.bits() & 0o777 & !0o022 != 0
}

/// Whether the file system can share blocks between files.
pub(super) fn reflinks(directory: &Path) -> bool {
    /// Numbers of `statfs(2)`: btrfs, XFS, bcachefs.
    const SHARING: &[u32] = &[0x9123_683e, 0x5846_5342, 0xca45_1a4e];
    fs::stat::file_system(directory).is_some_and(|number| SHARING.contains(&number))
}

/// Removes the links to blobs at the places where the compiler is about to write.
pub(super) fn unlink_outputs(call: &Call) {
    let names = call.expected_outputs().into_iter().map(|(name, _, _)| name).chain([call.dep_info_name()]);
    for name in names {
        let path = call.out_dir.join(name);
        if Stat::of_name(&path).is_ok_and(|stat| Blobs::may_be_link(&stat)) {
            let _ = fs::remove_file(&path);
        }
    }
}
