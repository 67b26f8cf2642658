//! How much memory damaged and hostile files can take: measured in a process of its own for each.

use super::process::{Other, say};
use super::*;
use crate::run::view::{CONFIG, EVENTS, SUMMARY};
use crate::run::{RunView, list, live_status};

const MIB: u64 = 1 << 20;
/// What the process may need for itself.
const SLACK: u64 = 6 * MIB;
/// The longest line of a log, and the longest manifest.
const LIMIT: u64 = 16 * MIB;

/// Does what `role` names with the run in `dir`, and says by how many bytes the most memory it ever had grew.
pub(super) fn measure(role: &str, dir: &Path) {
    let most = || -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = most();
    match role {
        "look" => {
            let _ = (list(dir.parent().unwrap()), live_status::<u64>(dir));
            if let Ok(view) = RunView::open(dir) {
                let _ = (view.config(), view.summary(), view.samples(), view.latest_checkpoint());
            }
        }
        "events" => drop(RunView::open(dir).unwrap().events::<(String, u64, f64)>().unwrap()),
        "resume" => drop(RunFolder::resume_on(quick_disk(), dir)),
        "weights" => {
            let found = RunView::open(dir).unwrap().latest_checkpoint().unwrap();
            drop(found.checkpoint.unwrap().read("weights.bin"));
        }
        other => panic!("nobody knows {other}"),
    }
    say(&(most() - before).to_string());
}

fn memory(role: &str, dir: &Path) -> u64 {
    Other::start(role, dir, |_| ()).says().parse().unwrap()
}

/// A run whose log and whose weights have so many bytes.
fn large_run(bytes: u64) -> (TempDir, PathBuf) {
    let (root, dir) = new_run();
    let mut folder = RunFolder::open_on(quick_disk(), &dir).unwrap();
    let mut step = 0;
    while folder.events.len() < bytes {
        folder.events.append(&("discriminator_loss", step, step as f64 / 7.0)).unwrap();
        step += 1;
    }
    let weights = vec![7; bytes as usize];
    folder.save_checkpoint(1, &(), |draft| draft.write("weights.bin", &weights)).unwrap();
    (root, dir)
}

#[test]
fn large_files_whole_and_damaged_take_at_most_twice_their_size() {
    let bytes = 32 * MIB;
    let flip = |path: &Path, place: u64| {
        use std::os::unix::fs::FileExt;
        let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, place).unwrap();
        file.write_all_at(&[byte[0] ^ 0x10], place).unwrap();
    };
    let cut = |path: &Path, len| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
    let (_root, dir) = large_run(bytes);
    let (events, weights) = (dir.join(EVENTS), dir.join("checkpoints/000001/weights.bin"));
    let check = |what: &str| {
        for (role, most) in [("look", 0), ("resume", 0), ("events", 2 * bytes)] {
            let grown = memory(role, &dir);
            assert!(grown <= most + SLACK, "{role} takes {grown} bytes, {what}");
        }
    };
    let grown = memory("weights", &dir);
    assert!((bytes..=bytes + SLACK).contains(&grown), "{grown}: once, and really measured");
    check("whole");
    // Looked at only: a resume would cut away what was damaged.
    flip(&events, bytes / 2);
    check("a bit of the log flipped");
    flip(&weights, bytes / 2);
    check("a bit of the weights flipped, too");
    cut(&weights, bytes - 1);
    check("the weights cut");
    cut(&events, bytes / 2 + 1);
    check("the log cut, too");
}

#[test]
fn files_that_pretend_to_be_enormous_take_no_more_than_the_limits() {
    let enormous = 1 << 40;
    for name in [
        "run.json",
        CONFIG,
        SUMMARY,
        "live.json",
        "checkpoints/LATEST",
        "checkpoints/000001/manifest.json",
        "checkpoints/000001/manifest.sha256",
        "checkpoints/000001/weights.bin",
    ] {
        let (_root, dir) = large_run(MIB);
        fs::File::create(dir.join(name)).unwrap().set_len(enormous).unwrap();
        for role in ["look", "resume"] {
            let grown = memory(role, &dir);
            let most = if name.contains("manifest") { 2 * LIMIT } else { 2 * MIB };
            assert!(grown <= most + SLACK, "{name}, {role}: {grown} bytes");
        }
    }
    // A log without an end of a line.
    let (_root, dir) = large_run(MIB);
    fs::OpenOptions::new().append(true).open(dir.join(EVENTS)).unwrap().set_len(1 << 32).unwrap();
    for role in ["look", "events"] {
        let grown = memory(role, &dir);
        assert!(grown <= 2 * LIMIT + SLACK, "{role}: {grown} bytes");
    }
}
