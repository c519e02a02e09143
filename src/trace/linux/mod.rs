//! Tracing by seccomp user notification.
//!
//! - `calls`: the table of calls that stop
//! - `filter`: that table as a program for the kernel
//! - `spawn`: filter and listener between fork and exec
//! - `listener`: stops arrive, answers leave
//! - `supervise`: the loop; raw arguments become deeds
//! - `hook`: which variables the program asks for; what all programs look at, without a stop
//! - `playback`: what they noted
//! - `keeper`: a process that answers when ours has ended
//! - `memory`, `resolve`: a path as the stopped thread means it
//! - `deed`, `record`: deeds become accesses; what the tree made itself is told apart
//! - `look`, `program`: the supervisor's own looks at the disk

mod calls;
mod deed;
mod filter;
mod hook;
mod keeper;
mod listener;
mod look;
mod memory;
mod playback;
mod program;
mod record;
mod resolve;
mod spawn;
mod supervise;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::time::Duration;

use self::hook::Hook;
use super::{Incomplete, SpawnError, Trace, Unsupported};

/// How long processes of the tree may live on after the program itself.
const GRACE: Duration = Duration::from_secs(1);

/// The supervisor of a running program.
#[derive(Debug)]
pub(super) struct Watch {
    supervisor: spawn::Supervisor,
    hook: Option<Hook>,
}

impl Watch {
    /// Waits for the program, then for the rest of its tree.
    ///
    /// What is left of the tree afterwards gets a keeper, as `self` goes.
    pub(super) fn wait(self, child: &mut Child) -> io::Result<(ExitStatus, Trace)> {
        let status = child.wait()?;
        let outlived = self.supervisor.outlives(GRACE);
        let mut recorder = self.supervisor.shared.lock();
        if outlived {
            recorder.give_up(Incomplete::Outlived);
        }
        let variables = self.hook.as_ref().and_then(Hook::variables);
        Ok((status, Trace { variables, ..recorder.close() }))
    }
}

/// Spawns `command` under a supervisor; given an environment, with a hook.
pub(super) fn spawn(
    command: &mut Command,
    variables: Option<&[(OsString, OsString)]>,
) -> Result<(Child, Watch), SpawnError> {
    supported()?;
    let hook = variables.and_then(|variables| Hook::prepare(command, variables));
    let (child, supervisor) = spawn::start(command, hook.as_ref())?;
    Ok((child.map_err(SpawnError::Program)?, Watch { supervisor, hook }))
}

/// Finds out once whether tracing works.
pub(super) fn supported() -> Result<(), Unsupported> {
    static ANSWER: OnceLock<Result<(), Unsupported>> = OnceLock::new();
    ANSWER.get_or_init(probe).clone()
}

/// Tries all of it on a program that cannot start, which costs a fork and leaves nothing behind.
///
/// The filter is installed, one call stops, its path is read, it is resumed, and the end of the tree is noticed.
fn probe() -> Result<(), Unsupported> {
    const NO_PROGRAM: &str = "/";
    sizes_match()?;
    let supervisor = match spawn::start(&mut Command::new(NO_PROGRAM), None) {
        Ok((_, supervisor)) => supervisor,
        Err(SpawnError::Unsupported(why)) => return Err(why),
        Err(SpawnError::Program(e)) => return Err(spawn::resources(&e)),
    };
    if supervisor.outlives(GRACE) {
        return Err(Unsupported::NoEnd);
    }
    let trace = supervisor.shared.lock().close();
    let seen = trace.accesses.iter().any(|access| access.path == Path::new(NO_PROGRAM) && access.exec);
    if seen && trace.incomplete.is_none() { Ok(()) } else { Err(Unsupported::NoMemory) }
}

/// Checks that the kernel speaks of stops in the structures we were compiled with.
fn sizes_match() -> Result<(), Unsupported> {
    let mut sizes = libc::seccomp_notif_sizes { seccomp_notif: 0, seccomp_notif_resp: 0, seccomp_data: 0 };
    // SAFETY: the kernel fills a structure of exactly this type, exclusively borrowed.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_NOTIF_SIZES, 0, &mut sizes) };
    if result != 0 {
        return Err(Unsupported::Refused {
            errno: io::Error::last_os_error().raw_os_error().unwrap_or_default(),
        });
    }
    let match_ours = usize::from(sizes.seccomp_notif) == size_of::<libc::seccomp_notif>()
        && usize::from(sizes.seccomp_notif_resp) == size_of::<libc::seccomp_notif_resp>();
    if match_ours { Ok(()) } else { Err(Unsupported::Platform) }
}
