//! The system calls that stop, and what each of them means.
//!
//! Owns the one table from which both the filter in the kernel and the supervisor work, so that neither can know
//! a call the other does not. Never reads memory or the disk: a rule only says which argument is what.
//!
//! Not in the table, on purpose:
//! - `fchdir`, `dup`, `close`: relative names are resolved by asking the kernel at the moment of the call, and the opening of
//!   the directory was seen;
//! - `mmap`, `read`, `fstat`: they act on a descriptor whose opening was seen;
//! - `seccomp` without a listener: a further filter can only refuse calls, and a refused call reads nothing.

/// One call that stops.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) nr: u32,
    /// The part of the decision that the kernel takes without us.
    pub(super) when: When,
    pub(super) call: Call,
}

impl Rule {
    /// Whether the call need not stop where it was noted.
    pub(super) fn passes_gate(&self) -> bool {
        const NOTED: [libc::c_long; 4] =
            [libc::SYS_openat, libc::SYS_newfstatat, libc::SYS_readlinkat, libc::SYS_faccessat];
        NOTED.contains(&libc::c_long::from(self.nr))
    }
}

/// Which uses of a call stop; the rest costs nothing.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Always,
    /// Not the form that means `fstat`: flags of exactly `AT_EMPTY_PATH`, and a real descriptor.
    UnlessFstat {
        flags: u8,
    },
    /// Not with a null path, which means the descriptor itself.
    UnlessNull {
        path: u8,
    },
    /// Sockets that could reach further than a named local stream, whose `connect` stops anyway.
    SocketReachesOut,
    /// With zero in the argument.
    Zero {
        arg: u8,
    },
    /// `seccomp` asking for a listener of its own.
    FilterWithListener,
}

/// A path argument, and the descriptor it is relative to.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) dir: Option<u8>,
    pub(super) path: u8,
}

/// Where the flags of an `open` are.
#[derive(Debug, Clone, Copy)]
pub(super) enum OpenFlags {
    Arg(u8),
    /// In a `struct open_how` in the caller's memory.
    How(u8),
    /// Those of `creat`, which has none.
    #[cfg(target_arch = "x86_64")]
    Creat,
}

/// Whether a final symbolic link is followed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Follow {
    Yes,
    No,
    /// Yes, unless the flag is set in the argument.
    Unless(u8, u64),
    /// Only with the flag set in the argument.
    If(u8, u64),
}

/// What a call does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    Open(At, OpenFlags),
    Stat(At, Follow),
    ReadLink(At),
    /// Makes a directory the one that names are relative to.
    Enter(At),
    /// Lists the directory open as the first argument.
    List,
    Exec(At),
    /// Makes a name that must not exist yet.
    Create(At),
    /// As `Create`, and the name is a symbolic link.
    CreateLink(At),
    Remove(At),
    /// Alters what is there without replacing its content.
    Change(At, Follow),
    Rename(At, At, Option<u8>),
    HardLink(At, At, Follow),
    /// Connects to the address in the second argument.
    Connect,
    /// Reaches out of the tree, whatever the arguments.
    Network,
    /// Asks for random numbers.
    Random,
    /// Asks which machine it runs on.
    Host,
    Blind(Blind),
}

/// Ways to learn things that no path shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Blind {
    Ring,
    Handle,
    OtherProcess,
    Namespace,
    SharedMemory,
    Kernel,
    Filter,
}

/// The highest call number known when the table was written; a call above it stops as unknown.
///
/// Numbers from 424 on are the same on all architectures. 470 is `listns` of Linux 6.19.
pub(super) const LAST_KNOWN: u32 = 470;

/// Returns all rules.
pub(super) fn rules() -> impl Iterator<Item = &'static Rule> {
    COMMON.iter().chain(LEGACY)
}

const NOFOLLOW: u64 = libc::AT_SYMLINK_NOFOLLOW as u64;

const fn cwd(path: u8) -> At {
    At { dir: None, path }
}

const fn at(dir: u8, path: u8) -> At {
    At { dir: Some(dir), path }
}

const fn rule(nr: libc::c_long, call: Call) -> Rule {
    Rule { nr: nr as u32, when: When::Always, call }
}

const fn rule_when(nr: libc::c_long, when: When, call: Call) -> Rule {
    Rule { nr: nr as u32, when, call }
}

