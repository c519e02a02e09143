//! An entry on its way through a network that changes it.

use std::path::Path;

use bytes::Bytes;
use cargo_kache::digest::Digest;
use cargo_kache::entry::{Artefact, Entry, Inputs, Output, OutputKind, Tree};
use cargo_kache::event::{Mode, Target, Unit};
use cargo_kache::portable::PortableText;
use cargo_kache::remote::archive::{Content, Expected, Meta, pack, unpack};
use cargo_kache::remote::failure::{Failure, Result};
use cargo_kache::remote::names::Name;

use super::{Remote, block_on, far};
use crate::support::s3::{Fault, Rule};

/// Makes an archive with one file of 200 kB, different for each key.
fn archive(key: Digest) -> Vec<u8> {
    let content = content(key);
    let output = Output {
        name: "libfoo.rlib".into(),
        kind: OutputKind::Library,
        digest: Digest::of(&content),
        size: content.len() as u64,
        executable: false,
    };
    let unit = Unit {
        package: "foo".into(),
        version: "1.0.0".into(),
        crate_name: "foo".into(),
        target: Target::Lib,
        mode: Mode::Build,
        profile: "dev".into(),
        triple: None,
    };
    let entry = Entry {
        key_schema: 1,
        invocation: Digest::default(),
        unit,
        inputs: Inputs::default(),
        outputs: vec![output],
        dep_info: None,
        stdout: PortableText::default(),
        stderr: PortableText::default(),
        compile_ms: 1,
        created_ms: 1,
        artefact: Artefact {
            closure: Digest::default(),
            loads_code: false,
            loose: Default::default(),
            unsettled: Vec::new(),
        },
        tree: Tree::default(),
    };
    pack(&Meta::new(key, entry, None), 3, |_| Ok(&*content), Vec::new()).unwrap()
}

fn content(key: Digest) -> Vec<u8> {
    // Digests of digests are nothing a compressor can shorten.
    let digests = std::iter::successors(Some(key), |last| Some(Digest::of(last.as_bytes())));
    digests.take(6_000).flat_map(|digest| *digest.as_bytes()).collect()
}

/// Unpacks into a folder, as somebody who keeps the blobs would.
fn keep(archive: &[u8], key: Digest, folder: &Path) -> Result<Meta> {
    let expected = Expected { key: &key, size: 1 << 20, trusted: &[], scratch: folder };
    unpack(archive, &expected, |blob| {
        let to = folder.join(blob.output.digest.to_hex());
        match blob.content {
            Content::Bytes(bytes) => std::fs::write(to, bytes).unwrap(),
            Content::File(path) => std::fs::rename(path, to).unwrap(),
        }
        Ok(())
    })
}

#[test]
fn whatever_the_network_does_wrong_bytes_are_never_kept() {
    let remote = Remote::start();
    let (key, other) = (Digest::of(b"key"), Digest::of(b"other"));
    let name = Name::entry("foo", key).to_string();
    let bucket = remote.bucket();
    let get = async || bucket.get(&name, 1 << 20, far()).await;
    block_on(async {
        bucket.put_new(&name, Bytes::from(archive(key)), far()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        keep(&get().await.unwrap(), key, folder.path()).unwrap();
        let kept = folder.path().join(Digest::of(&content(key)).to_hex());
        assert_eq!(std::fs::read(kept).unwrap(), content(key));

        for (fault, why) in [
            (Fault::Flip, None),
            (Fault::Swap(archive(other).into()), Some("it is another entry")),
            (Fault::Swap(Bytes::from_static(b"<html>")), Some("it is no archive")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            remote.proxy.add(Rule::always(fault.clone()).times(1));
            let failure = keep(&get().await.unwrap(), key, folder.path()).unwrap_err();
            let Failure::Damaged(said) = &failure else { panic!("{fault:?}: {failure:?}") };
            assert!(why.is_none_or(|why| why == said), "{fault:?}: {said}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{fault:?}");
        }
        remote.proxy.add(Rule::always(Fault::Truncate));
        assert_eq!(get().await, Err(Failure::Truncated));
    });
}
