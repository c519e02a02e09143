//! Who sits at the other end of a socket.
//!
//! Owns the question, asked of the kernel. Both sides ask it: the daemon works for its own user only, and nobody else
//! may pass for the daemon.

use std::io;
use std::os::fd::AsFd;

/// Whether the process at the other end belongs to this process's user.
pub fn is_same_user(socket: impl AsFd) -> io::Result<bool> {
    Ok(user(socket.as_fd())? == rustix::process::geteuid().as_raw())
}

#[cfg(target_os = "linux")]
fn user(socket: std::os::fd::BorrowedFd<'_>) -> io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(socket)?.uid.as_raw())
}

#[cfg(not(target_os = "linux"))]
fn user(socket: std::os::fd::BorrowedFd<'_>) -> io::Result<u32> {
    use std::os::fd::AsRawFd as _;
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: the descriptor is open, and both pointers lead to live values that the call fills.
    match unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut uid, &raw mut gid) } {
        0 => Ok(uid),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    #[test]
    fn we_know_ourselves() {
        let (one, other) = UnixStream::pair().unwrap();
        assert!(super::is_same_user(&one).unwrap() && super::is_same_user(&other).unwrap());
    }
}
