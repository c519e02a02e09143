//! A process that outlives its starter.
//!
//! Owns how it is cut off: a session of its own, the root as its folder, nothing on its streams, and none of the
//! descriptors that its starter has. Cargo gives its jobserver's pipe to each compiler call, and whoever waits for the
//! end of a pipe would wait for the daemon.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use crate::env;

/// Variables that belong to the build that starts the process.
const OF_THE_BUILD: &[&str] = &[env::KACHE_BUILD, "MAKEFLAGS", "CARGO_MAKEFLAGS"];

/// Starts a command as such a process.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for name in OF_THE_BUILD {
        command.env_remove(name);
    }
    // SAFETY: between fork and exec only system calls are made, on no memory but the stack's.
    unsafe { command.pre_exec(cut_off) };
    command.spawn()
}

fn cut_off() -> io::Result<()> {
    rustix::process::setsid()?;
    keep_descriptors();
    Ok(())
}

/// Keeps every descriptor but the three streams from the program that follows.
#[cfg(target_os = "linux")]
fn keep_descriptors() {
    // SAFETY: the call has no memory to harm.
    let done =
        unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if done != 0 {
        each_descriptor();
    }
}

#[cfg(not(target_os = "linux"))]
fn keep_descriptors() {
    each_descriptor();
}

/// The same for kernels that don't know ranges.
fn each_descriptor() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a live value that the call fills.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } == 0;
    let end = if known { limit.rlim_cur.min(1 << 16) } else { 1 << 10 };
    for number in 3..libc::c_int::try_from(end).unwrap_or(1 << 10) {
        // SAFETY: the call has no memory to harm; a number that is not open is an error of it.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn it_holds_nothing_of_its_starter() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        rustix::io::fcntl_setfd(writer.as_fd(), rustix::io::FdFlags::empty()).unwrap();
        // The one that inherits holds the pipe open; the detached one must not.
        let mut detached = spawn(Command::new("sleep").arg("1000")).unwrap();
        drop(writer);
        let read = reader.read(&mut [0; 1]);
        let session = rustix::process::getsid(Some(rustix::process::Pid::from_child(&detached)));
        let own = session.is_ok_and(|session| session == rustix::process::Pid::from_child(&detached));
        detached.kill().unwrap();
        detached.wait().unwrap();
        assert_eq!(read.unwrap(), 0, "the pipe has ended");
        assert!(own, "it leads a session");
    }
}
