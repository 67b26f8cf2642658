//! Every file of a run with flipped bits and cut short: refused or read safely, and said.

use super::*;
use crate::run::view::{CANDIDATES, CONFIG, EVENTS};
use crate::run::{Checkpoint, LiveStatus, RunView, Warning, list, live_status, send_message};
use std::collections::BTreeSet;

/// Flips of bits in each file in `cargo test`, and in the long form.
const FLIPS: u64 = 100;
const MANY_FLIPS: u64 = 1000;
/// Where files are cut, in bytes.
const CUTS: usize = 4096;
/// The newest checkpoint, and the one before.
const NEWEST: u64 = 300;
const BEFORE: u64 = 200;

type Event = (String, u64, String);

/// A line of a log.
fn event(step: u64) -> Event {
    ("event".to_owned(), step, "x".repeat((step % 90) as usize))
}

/// What was saved in a checkpoint.
fn weights(step: u64) -> Vec<u8> {
    (0..20_000).map(|place: u64| (place * step % 251) as u8).collect()
}

/// A run with a file of everything, of several blocks where that can be.
struct Whole {
    _root: TempDir,
    dir: PathBuf,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Whole {
    fn new() -> Self {
        let root = quick_dir();
        let dir = root.path().join("run");
        let long = format!("# {}\nseed = 1\n", "settings ".repeat(1000));
        let mut folder = RunFolder::create_on(quick_disk(), &dir, &info(), &long).unwrap();
        for step in 1..=NEWEST + 30 {
            folder.events.append(&event(step)).unwrap();
            if step % 2 == 0 {
                folder.candidates.append(&event(step)).unwrap();
            }
            if step % 100 == 0 {
                folder.write_sample(step, &weights(step + 1)).unwrap();
                let files = |draft: &mut crate::run::Draft<'_>| {
                    draft.write("state.json", format!("[{step}]").as_bytes())?;
                    draft.write("weights.bin", &weights(step))
                };
                folder.save_checkpoint(step, &step, files).unwrap();
            }
        }
        folder.write_summary(&("done", "x".repeat(9000))).unwrap();
        // A run that is under way, as a killed process leaves it.
        let live = LiveStatus::begin(&dir);
        live.publish(&"y".repeat(9000)).unwrap();
        send_message(&dir, &"stop").unwrap();
        std::mem::forget(live);
        drop(folder);
        fs::write(dir.join(LOG_TXT), "log\n".repeat(3000)).unwrap();
        fs::write(dir.join("export/winner.png"), weights(7)).unwrap();
        Self { files: all_files(&dir), dir, _root: root }
    }

