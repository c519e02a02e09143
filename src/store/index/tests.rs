use super::*;
use crate::digest::Digest;
use crate::entry::Prediction;
use crate::store::testing::Scratch;

fn reads(variable: &str) -> Prediction {
    Prediction { variables: vec![variable.to_owned()], ..Prediction::default() }
}

#[test]
fn what_others_have_read_comes_behind_what_was_read_here() {
    let scratch = Scratch::new();
    let index = &scratch.store.index;
    let invocation = Digest::of(b"i");
    let known = || index.read().unwrap().predictions(&invocation);
    let learn = |all: &[Prediction]| index.write(|writer| writer.learn(&invocation, all)).unwrap();
    assert!(learn(&[reads("THEIRS")]));
    index.write(|writer| writer.predict(&invocation, &reads("OURS"))).unwrap();
    assert!(learn(&[reads("LATER"), reads("OURS")]));
    assert_eq!(known(), [reads("OURS"), reads("LATER"), reads("THEIRS")]);
    assert!(!learn(&[reads("THEIRS")]), "nothing of it is new");

    let many: Vec<_> = (0..20).map(|n| reads(&n.to_string())).collect();
    assert!(learn(&many));
    let kept = known();
    assert_eq!(kept[0], reads("OURS"));
    assert!(
        kept.len() < 20 && kept.contains(&reads("0")),
        "the newest fit, and no more than are ever looked at"
    );
}

#[test]
fn an_entry_remembers_where_it_came_from_until_it_is_made_here() {
    let scratch = Scratch::new();
    let index = &scratch.store.index;
    let key = scratch.record("a", &[b"library"], 1);
    let entry = index.read().unwrap().entry(&key).unwrap();
    let unit = Digest::of(b"a");
    let copy = || index.read().unwrap().remote(&key);
    assert_eq!(copy(), None);

    index.write(|writer| writer.note_evicted(&key, 1)).unwrap();
    index.write(|writer| writer.import(&key, &unit, &entry, &[reads("X")], (7, 5))).unwrap();
    assert_eq!(copy(), Some(RemoteCopy { was_pulled: true, bytes: 7 }));
    let reader = index.read().unwrap();
    assert_eq!(reader.evicted(&key), None);
    assert_eq!(reader.predictions(&entry.invocation), [reads("X")]);
    assert_eq!(reader.usage(&key).last_ms, 5, "it was used when it came");
    assert!(reader.artefact(&entry.outputs[0].digest).is_some());
    drop(reader);

    index.write(|writer| writer.add(&key, &unit, &entry, &reads("X"))).unwrap();
    assert_eq!(copy(), None);
}

#[test]
fn looking_makes_nothing() {
    let Scratch { dir, store } = Scratch::new();
    let none = Layout::new(dir.path().join("none"));
    assert!(Index::look(&none).unwrap().is_none());
    assert!(!none.root().exists());

    let layout = store.layout.clone();
    drop(store);
    let index = Index::look(&layout).unwrap().unwrap();
    assert!(index.read().unwrap().entries().is_empty());
    drop(index);
    fs::create(&layout.index_is_bad()).unwrap();
    assert!(Index::look(&layout).unwrap().is_none(), "known to be damaged");
    assert!(layout.index_is_bad().exists(), "and left to whoever writes");
}

#[test]
fn a_replaced_file_is_noticed() {
    let scratch = Scratch::new();
    assert!(scratch.store.index.is_current());
    let file = scratch.store.layout.index_file("").join("data.mdb");
    crate::fs::rename(&file, &file.with_extension("old")).unwrap();
    assert!(!scratch.store.index.is_current());
    let content = crate::fs::read(&file.with_extension("old")).unwrap();
    crate::fs::write(&file, content).unwrap();
    assert!(!scratch.store.index.is_current());
}
