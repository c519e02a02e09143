//! A hit that is not taken at its word: `KACHE_VERIFY`.
//!
//! Owns which hits are verified, and what becomes of them. The compiler runs as on a miss, and what it makes is compared
//! with the entry: the outputs by content, before they get this checkout's paths; messages and dep-info as this checkout
//! would read them. Never makes a build fail: what the compiler says is held back until it is known that its result is
//! used.
//!
//! | the compiler | what is used | the event |
//! |---|---|---|
//! | makes the same | the entry, as on any hit: what is in place already stays | a hit that saved no time |
//! | makes something else | that, and it takes the entry's place | an error that names the first difference |
//! | makes what can't be recorded now | that, and the entry stays | a bypass, and why |
//! | fails | the entry | an error that says so |
//!
//! # Limits
//! - Only compiles are verified. Runs of build scripts are not.
//! - A blob whose bytes are no longer those it is named by is a difference as well, and goes.
//! - With cargo's `-C incremental` rustc makes other code, and gives each run's [object files](objects) a name: that
//!   name is no difference. But an entry that was made under another `cache.incremental` is one.

use std::path::Path;

use super::compile::{self, Compiled};
use super::lookup::{Hit, Miss};
use super::record::{self, Made};
use super::restore::{find_blobs, restore, text_here};
use super::session::Session;
use super::{products, stand_in};
use crate::config::Verify;
use crate::digest::Digest;
use crate::entry::{Entry, Output};
use crate::event::{Outcome, VERIFICATION_FAILED};
use crate::fs::{self, AtPath as _};
use crate::portable::PortableText;
use crate::rustc::objects;
use crate::serve::notes::Outcomes;
use crate::serve::process::Ending;
use crate::store::blob::Form;

/// Of so many hits, `sampled` verifies about one.
const SAMPLE: u8 = 16;

/// A hit that was verified, one way or the other.
pub(super) struct Verified {
    pub(super) ended: Outcomes,
    pub(super) ending: Ending,
}

/// Whether a hit is to be verified. One whose blobs are missing can't be restored either way.
pub(super) fn is_due(session: &Session<'_>, hit: &Hit) -> bool {
    is_chosen(session.settings.verify, &hit.key) && find_blobs(session, &hit.entry).is_ok()
}

/// Chooses by the key: the same build verifies the same units each time.
fn is_chosen(verify: Verify, key: &Digest) -> bool {
    match verify {
        Verify::Off => false,
        Verify::Sampled => key.as_bytes()[0].is_multiple_of(SAMPLE),
        Verify::Always => true,
    }
}

/// Compiles what was found in the store, and compares.
pub(super) fn verify(session: &Session<'_>, hit: Hit, by_remote: bool) -> Verified {
    let Hit { key, entry, known } = hit;
    let spoilt = remove_spoilt(session, &entry);
    let mut miss = Miss::instead_of(session, key, &entry, known);
    session.end_guard();
    let compiled = match compile::compile_apart(session, &miss) {
        Ok(compiled) if compiled.ending.is_success() => compiled,
        other => return fall_back(session, &Hit { key, entry, known: miss.known }, other.ok()),
    };
    // Nobody has heard of it, so it may as well run again.
    session.guard_call();
    let made = record::make(session, &mut miss, &compiled);
    let judged = made.map(|made| (difference(session, &entry, &made.entry, spoilt), made));
    if let Ok((None, _)) = &judged
        && let Ok(bytes) = restore(session, &Hit { key, entry, known: miss.known })
    {
        finish(session);
        // What the entry would have saved was spent.
        return Verified { ended: Outcomes::hit(key, 0, bytes, by_remote), ending: Ending::success() };
    }
    session.guard_result();
    compiled.say(session.call);
    let ended = match judged {
        Ok((Some(what), made)) => replace(session, &key, made, &what),
        // Some of the files may be the entry's by now. They are as good.
        Ok((None, _)) => failed(&key, "nothing can be restored from", compiled.millis),
        Err(why) => Outcomes::compiled(Outcome::Bypassed(why), compiled.millis),
    };
    finish(session);
    session.end_guard();
    Verified { ended, ending: compiled.ending }
}

/// Does to what the compiler made what a hit does to what it restores.
fn finish(session: &Session<'_>) {
    products::localise_all(session.call);
    stand_in::replace_all(session);
}

/// Removes blobs that hold something else than they are named by. Returns the names of the outputs.
fn remove_spoilt(session: &Session<'_>, entry: &Entry) -> Vec<String> {
    let blobs = &session.store.blobs;
    let is_spoilt = |output: &&Output| {
        let Some((path, _)) = blobs.find(&output.digest, output.size, Form::of(output)) else { return true };
        let content = fs::open(&path).and_then(|mut file| Digest::of_reader(&mut file).at("read", &path));
        content.map_or(true, |(digest, _)| digest != output.digest)
    };
    let spoilt: Vec<&Output> = entry.outputs.iter().filter(is_spoilt).collect();
    for output in &spoilt {
        // One that stays is found again by the next look.
        let _ = blobs.remove(&output.digest);
    }
    spoilt.into_iter().map(|output| output.name.clone()).collect()
}

