use std::collections::HashMap;
use std::io;

use tar::{Builder, EntryType, Header};

use super::*;
use crate::digest::Digest;
use crate::entry::{Artefact, Aspect, Entry, Inputs, Output, OutputKind, Prediction, Tree};
use crate::event::{Mode, Target, Unit};
use crate::fs;
use crate::portable::{Form, Mark, PortablePath, PortableText, Root};
use crate::remote::failure::{Distrust, Failure};
use crate::remote::sign::{PublicKey, SigningKey};

/// An entry with its blobs.
struct Made {
    meta: Meta,
    blobs: HashMap<Digest, Vec<u8>>,
}

fn key() -> Digest {
    Digest::of(b"key")
}

/// Makes an entry of these files.
fn made(files: &[(&str, OutputKind, Vec<u8>)]) -> Made {
    let mut stdout = PortableText::verbatim(b"wrote ");
    stdout.push_mark(Mark { root: Root::OutDir, form: Form::Json });
    let output = |(name, kind, bytes): &(&str, OutputKind, Vec<u8>)| Output {
        name: (*name).to_owned(),
        kind: *kind,
        digest: Digest::of(bytes),
        size: bytes.len() as u64,
        executable: false,
    };
    let unit = Unit {
        package: "foo-bar".into(),
        version: "1.0.0".into(),
        crate_name: "foo_bar".into(),
        target: Target::Lib,
        mode: Mode::Build,
        profile: "dev".into(),
        triple: None,
    };
    let entry = Entry {
        key_schema: 7,
        invocation: Digest::of(b"invocation"),
        unit,
        inputs: Inputs { compiler_name: "rustc 1.95.0".into(), ..Inputs::default() },
        outputs: files.iter().map(output).collect(),
        dep_info: Some(("foo.d".into(), PortableText::verbatim(&[b'a', 0xff]))),
        stdout,
        stderr: PortableText::default(),
        compile_ms: 12,
        created_ms: 34,
        artefact: Artefact {
            closure: Digest::of(b"c"),
            loads_code: false,
            loose: Default::default(),
            unsettled: vec![Digest::of(b"d")],
        },
        tree: Tree::default(),
    };
    let path = PortablePath { root: Some(Root::Cwd), rest: "src/lib.rs".into() };
    let prediction = Prediction { files: vec![(path, Aspect::Content)], ..Prediction::default() };
    let blobs = files.iter().map(|(_, _, bytes)| (Digest::of(bytes), bytes.clone())).collect();
    Made { meta: Meta::new(key(), entry, Some(prediction)), blobs }
}

/// An entry with crate metadata, a library that holds it once more, and the same file under two names.
fn library() -> Made {
    let rmeta = noise(1, 300_000);
    let rlib = [noise(2, 1_000_000), rmeta.clone(), noise(3, 50_000)].concat();
    made(&[
        ("libfoo.rlib", OutputKind::Library, rlib),
        ("libfoo.rmeta", OutputKind::Metadata, rmeta),
        ("b.o", OutputKind::Product, b"same".to_vec()),
        ("a.o", OutputKind::Product, b"same".to_vec()),
    ])
}

/// Returns bytes that no compressor makes smaller.
fn noise(seed: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[seed]);
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

impl Made {
    fn pack(&self) -> Vec<u8> {
        self.try_pack().unwrap()
    }

    fn try_pack(&self) -> Result<Vec<u8>, PackError> {
        pack(&self.meta, 3, |output| Ok(&*self.blobs[&output.digest]), Vec::new())
    }
}

/// What unpacking gave.
struct Unpacked {
    meta: Result<Meta, Failure>,
    blobs: Vec<(Digest, Vec<u8>)>,
    left_in_scratch: usize,
}

fn unpack_with(archive: &[u8], size: u64, trusted: &[PublicKey]) -> Unpacked {
    let scratch = tempfile::tempdir().unwrap();
    let expected = Expected { key: &key(), size, trusted, scratch: scratch.path() };
    let mut blobs = Vec::new();
    let meta = unpack(archive, &expected, |blob| {
        let bytes = match blob.content {
            Content::Bytes(bytes) => bytes.to_vec(),
            Content::File(path) => fs::read(path)?,
        };
        assert_eq!((Digest::of(&bytes), bytes.len() as u64), (blob.output.digest, blob.output.size));
        blobs.push((blob.output.digest, bytes));
        Ok(())
    });
    Unpacked { meta, blobs, left_in_scratch: fs::list(scratch.path()).unwrap().len() }
}

