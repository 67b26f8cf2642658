#![allow(clippy::unwrap_used)]
use super::super::fs::faulty::{After, Faulty};
use super::*;
use crate::run::tests::{CONFIG_TOML, assert_same, content, info, new_run, quick_disk, work};
use crate::run::view::{CONFIG, LOG_TXT};
use std::fs;
use tempfile::tempdir;

fn refusal(dir: &Path) -> RunError {
    RunFolder::resume(dir).unwrap_err()
}

#[test]
fn a_new_run_has_all_its_parts_and_opens() {
    let (_root, dir) = new_run();
    let view = RunView::open(&dir).unwrap();
    assert_eq!(view.info(), &info());
    assert_eq!(view.config().unwrap(), CONFIG_TOML);
    assert!(view.events::<u64>().unwrap().items.is_empty());
    assert!(view.samples().unwrap().is_empty());
    assert_eq!(view.summary().unwrap(), None);
    assert!(view.latest_checkpoint().unwrap().checkpoint.is_none());
    assert!(dir.join(EXPORT).is_dir() && dir.join(LOG_TXT).is_file());
    assert!(!view.is_running());
    let folder = RunFolder::open(&dir).unwrap();
    assert!(view.is_running());
    folder.write_summary(&("fd", 12.5)).unwrap();
    assert_eq!(view.summary().unwrap().unwrap(), serde_json::json!(["fd", 12.5]));
    folder.write_log_txt("one").unwrap();
    folder.write_log_txt("two").unwrap();
    assert_eq!(fs::read_to_string(dir.join(LOG_TXT)).unwrap(), "one\ntwo\n");
}

#[test]
fn a_discarded_run_leaves_what_was_there_before() {
    let root = tempdir().unwrap();
    let (existing, new) = (root.path().join("existing"), root.path().join("new"));
    fs::create_dir(&existing).unwrap();
    for dir in [&existing, &new] {
        RunFolder::create(dir, &info(), CONFIG_TOML).unwrap().discard();
    }
    assert!(!new.exists());
    assert_eq!(fs::read_dir(existing).unwrap().count(), 0);
}