/// Puts what was made in the place of an entry that says something else.
fn replace(session: &Session<'_>, key: &Digest, made: Made, what: &str) -> Outcomes {
    let ended = failed(key, &format!("{what} from"), made.entry.compile_ms);
    // Also where the new one gets another key, or can't be recorded.
    let _ = session.store.index.write(|writer| writer.remove_entry(key));
    let Ok(recorded) = made.record(session) else { return ended };
    session.after_recording(&recorded.key);
    Outcomes { key: Some(recorded.key), bytes: recorded.bytes, ..ended }
}

/// The event of a hit that is none: what there is to say of its entry.
fn failed(key: &Digest, what: &str, millis: u64) -> Outcomes {
    let message = format!("{VERIFICATION_FAILED}: {what} entry {}", key.short());
    Outcomes::compiled(Outcome::Error(message), millis)
}

/// Uses the entry after all: the compiler has made nothing. Without it, the compiler's word stands.
fn fall_back(session: &Session<'_>, hit: &Hit, compiled: Option<Compiled>) -> Verified {
    session.guard_call();
    let restored = restore(session, hit);
    session.end_guard();
    let millis = compiled.as_ref().map_or(0, |compiled| compiled.millis);
    let failure = compiled.as_ref().map_or("could not be started".to_owned(), |it| failure(it.ending.code()));
    match (restored, compiled) {
        (Ok(bytes), _) => {
            let ended = failed(&hit.key, &format!("rustc {failure}, unlike for"), millis);
            let ended = Outcomes { key: Some(hit.key), bytes, ..ended };
            Verified { ended, ending: Ending::success() }
        }
        (Err(_), Some(compiled)) => {
            compiled.say(session.call);
            let failed = Outcome::Failed { code: compiled.ending.code() };
            Verified { ended: Outcomes::compiled(failed, millis), ending: compiled.ending }
        }
        (Err(_), None) => {
            let message = format!("rustc {failure}");
            Verified { ended: Outcomes::compiled(Outcome::Error(message), 0), ending: Ending::NotStarted }
        }
    }
}

fn failure(code: i32) -> String {
    match code {
        129.. => format!("was killed by signal {}", code - 128),
        _ => format!("ended with exit code {code}"),
    }
}

/// Says in what a new result differs from an entry, up to the word "from".
fn difference(session: &Session<'_>, old: &Entry, new: &Entry, spoilt: Vec<String>) -> Option<String> {
    let mut files = spoilt;
    for name in old.outputs.iter().chain(&new.outputs).map(|output| &output.name) {
        let find = |entry: &'_ Entry| entry.outputs.iter().find(|it| it.name == *name).cloned();
        let is_same = find(old).zip(find(new)).is_some_and(|(old, new)| is_same(session, &old, &new));
        if !is_same && !files.contains(name) {
            files.push(name.clone());
        }
    }
    let here = |text: &PortableText| text_here(session.call, text);
    let dep_info = |entry: &Entry| entry.dep_info.as_ref().map(|(name, text)| (name.clone(), here(text)));
    if dep_info(old) != dep_info(new) {
        files.push(session.call.dep_info_name());
    }
    match files.as_slice() {
        [] if here(&old.stdout) != here(&new.stdout) || here(&old.stderr) != here(&new.stderr) => {
            Some("what rustc said differs".to_owned())
        }
        [] => None,
        [one] => Some(format!("`{one}` differs")),
        [first, others @ ..] => Some(format!("`{first}` and {} more differ", others.len())),
    }
}

/// Whether two outputs are the same, but for what differs from one run of rustc to the next.
fn is_same(session: &Session<'_>, old: &Output, new: &Output) -> bool {
    if old.digest == new.digest {
        return old == new;
    }
    let read = |path: &Path| {
        let mut content = fs::read(path).ok()?;
        objects::blank_runs(&mut content);
        Some(content)
    };
    let may_be = Output { digest: new.digest, ..old.clone() } == *new;
    let blobs = &session.store.blobs;
    let blob = blobs.find(&old.digest, old.size, Form::of(old)).filter(|_| may_be);
    let contents = blob.and_then(|(blob, _)| read(&blob)).zip(read(&session.call.out_dir.join(&new.name)));
    contents.is_some_and(|(old, new)| old == new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_some_and_not_all_and_the_same_each_time() {
        let keys = (0..64_u8).map(|n| Digest::of(&[n])).collect::<Vec<_>>();
        let chosen = |verify| keys.iter().map(|key| is_chosen(verify, key)).collect::<Vec<_>>();
        let count = |verify| chosen(verify).into_iter().filter(|it| *it).count();
        assert_eq!((count(Verify::Off), count(Verify::Always)), (0, 64));
        assert!((1..=12).contains(&count(Verify::Sampled)), "{}", count(Verify::Sampled));
        assert_eq!(chosen(Verify::Sampled), chosen(Verify::Sampled));
        let many = (0..16_000_u32).map(|n| Digest::of(&n.to_le_bytes()));
        let share = many.filter(|key| is_chosen(Verify::Sampled, key)).count();
        assert!((800..1200).contains(&share), "{share} of 16000");
    }

    #[test]
    fn failures_in_words() {
        assert_eq!(failure(101), "ended with exit code 101");
        assert_eq!(failure(137), "was killed by signal 9");
    }
}