fn unpacked(archive: &[u8]) -> Unpacked {
    unpack_with(archive, 1 << 30, &[])
}

#[track_caller]
fn assert_damaged(archive: &[u8], why: &str) {
    let unpacked = unpacked(archive);
    assert_eq!(unpacked.meta, Err(Failure::Damaged(why.to_owned())));
    assert_eq!(unpacked.left_in_scratch, 0);
}

/// Compresses a tar archive of these members.
fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    compressed(&bare_tar(members))
}

fn bare_tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = plain_header(bytes.len() as u64);
        // Not by `set_path`, which refuses what is tested here.
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn plain_header(size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn json(meta: &Meta) -> Vec<u8> {
    serde_json::to_vec(meta).unwrap()
}

#[test]
fn an_entry_comes_back() {
    let made = library();
    let unpacked = unpacked(&made.pack());
    assert_eq!(unpacked.meta.unwrap(), made.meta);
    assert_eq!(unpacked.blobs.len(), 3, "equal files are sent once");
    assert!(unpacked.blobs.iter().all(|(digest, bytes)| made.blobs[digest] == *bytes));
    assert_eq!(made.pack(), made.pack());
}

#[test]
fn large_blobs_wait_as_files_that_may_be_moved() {
    let made = made(&[("libfoo.rlib", OutputKind::Library, noise(1, (8 << 20) + 1))]);
    let unpacked = unpacked(&made.pack());
    assert_eq!(unpacked.meta.unwrap(), made.meta);
    assert_eq!((unpacked.blobs.len(), unpacked.left_in_scratch), (1, 0));

    let scratch = tempfile::tempdir().unwrap();
    let expected = Expected { key: &key(), size: 1 << 30, trusted: &[], scratch: scratch.path() };
    let target = scratch.path().join("taken");
    unpack(&*made.pack(), &expected, |blob| match blob.content {
        Content::File(path) => fs::rename(path, &target),
        Content::Bytes(_) => panic!("too large for memory"),
    })
    .unwrap();
    assert_eq!(fs::list(scratch.path()).unwrap(), ["taken"]);
}

#[test]
fn metadata_inside_the_library_costs_nothing_twice() {
    let with = library().pack().len();
    let mut without = library();
    without.meta.entry.outputs.retain(|output| output.kind != OutputKind::Metadata);
    let without = without.pack().len();
    assert!(with < without + 20_000, "{with} {without}");

    // Also when it lies farther apart than the level alone looks back.
    let rmeta = noise(1, 200_000);
    let far = made(&[
        ("libfoo.rlib", OutputKind::Library, [noise(2, 12 << 20), rmeta.clone()].concat()),
        ("libfoo.rmeta", OutputKind::Metadata, rmeta),
    ]);
    assert!(far.pack().len() < (12 << 20) + 220_000);
}

#[test]
fn meta_is_what_people_can_read() {
    let made = made(&[("libfoo.rlib", OutputKind::Library, b"x".to_vec())]);
    let digest = Digest::of(b"x");
    let expected = format!(
        r#"{{"schema":3,"key":"{}","crate_name":"foo_bar","entry":{{"key_schema":7,"invocation":"{}","unit":{{"package":"foo-bar","version":"1.0.0","crate_name":"foo_bar","target":"lib","mode":"build","profile":"dev","triple":null}},"inputs":{{"compiler_name":"rustc 1.95.0","compiler":"{}","arguments":[],"features":[],"files":[],"variables":[],"place":null,"externs":[]}},"outputs":[{{"name":"libfoo.rlib","kind":"Library","digest":"{digest}","size":1,"executable":false}}],"dep_info":["foo.d",{{"pieces":[{{"hex":"61ff"}}]}}],"stdout":{{"pieces":["wrote ",{{"root":"OutDir","form":"Json"}}]}},"stderr":{{"pieces":[]}},"compile_ms":12,"created_ms":34,"artefact":{{"closure":"{}","loads_code":false,"loose":{{"any":false,"others":false,"names":[]}},"unsettled":["{}"]}},"tree":{{"directories":[],"links":[],"permissions":[]}}}},"prediction":{{"files":[[{{"root":"Cwd","rest":"src/lib.rs"}},"Content"]],"variables":[],"whole_environment":false,"directories":[],"bound":false,"traced":false}}}}"#,
        key(),
        Digest::of(b"invocation"),
        Digest::default(),
        Digest::of(b"c"),
        Digest::of(b"d"),
    );
    // A change here needs a new `SCHEMA`.
    assert_eq!(String::from_utf8(json(&made.meta)).unwrap(), expected);
    let tar = zstd::decode_all(&*made.pack()).unwrap();
    assert!(tar.starts_with(b"meta.json\0"));
}

#[test]
fn a_blob_that_changed_is_not_packed() {
    let mut changed = library();
    changed.blobs.insert(Digest::of(b"same"), b"else".to_vec());
    assert!(matches!(changed.try_pack(), Err(PackError::Damaged(name)) if name == "a.o"));
    changed.blobs.insert(Digest::of(b"same"), b"s".to_vec());
    assert!(matches!(changed.try_pack(), Err(PackError::Damaged(_))));
    let unreadable = pack(&changed.meta, 3, |_| Err::<&[u8], _>(io::Error::other("gone")), Vec::new());
    assert!(matches!(unreadable, Err(PackError::Io(_))));
}

#[test]
fn members_are_exactly_those_of_meta() {
    let made =
        made(&[("a", OutputKind::Product, b"one".to_vec()), ("b", OutputKind::Product, b"two".to_vec())]);
    let meta = json(&made.meta);
    let (one, two) = (Digest::of(b"one").to_hex(), Digest::of(b"two").to_hex());
    let (meta, one, two) = (("meta.json", &*meta), (&*one, &b"one"[..]), (&*two, &b"two"[..]));
    assert!(unpacked(&tar_of(&[meta, one, two])).meta.is_ok());

    let missing = "files are missing";
    let other = "files are not those that it tells of";
    assert_damaged(&tar_of(&[meta]), missing);
    assert_damaged(&tar_of(&[meta, one]), missing);
    assert_damaged(&tar_of(&[meta, two, one]), other);
    assert_damaged(&tar_of(&[meta, one, one]), other);
    assert_damaged(&tar_of(&[meta, one, two, two]), "there are more files than it tells of");
    assert_damaged(&tar_of(&[meta, one, two, ("x", b"")]), "there are more files than it tells of");
    assert_damaged(&tar_of(&[one, meta, two]), "it does not begin with `meta.json`");
    assert_damaged(&tar_of(&[]), "it is empty");
    for name in ["../a", "/a", "a", &format!("../{}", one.0), &format!("./{}", one.0)] {
        assert_damaged(&tar_of(&[meta, (name, b"one"), two]), other);
    }
    assert_damaged(&tar_of(&[meta, (one.0, b"on"), two]), "a file has not the size that it tells");
    assert_damaged(&tar_of(&[meta, (one.0, b"six"), two]), "a file has not the content that it tells");
}

#[test]
fn members_are_plain_files() {
    let made = made(&[("a", OutputKind::Product, Vec::new())]);
    let name = Digest::of(b"").to_hex();
    for kind in [
        EntryType::Link,
        EntryType::Symlink,
        EntryType::Directory,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::GNULongName,
        EntryType::GNUSparse,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
    ] {
        let mut builder = Builder::new(Vec::new());
        let meta = json(&made.meta);
        let mut header = plain_header(meta.len() as u64);
        builder.append_data(&mut header, "meta.json", &*meta).unwrap();
        let mut header = plain_header(0);
        header.set_path(&name).unwrap();
        header.set_entry_type(kind);
        header.set_cksum();
        builder.append(&header, io::empty()).unwrap();
        let archive = compressed(&builder.into_inner().unwrap());
        assert_damaged(&archive, "it holds something that is no file");
    }
}

#[test]
fn what_is_no_archive_is_refused() {
    assert_damaged(b"<html><body>Please log in</body></html>", "it is no archive");
    assert_damaged(&compressed(&[b'x'; 2048]), "it is no archive");
    assert_damaged(&compressed(b""), "it is empty");
    assert_eq!(unpacked(b"").meta, Err(Failure::Truncated));

    let meta: &[u8] = b"{}";
    assert_damaged(&tar_of(&[("meta.json", meta)]), "`meta.json` is none of ours");
    let text = br#"{"schema":3,"key":7}"#;
    assert_damaged(&tar_of(&[("meta.json", text)]), "`meta.json` is none of ours");
    let newer = br#"{"schema":4,"key":7}"#;
    assert_eq!(unpacked(&tar_of(&[("meta.json", newer)])).meta, Err(Failure::OtherVersion(4)));
}

#[test]
fn any_cut_and_any_flipped_bit_shows() {
    let made = made(&[("a", OutputKind::Product, noise(1, 400))]);
    let archive = made.pack();
    for length in 0..archive.len() {
        let failure = unpacked(&archive[..length]).meta.unwrap_err();
        assert!(matches!(failure, Failure::Truncated | Failure::Damaged(_)), "{length}: {failure}");
    }
    let mut meaningless = 0;
    for at in 0..archive.len() {
        let mut flipped = archive.clone();
        flipped[at] ^= 1 << (at % 8);
        match unpacked(&flipped).meta {
            // A few bits of the compressor's own have no meaning.
            Ok(meta) => {
                assert_eq!(meta, made.meta, "the bit at {at} does not show");
                meaningless += 1;
            }
            Err(failure) => assert!(
                matches!(failure, Failure::Truncated | Failure::Damaged(_) | Failure::OtherVersion(_)),
                "{at}: {failure}"
            ),
        }
    }
    assert!(meaningless < 8, "{meaningless}");
}

#[test]
fn nothing_follows_the_end() {
    let archive = library().pack();
    let tail = |more: Vec<u8>| [archive.clone(), more].concat();
    assert_damaged(&tail(compressed(b"more")), "something follows its end");
    assert_damaged(&tail(compressed(&[0; 100_000])), "something follows its end");
    assert_damaged(&tail(b"more".to_vec()), "it is no archive");
}

#[test]
fn another_entry_is_refused() {
    let mut other = library();
    other.meta.key = Digest::of(b"other");
    assert_damaged(&other.pack(), "it is another entry");
}

#[test]
fn sizes_are_bounded_before_anything_is_unpacked() {
    let archive = library().pack();
    let unpacked = unpack_with(&archive, 1_000_000, &[]);
    assert_eq!(unpacked.meta, Err(Failure::TooLarge(1_000_000)));
    assert!(unpacked.blobs.is_empty());

    let zeros = io::Read::take(io::repeat(0), META_LIMIT + 1);
    let mut builder = Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
    let mut header = plain_header(META_LIMIT + 1);
    builder.append_data(&mut header, "meta.json", zeros).unwrap();
    let bomb = builder.into_inner().unwrap().finish().unwrap();
    assert!(bomb.len() < 100_000);
    assert_damaged(&bomb, "`meta.json` is too large");

    // Sizes whose sum is past all numbers.
    let mut huge =
        made(&[("a", OutputKind::Product, b"a".to_vec()), ("b", OutputKind::Product, b"b".to_vec())]);
    huge.meta.entry.outputs.iter_mut().for_each(|output| output.size = u64::MAX);
    let archive = tar_of(&[("meta.json", &json(&huge.meta))]);
    assert_eq!(unpack_with(&archive, u64::MAX, &[]).meta, Err(Failure::TooLarge(u64::MAX)));
}

#[test]
fn a_window_larger_than_the_bound_is_refused() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(28).unwrap();
    io::copy(&mut &*bare_tar(&[]), &mut encoder).unwrap();
    assert_damaged(&encoder.finish().unwrap(), "it is no archive");
}

