//! The daemon of a store, seen from outside.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use cargo_kache::agent::place;
use cargo_kache::fs::lock;
use cargo_kache::store::layout::Layout;
use rustix::process::{Pid, Signal, kill_process};

/// Whether no daemon has a store. The kernel's list is read, for a lock taken only to see would be in the way.
pub(crate) fn is_free(cache: &Path) -> bool {
    let Ok(meta) = fs::metadata(cache.join("daemon.lock")) else { return true };
    let file = format!(":{}", meta.ino());
    let locks = fs::read_to_string("/proc/locks").unwrap();
    !locks.lines().any(|lock| lock.contains(" FLOCK ") && lock.split(' ').any(|word| word.ends_with(&file)))
}

/// Kills the daemon of a store, and waits until it is gone.
pub(crate) fn kill_daemon(cache: &Path) {
    // One that is still being started would come to life after its store is gone.
    let starting = cache.join("daemon-start.lock");
    let _starting = starting.exists().then(|| lock::exclusive(&starting, Duration::from_secs(60)));
    while !is_free(cache) {
        let Some(pid) = place::noted_pid(&Layout::new(cache.to_owned())) else { continue };
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::yield_now();
    }
}
