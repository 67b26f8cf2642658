//! What this machine can compute on, and whether it computes right. The window asks for it in a process of its own,
//! `autogan doctor --json`.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::config::RunConfig;
use crate::device::{self, ChosenDevice, DeviceChoice, Machine, OpenedDevice};
use crate::engine::{Event, JobSpec, LiveEvent, Plan};
use crate::gan::{CHECKS, Check, self_test};

/// The preset that is warmed up.
const PRESET: &str = "quick";

/// All that `autogan doctor --json` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoctorReport {
    /// What the machine has.
    #[serde(flatten)]
    pub machine: Machine,
    /// The check of the chosen device; none where it could not be opened, or was not asked for.
    #[serde(default, rename = "examination")]
    pub check: Option<DeviceCheck>,
}

/// A check of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceCheck {
    /// The device.
    pub device: ChosenDevice,
    /// Every operator against the CPU.
    pub self_test: Vec<Check>,
    /// Whether all of them passed.
    pub passed: bool,
    /// Seconds that the self-test took.
    pub seconds: f64,
    /// Seconds that the warm-up took, if it was asked for.
    pub warm_up_seconds: Option<f64>,
}

/// Opens the device that `choice` names, and computes every operator on it and on the CPU. Emits how far it is.
///
/// # Errors
///
/// If it cannot be opened.
pub fn check_device(
    choice: &str,
    emit: &mut dyn FnMut(&Event),
) -> anyhow::Result<(OpenedDevice, DeviceCheck)> {
    let begun = Instant::now();
    let opened = device::open(&choice.parse::<DeviceChoice>()?)?;
    let total = CHECKS as u64;
    let mut done = 0;
    let self_test = self_test(&opened.device, &mut |name| {
        let what = format!("self-test on {}: {name}", opened.name);
        emit(&LiveEvent::Preparing { what, done, total }.into());
        done += 1;
    });
    let check = DeviceCheck {
        device: ChosenDevice { name: opened.name.clone(), reason: opened.reason.clone() },
        passed: self_test.iter().all(|check| check.passed),
        seconds: begun.elapsed().as_secs_f64(),
        warm_up_seconds: None,
        self_test,
    };
    Ok((opened, check))
}

/// Compiles and tunes the kernels of a search with the preset `quick`, emitting how far it is. Returns the seconds
/// that it took.
///
/// # Errors
///
/// If its networks cannot be run on the device.
pub fn warm_up(opened: &OpenedDevice, emit: &mut dyn FnMut(&Event)) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let plan = Plan {
        spec: JobSpec::Search,
        config: RunConfig::preset(PRESET)?,
        device: opened.device.clone(),
        device_name: opened.name.clone(),
        is_gpu: opened.is_gpu,
        cache: device::cache_dir()?,
    };
    plan.warm_up(emit)?;
    Ok(begun.elapsed().as_secs_f64())
}