#[test]
fn names_in_the_entry_are_not_believed() {
    let tampered = |change: fn(&mut Entry)| {
        let mut made = made(&[("a", OutputKind::Generated, b"a".to_vec())]);
        change(&mut made.meta.entry);
        made.pack()
    };
    let no_name = |name: &str| format!("`{name}` is no name of an output");
    assert_damaged(&tampered(|e| e.outputs[0].name = "../a".into()), &no_name("../a"));
    assert_damaged(&tampered(|e| e.outputs[0].name = "/a".into()), &no_name("/a"));
    assert_damaged(&tampered(|e| e.outputs[0].name = "a\0".into()), &no_name("a\\0"));
    assert_damaged(&tampered(|e| e.dep_info.as_mut().unwrap().0 = "../d".into()), &no_name("../d"));
    assert_damaged(&tampered(|e| e.tree.directories.push(("..".into(), 0o755))), &no_name(".."));
    assert_damaged(&tampered(|e| e.tree.links.push(("/l".into(), PortableText::default()))), &no_name("/l"));
    assert_damaged(
        &tampered(|e| e.tree.links.push(("a".into(), PortableText::default()))),
        "`a` is there twice",
    );
    assert_damaged(
        &tampered(|e| {
            e.outputs[0].name = "l/x/a".into();
            e.tree.links.push(("l".into(), PortableText::verbatim(b"/home")));
        }),
        "`l/x/a` lies behind a link",
    );
    assert_damaged(
        &tampered(|e| e.tree.permissions.push(0o4755)),
        "permissions 4755 give more than they should",
    );
    assert_damaged(&tampered(|e| e.tree.permissions = vec![0o644; 2]), "not every output has permissions");
    assert_damaged(
        &tampered(|e| {
            let mut other = e.outputs[0].clone();
            (other.name, other.size) = ("b".into(), 9);
            e.outputs.push(other);
        }),
        "`b` has two sizes",
    );
    let mut odd = library();
    odd.meta.crate_name = "../x".into();
    assert_damaged(&odd.pack(), "the crate has an odd name");
}

