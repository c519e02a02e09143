//! Tests of the whole: on files made by hand, and on what the compiler and the linker really make.

mod compiled;
mod elf;
mod handmade;
mod lift;
mod packed;

use super::*;

#[test]
fn root_is_the_working_directory_and_dots() {
    assert_eq!(*ROOT, *format!("/proc/self/cwd{}", "/.".repeat(185)));
    assert_eq!(ROOT.len(), LENGTH);
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// How often a text occurs.
fn count(text: &[u8], part: &[u8]) -> usize {
    memchr::memmem::find_iter(text, part).count()
}
