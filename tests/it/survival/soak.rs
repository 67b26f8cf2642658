//! Memory over many steps.

use std::fs;
use std::process::Command;

use autogan::worker::Event;

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
pub fn adapter() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_autogan")).args(["doctor", "--json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["adapters"][0]["name"].as_str().expect("an adapter").to_owned()
}

/// What a training takes, in bytes: resident memory, and what a GPU's pools have reserved.
type Taken = (u64, u64);

/// Trains one architecture for so many steps on `device`; returns the memory after a tenth of them and at
/// the end, each the median of several looks.
fn soak(device: &str, steps: u64) -> (Taken, Taken) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
    command.args(["train", "--arch", "1 0 1 1 1 0 0 1 1", "--preset", "quick", "--device", device, "--out"]);
    command.arg(folder.path().join("run")).env("CUBECL_AUTOTUNE_LEVEL", "minimal");
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
    let mut run = Run::start(command);
    let mut looks: Vec<(f64, Taken)> = Vec::new();
    let mut pools = 0;
    while let Some(event) = run.event() {
        match event {
            Event::Memory { reserved, .. } => pools = reserved,
            Event::Progress { done, .. } => looks.push((done, (resident(run.process.id()), pools))),
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
        (memory[memory.len() / 2], pools[pools.len() / 2])
    };
    (within(0.1, 0.2), within(0.9, 1.1))
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn assert_bounded(device: &str, steps: u64) {
    let (early, late) = soak(device, steps);
    assert!(bounded(early.0, late.0), "memory: {early:?} {late:?}");
}

fn bounded(early: u64, late: u64) -> bool {
    late <= early + (early / 20).max(GROWTH)
}

#[test]
fn a_thousand_steps_take_no_more_memory_than_the_first_hundred() {
    assert_bounded("cpu", 1000);
}

#[test]
#[ignore = "minutes"]
fn ten_thousand_steps_take_no_more_memory_than_the_first_thousand() {
    assert_bounded("cpu", 10_000);
}

/// Only the pools: with a software driver the process itself grows by a tenth of a MiB a step, which the
/// lines that are printed show and nothing bounds yet.
#[test]
#[ignore = "needs a Vulkan driver, and ten minutes with one in software"]
fn a_gpus_pools_do_not_grow() {
    let (early, late) = soak(&adapter(), 1000);
    assert!(early.1 > 0 && bounded(early.1, late.1), "pools: {early:?} {late:?}");
}
