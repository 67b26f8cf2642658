//! The adapters of this machine by name.

use std::sync::{Mutex, OnceLock, PoisonError};

use burn::cubecl::future::block_on;
use serde::{Deserialize, Serialize};
use wgpu::{Backend, Backends, DeviceType};

use super::memory;

/// What an adapter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterKind {
    /// A GPU with memory of its own.
    Discrete,
    /// A GPU that shares the CPU's memory.
    Integrated,
    /// A part of a GPU, given to a virtual machine.
    Virtual,
    /// A GPU whose kind the driver does not tell, as OpenGL does not.
    Other,
    /// A GPU imitated on the CPU, slower than computing on the CPU directly.
    Software,
}

impl AdapterKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Discrete => "discrete GPU",
            Self::Integrated => "integrated GPU",
            Self::Virtual => "virtual GPU",
            Self::Other => "GPU",
            Self::Software => "software adapter",
        }
    }
}

/// The graphics interface through which an adapter is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// Linux, Windows, Android.
    Vulkan,
    /// Apple.
    Metal,
    /// Windows.
    Dx12,
    /// OpenGL, where there is nothing better.
    Gl,
}

impl Api {
    /// Best first.
    const ALL: [Api; 4] = [Api::Vulkan, Api::Metal, Api::Dx12, Api::Gl];

    /// As its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vulkan => "Vulkan",
            Self::Metal => "Metal",
            Self::Dx12 => "DirectX 12",
            Self::Gl => "OpenGL",
        }
    }

    fn backend(self) -> Backend {
        match self {
            Self::Vulkan => Backend::Vulkan,
            Self::Metal => Backend::Metal,
            Self::Dx12 => Backend::Dx12,
            Self::Gl => Backend::Gl,
        }
    }
}

/// An adapter, as `autogan doctor` lists it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adapter {
    /// Its name, different from all others: equal cards carry a number.
    pub name: String,
    /// What it is.
    pub kind: AdapterKind,
    /// How it is reached.
    pub api: Api,
    /// The driver with its version; empty when unknown.
    pub driver: String,
    /// Bytes of its own memory, where the driver tells.
    pub memory: Option<u64>,
    /// Its place in the list.
    pub index: usize,
}

impl Adapter {
    /// What it is, such as `discrete GPU, Vulkan, NVIDIA 580.95, 12.0 GiB`.
    pub fn details(&self) -> String {
        let mut details = vec![self.kind.words().to_owned(), self.api.name().to_owned()];
        details.extend(Some(self.driver.clone()).filter(|driver| !driver.is_empty()));
        details.extend(self.memory.map(gibibytes));
        details.join(", ")
    }
}

/// Bytes in words: `12.0 GiB`.
pub fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / (1u64 << 30) as f64)
}

/// An adapter with the handle that opens it.
pub(super) struct FoundAdapter {
    pub adapter: Adapter,
    pub handle: wgpu::Adapter,
}

/// The one instance of the process. Vulkan loaders crash when instances come and go on several
/// threads.
pub(super) fn instance() -> &'static wgpu::Instance {
    static INSTANCE: OnceLock<wgpu::Instance> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: Backends::PRIMARY | Backends::GL,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        })
    })
}

/// The adapters of this machine; none where there is no graphics driver.
pub fn adapters() -> Vec<Adapter> {
    found().into_iter().map(|found| found.adapter).collect()
}

pub(super) fn found() -> Vec<FoundAdapter> {
    /// OpenGL belongs to one thread at a time, and a second one that asks meanwhile brings the process down.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<(Api, wgpu::AdapterInfo, wgpu::Adapter)> = Vec::new();
    for api in Api::ALL {
        let of_api = block_on(instance().enumerate_adapters(api.backend().into()));
        for handle in of_api {
            let info = handle.get_info();
            let known = all.iter().any(|(other, known, _)| *other != api && same_card(api, &info, known));
            if !known {
                all.push((api, info, handle));
            }
        }
    }
    let names = distinct(all.iter().map(|(_, info, _)| info.name.trim().to_owned()).collect());
    all.into_iter()
        .zip(names)
        .enumerate()
        .map(|(index, ((api, info, handle), name))| FoundAdapter {
            adapter: Adapter {
                name,
                kind: kind(info.device_type),
                api,
                driver: driver(&info.driver, &info.driver_info),
                memory: match info.device_type {
                    DeviceType::Cpu => None,
                    _ => memory::on_card(info.vendor, &info.device_pci_bus_id),
                },
                index,
            },
            handle,
        })
        .collect()
}

/// Whether the better interface, which listed `known`, has this card already. OpenGL knows neither a
/// card's number nor its kind; there, one adapter of the same maker or the same kind of imitation is
/// enough.
fn same_card(api: Api, info: &wgpu::AdapterInfo, known: &wgpu::AdapterInfo) -> bool {
    let software = |info: &wgpu::AdapterInfo| info.device_type == DeviceType::Cpu;
    match api {
        Api::Gl => info.vendor == known.vendor || (software(info) && software(known)),
        _ => (info.vendor, info.device) == (known.vendor, known.device),
    }
}

fn kind(kind: DeviceType) -> AdapterKind {
    match kind {
        DeviceType::DiscreteGpu => AdapterKind::Discrete,
        DeviceType::IntegratedGpu => AdapterKind::Integrated,
        DeviceType::VirtualGpu => AdapterKind::Virtual,
        DeviceType::Other => AdapterKind::Other,
        DeviceType::Cpu => AdapterKind::Software,
    }
}

fn driver(name: &str, version: &str) -> String {
    format!("{} {}", name.trim(), version.trim()).trim().to_owned()
}

/// Numbers the names that occur more than once: `GPU #1`, `GPU #2`.
fn distinct(names: Vec<String>) -> Vec<String> {
    let number = |at: usize, name: &String| {
        let alike = |names: &[String]| names.iter().filter(|other| *other == name).count();
        match alike(&names) {
            1 => name.clone(),
            _ => format!("{name} #{}", alike(&names[..at]) + 1),
        }
    };
    names.iter().enumerate().map(|(at, name)| number(at, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_cards_get_numbers_and_others_keep_their_names() {
        let names = ["GPU", "iGPU", "GPU"].map(str::to_owned).to_vec();
        assert_eq!(distinct(names), ["GPU #1", "iGPU", "GPU #2"]);
    }

    #[test]
    fn listing_gives_distinct_names_in_order_on_any_machine() {
        let all = adapters();
        for (place, adapter) in all.iter().enumerate() {
            assert_eq!(adapter.index, place);
            let alike = all.iter().filter(|other| other.name == adapter.name);
            assert_eq!(alike.count(), 1, "{}", adapter.name);
        }
    }

    #[test]
    fn a_driver_without_a_name_or_version_leaves_no_blanks() {
        assert_eq!(driver("NVIDIA", "580.95"), "NVIDIA 580.95");
        assert_eq!(driver("", "4.6 "), "4.6");
        assert_eq!(driver("", ""), "");
    }
}
