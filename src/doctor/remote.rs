//! The remote: can it be reached, and what may be done there? The daemon: is there one, and is it ours?

use std::time::Duration;

use super::{Finding, Repair, Subject};
use crate::agent::Agent;
use crate::agent::client::{Client, ClientError};
use crate::agent::message::Intent;
use crate::config::{Origin, Resolved, Settings};
use crate::remote::access::Deadline;
use crate::remote::bucket::Bucket;
use crate::remote::bucket::check::Check;
use crate::remote::failure::{Failure, Result};
use crate::transfer::access;

const NAME: &str = "remote";
const DAEMON: &str = "daemon";
/// The longest that all questions to the remote take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest that the daemon takes to answer.
const PROMPT: Duration = Duration::from_secs(2);

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Ok(resolved) = subject.settings else { return Vec::new() };
    let settings = &resolved.settings;
    let Some(name) = settings.remote.name() else {
        return vec![none(resolved)];
    };
    let Some(access) = access::of(settings, subject.env) else {
        return vec![Finding::note(NAME, format!("{name} is ignored (`KACHE_OFFLINE` is set)"))];
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut findings = match runtime {
        Ok(runtime) => {
            let bucket = Bucket::open(&access);
            let check = runtime.block_on(bucket.check(Deadline::within(PATIENCE)));
            rights(&name, &check, settings.why_readonly(subject.env))
        }
        Err(error) => vec![Finding::problem(NAME, format!("failed to start a runtime: {error}"))],
    };
    findings.extend(daemon(subject, settings));
    findings
}

/// There is none. Settings of one that lacks its bucket are no use.
fn none(resolved: &Resolved) -> Finding {
    const OF_A_BUCKET: [&str; 4] = ["endpoint", "region", "prefix", "profile"];
    let is_set = |key: &String| resolved.origin(key).is_some_and(|origin| origin != Origin::Default);
    let set = OF_A_BUCKET.iter().map(|name| format!("cache.remote.{name}")).find(is_set);
    match set {
        Some(key) => Finding::note(NAME, format!("none: `{key}` is set, and no bucket"))
            .fix("cargo kache config set cache.remote.bucket <name>, or `KACHE_S3_BUCKET`"),
        None => Finding::ok(NAME, "none; `KACHE_S3_BUCKET` turns one on"),
    }
}

/// Tells what may be done. What stops builds from using the remote at all is a problem, the rest can be lived with.
fn rights(name: &str, check: &Check, readonly: Option<&str>) -> Vec<Finding> {
    let source = check.credentials.map(|source| format!(" with credentials of {source}")).unwrap_or_default();
    // Without the right to list, a service does not tell whether an object may be read or is not there.
    let read = check.read.as_ref().unwrap_or(&Ok(()));
    if let Err(failure) = read {
        return vec![told(Finding::problem(NAME, format!("{name}{source}: {failure}")), failure)];
    }
    let mut findings = Vec::new();
    let lacks = |what: &str, result: &Result<()>| {
        let failure = result.as_ref().err()?;
        Some(told(Finding::note(NAME, format!("{name}: {what}: {failure}")), failure))
    };
    findings.extend(lacks("`sync` cannot list", &check.list));
    match readonly {
        Some(why) => findings.push(Finding::ok(NAME, format!("{name}{source} is only read: {why}"))),
        None => findings.extend(lacks("nothing can be uploaded", &check.write)),
    }
    if findings.is_empty() {
        findings.push(Finding::ok(NAME, format!("{name}{source}: can be listed, read and written")));
    }
    findings
}

fn told(finding: Finding, failure: &Failure) -> Finding {
    match failure.hint() {
        Some(hint) => finding.fix(hint),
        None => finding,
    }
}

fn daemon(subject: &Subject<'_>, settings: &Settings) -> Option<Finding> {
    let agent = Agent::new(settings, subject.env, subject.program?).ok()?;
    Some(match Client::connect(&agent, Intent::Look, PROMPT) {
        Ok(client) if client.greeting.serves() => {
            Finding::ok(DAEMON, format!("running (pid {})", client.greeting.pid))
        }
        Ok(client) => Finding::note(
            DAEMON,
            format!("running (pid {}) with another program or other settings", client.greeting.pid),
        )
        .fix("the next build replaces it")
        .repair(Repair::Daemon),
        Err(ClientError::Absent) if crate::daemon::service::installed(subject.env).is_some() => {
            Finding::note(DAEMON, "not running, although it is installed as a service")
                .fix("`cargo kache daemon install` starts it; `cargo kache daemon log` tells why it ended")
                .repair(Repair::Service)
        }
        Err(ClientError::Absent) if agent.socket.exists() => {
            Finding::note(DAEMON, format!("not running; one that was killed left {}", agent.socket.display()))
                .fix("the next one replaces it")
                .repair(Repair::Daemon)
        }
        Err(ClientError::Absent) => Finding::ok(DAEMON, "not running; builds start it"),
        Err(error) => Finding::problem(DAEMON, error.to_string())
            .fix("run `cargo kache daemon stop`")
            .repair(Repair::Daemon),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;
    use crate::remote::failure::{Denial, Right};

    fn denied(right: Right) -> Result<()> {
        Err(Failure::Denied(Denial::Right(right)))
    }

    fn severities(check: &Check, readonly: Option<&str>) -> Vec<Severity> {
        rights("s3://b", check, readonly).into_iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn what_is_lacking_counts_by_what_it_stops() {
        let all = || Check { credentials: None, list: Ok(()), read: Some(Ok(())), write: Ok(()) };
        assert_eq!(severities(&all(), None), [Severity::Ok]);
        let unread = Check { read: Some(denied(Right::Read)), ..all() };
        assert_eq!(severities(&unread, None), [Severity::Problem]);
        let unlisted = Check { list: denied(Right::List), read: None, ..all() };
        assert_eq!(severities(&unlisted, None), [Severity::Note]);
        let unwritten = || Check { write: denied(Right::Write), ..all() };
        assert_eq!(severities(&unwritten(), None), [Severity::Note]);
        assert_eq!(severities(&unwritten(), Some("by setting")), [Severity::Ok]);
    }
}
