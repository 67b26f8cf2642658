//! `kill -9` at any moment, also while a checkpoint is being written.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Run, half_written, resume};
use crate::runs::resume::{assert_same_outcome, run};
use crate::small::small_search;

/// Kills of one run, after which it is left in peace to its end.
const LIVES: usize = 10;
/// Far more than a run of seconds takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Numbers that look random and come again in every run of the test.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What is there of a checkpoint that is being written.
fn draft(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir.join("checkpoints")).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "tmp"))
}

/// Kills the run at a random moment. Returns whether it was alive then and had begun.
fn kill_at_random(mut run: Run, dir: &Path, dice: &mut Dice) -> bool {
    let events = dice.below(150);
    let emitted = (0..events).all(|_| run.event().is_some());
    // Between two events, too.
    std::thread::sleep(Duration::from_micros(dice.below(20_000)));
    let alive = run.process.try_wait().unwrap().is_none();
    run.process.kill().unwrap();
    run.process.wait().unwrap();
    emitted && alive && dir.join("run.json").exists()
}

/// Kills the run while a checkpoint is half written. Returns whether one was.
fn kill_in_a_checkpoint(mut run: Run, dir: &Path, dice: &mut Dice) -> bool {
    let skipped = dice.below(3);
    let (begun, mut seen, mut there) = (Instant::now(), 0, false);
    loop {
        let now = draft(dir).is_some();
        seen += u64::from(now && !there);
        there = now;
        if now && seen > skipped {
            run.process.kill().unwrap();
        }
        if run.process.try_wait().unwrap().is_some() {
            return draft(dir).is_some();
        }
        assert!(begun.elapsed() < PATIENCE, "no checkpoint was written");
        std::thread::yield_now();
    }
}

/// Kills searches until there were `kills` at random moments and `half` in the middle of a checkpoint; each
/// search is then resumed to its end, which must be that of one that was left in peace.
fn killed(kills: usize, half: usize) {
    let folder = tempfile::tempdir().unwrap();
    let straight = folder.path().join("straight");
    run(&small_search(&straight));
    let mut dice = Dice(5);
    let (mut random, mut amid, mut runs) = (0, 0, 0);
    while random < kills || amid < half {
        runs += 1;
        assert!(runs <= kills + half, "too few kills hit a living run");
        let dir = folder.path().join(format!("killed {runs}"));
        for _ in 0..LIVES {
            let begins = !dir.join("run.json").exists();
            if begins {
                // Killed before it was a run: what is left is in nobody's way but its own.
                drop(std::fs::remove_dir_all(&dir));
            }
            let life = Run::of(&if begins { small_search(&dir) } else { resume(&dir) });
            if amid < half && dice.below(2) == 0 {
                amid += usize::from(kill_in_a_checkpoint(life, &dir, &mut dice))
            } else {
                random += usize::from(kill_at_random(life, &dir, &mut dice))
            }
            if random >= kills && amid >= half {
                break;
            }
        }
        if dir.join("run.json").exists() {
            run(&resume(&dir));
            assert_same_outcome(&straight, &dir);
            assert_eq!(half_written(&dir), Vec::<String>::new());
            std::fs::remove_dir_all(&dir).unwrap();
        }
        eprintln!("{runs} runs: {random} kills at random moments, {amid} in the middle of a checkpoint");
    }
    assert!(random >= kills && amid >= half);
}

#[test]
fn a_search_killed_at_random_moments_and_in_checkpoints_ends_like_one_that_was_not() {
    killed(6, 4);
}

#[test]
#[ignore = "a quarter of an hour on two cores"]
fn a_search_killed_two_hundred_times_ends_like_one_that_was_not() {
    killed(150, 50);
}
