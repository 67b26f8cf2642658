//! What this machine can compute on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::{Adapter, DeviceChoice, DeviceError, adapters, cache_dir, pick};

/// The devices and folders of a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Its GPUs, and what imitates one.
    pub adapters: Vec<Adapter>,
    /// Its processor.
    pub cpu: Cpu,
    /// What `auto` takes here.
    pub auto: ChosenDevice,
    /// The folder of what is kept between runs.
    pub cache: PathBuf,
}

/// The processor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// Its name.
    pub name: String,
    /// Threads that run at once.
    pub cores: usize,
    /// Bytes.
    pub memory: u64,
    /// Bytes that are free or can be freed.
    pub memory_available: u64,
}

/// A device and why it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenDevice {
    /// Its name.
    pub name: String,
    /// Why, as the end of a sentence.
    pub reason: String,
}

impl Machine {
    /// Detects what this machine has.
    ///
    /// # Errors
    ///
    /// If it has no place for a cache.
    pub fn detect() -> Result<Self, DeviceError> {
        let adapters = adapters();
        let auto = pick(&DeviceChoice::Auto, &adapters)?;
        let name = auto.adapter.map_or(DeviceChoice::CPU.to_owned(), |adapter| adapter.name);
        let auto = ChosenDevice { name, reason: auto.reason };
        Ok(Self { adapters, cpu: Cpu::detect(), auto, cache: cache_dir()? })
    }
}

impl Cpu {
    fn detect() -> Self {
        let wanted = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(wanted);
        let brand = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned());
        Self {
            name: brand.filter(|name| !name.is_empty()).unwrap_or("unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: system.total_memory(),
            memory_available: system.available_memory(),
        }
    }
}
