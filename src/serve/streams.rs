//! What a program says, passed on while it speaks, and kept.

use std::io::{ErrorKind, Read};

/// Reads a stream to its end, showing each piece to `pass_on`. A reader that went away is the program's business no less
/// than ours: its output is still read, so that it can end.
pub fn tee(from: Option<impl Read>, mut pass_on: impl FnMut(&[u8])) -> Vec<u8> {
    let mut all = Vec::new();
    let Some(mut from) = from else { return all };
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return all,
            Ok(n) => {
                pass_on(&buffer[..n]);
                all.extend_from_slice(&buffer[..n]);
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(_) => return all,
        }
    }
}
