//! Situations out of the bug reports of tools that replay, back up and restore topics, and of generators of events.

use super::*;

/// kafka-connect-s3 and others: a backup that was cut off ends the restore without a word of which file it is.
#[test]
fn a_packed_file_that_was_cut_off_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("user_activity-2026-11-02.log.gz");
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(&b"{\"n\":1}\n".repeat(10_000)).unwrap();
    let packed = out.finish().unwrap();
    fs::write(&path, &packed[..packed.len() / 2]).unwrap();
    let to = folder.path().join("to");
    let settings = settings(&[path.to_str().unwrap(), "--out", to.to_str().unwrap(), "--speed", "max"]);
    let refused = run(&settings, &CancellationToken::new(), &Clock::system()).unwrap_err();
    assert!(
        refused.to_string().contains("user_activity-2026-11-02.log.gz"),
        "{refused}"
    );
    assert_eq!(refused.exit_code(), 2);
}

/// kafka-connect-spooldir: one line that is far too long fails the whole task.
#[test]
fn a_line_that_is_far_too_long_ends_no_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    simulated(&folder.path().join("from"));
    let mut text = vec![b'x'; 40 << 20];
    text.push(b'\n');
    text.extend(
        logs(&folder.path().join("from"))
            .into_iter()
            .flat_map(|(_, bytes)| bytes),
    );
    let lines = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .count() as u64
        - 1;
    fs::write(path("a.log"), text).unwrap();
    let report = play_all(&[&path("a.log"), "--out", &path("to"), "--speed", "max"]);
    assert_eq!(report.sent, lines);
    assert!(report.unreadable > 0, "{}", report.unreadable);
}

/// chronix2grid: the same seed over more days gives other data for the days that both have.
#[test]
fn a_day_of_a_seed_is_the_same_however_many_days_follow() {
    let folder = tempfile::tempdir().unwrap();
    let files_of = |days: u32| {
        let out = folder.path().join(days.to_string());
        let settings = simulate::Settings {
            seed: 3,
            from: simulate::day("2026-11-02").unwrap(),
            days,
            visits_per_day: 60,
            scenario: None,
            out: Some(out.clone()),
            kafka: None,
        };
        simulate::run(&settings).unwrap();
        logs(&out)
    };
    let (one, three) = (files_of(1), files_of(3));
    assert!(one.iter().all(|file| three.contains(file)), "the files of the day");
    assert!(
        one.iter()
            .any(|(name, bytes)| name == "user_activity-2026-11-02.log" && bytes.len() > 100_000)
    );
}