#[test]
fn a_folder_with_other_files_or_a_run_is_refused_and_untouched() {
    let root = tempdir().unwrap();
    fs::write(root.path().join("thesis.tex"), "years").unwrap();
    let error = RunFolder::create(root.path(), &info(), "").unwrap_err();
    assert!(matches!(error, RunError::NotEmpty { .. }), "{error}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);

    let (_root, dir) = new_run();
    let before = content(&dir);
    let error = RunFolder::create(&dir, &info(), "other = 1").unwrap_err();
    assert!(matches!(error, RunError::AlreadyARun { .. }), "{error}");
    assert!(error.to_string().contains("--resume"), "{error}");
    assert_eq!(content(&dir), before);
}

#[test]
fn an_empty_folder_and_one_in_missing_folders_can_be_used() {
    let root = tempdir().unwrap();
    RunFolder::create(root.path(), &info(), "").unwrap();
    let root = tempdir().unwrap();
    RunFolder::create(&root.path().join("deep/er"), &info(), "").unwrap();
}

#[test]
fn a_file_in_the_way_is_named() {
    let root = tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    for dir in [file.clone(), file.join("below")] {
        let message = RunFolder::create(&dir, &info(), "").unwrap_err().to_string();
        assert!(message.contains(dir.to_str().unwrap()), "{message}");
    }
    assert!(matches!(refusal(&file), RunError::NotARun { .. }));
    assert!(matches!(refusal(&file.join("below")), RunError::Missing { .. }));
}

/// The kernel's own answer where there is no right to write, root or not.
#[test]
#[cfg(target_os = "linux")]
fn a_file_system_without_the_right_to_write_is_an_error_that_names_the_folder() {
    let dir = Path::new("/proc/autogan/run");
    let message = RunFolder::create(dir, &info(), "").unwrap_err().to_string();
    assert!(message.contains("create /proc/autogan/run"), "{message}");
}

#[test]
fn what_is_missing_or_no_run_is_distinguished_and_nothing_appears_there() {
    let root = tempdir().unwrap();
    assert!(matches!(refusal(&root.path().join("gone")), RunError::Missing { .. }));
    fs::write(root.path().join(CONFIG), "").unwrap();
    assert!(matches!(refusal(root.path()), RunError::NotARun { .. }));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn a_half_deleted_run_names_what_is_missing() {
    for name in [RUN_JSON, CONFIG, EVENTS, CANDIDATES, CHECKPOINTS] {
        let (_root, dir) = new_run();
        let path = dir.join(name);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        let message = refusal(&dir).to_string();
        assert!(message.contains(&format!("half deleted ({name} missing)")), "{message}");
    }
    let (_root, dir) = new_run();
    fs::remove_dir_all(dir.join(SAMPLES)).unwrap();
    let resumed = RunFolder::resume(&dir).unwrap();
    resumed.folder.write_sample(1, b"png").unwrap();
    drop(resumed);
    // As in a run of a version without pictures of candidates.
    fs::remove_dir_all(dir.join(CANDIDATE_PICTURES)).unwrap();
    assert!(RunView::open(&dir).unwrap().candidate_pictures().unwrap().is_empty());
    RunFolder::resume(&dir).unwrap().folder.write_candidate_picture(1, b"png").unwrap();
}

#[test]
fn a_run_of_a_newer_version_is_refused_even_where_its_parts_differ() {
    let (_root, dir) = new_run();
    fs::write(dir.join(RUN_JSON), r#"{"format": 2}"#).unwrap();
    fs::remove_file(dir.join(CANDIDATES)).unwrap();
    assert!(matches!(refusal(&dir), RunError::Newer { found: 2, .. }));
}

#[test]
fn a_second_writer_is_refused_while_readers_are_not() {
    let root = tempdir().unwrap();
    let mut first = RunFolder::create(root.path(), &info(), "").unwrap();
    work(&mut first, 1..15).unwrap();
    let message = refusal(root.path()).to_string();
    assert!(message.contains(&std::process::id().to_string()), "{message}");
    let view = RunView::open(root.path()).unwrap();
    assert_eq!(view.events::<(String, u64)>().unwrap().items.len(), 14);
    drop(first);
    RunFolder::resume(root.path()).unwrap();
}

#[test]
fn a_folder_that_is_deleted_or_replaced_while_running_is_found_at_the_next_checkpoint() {
    let (root, dir) = new_run();
    let mut folder = RunFolder::open(&dir).unwrap();
    work(&mut folder, 1..11).unwrap();
    fs::rename(&dir, root.path().join("moved")).unwrap();
    let save = |folder: &mut RunFolder| folder.save_checkpoint::<RunError>(20, &(), |_| Ok(()));
    let message = save(&mut folder).unwrap_err().to_string();
    assert!(message.contains(dir.to_str().unwrap()), "{message}");
    assert!(folder.write_sample(15, b"png").is_err() && folder.write_summary(&1).is_err());
    assert!(folder.write_candidate_picture(15, b"png").is_err());
    assert!(!dir.exists(), "it must not come back by itself");
    RunFolder::create(&dir, &info(), "").unwrap();
    let message = save(&mut folder).unwrap_err().to_string();
    assert!(message.contains("was moved, deleted or replaced"), "{message}");
}

#[test]
fn a_resumed_run_ends_with_the_same_bytes_wherever_it_was_cut() {
    let (_root, straight) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &straight).unwrap(), 1..46).unwrap();
    for cut in [2, 9, 11, 20, 38, 45] {
        let (_root, dir) = new_run();
        let mut folder = RunFolder::open(&dir).unwrap();
        work(&mut folder, 1..cut).unwrap();
        folder.write_sample(cut + 1, b"one that another order of events drew").unwrap();
        folder.write_candidate_picture(cut + 2, b"as above").unwrap();
        drop(folder);
        // As a killed process leaves it.
        fs::write(dir.join(".autogan-1-1.tmp"), "scratch").unwrap();
        fs::create_dir(dir.join("checkpoints/000099.tmp")).unwrap();
        let events = fs::read(dir.join(EVENTS)).unwrap();
        fs::write(dir.join(EVENTS), [&events, b"[\"event\",".as_slice()].concat()).unwrap();

        let mut resumed = RunFolder::resume(&dir).unwrap();
        let from = resumed.checkpoint.as_ref().map_or(0, Checkpoint::step);
        assert_eq!(from, (cut - 1) / 10 * 10);
        assert_eq!(resumed.warnings.len(), usize::from(from == 0));
        let left = resumed.folder.view().candidate_pictures().unwrap();
        let steps: Vec<u64> = left.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, (1..=from).filter(|step| step % 3 == 0).collect::<Vec<_>>(), "cut at {cut}");
        work(&mut resumed.folder, from + 1..46).unwrap();
        assert_same(&dir, &straight, &format!("cut at {cut}"));
    }
}

#[test]
fn a_damaged_newest_checkpoint_costs_one_interval_and_not_the_result() {
    let (_root, straight) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &straight).unwrap(), 1..36).unwrap();
    let (_root, dir) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &dir).unwrap(), 1..36).unwrap();
    fs::write(dir.join("checkpoints/000030/weights.bin"), "????????").unwrap();
    let mut resumed = RunFolder::resume(&dir).unwrap();
    assert_eq!(resumed.checkpoint.unwrap().step(), 20);
    assert!(resumed.warnings[0].0.contains("000030"), "{:?}", resumed.warnings);
    assert!(!dir.join("checkpoints/000030").exists());
    work(&mut resumed.folder, 21..36).unwrap();
    assert_same(&dir, &straight, "");
}

