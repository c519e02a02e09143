//! What a path in a trace is, whoever looked at it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::trace::Trace;

/// Resolves `..` in a path, which only the file system can.
pub fn plain(path: &Path, resolved: &mut BTreeMap<PathBuf, PathBuf>) -> PathBuf {
    if !path.components().any(|c| c == std::path::Component::ParentDir) {
        return path.to_owned();
    }
    let Some((parent, name)) = path.parent().zip(path.file_name()) else { return path.to_owned() };
    let parent = resolved
        .entry(parent.to_owned())
        .or_insert_with(|| parent.canonicalize().unwrap_or_else(|_| parent.to_owned()));
    parent.join(name)
}

/// Whether a path of the kernel's own says nothing about the build (`true`), or something that changes (`false`).
pub fn system_path(path: &Path) -> Option<bool> {
    const HARMLESS: &[&str] = &[
        "/dev/full",
        "/dev/null",
        "/dev/random",
        "/dev/stderr",
        "/dev/stdin",
        "/dev/stdout",
        "/dev/tty",
        "/dev/urandom",
        "/dev/zero",
        "/dev/fd",
        "/dev/pts",
        "/proc/cpuinfo",
        "/proc/filesystems",
        "/proc/meminfo",
        "/proc/mounts",
        "/proc/self",
        "/proc/stat",
        "/proc/sys/kernel/cap_last_cap",
        "/proc/sys/kernel/ngroups_max",
        "/proc/sys/kernel/osrelease",
        "/proc/sys/vm",
        "/proc/thread-self",
        "/sys/devices/system",
        "/sys/fs/cgroup",
        "/sys/kernel/mm",
    ];
    let roots = ["/dev", "/proc", "/sys"];
    if path.starts_with("/dev/shm") {
        return None;
    }
    if !roots.iter().any(|root| path.starts_with(root)) {
        return None;
    }
    let of_a_process = path
        .strip_prefix("/proc")
        .ok()
        .and_then(|p| p.components().next())
        .is_some_and(|c| c.as_os_str().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    Some(
        of_a_process
            || roots.iter().any(|r| path == Path::new(r))
            || HARMLESS.iter().any(|known| path.starts_with(known)),
    )
}

/// Whether random numbers were read from a device.
pub fn reads_random(trace: &Trace) -> bool {
    ["/dev/random", "/dev/urandom"].iter().any(|device| trace.read(device))
}

/// Where systems keep what is installed.
pub const SYSTEM: &[&str] = &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix"];

/// Whether the variables of a process were read as a file.
pub fn is_environment(path: &Path) -> bool {
    path.starts_with("/proc") && path.file_name() == Some(OsStr::new("environ"))
}

/// Whether a program is the loader of others.
pub fn is_loader(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default().as_encoded_bytes();
    ["ld-", "ld.so", "ld64.so"].iter().any(|begin| name.starts_with(begin.as_bytes()))
}
