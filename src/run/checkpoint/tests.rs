#![allow(clippy::unwrap_used)]
use super::super::fs::faulty::{After, Fault, Faulty, quick_dir};
use super::store::LATEST;
use super::*;
use crate::run::Warning;
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

const LOGS: LogLengths = LogLengths { events: 12, candidates: 7 };

/// Weights that give the step and, for a step that is saved twice, the time.
fn weights(step: u64, time: u8) -> Vec<u8> {
    let mut bytes = vec![time; 100_000];
    bytes[..8].copy_from_slice(&step.to_le_bytes());
    bytes
}

fn save(checkpoints: &Checkpoints, step: u64, time: u8) -> Result<Checkpoint, RunError> {
    let mut draft = checkpoints.begin(step)?;
    draft.write("generator.safetensors", &weights(step, time))?;
    draft.write("search.json", b"{}")?;
    draft.commit(LOGS, FileSums::new(), &("meta", step))
}

fn folder(steps: impl IntoIterator<Item = u64>) -> (TempDir, Checkpoints) {
    let dir = quick_dir();
    let quick = Arc::new(Faulty::new(0, After::Recovers));
    let checkpoints = Checkpoints::on(quick, dir.path(), 3);
    for step in steps {
        save(&checkpoints, step, 1).unwrap();
    }
    (dir, checkpoints)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The step and the time that the newest whole checkpoint holds, and the warnings on the way.
fn newest(dir: &Path) -> (u64, u8, Vec<Warning>) {
    let found = Checkpoints::new(dir, 3).latest().unwrap();
    let checkpoint = found.checkpoint.unwrap();
    let time = *checkpoint.read("generator.safetensors").unwrap().last().unwrap();
    let step = checkpoint.step();
    assert_eq!(checkpoint.read("generator.safetensors").unwrap(), weights(step, time));
    (step, time, found.warnings)
}

#[test]
fn what_was_saved_comes_back() {
    let (dir, checkpoints) = folder([]);
    assert!(checkpoints.latest().unwrap().checkpoint.is_none());
    let saved = save(&checkpoints, 123, 1).unwrap();
    let found = checkpoints.latest().unwrap();
    let checkpoint = found.checkpoint.unwrap();
    assert!(found.warnings.is_empty());
    assert_eq!(checkpoint.dir(), dir.path().join("000123"));
    assert_eq!(checkpoint.dir(), saved.dir());
    assert_eq!(checkpoint.step(), 123);
    assert_eq!(checkpoint.logs(), LOGS);
    assert_eq!(checkpoint.meta::<(String, u64)>().unwrap(), ("meta".to_owned(), 123));
    assert!(checkpoint.meta::<u64>().is_err());
    let files: Vec<_> = checkpoint.names().collect();
    assert_eq!(files, ["generator.safetensors", "search.json"]);
    assert_eq!(checkpoint.read("generator.safetensors").unwrap(), weights(123, 1));
    assert!(checkpoint.read("manifest.json").is_err());
    assert_eq!(fs::read_to_string(dir.path().join(LATEST)).unwrap(), "000123\n");
}

#[test]
fn the_same_state_is_saved_as_the_same_bytes() {
    let read = |dir: &TempDir, name| fs::read(dir.path().join("000005").join(name)).unwrap();
    let (one, two) = (folder([5]).0, folder([5]).0);
    for name in [MANIFEST, MANIFEST_SUM, "search.json"] {
        assert_eq!(read(&one, name), read(&two, name));
    }
}

#[test]
fn the_newest_three_stay() {
    let (dir, checkpoints) = folder([9, 10, 999_999, 1_000_000, 1_000_001]);
    let expected = ["000010", "1000000", "1000001", "999999", LATEST];
    assert_ne!(names(dir.path()), expected);
    assert_eq!(names(dir.path()), ["1000000", "1000001", "999999", LATEST]);
    assert_eq!(checkpoints.steps().unwrap(), [1_000_001, 1_000_000, 999_999]);
}

#[test]
fn a_step_saved_again_replaces_the_first() {
    let (dir, checkpoints) = folder([1, 2, 3]);
    save(&checkpoints, 3, 2).unwrap();
    assert_eq!(newest(dir.path()), (3, 2, vec![]));
    assert_eq!(names(dir.path()), ["000001", "000002", "000003", LATEST]);
}

#[test]
fn a_draft_that_is_dropped_leaves_nothing() {
    let (dir, checkpoints) = folder([1]);
    let mut draft = checkpoints.begin(2).unwrap();
    draft.write("generator.safetensors", b"half").unwrap();
    drop(draft);
    assert_eq!(names(dir.path()), ["000001", LATEST]);
}

#[test]
fn names_that_lead_elsewhere_or_are_taken_are_refused() {
    let (dir, checkpoints) = folder([]);
    let mut draft = checkpoints.begin(1).unwrap();
    draft.write("a.bin", b"").unwrap();
    let long = "x".repeat(101);
    for name in
        ["", ".", "..", "../a", "a/b", "a\\b", "/a", "C:a", "a\0", "a.bin", MANIFEST, MANIFEST_SUM, &long]
    {
        let error = draft.write(name, b"").unwrap_err();
        assert!(matches!(error, RunError::Unstorable { .. }), "{name:?}: {error}");
    }
    assert_eq!(names(&dir.path().join("000001.tmp")), ["a.bin"]);
}

#[test]
fn a_manifest_that_lists_a_file_elsewhere_is_refused() {
    let (dir, _) = folder([1]);
    let path = dir.path().join("000001").join(MANIFEST);
    let json = fs::read_to_string(&path).unwrap();
    let json = json.replace("search.json", "../../../etc/passwd");
    fs::write(&path, &json).unwrap();
    let sum = format!("{}  {MANIFEST}\n", Sum::of(json.as_bytes()).sha256);
    fs::write(path.with_file_name(MANIFEST_SUM), sum).unwrap();
    let error = Checkpoint::open(&dir.path().join("000001")).unwrap_err();
    assert!(error.to_string().contains("etc/passwd"), "{error}");
}

#[test]
fn any_flipped_bit_or_cut_in_any_file_is_found_and_the_checkpoint_before_is_used() {
    for name in ["generator.safetensors", "search.json", MANIFEST, MANIFEST_SUM] {
        let (dir, _) = folder([1, 2]);
        let path = dir.path().join("000002").join(name);
        let whole = fs::read(&path).unwrap();
        let places = (0..whole.len()).step_by(whole.len().div_ceil(16));
        for place in places {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (place % 8);
            for bytes in [&flipped, &whole[..place]] {
                fs::write(&path, bytes).unwrap();
                let (step, _, warnings) = newest(dir.path());
                assert_eq!((step, warnings.len()), (1, 1), "{name} at {place}");
                let warning = warnings[0].to_string();
                assert!(warning.contains("checkpoint 000002 cannot be used"), "{warning}");
                assert!(warning.contains(name), "{warning}");
                assert!(warning.contains("checkpoint 000001 is used instead"), "{warning}");
            }
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(newest(dir.path()).0, 1, "{name} gone");
        fs::create_dir(&path).unwrap();
        assert_eq!(newest(dir.path()).0, 1, "{name} is a folder");
    }
}

#[test]
fn a_file_that_changes_after_opening_is_found_when_read() {
    let (dir, checkpoints) = folder([1]);
    let checkpoint = checkpoints.latest().unwrap().checkpoint.unwrap();
    fs::write(dir.path().join("000001/search.json"), b"[]").unwrap();
    let error = checkpoint.read("search.json").unwrap_err();
    assert!(error.to_string().contains("SHA-256"), "{error}");
}

#[test]
fn a_missing_newest_checkpoint_is_said() {
    let (dir, _) = folder([1, 2]);
    fs::remove_dir_all(dir.path().join("000002")).unwrap();
    let (step, _, warnings) = newest(dir.path());
    assert_eq!((step, warnings.len()), (1, 1));
    assert!(warnings[0].0.contains("000002, named by LATEST, is missing"));
}

#[test]
fn a_run_that_lost_all_its_checkpoints_is_not_taken_for_a_new_one() {
    let (dir, checkpoints) = folder([1, 2]);
    fs::remove_file(dir.path().join("000002/search.json")).unwrap();
    fs::remove_dir_all(dir.path().join("000001")).unwrap();
    let message = checkpoints.latest().unwrap_err().to_string();
    assert!(message.contains("000002/search.json is damaged"), "{message}");
    fs::remove_dir_all(dir.path().join("000002")).unwrap();
    let message = checkpoints.latest().unwrap_err().to_string();
    assert!(message.contains("000002, named by LATEST, is missing"), "{message}");
}

#[test]
fn a_checkpoint_of_a_newer_version_is_an_error_and_not_passed_over() {
    let (dir, checkpoints) = folder([1, 2]);
    let path = dir.path().join("000002").join(MANIFEST);
    let json = r#"{"format": 2, "unknown": true}"#;
    fs::write(&path, json).unwrap();
    let sum = format!("{}  {MANIFEST}\n", Sum::of(json.as_bytes()).sha256);
    fs::write(path.with_file_name(MANIFEST_SUM), sum).unwrap();
    let error = checkpoints.latest().unwrap_err();
    assert!(matches!(error, RunError::Newer { found: 2, .. }), "{error}");
}

#[test]
fn returning_deletes_what_is_newer_and_never_without_the_one_to_return_to() {
    let (dir, checkpoints) = folder([1, 2, 3]);
    let second = Checkpoint::open(&dir.path().join("000002")).unwrap();
    checkpoints.return_to(&second).unwrap();
    assert_eq!(names(dir.path()), ["000001", "000002", LATEST]);
    assert_eq!(newest(dir.path()), (2, 1, vec![]));
    fs::remove_dir_all(second.dir()).unwrap();
    assert!(checkpoints.return_to(&second).is_err());
    assert_eq!(names(dir.path()), ["000001", LATEST]);
}

/// For every step of a save: fails it, checks what is said and what is left; returns how many there were.
fn fail_every_step(before: &[u64], step: u64, after: After, fault: Fault) -> usize {
    for k in 0.. {
        let (dir, _) = folder(before.iter().copied());
        let last = *before.last().unwrap();
        let disk = Arc::new(Faulty::new(k, after).saying(fault));
        disk.arm();
        let result = save(&Checkpoints::on(disk.clone(), dir.path(), 3), step, 2);
        if !disk.has_failed() {
            result.unwrap();
            assert_eq!(newest(dir.path()), (step, 2, vec![]));
            return k;
        }
        let error = result.unwrap_err();
        assert_eq!(matches!(error, RunError::Full { .. }), fault == Fault::Full);
        assert!(disk.is_named_by(&error.to_string()), "{error}");

        // What loads is whole: the old one up to the rename, then the new one; no third thing.
        let (step_now, time_now, warnings) = newest(dir.path());
        let (old, new) = ((last, 1), (step, 2));
        assert!([old, new].contains(&(step_now, time_now)), "k = {k}");
        assert_eq!(warnings, []);

        // The next start leaves nothing stray, changes nothing of that, and can save.
        let checkpoints = Checkpoints::new(dir.path(), 3);
        checkpoints.sweep().unwrap();
        let stray = |name: &String| name.ends_with("tmp");
        assert!(!names(dir.path()).iter().any(stray), "k = {k}: {:?}", names(dir.path()));
        assert_eq!(newest(dir.path()), (step_now, time_now, vec![]));
        save(&checkpoints, step, 3).unwrap();
        assert_eq!(newest(dir.path()), (step, 3, vec![]));
        assert!(checkpoints.steps().unwrap().len() <= 3);
    }
    unreachable!("the loop ends when no step is left to fail")
}

fn all_faults() -> impl Iterator<Item = (After, Fault)> {
    let both = |fault| [(After::Recovers, fault), (After::StaysDown, fault)];
    Fault::ALL.into_iter().flat_map(both)
}

#[test]
fn a_fault_at_any_step_of_a_save_leaves_a_whole_checkpoint_and_names_the_file() {
    for (after, fault) in all_faults() {
        // Folder; 4 files x (create, write, sync); sync, rename, sync; LATEST in 5; prune in 2.
        assert_eq!(fail_every_step(&[1, 2, 3], 4, after, fault), 1 + 12 + 3 + 5 + 2);
    }
}

#[test]
fn a_fault_at_any_step_of_saving_a_step_again_leaves_the_old_or_the_new_one() {
    for (after, fault) in all_faults() {
        // The same with one more rename, and even where there is no older one to fall back on.
        assert_eq!(fail_every_step(&[7], 7, after, fault), 1 + 12 + 4 + 5 + 2);
    }
}