/// Calls that every architecture has.
static COMMON: &[Rule] = &[
    rule(libc::SYS_openat, Call::Open(at(0, 1), OpenFlags::Arg(2))),
    rule(437 /* openat2 */, Call::Open(at(0, 1), OpenFlags::How(2))),
    rule_when(
        libc::SYS_newfstatat,
        When::UnlessFstat { flags: 3 },
        Call::Stat(at(0, 1), Follow::Unless(3, NOFOLLOW)),
    ),
    rule_when(
        libc::SYS_statx,
        When::UnlessFstat { flags: 2 },
        Call::Stat(at(0, 1), Follow::Unless(2, NOFOLLOW)),
    ),
    rule(libc::SYS_faccessat, Call::Stat(at(0, 1), Follow::Yes)),
    rule(439 /* faccessat2 */, Call::Stat(at(0, 1), Follow::Unless(3, NOFOLLOW))),
    rule(libc::SYS_statfs, Call::Stat(cwd(0), Follow::Yes)),
    rule(libc::SYS_inotify_add_watch, Call::Stat(cwd(1), Follow::Yes)),
    rule(libc::SYS_readlinkat, Call::ReadLink(at(0, 1))),
    rule(libc::SYS_chdir, Call::Enter(cwd(0))),
    rule(libc::SYS_getdents64, Call::List),
    rule(libc::SYS_execve, Call::Exec(cwd(0))),
    rule(libc::SYS_execveat, Call::Exec(at(0, 1))),
    rule(libc::SYS_getxattr, Call::Stat(cwd(0), Follow::Yes)),
    rule(libc::SYS_lgetxattr, Call::Stat(cwd(0), Follow::No)),
    rule(libc::SYS_listxattr, Call::Stat(cwd(0), Follow::Yes)),
    rule(libc::SYS_llistxattr, Call::Stat(cwd(0), Follow::No)),
    rule(464 /* getxattrat */, Call::Stat(at(0, 1), Follow::Unless(2, NOFOLLOW))),
    rule(465 /* listxattrat */, Call::Stat(at(0, 1), Follow::Unless(2, NOFOLLOW))),
    rule(468 /* file_getattr */, Call::Stat(at(0, 1), Follow::Unless(4, NOFOLLOW))),
    rule(libc::SYS_mkdirat, Call::Create(at(0, 1))),
    rule(libc::SYS_mknodat, Call::Create(at(0, 1))),
    rule(libc::SYS_symlinkat, Call::CreateLink(at(1, 2))),
    rule(libc::SYS_unlinkat, Call::Remove(at(0, 1))),
    rule(libc::SYS_renameat2, Call::Rename(at(0, 1), at(2, 3), Some(4))),
    rule(libc::SYS_linkat, Call::HardLink(at(0, 1), at(2, 3), Follow::If(4, libc::AT_SYMLINK_FOLLOW as u64))),
    rule(libc::SYS_fchmodat, Call::Change(at(0, 1), Follow::Yes)),
    rule(452 /* fchmodat2 */, Call::Change(at(0, 1), Follow::Unless(3, NOFOLLOW))),
    rule(libc::SYS_fchownat, Call::Change(at(0, 1), Follow::Unless(4, NOFOLLOW))),
    rule_when(
        libc::SYS_utimensat,
        When::UnlessNull { path: 1 },
        Call::Change(at(0, 1), Follow::Unless(3, NOFOLLOW)),
    ),
    rule(libc::SYS_truncate, Call::Change(cwd(0), Follow::Yes)),
    rule(libc::SYS_setxattr, Call::Change(cwd(0), Follow::Yes)),
    rule(libc::SYS_lsetxattr, Call::Change(cwd(0), Follow::No)),
    rule(libc::SYS_removexattr, Call::Change(cwd(0), Follow::Yes)),
    rule(libc::SYS_lremovexattr, Call::Change(cwd(0), Follow::No)),
    rule(463 /* setxattrat */, Call::Change(at(0, 1), Follow::Unless(2, NOFOLLOW))),
    rule(466 /* removexattrat */, Call::Change(at(0, 1), Follow::Unless(2, NOFOLLOW))),
    rule(469 /* file_setattr */, Call::Change(at(0, 1), Follow::Unless(4, NOFOLLOW))),
    rule_when(libc::SYS_socket, When::SocketReachesOut, Call::Network),
    rule(libc::SYS_connect, Call::Connect),
    rule(libc::SYS_bind, Call::Network),
    // With a flag it is about the seeds of hash tables and allocators, and of every program.
    rule_when(libc::SYS_getrandom, When::Zero { arg: 2 }, Call::Random),
    rule(libc::SYS_uname, Call::Host),
    rule(425 /* io_uring_setup */, Call::Blind(Blind::Ring)),
    rule(libc::SYS_name_to_handle_at, Call::Blind(Blind::Handle)),
    rule(libc::SYS_open_by_handle_at, Call::Blind(Blind::Handle)),
    rule(libc::SYS_ptrace, Call::Blind(Blind::OtherProcess)),
    rule(libc::SYS_process_vm_readv, Call::Blind(Blind::OtherProcess)),
    rule(libc::SYS_process_vm_writev, Call::Blind(Blind::OtherProcess)),
    rule(438 /* pidfd_getfd */, Call::Blind(Blind::OtherProcess)),
    rule(libc::SYS_chroot, Call::Blind(Blind::Namespace)),
    rule(libc::SYS_pivot_root, Call::Blind(Blind::Namespace)),
    rule(libc::SYS_mount, Call::Blind(Blind::Namespace)),
    rule(libc::SYS_umount2, Call::Blind(Blind::Namespace)),
    rule(libc::SYS_setns, Call::Blind(Blind::Namespace)),
    rule(428 /* open_tree */, Call::Blind(Blind::Namespace)),
    rule(429 /* move_mount */, Call::Blind(Blind::Namespace)),
    rule(430 /* fsopen */, Call::Blind(Blind::Namespace)),
    rule(433 /* fspick */, Call::Blind(Blind::Namespace)),
    rule(442 /* mount_setattr */, Call::Blind(Blind::Namespace)),
    rule(467 /* open_tree_attr */, Call::Blind(Blind::Namespace)),
    rule(libc::SYS_shmget, Call::Blind(Blind::SharedMemory)),
    rule(libc::SYS_msgget, Call::Blind(Blind::SharedMemory)),
    rule(libc::SYS_semget, Call::Blind(Blind::SharedMemory)),
    rule(libc::SYS_mq_open, Call::Blind(Blind::SharedMemory)),
    rule(libc::SYS_bpf, Call::Blind(Blind::Kernel)),
    rule(libc::SYS_perf_event_open, Call::Blind(Blind::Kernel)),
    rule(libc::SYS_keyctl, Call::Blind(Blind::Kernel)),
    rule(libc::SYS_request_key, Call::Blind(Blind::Kernel)),
    rule(libc::SYS_fanotify_init, Call::Blind(Blind::Kernel)),
    rule(libc::SYS_syslog, Call::Blind(Blind::Kernel)),
    rule(libc::SYS_quotactl, Call::Blind(Blind::Kernel)),
    rule(457 /* statmount */, Call::Blind(Blind::Kernel)),
    rule(458 /* listmount */, Call::Blind(Blind::Kernel)),
    rule(470 /* listns */, Call::Blind(Blind::Kernel)),
    rule_when(libc::SYS_seccomp, When::FilterWithListener, Call::Blind(Blind::Filter)),
];

