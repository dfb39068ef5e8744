//! What is committed survives, what is damaged is set aside, what is old is forgotten.

use super::*;

fn place(partition: i32) -> Place {
    Place {
        topic: "shop.view".to_owned(),
        partition,
    }
}

fn at(offset: i64) -> Committed {
    Committed {
        offset,
        leader_epoch: -1,
        metadata: String::new(),
        at: 1_000,
    }
}

#[test]
fn a_commit_survives_and_a_torn_one_is_cut() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    OffsetStore::open(folder.path(), 0)?.commit("sink", vec![(place(0), at(7)), (place(1), at(9))])?;
    let path = folder.path().join("group-offsets");
    let length = std::fs::metadata(&path)?.len();
    OpenOptions::new().write(true).open(&path)?.set_len(length - 3)?;
    let store = OffsetStore::open(folder.path(), 0)?;
    assert_eq!(store.committed("sink", &place(0)), Some(at(7)));
    assert_eq!(store.committed("sink", &place(1)), None);
    store.commit("sink", vec![(place(1), at(10))])?;
    drop(store);
    assert_eq!(
        OffsetStore::open(folder.path(), 0)?.committed("sink", &place(1)),
        Some(at(10))
    );
    Ok(())
}

#[test]
fn a_damaged_commit_is_set_aside_and_those_behind_it_count() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = OffsetStore::open(folder.path(), 0)?;
    for partition in 0..3 {
        store.commit("sink", vec![(place(partition), at(7))])?;
    }
    drop(store);
    let path = folder.path().join("group-offsets");
    let mut bytes = std::fs::read(&path)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes)?;
    let store = OffsetStore::open(folder.path(), 0)?;
    let found: Vec<_> = (0..3)
        .map(|partition| store.committed("sink", &place(partition)))
        .collect();
    assert_eq!(found, [Some(at(7)), None, Some(at(7))]);
    assert_eq!(std::fs::read(folder.path().join("group-offsets.corrupt"))?, bytes);
    drop(store);
    assert_eq!(
        OffsetStore::open(folder.path(), 0)?.committed("sink", &place(2)),
        Some(at(7))
    );
    Ok(())
}

#[test]
fn many_commits_of_the_same_place_do_not_fill_the_disk() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = OffsetStore::open(folder.path(), 0)?;
    for offset in 0..20_000 {
        store.commit("sink", vec![(place(0), at(offset))])?;
    }
    drop(store);
    assert!(std::fs::metadata(folder.path().join("group-offsets"))?.len() <= REWRITE_ABOVE + 1024);
    assert_eq!(
        OffsetStore::open(folder.path(), 0)?.committed("sink", &place(0)),
        Some(at(19_999))
    );
    Ok(())
}

#[test]
fn a_forgotten_topic_stays_forgotten() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = OffsetStore::open(folder.path(), 0)?;
    store.commit("sink", vec![(place(0), at(1))])?;
    assert!(store.forget_topic("shop.view")?);
    drop(store);
    assert!(OffsetStore::open(folder.path(), 0)?.groups().is_empty());
    Ok(())
}

#[test]
fn offsets_expire_when_their_group_had_no_members_for_long_enough() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = OffsetStore::open(folder.path(), 2_000)?;
    store.commit("sink", vec![(place(0), at(1))])?;
    store.commit("away", vec![(place(0), at(1))])?;
    let (none, sink) = (HashSet::new(), HashSet::from(["sink".to_owned()]));
    assert_eq!(
        store.expire(&sink, 2_500, 500)?,
        [""; 0],
        "nothing is known of the time before the start"
    );
    assert_eq!(store.expire(&none, 2_501, 500)?, ["away"]);
    assert_eq!(store.expire(&none, 3_001, 500)?, ["sink"]);
    drop(store);
    assert!(OffsetStore::open(folder.path(), 0)?.groups().is_empty());
    Ok(())
}
