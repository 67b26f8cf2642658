#![allow(clippy::unwrap_used)]
use super::super::fs::Disk;
use super::*;
use std::fs;

fn numbers(path: &Path) -> Vec<u32> {
    let lines = read_lines(path).unwrap();
    assert_eq!(lines.warning, None);
    assert_eq!(lines.good, fs::metadata(path).unwrap().len());
    lines.items
}

#[test]
fn lines_come_back_in_order_and_the_length_is_that_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    let mut log = LineLog::create(Arc::new(Disk), &path).unwrap();
    assert!(log.is_empty());
    log.append(&"two\nlines").unwrap();
    log.append(&"ü").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 0, "they wait");
    log.flush().unwrap();
    assert_eq!(log.len(), fs::metadata(&path).unwrap().len());
    drop(log);
    let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
    log.append(&"three").unwrap();
    drop(log);
    let lines = read_lines::<String>(&path).unwrap();
    assert_eq!(lines.items, ["two\nlines", "ü", "three"]);
}

#[test]
fn many_lines_are_written_before_anyone_flushes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    let mut log = LineLog::create(Arc::new(Disk), &path).unwrap();
    log.append(&"x".repeat(BUFFER)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), log.len());
}

#[test]
fn a_torn_last_line_is_skipped_by_readers_and_cut_by_the_next_writer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    for torn in ["3", "{\"a", "\u{0}\u{0}"] {
        fs::write(&path, format!("1\n2\n{torn}")).unwrap();
        let lines = read_lines::<u32>(&path).unwrap();
        assert_eq!((lines.items, lines.good), (vec![1, 2], 4));
        let warning = lines.warning.unwrap().to_string();
        assert!(warning.contains("line 3 is torn"), "{warning}");
        let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
        assert_eq!(log.len(), 4);
        log.append(&4).unwrap();
        log.flush().unwrap();
        assert_eq!(numbers(&path), [1, 2, 4]);
    }
}

#[test]
fn a_damaged_line_is_left_out_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    fs::write(&path, b"1\n\xff\n3\n").unwrap();
    let lines = read_lines::<u32>(&path).unwrap();
    assert_eq!((lines.items, lines.good), (vec![1, 3], 6));
    let warning = lines.warning.unwrap().to_string();
    assert!(warning.contains("line 2 cannot be read"), "{warning}");
    assert!(warning.contains("of 3 lines, 1 were left out"), "{warning}");
}

#[test]
fn a_line_without_end_is_given_up_at_the_limit_and_never_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    File::create(&path).unwrap().set_len(3 * MAX_LINE as u64).unwrap();
    let warning = read_lines::<u32>(&path).unwrap().warning.unwrap();
    assert!(warning.0.contains("line 1 is longer"), "{warning}");

    let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
    let error = log.append(&"x".repeat(MAX_LINE)).unwrap_err();
    assert!(matches!(error, RunError::Unstorable { .. }), "{error}");
    assert!(log.is_empty());
}

#[test]
fn cutting_keeps_whole_lines_and_refuses_any_other_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.jsonl");
    fs::write(&path, "10\n20\n30\n").unwrap();
    let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
    log.append(&40).unwrap();
    for bad in [1, 4, 10, 12] {
        let error = log.cut_to(bad).unwrap_err();
        assert!(matches!(error, RunError::Damaged { .. }), "{error}");
    }
    assert_eq!(log.len(), 12, "nothing was cut");
    log.cut_to(6).unwrap();
    log.append(&50).unwrap();
    log.sync().unwrap();
    assert_eq!(numbers(&path), [10, 20, 50]);
    log.cut_to(0).unwrap();
    assert_eq!(numbers(&path), [0; 0]);
}
