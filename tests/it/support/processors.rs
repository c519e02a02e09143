//! On how many processors a test runs.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Has all that a function starts run on the first processor.
pub(crate) fn on_one_processor(run: impl FnOnce()) {
    let all = sched_getaffinity(None).unwrap();
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).find(|&at| all.is_set(at)).unwrap());
    sched_setaffinity(None, &one).unwrap();
    run();
    sched_setaffinity(None, &all).unwrap();
}
