//! What `autogan doctor --json` says: for the window, which asks for it in a process of its own.

use serde::{Deserialize, Serialize};

use crate::device::{Machine, Named};
use crate::gan::Check;

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoctorReport {
    /// What the machine has.
    #[serde(flatten)]
    pub machine: Machine,
    /// What was found out on the chosen device; none where it could not be opened, or was not asked for.
    #[serde(default)]
    pub examination: Option<Examination>,
}

/// What was found out on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// The device.
    pub device: Named,
    /// Every operator against the CPU.
    pub self_test: Vec<Check>,
    /// Whether all of them passed.
    pub passed: bool,
    /// Seconds that the self-test took.
    pub seconds: f64,
    /// Seconds that the warm-up took, if it was asked for.
    pub warm_up_seconds: Option<f64>,
}
