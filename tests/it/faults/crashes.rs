//! A process that dies between any two changes.

use std::fs;

use cargo_kache::digest::Digest;
use cargo_kache::event::Outcome;

use super::{Subject, assert_none, can_inject};
use crate::support::{note, project};

/// The calls by which anything is changed, or a lock taken or let go.
const CHANGES: &str = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,mkdirat,write,writev,pwrite64,\
    pwritev,ftruncate,copy_file_range,sendfile,fchmod,utimensat,fcntl,flock,exit_group";

/// Kills the call before its first, second … change until it ends by itself; after each kill the same call must give
/// the right result over what is there, and hit from then on.
fn crash_at_every_change(subject: &Subject, cache: &str, stride: usize) {
    if !can_inject() {
        return;
    }
    let mut faults = Vec::new();
    for step in (1..).step_by(stride) {
        subject.load(cache);
        subject.wipe();
        let inject = format!("inject={CHANGES}:signal=KILL:when={step}");
        let killed =
            subject.p.run(subject.call.launched("strace", &["-qq", "-o", "/dev/null", "-e", &inject]));
        if killed.code == 0 {
            assert!(step > 3, "nothing was killed");
            note(&format!("{} steps from {cache}", step - 1));
            break;
        }
        assert_eq!(killed.code, 128 + 9, "{killed}");
        subject.p.assert_store_is_whole();
        let check = || {
            subject.try_run()?;
            subject.p.assert_store_is_whole();
            subject.wipe();
            let second = subject.try_run()?;
            match second.units.first().map(|unit| &unit.outcome) {
                Some(Outcome::Hit { .. }) => Ok(()),
                other => Err(format!("the second call is no hit but {other:?}")),
            }
        };
        if let Err(fault) = check() {
            faults.push(format!("after a kill before change {step} from {cache}: {fault}"));
        }
    }
    assert_none(&faults);
}

#[test]
fn a_crash_while_recording_loses_nothing() {
    let subject = Subject::library();
    crash_at_every_change(&subject, "empty", 1);
}

#[test]
fn a_crash_while_recording_a_macro_loses_nothing() {
    let subject = Subject::proc_macro();
    crash_at_every_change(&subject, "empty", 1);
}

#[test]
fn a_crash_while_restoring_loses_nothing() {
    for subject in [Subject::library(), Subject::proc_macro()] {
        subject.run();
        subject.save("full");
        crash_at_every_change(&subject, "full", 1);
    }
}

#[test]
fn a_crash_while_making_the_cache_loses_nothing() {
    let subject = Subject::library();
    fs::create_dir_all(subject.saved("none")).unwrap();
    crash_at_every_change(&subject, "none", 5);
}

/// Process ids come again soon in small containers.
#[test]
fn temporary_files_of_a_dead_process_are_in_nobodys_way() {
    let p = project().file("src/lib.rs", "pub fn a() {}").build();
    let call = p.capture("build").remove("foo").unwrap();
    call.wipe();
    call.run(&p).success().missed("foo");
    let blobs =
        p.blobs().into_iter().map(|(path, _)| path.file_name().unwrap().to_owned()).collect::<Vec<_>>();
    fs::remove_dir_all(p.layout().blobs()).unwrap();
    fs::create_dir_all(p.layout().blobs()).unwrap();
    fs::create_dir_all(p.layout().temporary()).unwrap();
    // A shell knows its id before it becomes the program.
    let short =
        blobs.iter().map(|name| Digest::short(&name.to_str().unwrap().parse().unwrap())).collect::<Vec<_>>();
    let script = p.write_script(
        p.beside("same-id"),
        &format!(
            "#!/bin/sh\nfor blob in {}; do echo half > \"{}/$blob-$$\"; done\nexec \"$@\"\n",
            short.join(" "),
            p.layout().temporary().display()
        ),
    );
    call.wipe();
    p.run(call.launched(script.to_str().unwrap(), &[])).success().missed("foo");
    p.assert_store_is_whole();
}
