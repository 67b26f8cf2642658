//! Faults that pass: whatever failed is done again, as a run does that waits for space.

use super::*;
use crate::run::fs::faulty::{Fault, Reach};
use crate::run::log::{BUFFER, LineLog};
use crate::run::{Checkpoint, RunView};

/// Calls `act` until it succeeds, and `look` at each error.
fn insist<T>(mut act: impl FnMut() -> Result<T, RunError>, mut look: impl FnMut(RunError)) -> T {
    for _ in 0..10 {
        match act() {
            Ok(done) => return done,
            Err(error) => look(error),
        }
    }
    panic!("it never succeeds");
}

/// Passing faults of every kind, and those that come a second time soon after the first.
fn passing() -> impl Iterator<Item = (After, Fault, Reach)> {
    let kinds = Fault::ALL.into_iter().map(|fault| (After::Recovers, fault, Reach::Half));
    let reaches = Reach::ALL.into_iter().map(|reach| (After::Recovers, Fault::Full, reach));
    let twice = (0..12).map(|later| (After::Again(later), Fault::Full, Reach::AllButOne));
    kinds.chain(reaches).chain(twice)
}

#[test]
fn an_append_a_flush_and_a_sync_that_are_done_again_leave_the_log_as_if_nothing_had_failed() {
    // After a line that a killed process tore; the long one is written by the append itself.
    let act = |disk: &Arc<Faulty>, path: &Path| {
        fs::write(path, "1\n2\n\"torn").unwrap();
        let mut log = LineLog::open(disk.clone(), path).unwrap();
        disk.arm();
        let look = |error: RunError| assert!(disk.is_named_by(&error.to_string()), "{error}");
        for line in ["a".to_owned(), "b".repeat(BUFFER), "c".to_owned()] {
            insist(|| log.append(&line), look);
            insist(|| log.flush(), look);
        }
        insist(|| log.append(&"d"), look);
        insist(|| log.sync(), look);
        let lines = format!("1\n2\n\"a\"\n\"{}\"\n\"c\"\n\"d\"\n", "b".repeat(BUFFER));
        assert!(fs::read_to_string(path).unwrap() == lines, "each line once, in order");
        insist(|| log.cut_to(8), look);
        insist(|| log.append(&"e"), look);
        insist(|| log.sync(), look);
        let sum = log.sum();
        assert_eq!((log.len(), sum.bytes), (12, 12));
        assert_eq!(sum, crate::run::hash::Sum::of(&fs::read(path).unwrap()));
    };
    let mut faults = 0;
    for (after, fault, reach) in passing() {
        for k in 0.. {
            let dir = quick_dir();
            let path = dir.path().join("events.jsonl");
            let disk = Arc::new(Faulty::new(k, after).saying(fault).reaching(reach));
            act(&disk, &path);
            assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n\"a\"\n\"e\"\n", "k = {k}, {after:?}");
            if !disk.has_failed() {
                break;
            }
            faults += 1;
        }
    }
    assert!(faults > 200, "{faults}");
}

#[test]
fn a_disk_that_stays_down_leaves_whole_lines() {
    for fault in Fault::ALL {
        for (k, reach) in (0..3).flat_map(|k| Reach::ALL.map(|reach| (k, reach))) {
            let dir = quick_dir();
            let path = dir.path().join("events.jsonl");
            fs::write(&path, "1\n2\n\"torn").unwrap();
            let disk = Arc::new(Faulty::new(k, After::StaysDown).saying(fault).reaching(reach));
            let mut log = LineLog::open(disk.clone(), &path).unwrap();
            disk.arm();
            log.append(&345_678).unwrap();
            let message = log.sync().unwrap_err().to_string();
            assert!(disk.is_named_by(&message), "{message}");
            assert!(message.contains(path.to_str().unwrap()), "{message}");
            drop(log);
            let items = crate::run::read_lines::<u32>(&path).unwrap().items;
            // Cut, write and sync. What was written may be there although it was said to have failed.
            let written = k == 2 || (k == 1 && reach == Reach::All);
            assert_eq!(
                items,
                if written { [1, 2, 345_678].as_slice() } else { &[1, 2] },
                "k = {k}, {reach:?}"
            );
        }
    }
}

