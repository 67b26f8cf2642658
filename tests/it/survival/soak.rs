//! Memory over many steps.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use autogan::engine::{Event, LiveEvent};

use super::Run;
use crate::small::NETWORKS;

/// What may be taken more at the end than after the first tenth: a twentieth, or so many bytes.
const GROWTH: u64 = 64 << 20;

/// Bytes of memory that a process has now.
pub fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// The first adapter by name.
fn adapter() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_autogan")).args(["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["adapters"][0]["name"].as_str().expect("an adapter").to_owned()
}

/// What a training takes, in bytes: resident memory, and what a GPU's pools have reserved.
type Taken = (u64, u64);

/// The memory of a training.
#[derive(Debug)]
struct Soaked {
    /// After a tenth of its steps: the median of several looks.
    early: Taken,
    /// The most at any look after that.
    most: Taken,
    /// How often a new process went on.
    replacements: usize,
}

/// A training of one architecture for so many steps on `device`, into a run beside whatever is in `folder`.
fn training(folder: &Path, device: &str, steps: u64) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
    command.args(["train", "--arch", "1 0 1 1 1 0 0 1 1", "--preset", "quick", "--device", device, "--out"]);
    command.arg(folder.join("run")).env("CUBECL_AUTOTUNE_LEVEL", "minimal");
    let steps_setting = format!("winner.steps={steps}");
    let own = [
        "space.cells=2",
        "data.toys_count=256",
        "recipe.n_critic=1",
        "score.samples=64",
        "score.splits=1",
        "score.batch=32",
        "score.reference=128",
        "winner.samples_every=200",
        "checkpoint.every_seconds=5",
        &steps_setting,
    ];
    let every = format!("winner.evaluate_every={}", (steps / 10).max(20));
    for setting in NETWORKS.iter().chain(&own).chain(&[every.as_str()]) {
        command.args(["--set", setting]);
    }
    command
}

fn soak(device: &str, steps: u64) -> Soaked {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Run::start(training(folder.path(), device, steps));
    let mut looks: Vec<(f64, Taken)> = Vec::new();
    let (mut pools, mut replacements) = (0, 0);
    while let Some(event) = run.event() {
        match event {
            Event::Live(LiveEvent::Memory { reserved, .. }) => pools = reserved,
            Event::Live(LiveEvent::Started { resumed: true, .. }) => replacements += 1,
            Event::Live(LiveEvent::Progress { done, .. }) => {
                looks.push((done, (resident(run.process.id()), pools)))
            }
            _ => {}
        }
    }
    assert!(run.process.wait().unwrap().success(), "{}", run.said());
    for tenth in looks.chunk_by(|a, b| (a.0 * 10.0) as u32 == (b.0 * 10.0) as u32) {
        let (done, (memory, pools)) = tenth[tenth.len() / 2];
        eprintln!("{:3.0}%: {:.1} MiB, in pools {:.1} MiB", 100.0 * done, mib(memory), mib(pools));
    }
    let within = |from: f64, to: f64| {
        let looks = looks.iter().filter(|(done, _)| (from..to).contains(done));
        let (mut memory, mut pools): (Vec<u64>, Vec<u64>) = looks.map(|(_, taken)| *taken).unzip();
        memory.sort_unstable();
        pools.sort_unstable();
        (memory, pools)
    };
    let ((early, early_pools), (late, late_pools)) = (within(0.1, 0.2), within(0.2, 1.1));
    let soaked = Soaked {
        early: (early[early.len() / 2], early_pools[early_pools.len() / 2]),
        most: (late[late.len() - 1], late_pools[late_pools.len() - 1]),
        replacements,
    };
    eprintln!(
        "{:.1} MiB at first, {:.1} MiB at most, {replacements} replacements",
        mib(soaked.early.0),
        mib(soaked.most.0)
    );
    soaked
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

impl Soaked {
    fn assert_bounded(&self) {
        let bounded = |early: u64, late: u64| late <= early + (early / 20).max(GROWTH);
        let Self { early, most, .. } = self;
        assert!(bounded(early.0, most.0) && bounded(early.1, most.1), "{self:?}");
    }
}

#[test]
fn a_thousand_steps_take_no_more_memory_than_the_first_hundred() {
    soak("cpu", 1000).assert_bounded();
}

#[test]
#[ignore = "minutes"]
fn ten_thousand_steps_take_no_more_memory_than_the_first_thousand() {
    let soaked = soak("cpu", 10_000);
    soaked.assert_bounded();
    assert_eq!(soaked.replacements, 0, "there is no need to");
}

#[test]
#[ignore = "needs a Vulkan driver, and ten minutes with one in software"]
fn a_thousand_steps_on_a_gpu_take_no_more_memory_than_the_first_hundred() {
    let soaked = soak(&adapter(), 1000);
    soaked.assert_bounded();
    assert!(soaked.early.1 > 0, "{soaked:?}");
    assert_eq!(soaked.replacements, 0, "there is no need to");
}

/// burn's fusion looks for a plan for each sequence of operations that it has not met, and keeps it for ever. Steps
/// that differ in their numbers only are one sequence.
#[test]
#[ignore = "needs a Vulkan driver, and minutes with one in software"]
fn steps_that_are_alike_need_no_new_plans() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("fusion.log");
    let settings = format!("[fusion.logger]\nlevel = \"full\"\nfile = {:?}\n", log.display().to_string());
    fs::write(folder.path().join("burn.toml"), settings).unwrap();
    // Fewer than until the first look at all weights, which is no step, and one evaluation at their end.
    let mut command = training(folder.path(), &adapter(), 40);
    command.args(["--set", "winner.evaluate_every=40"]);
    command.current_dir(folder.path());
    let (_, status) = Run::start(command).end();
    assert!(status.success());
    let lines = BufReader::new(File::open(log).unwrap()).split(b'\n').map(Result::unwrap);
    let starts = |line: &[u8], start: &str| line.starts_with(start.as_bytes());
    let plans: Vec<bool> = lines
        .filter_map(|line| match () {
            () if starts(&line, "[plan] exploration completed") => Some(true),
            () if starts(&line, "[plan] cache hit") => Some(false),
            () => None,
        })
        .collect();
    let new = |part: &[bool]| part.iter().filter(|new| **new).count();
    // The evaluation is in the last tenth.
    let (first, later) = plans[..plans.len() * 9 / 10].split_at(plans.len() / 2);
    eprintln!("{} plans, {} of them new at first and {} later", plans.len(), new(first), new(later));
    assert!(new(first) > 100 && later.len() > 1000);
    assert_eq!(new(later), 0);
}
