//! Blobs that are lost or damaged.

use std::fs;

use cargo_kache::event::{MissReason, Outcome};

use super::Subject;

#[test]
fn a_lost_or_damaged_blob_is_a_miss() {
    let subject = Subject::library();
    subject.run();
    subject.save("full");
    let blobs = subject.p.blobs().len();
    for harm in ["removed", "shortened", "replaced"] {
        for which in 0..blobs {
            subject.load("full");
            let (path, _) = subject.p.blobs().remove(which);
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            match harm {
                "removed" => {}
                "shortened" => fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
                _ => fs::write(&path, vec![b'x'; bytes.len()]).unwrap(),
            }
            subject.wipe();
            let run = subject.run();
            if run.units[0].outcome != (Outcome::Hit { remote: false }) {
                assert_eq!(run.reason("foo"), &MissReason::Damaged, "{harm}");
            }
            subject.wipe();
            subject.run().hit("foo");
            // A damaged blob of another crate stays until it is used.
            if run.units[0].outcome != (Outcome::Hit { remote: false }) {
                subject.p.assert_store_is_whole();
            }
        }
    }
}