#[test]
fn what_a_failed_sync_may_not_have_brought_to_the_disk_is_written_again_before_the_next() {
    let dir = quick_dir();
    let path = dir.path().join("events.jsonl");
    fs::write(&path, "1\n").unwrap();
    let disk = Arc::new(Faulty::new(1, After::Recovers));
    let mut log = LineLog::open(disk.clone(), &path).unwrap();
    disk.arm();
    log.append(&2).unwrap();
    log.sync().unwrap_err();
    log.sync().unwrap();
    log.sync().unwrap();
    assert_eq!(disk.calls(), ["write", "sync", "write", "sync", "sync"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
}

#[test]
fn lines_that_a_failed_sync_has_dropped_are_found_to_be_missing() {
    // What a system may leave of pages that it could not write: nothing, zeros, or what was there before.
    let spoils: [fn(&Path); 3] = [
        |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(4).unwrap(),
        |path| fs::write(path, b"1\n2\n\0\0\0\0").unwrap(),
        |path| fs::write(path, "1\n2\n\"x\"\n").unwrap(),
    ];
    for spoil in spoils {
        let dir = quick_dir();
        let path = dir.path().join("events.jsonl");
        fs::write(&path, "1\n2\n").unwrap();
        let disk = Arc::new(Faulty::new(1, After::Recovers));
        let mut log = LineLog::open(disk.clone(), &path).unwrap();
        disk.arm();
        log.append(&"a").unwrap();
        log.sync().unwrap_err();
        spoil(&path);
        for _ in 0..3 {
            let message = log.sync().unwrap_err().to_string();
            assert!(message.contains("events.jsonl"), "{message}");
        }
        log.append(&"b").unwrap();
        log.flush().unwrap_err();
        // Back to where all was on the disk, nothing is missing.
        log.cut_to(4).unwrap();
        log.append(&"c").unwrap();
        log.sync().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n\"c\"\n");
    }
}

/// What a run does, with whatever fails done again; the newest checkpoint must load at every fault.
fn insistent_work(folder: &mut RunFolder, disk: &Faulty) {
    let view = folder.view().clone();
    let mut saved = 0;
    let look = |error: RunError, saved: u64| {
        assert!(disk.is_named_by(&error.to_string()), "{error}");
        let found = view.latest_checkpoint().unwrap();
        assert_eq!(found.warnings, []);
        let step = found.checkpoint.as_ref().map_or(0, Checkpoint::step);
        assert!(step == saved || step == saved + 2, "{step} after {saved}");
    };
    for step in 1..=8 {
        insist(|| folder.events.append(&("event", step)), |error| look(error, saved));
        insist(|| folder.events.flush(), |error| look(error, saved));
        insist(|| folder.candidates.append(&("candidate", step)), |error| look(error, saved));
        insist(|| folder.write_sample(step, &step.to_le_bytes()), |error| look(error, saved));
        if step % 2 == 0 {
            insist(|| save(folder, step), |error| look(error, saved));
            saved = step;
        }
    }
    // A step saved again, and a roll-back to the checkpoint before.
    insist(|| save(folder, 8), |error| look(error, 8));
    let before = Checkpoint::open(&folder.dir().join("checkpoints/000006")).unwrap();
    insist(|| folder.return_to(&before), |error| assert!(disk.is_named_by(&error.to_string()), "{error}"));
    insist(|| folder.events.append(&"another way"), |error| look(error, 6));
    insist(|| save(folder, 8), |error| look(error, 6));
    insist(|| folder.write_summary(&"done"), |error| look(error, 8));
}

fn save(folder: &mut RunFolder, step: u64) -> Result<Checkpoint, RunError> {
    folder.save_checkpoint(step, &step, |draft| {
        draft.write("weights.bin", &step.to_le_bytes())?;
        draft.write("state.json", b"{}")
    })
}

#[test]
fn a_run_whose_failed_calls_are_done_again_ends_with_the_same_bytes() {
    let (_root, straight) = new_run();
    let calm = Arc::new(Faulty::new(0, After::Recovers));
    insistent_work(&mut RunFolder::open_on(calm.clone(), &straight).unwrap(), &calm);
    let expected = content(&straight);
    let mut faults = 0;
    for (after, fault, reach) in passing() {
        for k in 0.. {
            let (_root, dir) = new_run();
            let disk = Arc::new(Faulty::new(k, after).saying(fault).reaching(reach));
            let mut folder = RunFolder::open_on(disk.clone(), &dir).unwrap();
            disk.arm();
            insistent_work(&mut folder, &disk);
            if after != After::Recovers {
                // What could not be tidied up, because that failed too, the next start does away with.
                drop(folder);
                RunFolder::open_on(quick_disk(), &dir).unwrap();
            }
            assert!(content(&dir) == expected, "k = {k}, {after:?}, {fault:?}, {reach:?}");
            if !disk.has_failed() {
                break;
            }
            faults += 1;
        }
    }
    assert!(faults > 3000, "{faults}");
}

#[test]
fn a_resume_that_fails_can_be_done_again_on_any_fault() {
    for fault in Fault::ALL {
        let mut faults = 0;
        for k in 0.. {
            let (_root, dir) = new_run();
            work(&mut RunFolder::open_on(quick_disk(), &dir).unwrap(), 1..39).unwrap();
            fs::write(dir.join("checkpoints/000030/weights.bin"), "????????").unwrap();
            let disk = Arc::new(Faulty::new(k, After::Recovers).saying(fault));
            disk.arm();
            let result = RunFolder::resume_on(disk.clone(), &dir);
            let failed = disk.has_failed();
            assert_eq!(result.is_err(), failed);
            if let Err(error) = result {
                faults += 1;
                assert!(disk.is_named_by(&error.to_string()), "{error}");
                assert_eq!(
                    RunView::open(&dir).unwrap().latest_checkpoint().unwrap().checkpoint.unwrap().step(),
                    20
                );
                let resumed = RunFolder::resume_on(quick_disk(), &dir).unwrap();
                assert_eq!(resumed.checkpoint.unwrap().step(), 20);
            }
            if !failed {
                break;
            }
        }
        assert!(faults > 8, "{faults}");
    }
}