#[test]
fn only_signed_entries_are_trusted() {
    let (ours, theirs) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
    let trusted = [theirs.public(), ours.public()];
    let refused = |made: &Made, trusted: &[PublicKey]| {
        let unpacked = unpack_with(&made.pack(), 1 << 30, trusted);
        assert!(unpacked.blobs.is_empty() || unpacked.meta.is_ok());
        unpacked.meta.err()
    };
    let mut made = library();
    assert_eq!(refused(&made, &[]), None);
    assert_eq!(refused(&made, &trusted), Some(Failure::Untrusted(Distrust::Unsigned)));

    ours.sign(&mut made.meta);
    assert_eq!(refused(&made, &[]), None);
    assert_eq!(refused(&made, &trusted), None);
    assert_eq!(refused(&made, &trusted[..1]), Some(Failure::Untrusted(Distrust::Stranger)));

    let forged = Some(Failure::Untrusted(Distrust::Forged));
    let tampered = |change: fn(&mut Meta)| {
        let mut made = library();
        ours.sign(&mut made.meta);
        change(&mut made.meta);
        refused(&made, &trusted)
    };
    assert_eq!(tampered(|meta| meta.entry.compile_ms += 1), forged);
    assert_eq!(tampered(|meta| meta.entry.key_schema += 1), forged);
    assert_eq!(tampered(|meta| meta.entry.outputs[0].executable = true), forged);
    assert_eq!(tampered(|meta| meta.entry.stderr.push_text(b"x")), forged);
    assert_eq!(tampered(|meta| meta.prediction = None), forged);
    assert_eq!(tampered(|meta| meta.crate_name = "other".into()), forged);
    assert_eq!(tampered(|meta| meta.signature.as_mut().unwrap().signature = "00".repeat(64)), forged);
    assert_eq!(tampered(|meta| meta.signature.as_mut().unwrap().signature.clear()), forged);

    // Signed by somebody else in the name of a trusted one.
    theirs.sign(&mut made.meta);
    made.meta.signature.as_mut().unwrap().by = ours.public();
    assert_eq!(refused(&made, &trusted), forged);
}
