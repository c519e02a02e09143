//! Outputs become blobs.
//!
//! Owns which files a compile made, and which of them share their inode with the store from now on. Never says what they
//! are the result of; that is for [`record`](super::record).

use super::products;
use super::restore::{copies_everything, reflinks, smallest};
use super::session::Session;
use super::stand_in::StandIn;
use crate::digest::Digest;
use crate::entry::{Output, OutputKind};
use crate::fs::stat::Stat;
use crate::fs::{self, AtPath as _};
use crate::store::blob::{Form, T0};
use crate::store::index::{Memo, MemoStat};

/// Looks at what the compile made.
pub(super) fn digest(session: &Session<'_>) -> fs::Result<Vec<Output>> {
    let digest = |(name, kind, executable): (String, OutputKind, bool)| {
        let path = session.call.out_dir.join(&name);
        let mut file = fs::open(&path)?;
        let (digest, size) = Digest::of_reader(&mut file).at("read", &path)?;
        Ok(Output { name, kind, digest, size, executable })
    };
    outputs_of(session)?.into_iter().map(digest).collect()
}

/// Makes blobs of the outputs, and returns their digests for those who meet the files again. The big ones become links
/// to their blobs; one file of the unit keeps the compiler's own inode and time, and so does what people change in place.
pub(super) fn keep(session: &Session<'_>, outputs: &[Output]) -> fs::Result<Vec<(Stat, Memo)>> {
    let call = session.call;
    let own = smallest(outputs);
    let copies = copies_everything(session) || reflinks(&call.out_dir);
    let mut memos = Vec::new();
    for output in outputs {
        let path = call.out_dir.join(&output.name);
        let shared = !copies && output.kind == OutputKind::Library && own.as_deref() != Some(&output.name);
        let blobs = &session.store.blobs;
        let blob = match shared {
            true => blobs.take_over(&path, &output.digest, output.size, Form::of(output))?,
            false => blobs.copy_in(&path, &output.digest, output.size, Form::of(output))?,
        };
        memos.push((blob, Memo { stat: MemoStat::of_blob(&blob), digest: output.digest }));
        if output.kind == OutputKind::Product {
            products::localise(call, &path);
        }
        if let Some(stand_in) = StandIn::for_program(session, &path) {
            stand_in.replace()?;
            continue;
        }
        let stat = Stat::of(&path)?;
        if stat.modified != T0 {
            memos.push((stat, Memo { stat: MemoStat::of_file(&stat), digest: output.digest }));
        }
    }
    Ok(memos)
}

/// Lists what the compile made: the expected files, and where more may have come (other platforms, split debug
/// information) whatever bears its name.
fn outputs_of(session: &Session<'_>) -> fs::Result<Vec<(String, OutputKind, bool)>> {
    let call = session.call;
    let mut outputs = call.expected_outputs();
    let split = call.arguments.split_debuginfo.as_deref().is_some_and(|kind| kind != "off");
    let elsewhere = call.arguments.is_linked() && call.arguments.target.is_some();
    if !split && !elsewhere {
        return Ok(outputs);
    }
    outputs.retain(|(name, _, _)| call.out_dir.join(name).exists());
    let stem = format!("{}{}", call.arguments.crate_name, call.arguments.extra_filename);
    for name in fs::list(&call.out_dir)? {
        let Some(name) = name.to_str() else { continue };
        let ending = name.strip_prefix("lib").unwrap_or(name).strip_prefix(&*stem);
        let belongs = ending.is_some_and(|e| e.starts_with('.')) && !name.ends_with(".d");
        if belongs && outputs.iter().all(|(known, _, _)| known != name) {
            outputs.push((name.to_owned(), OutputKind::Product, false));
        }
    }
    Ok(outputs)
}
