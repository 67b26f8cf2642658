#![allow(clippy::unwrap_used)]
//! A worker process that loses its GPU. The fault is injected in builds of tests only, so this program acts as the
//! worker.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::{Child, WorkerCommand, WorkerMessage, serve};
use crate::config::{RunConfig, TINY};
use crate::device::{LOSE_DEVICE, Machine};
use crate::engine::{self, End, Event, JobSpec, LiveEvent, Reopened};

/// With [`TINY`], a search of seconds on the CPU.
const SETTINGS: [&str; 8] = [
    "search.iterations=[1, 1]",
    "search.shared_steps=6",
    "search.controller.steps=3",
    "search.candidates=3",
    "search.top_k=2",
    "search.reward_samples=64",
    "derive.steps=6",
    "winner.steps=100000",
];

#[test]
#[ignore = "the worker process of the test below, which starts it"]
fn worker() {
    if std::env::var_os(LOSE_DEVICE).is_some() {
        let input = File::from(io::stdin().as_fd().try_clone_to_owned().unwrap());
        serve(Vec::new(), input, io::stdout()).unwrap();
    }
}

#[test]
#[ignore = "needs a Vulkan driver, and minutes with one in software"]
fn a_lost_gpu_ends_the_worker_in_plain_words_and_the_run_goes_on_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let signal = folder.path().join("now");
    let program = folder.path().join("program");
    let script = format!(
        "#!/bin/bash\nexport {LOSE_DEVICE}='{}' CUBECL_AUTOTUNE_LEVEL=minimal\nexec '{}' --exact ipc::tests::worker --ignored --nocapture\n",
        signal.display(),
        std::env::current_exe().unwrap().display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let (send, messages) = channel();
    let mut child = Child::spawn(&program, move |message| drop(send.send(message))).unwrap();
    let mut config = Box::new(RunConfig::preset("quick").unwrap());
    let device = format!("device={}", Machine::detect().unwrap().adapters[0].name);
    TINY.iter().chain(&SETTINGS).chain([&device.as_str()]).for_each(|setting| config.apply(setting).unwrap());
    let dir = folder.path().join("run");
    child.send(&WorkerCommand::Start { job: JobSpec::Search, config, dir: dir.clone() }).unwrap();
    let is_step = |message: &WorkerMessage| {
        matches!(message, WorkerMessage::Event(Event::Live(LiveEvent::Progress { .. })))
    };
    assert!(messages.iter().any(|message| is_step(&message)), "it works on the GPU");
    fs::write(&signal, "").unwrap();
    let lost = Instant::now();
    let Some(WorkerMessage::Gone(death)) = messages.iter().last() else { panic!("it is gone") };
    eprintln!("gone after {:?}: {}\n{}", lost.elapsed(), death.text, death.details);
    assert!(lost.elapsed() < Duration::from_secs(10));
    assert!(!death.orderly && death.text.contains("graphics"), "{death:?}");
    let elsewhere = |config: &mut RunConfig| {
        ["device=cpu", "winner.steps=10"].iter().try_for_each(|setting| config.apply(setting))?;
        Ok(())
    };
    let mut emit = |_: &Event| {};
    let Reopened::Unfinished(mut run) = engine::resume(&dir, false, elsewhere, &mut emit).unwrap() else {
        panic!("it has not finished")
    };
    let (_send, controls) = channel();
    assert!(matches!(run.run(&controls, &mut emit).unwrap(), End::Finished(_)));
}