/// Calls of the old kind, without a directory argument.
#[cfg(target_arch = "x86_64")]
static LEGACY: &[Rule] = &[
    rule(libc::SYS_open, Call::Open(cwd(0), OpenFlags::Arg(1))),
    rule(libc::SYS_creat, Call::Open(cwd(0), OpenFlags::Creat)),
    rule(libc::SYS_stat, Call::Stat(cwd(0), Follow::Yes)),
    rule(libc::SYS_lstat, Call::Stat(cwd(0), Follow::No)),
    rule(libc::SYS_access, Call::Stat(cwd(0), Follow::Yes)),
    rule(libc::SYS_readlink, Call::ReadLink(cwd(0))),
    rule(libc::SYS_getdents, Call::List),
    rule(libc::SYS_mkdir, Call::Create(cwd(0))),
    rule(libc::SYS_mknod, Call::Create(cwd(0))),
    rule(libc::SYS_symlink, Call::CreateLink(cwd(1))),
    rule(libc::SYS_unlink, Call::Remove(cwd(0))),
    rule(libc::SYS_rmdir, Call::Remove(cwd(0))),
    rule(libc::SYS_rename, Call::Rename(cwd(0), cwd(1), None)),
    rule(libc::SYS_renameat, Call::Rename(at(0, 1), at(2, 3), None)),
    rule(libc::SYS_link, Call::HardLink(cwd(0), cwd(1), Follow::No)),
    rule(libc::SYS_chmod, Call::Change(cwd(0), Follow::Yes)),
    rule(libc::SYS_chown, Call::Change(cwd(0), Follow::Yes)),
    rule(libc::SYS_lchown, Call::Change(cwd(0), Follow::No)),
    rule(libc::SYS_utime, Call::Change(cwd(0), Follow::Yes)),
    rule(libc::SYS_utimes, Call::Change(cwd(0), Follow::Yes)),
    rule_when(libc::SYS_futimesat, When::UnlessNull { path: 1 }, Call::Change(at(0, 1), Follow::Yes)),
];

/// The one call of the old kind that this architecture kept.
#[cfg(target_arch = "aarch64")]
static LEGACY: &[Rule] = &[rule(libc::SYS_renameat, Call::Rename(at(0, 1), at(2, 3), None))];