    /// Puts everything back.
    fn put_back(&self) {
        fs::remove_dir_all(&self.dir).unwrap();
        for (path, bytes) in &self.files {
            let path = self.dir.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// Length of a log when the checkpoint of `step` was saved.
    fn log_len(&self, name: &str, step: u64) -> usize {
        let steps = (1..=step).filter(|step| name == EVENTS || step % 2 == 0);
        steps.map(|step| serde_json::to_vec(&event(step)).unwrap().len() + 1).sum()
    }

    /// Looks at the run and resumes it with `damaged` for the content of the file `name`.
    fn judge(&self, name: &Path, damaged: &[u8], what: &str) {
        let what = format!("{}, {what}", name.display());
        fs::write(self.dir.join(name), damaged).unwrap();
        self.judge_looks(name, damaged, &what);
        self.judge_resume(name, damaged, &what);
        self.put_back();
    }

    fn judge_looks(&self, name: &Path, damaged: &[u8], what: &str) {
        let said = |error: &RunError| is_said(&error.to_string(), name, what);
        let runs = list(self.dir.parent().unwrap()).unwrap();
        assert_eq!(runs.len(), 1, "{what}");
        runs[0].problem.iter().for_each(|problem| is_said(problem, name, what));
        let _ = live_status::<String>(&self.dir);
        let view = match RunView::open(&self.dir) {
            Ok(view) => view,
            Err(error) => {
                assert!(name == Path::new("run.json"), "{what}: {error}");
                return said(&error);
            }
        };
        let _ = view.config().inspect_err(said);
        let _ = view.summary().inspect_err(said);
        let _ = view.samples().unwrap();
        for (log, lines) in [(EVENTS, view.events::<Event>()), (CANDIDATES, view.candidates::<Event>())] {
            let lines = lines.unwrap();
            let all: Vec<Event> =
                (1..=NEWEST + 30).filter(|step| log == EVENTS || step % 2 == 0).map(event).collect();
            let complete = lines.items == all;
            if name != Path::new(log) {
                assert!(complete && lines.warning.is_none(), "{what}: {log}");
            } else if damaged.len() < self.files[name].len() {
                assert!(all.starts_with(&lines.items), "{what}");
            } else {
                // A flip can spoil its line, join it with the next, or split it in two.
                let known: BTreeSet<&Event> = all.iter().collect();
                let found: BTreeSet<&Event> = lines.items.iter().collect();
                assert!(known.difference(&found).count() <= 2, "{what}");
                assert!(found.difference(&known).count() <= 2, "{what}");
            }
            assert!(lines.items.len() >= all.len() || name == Path::new(log), "{what}");
            if let Some(warning) = &lines.warning {
                is_said(&warning.0, name, what);
            }
        }
        let found = view.latest_checkpoint().unwrap();
        self.judge_checkpoint(name, &found.checkpoint.unwrap(), &found.warnings, what);
    }

    /// What was found is what was saved, and the newest there is.
    fn judge_checkpoint(&self, name: &Path, found: &Checkpoint, warnings: &[Warning], what: &str) {
        let step = found.step();
        let damaged = name.starts_with(format!("checkpoints/{NEWEST:06}"));
        assert_eq!(step, if damaged { BEFORE } else { NEWEST }, "{what}");
        assert_eq!(found.read("weights.bin").unwrap(), weights(step), "{what}");
        assert_eq!(found.read("state.json").unwrap(), format!("[{step}]").as_bytes(), "{what}");
        assert_eq!(found.meta::<u64>().unwrap(), step, "{what}");
        if damaged {
            let used = |warning: &Warning| {
                warning.0.contains("checkpoint 000300 cannot be used")
                    && warning.0.ends_with("checkpoint 000200 is used instead")
            };
            assert!(warnings.iter().any(used), "{what}: {warnings:?}");
        }
        for warning in warnings {
            is_said(&warning.0, name, what);
        }
    }

    fn judge_resume(&self, name: &Path, damaged: &[u8], what: &str) {
        let is = |other: &str| name == Path::new(other);
        let mut resumed = match RunFolder::resume_on(quick_disk(), &self.dir) {
            Ok(resumed) => resumed,
            Err(error) => {
                let too_short = |log: &&str| is(log) && damaged.len() < self.log_len(log, 100);
                let log = [EVENTS, CANDIDATES].iter().any(too_short);
                assert!(is("run.json") || log, "{what}: {error}");
                assert!(!log || matches!(error, RunError::NoGoodCheckpoint { .. }), "{what}: {error}");
                return is_said(&error.to_string(), name, what);
            }
        };
        let (checkpoint, warnings) = (resumed.checkpoint.unwrap(), resumed.warnings);
        let sums = [CONFIG, "run.json"].into_iter().any(is);
        if let Some(log) = [EVENTS, CANDIDATES].into_iter().find(|log| is(log)) {
            // The last line before the checkpoint may have lost its end.
            let (newest, before) = (self.log_len(log, NEWEST), self.log_len(log, BEFORE));
            let same = damaged.get(..newest) == self.files[name].get(..newest);
            assert_eq!(warnings.is_empty(), same, "{what}: {warnings:?}");
            assert!(checkpoint.step() == NEWEST || damaged.get(newest - 1) != Some(&b'\n'), "{what}");
            assert!(checkpoint.step() >= BEFORE || damaged.len() < before, "{what}");
            warnings.iter().for_each(|warning| is_said(&warning.0, name, what));
            assert_eq!(checkpoint.read("weights.bin").unwrap(), weights(checkpoint.step()), "{what}");
        } else {
            assert!(!sums || !warnings.is_empty(), "{what}");
            self.judge_checkpoint(name, &checkpoint, &warnings, what);
        }
        let harmless = !sums && !name.starts_with("checkpoints") && !is(EVENTS) && !is(CANDIDATES);
        assert!(!harmless || warnings.is_empty(), "{what}: {warnings:?}");
        // From there it goes on.
        resumed.folder.events.append(&event(999)).unwrap();
        resumed.folder.save_checkpoint::<RunError>(NEWEST + 1, &(), |_| Ok(())).unwrap();
        drop(resumed.folder);
        let again = RunFolder::resume_on(quick_disk(), &self.dir).unwrap();
        assert_eq!(again.checkpoint.unwrap().step(), NEWEST + 1, "{what}");
        assert_eq!(again.warnings, [], "{what}: what was said once is known");
    }
}

/// A problem is reported in one sentence that names the file or its folder.
fn is_said(message: &str, name: &Path, what: &str) {
    let part = name.components().next().unwrap().as_os_str().to_str().unwrap();
    let latest = name.ends_with("LATEST") && message.contains("named by LATEST");
    assert!(message.contains(part) || latest, "{what}: {message}");
    assert!(!message.contains('\n'), "{what}: {message}");
}

/// Every file below `dir`.
fn all_files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = content(dir);
    for name in [LOCK, LOG_TXT] {
        files.extend(fs::read(dir.join(name)).ok().map(|bytes| (PathBuf::from(name), bytes)));
    }
    files
}

/// A sequence that looks random: SplitMix64.
fn mixed(seed: u64) -> impl Iterator<Item = u64> {
    (1u64..).map(move |count| {
        let z = seed.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

fn flip_every_file(flips: u64) {
    let whole = Whole::new();
    assert!(whole.files.len() >= 24, "{:?}", whole.files.keys());
    let blocks = whole.files.values().filter(|bytes| bytes.len() > 2 * CUTS).count();
    assert!(blocks >= 10, "{blocks} files of several blocks");
    for (number, (name, bytes)) in whole.files.iter().enumerate() {
        for random in mixed(number as u64).take(flips as usize) {
            let bit = random as usize % (8 * bytes.len());
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            whole.judge(name, &damaged, &format!("bit {bit} flipped"));
        }
    }
}

#[test]
fn a_flipped_bit_in_any_file_is_refused_or_read_safely() {
    flip_every_file(FLIPS);
}

#[test]
#[ignore = "the same ten times as often; run with --ignored"]
fn a_thousand_flipped_bits_in_every_file_are_refused_or_read_safely() {
    flip_every_file(MANY_FLIPS);
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused_or_read_safely() {
    let whole = Whole::new();
    for (name, bytes) in &whole.files {
        let mut cuts: BTreeSet<usize> = (0..bytes.len()).step_by(CUTS).collect();
        cuts.extend([1, bytes.len() - 1]);
        for cut in cuts {
            whole.judge(name, &bytes[..cut], &format!("cut to {cut} bytes"));
        }
    }
}

#[test]
fn the_place_of_a_change_in_a_log_is_reported() {
    let whole = Whole::new();
    let events = Path::new(EVENTS);
    let flip = |place: usize, by: u8| {
        let mut damaged = whole.files[events].clone();
        damaged[place] ^= by;
        fs::write(whole.dir.join(events), damaged).unwrap();
        let warnings = RunFolder::resume_on(quick_disk(), &whole.dir).unwrap().warnings;
        whole.put_back();
        assert_eq!(warnings.len(), 1);
        warnings[0].0.clone()
    };
    let (old, newer) = (whole.log_len(EVENTS, BEFORE), whole.log_len(EVENTS, NEWEST));
    // A bracket that is none any more, and a letter that is another.
    let line = whole.log_len(EVENTS, 249);
    let warning = flip(line, 0x80);
    assert!(warning.contains(&format!("line 250, at byte {line}, cannot be read")), "{warning}");
    assert!(warning.contains("after checkpoint 000300 was saved"), "{warning}");
    let warning = flip(line + 3, 1);
    assert!(warning.contains(&format!("it differs between byte {old} and byte {newer}")), "{warning}");
    let warning = flip(3, 1);
    let oldest = whole.log_len(EVENTS, 100);
    assert!(warning.contains(&format!("it differs between byte 0 and byte {oldest}")), "{warning}");
}

#[test]
fn a_checkpoint_of_a_version_that_noted_no_sums_is_resumed_without_a_word() {
    let whole = Whole::new();
    for step in [100, 200, NEWEST] {
        let path = whole.dir.join(format!("checkpoints/{step:06}/manifest.json"));
        let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(manifest.as_object_mut().unwrap().remove("beside").is_some());
        let json = serde_json::to_vec_pretty(&manifest).unwrap();
        let sum = format!("{}  manifest.json\n", crate::run::hash::Sum::of(&json).sha256);
        fs::write(&path, json).unwrap();
        fs::write(path.with_file_name("manifest.sha256"), sum).unwrap();
    }
    let mut damaged = whole.files[Path::new(EVENTS)].clone();
    damaged[3] ^= 1;
    fs::write(whole.dir.join(EVENTS), damaged).unwrap();
    let resumed = RunFolder::resume_on(quick_disk(), &whole.dir).unwrap();
    assert_eq!((resumed.checkpoint.unwrap().step(), resumed.warnings), (NEWEST, vec![]));
}
