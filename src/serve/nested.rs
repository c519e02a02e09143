//! Calls from inside a run that we trace.
//!
//! Owns the sign by which our processes in the tree of a build script know that they are watched: then they step aside
//! at once, so that what the compiler reads is seen, and none of ours touches the cache. The sign is the timer slack, a
//! number of nanoseconds that children inherit and nobody looks at: an environment variable would be seen by scripts.

#[cfg(target_os = "linux")]
const SIGN: libc::c_int = 50_021;

/// Marks this thread and all that it starts from now on.
pub fn mark() {
    #[cfg(target_os = "linux")]
    // SAFETY: this request takes a number.
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, libc::c_ulong::from(SIGN.unsigned_abs()));
    }
}

/// Whether one of the processes above has marked this one.
pub fn is_marked() -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: this request takes nothing.
    return unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) == SIGN };
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn children_bear_the_mark() {
        // A thread of its own, so that other tests stay unmarked.
        let shown = std::thread::spawn(|| {
            assert!(!is_marked());
            mark();
            assert!(is_marked());
            let mut inner = std::process::Command::new("sh");
            inner.args(["-c", "exec cat /proc/self/timerslack_ns"]);
            String::from_utf8(inner.output().unwrap().stdout).unwrap()
        });
        assert_eq!(shown.join().unwrap().trim(), SIGN.to_string());
    }
}