#[test]
fn a_log_shorter_than_its_checkpoint_falls_back_to_one_that_it_reaches() {
    let (_root, dir) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &dir).unwrap(), 1..36).unwrap();
    let log = fs::OpenOptions::new().write(true).open(dir.join(EVENTS)).unwrap();
    log.set_len(200).unwrap();
    let resumed = RunFolder::resume(&dir).unwrap();
    assert_eq!(resumed.checkpoint.unwrap().step(), 10);
    assert_eq!(resumed.warnings.len(), 2);
    assert!(resumed.warnings[0].0.contains("events.jsonl"), "{:?}", resumed.warnings);
}

#[test]
fn a_run_without_any_good_checkpoint_is_refused_and_not_cut() {
    let (_root, dir) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &dir).unwrap(), 1..16).unwrap();
    fs::remove_file(dir.join("checkpoints/000010/weights.bin")).unwrap();
    let before = content(&dir);
    assert!(matches!(refusal(&dir), RunError::NoGoodCheckpoint { .. }));
    assert_eq!(content(&dir), before);
}

#[test]
fn an_error_of_the_caller_saves_nothing_and_comes_through() {
    let (_root, dir) = new_run();
    let mut folder = RunFolder::open(&dir).unwrap();
    let error = folder
        .save_checkpoint(1, &(), |draft| {
            draft.write("weights.bin", b"half")?;
            Err(Box::<dyn std::error::Error>::from("out of GPU memory"))
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "out of GPU memory");
    assert!(folder.view().checkpoint_steps().unwrap().is_empty());
}

#[test]
fn a_fault_at_any_step_of_creating_leaves_nothing_behind() {
    for existed in [false, true] {
        let mut faults = 0;
        for k in 0.. {
            let root = tempdir().unwrap();
            let dir = root.path().join("run");
            if existed {
                fs::create_dir(&dir).unwrap();
            }
            let disk = Arc::new(Faulty::new(k, After::Recovers));
            disk.arm();
            let result = RunFolder::create_on(disk.clone(), &dir, &info(), CONFIG_TOML);
            if !disk.has_failed() {
                result.unwrap();
                break;
            }
            faults += 1;
            let message = result.unwrap_err().to_string();
            assert!(message.contains(root.path().to_str().unwrap()), "{message}");
            assert_eq!(dir.exists(), existed, "k = {k}");
            RunFolder::create(&dir, &info(), CONFIG_TOML).unwrap();
        }
        assert!(faults > 15, "{faults}");
    }
}

#[test]
fn a_fault_at_any_step_of_a_run_can_be_resumed_to_the_same_bytes() {
    let (_root, straight) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &straight).unwrap(), 1..42).unwrap();
    for after in [After::Recovers, After::StaysDown] {
        let mut faults = 0;
        for k in 0.. {
            let (_root, dir) = new_run();
            let disk = Arc::new(Faulty::new(k, after));
            let mut folder = RunFolder::open_on(disk.clone(), &dir).unwrap();
            disk.arm();
            let result = work(&mut folder, 1..42);
            drop(folder);
            if !disk.has_failed() {
                result.unwrap();
                break;
            }
            faults += 1;
            let message = result.unwrap_err().to_string();
            assert!(disk.is_named_by(&message), "{message}");
            let mut resumed = RunFolder::resume_on(quick_disk(), &dir).unwrap();
            let from = resumed.checkpoint.as_ref().map_or(0, Checkpoint::step);
            work(&mut resumed.folder, from + 1..42).unwrap();
            assert_same(&dir, &straight, &format!("k = {k}, {after:?}"));
        }
        assert!(faults > 100, "{faults}");
    }
}

#[test]
fn a_fault_at_any_step_of_returning_can_be_made_good_by_returning_again() {
    let (_root, straight) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &straight).unwrap(), 1..42).unwrap();
    let mut faults = 0;
    for k in 0.. {
        let (_root, dir) = new_run();
        work(&mut RunFolder::open_on(quick_disk(), &dir).unwrap(), 1..39).unwrap();
        let disk = Arc::new(Faulty::new(k, After::StaysDown));
        let mut folder = RunFolder::open_on(disk.clone(), &dir).unwrap();
        let good = Checkpoint::open(&dir.join("checkpoints/000020")).unwrap();
        disk.arm();
        let result = folder.return_to(&good);
        drop(folder);
        if !disk.has_failed() {
            result.unwrap();
            break;
        }
        faults += 1;
        let mut resumed = RunFolder::resume_on(quick_disk(), &dir).unwrap();
        // Killed before the newer one lost its name, the run goes on from there; then from the one meant.
        let from = resumed.checkpoint.unwrap().step();
        assert!(from == 20 || (from == 30 && k == 0), "{from}, k = {k}");
        work(&mut resumed.folder, from + 1..42).unwrap();
        assert_same(&dir, &straight, &format!("k = {k}"));
    }
    assert!(faults > 8, "{faults}");
}
