//! Devices of this machine, and whether one computes right: found out by `autogan doctor` in a process of its
//! own, since a broken driver may take its process down.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::app::{DeviceCheck, DoctorReport};
use crate::device;
use crate::gui::background::reader::BackgroundReader;
use crate::gui::session::Wake;

/// The machine, or why nothing is known of it; none before the answer.
pub type Devices = Option<Arc<Result<device::Machine, String>>>;
/// What a self-test found, in a sentence, good or bad; none before the answer.
pub type SelfTestVerdict = Option<Arc<Result<String, String>>>;

/// What is known of the machine.
pub struct MachineFacts {
    program: PathBuf,
    wake: Wake,
    devices: BackgroundReader<Result<device::Machine, String>>,
    /// The device that is tested, as the command line takes it.
    test: Option<(String, BackgroundReader<Result<String, String>>)>,
}

impl MachineFacts {
    /// Nothing is known yet. `program` is this program.
    pub fn new(program: PathBuf, wake: Wake) -> Self {
        Self { program, devices: BackgroundReader::new(wake.clone()), wake, test: None }
    }

    /// The devices; looked up at the first call.
    pub fn devices(&mut self) -> Devices {
        let program = self.program.clone();
        self.devices.get(Duration::MAX, || {
            move || {
                let answer = doctor(&program, &["--list"])?;
                answer.report.map(|report| report.machine).ok_or(answer.problem)
            }
        })
    }

    /// Begins a self-test of a device, given as the command line takes it.
    pub fn begin_test(&mut self, device: &str) {
        self.test = Some((device.to_owned(), BackgroundReader::new(self.wake.clone())));
    }

    /// What came of the last self-test; none where there was none.
    pub fn test(&mut self) -> Option<SelfTestVerdict> {
        let program = &self.program;
        self.test.as_mut().map(|(device, reader)| {
            reader.get(Duration::MAX, || {
                let (program, device) = (program.clone(), device.clone());
                move || {
                    let answer = doctor(&program, &["--device", &device])?;
                    let check = answer.report.and_then(|report| report.check);
                    check.map_or(Err(answer.problem), |check| verdict(&check))
                }
            })
        })
    }
}

/// The name of the device that a choice comes to, once that is known.
pub fn resolved(name: &str, devices: &Devices) -> Option<String> {
    match (name, devices.as_deref()) {
        ("auto", Some(Ok(devices))) => Some(devices.auto.name.clone()),
        ("auto", _) => None,
        (name, _) => Some(name.to_owned()),
    }
}

fn verdict(check: &DeviceCheck) -> Result<String, String> {
    let DeviceCheck { device, self_test, passed, seconds, .. } = check;
    match passed {
        true => Ok(format!(
            "{} gives the right results: all {} checks passed in {seconds:.0} s",
            device.name,
            self_test.len()
        )),
        false => {
            let wrong = self_test.iter().filter(|check| !check.passed);
            let wrong: Vec<&str> = wrong.map(|check| check.name.as_str()).collect();
            Err(format!("{} computes wrong results ({}); update its driver", device.name, wrong.join(", ")))
        }
    }
}

/// What the doctor said.
struct Answer {
    report: Option<DoctorReport>,
    /// Why it has not said more.
    problem: String,
}

fn doctor(program: &Path, arguments: &[&str]) -> Result<Answer, String> {
    let mut command = Command::new(program);
    command.args(["doctor", "--json"]).args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output =
        command.output().map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut answer = Answer {
        report: None,
        problem: "the driver took the test down; update it, or compute on the CPU".to_owned(),
    };
    // Where the check fails, a second object says why.
    for line in text.lines() {
        let value: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("the devices cannot be listed: {error}"))?;
        match value.get("error").and_then(serde_json::Value::as_str) {
            Some(problem) => answer.problem = problem.to_owned(),
            None => {
                let report = serde_json::from_value(value);
                answer.report =
                    Some(report.map_err(|error| format!("the devices cannot be listed: {error}"))?);
            }
        }
    }
    Ok(answer)
}
