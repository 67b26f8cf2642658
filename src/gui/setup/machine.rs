//! Devices of this machine, and whether one computes right: asked of `autogan doctor` in a process of its
//! own, since a broken driver may take its process down.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde::Deserialize;

use crate::gui::session::Wake;

/// A GPU of the machine.
#[derive(Clone, Debug, Deserialize)]
pub struct Adapter {
    /// Its name.
    pub name: String,
    /// Bytes of its memory, where the driver tells.
    pub memory: Option<u64>,
}

/// The processor.
#[derive(Clone, Debug, Deserialize)]
pub struct Cpu {
    /// Its name.
    pub name: String,
    /// Threads that run at once.
    pub cores: usize,
    /// Bytes.
    pub memory: u64,
}

/// A device and why it was taken.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What the machine has.
#[derive(Clone, Debug, Deserialize)]
pub struct Devices {
    /// Its GPUs.
    pub adapters: Vec<Adapter>,
    /// Its processor.
    pub cpu: Cpu,
    /// What `auto` takes.
    pub auto: Named,
}

#[derive(Deserialize)]
struct Report {
    #[serde(flatten)]
    devices: Devices,
    #[serde(default)]
    examination: Option<Examination>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Examination {
    device: Named,
    passed: bool,
    seconds: f64,
    self_test: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    name: String,
    passed: bool,
}

/// How something asked for stands.
#[derive(Clone, Debug, Default)]
pub enum Answer<T> {
    /// Not asked for.
    #[default]
    None,
    /// Not there yet.
    Waiting,
    /// There, or why it will not be.
    Known(Result<T, String>),
}

/// What is known of the machine.
pub struct Machine {
    program: PathBuf,
    wake: Wake,
    devices: Arc<Mutex<Answer<Devices>>>,
    test: Arc<Mutex<Answer<String>>>,
}

impl Machine {
    /// Nothing asked yet. `program` is this program.
    pub fn new(program: PathBuf, wake: Wake) -> Self {
        Self { program, wake, devices: Arc::default(), test: Arc::default() }
    }

    /// The devices; asked for at the first call.
    pub fn devices(&self) -> Answer<Devices> {
        if matches!(*lock(&self.devices), Answer::None) {
            self.ask(&self.devices, vec!["--list".to_owned()], |report| Ok(report.devices));
        }
        lock(&self.devices).clone()
    }

    /// The outcome of the last self-test.
    pub fn test(&self) -> Answer<String> {
        lock(&self.test).clone()
    }

    /// Begins a self-test of a device, given as the command line takes it.
    pub fn begin_test(&self, device: &str) {
        self.ask(&self.test, vec!["--device".to_owned(), device.to_owned()], |report| {
            let Some(examination) = report.examination else {
                return Err(report.error.unwrap_or_else(|| "the self-test told nothing".to_owned()));
            };
            let name = &examination.device.name;
            let wrong: Vec<&str> =
                examination.self_test.iter().filter(|check| !check.passed).map(|c| c.name.as_str()).collect();
            match examination.passed {
                true => Ok(format!(
                    "{name} computes what the CPU computes: {} checks in {:.0} s",
                    examination.self_test.len(),
                    examination.seconds
                )),
                false => {
                    Err(format!("{name} computes wrong results ({}); update its driver", wrong.join(", ")))
                }
            }
        });
    }

    fn ask<T: Send + 'static>(
        &self,
        answer: &Arc<Mutex<Answer<T>>>,
        arguments: Vec<String>,
        read: fn(Report) -> Result<T, String>,
    ) {
        *lock(answer) = Answer::Waiting;
        let (program, wake, answer) = (self.program.clone(), self.wake.clone(), answer.clone());
        thread::spawn(move || {
            let outcome = doctor(&program, &arguments).and_then(read);
            *lock(&answer) = Answer::Known(outcome);
            wake();
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn doctor(program: &Path, arguments: &[String]) -> Result<Report, String> {
    let mut command = Command::new(program);
    command.args(["doctor", "--json"]).args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output =
        command.output().map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    // Where the examination fails, a second object says why.
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.first().ok_or("the driver took the test down; update it, or compute on the CPU")?;
    let mut report: Report =
        serde_json::from_str(first).map_err(|error| format!("the devices cannot be listed: {error}"))?;
    let last: Option<serde_json::Value> = lines.last().and_then(|line| serde_json::from_str(line).ok());
    report.error = last.and_then(|last| Some(last.get("error")?.as_str()?.to_owned()));
    Ok(report)
}
