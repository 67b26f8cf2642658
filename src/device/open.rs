//! Opening the chosen device.

use std::sync::{Mutex, PoisonError};

use burn::cubecl::future::block_on;
use burn::tensor::Device;
use burn::tensor::wgpu::WgpuSetup;

use super::DeviceError;
use super::adapters::{Adapter, FoundAdapter, found, instance};
use super::cache::{cache_dir, keep_tuning};
use super::choice::{DeviceChoice, pick};

/// Kernels that are handed to the GPU at once. Few enough that a desktop's own frames come between.
const SUBMIT: usize = 16;

/// Names a file; once it exists, the GPU is lost as in a crash of its driver. Only in builds of tests.
#[cfg(test)]
pub(crate) const LOSE_DEVICE: &str = "AUTOGAN_TEST_LOSE_DEVICE";

/// The adapter this process computes on. Opening it twice would compile and tune twice.
static OPEN: Mutex<Option<(String, Device)>> = Mutex::new(None);

/// A device that is ready to compute.
#[derive(Clone, Debug)]
pub struct OpenedDevice {
    /// The device, without autodiff.
    pub device: Device,
    /// Its name: an adapter's, or `cpu`.
    pub name: String,
    /// Why it was chosen, as the end of a sentence.
    pub reason: String,
    /// Whether it is an adapter (a GPU or an imitation of one), whose kernels are compiled and tuned
    /// at first use.
    pub is_gpu: bool,
}

/// Opens what `choice` means on this machine. Never opens anything else instead.
///
/// # Errors
///
/// If a name fits no adapter or several, or the adapter cannot be opened, or another one is open
/// in this process.
pub fn open(choice: &DeviceChoice) -> Result<OpenedDevice, DeviceError> {
    if *choice == DeviceChoice::Cpu {
        return Ok(cpu("as asked".to_owned()));
    }
    let found = found();
    let adapters: Vec<Adapter> = found.iter().map(|found| found.adapter.clone()).collect();
    let picked = pick(choice, &adapters)?;
    let Some(adapter) = picked.adapter else {
        return Ok(cpu(picked.reason));
    };
    Ok(OpenedDevice {
        device: open_once(&found[adapter.index])?,
        name: adapter.name,
        reason: picked.reason,
        is_gpu: true,
    })
}

fn cpu(reason: String) -> OpenedDevice {
    OpenedDevice { device: Device::flex(), name: DeviceChoice::CPU.to_owned(), reason, is_gpu: false }
}

fn open_once(found: &FoundAdapter) -> Result<Device, DeviceError> {
    let wanted = &found.adapter.name;
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    match &*open {
        Some((name, device)) if name == wanted => Ok(device.clone()),
        Some((name, _)) => Err(DeviceError::Taken { open: name.clone(), wanted: wanted.clone() }),
        None => {
            let device = request(found)?;
            *open = Some((wanted.clone(), device.clone()));
            Ok(device)
        }
    }
}

fn request(found: &FoundAdapter) -> Result<Device, DeviceError> {
    let FoundAdapter { adapter, handle } = found;
    let failed = |message: String| DeviceError::Open { name: adapter.name.clone(), message };
    // cubecl asks the adapter, not the device, what it may use, so the device must have all of it.
    // It uses nothing experimental, and asking for that would need unsafe code.
    let unwanted = wgpu::Features::MAPPABLE_PRIMARY_BUFFERS | wgpu::Features::all_experimental_mask();
    let (device, queue) = block_on(handle.request_device(&wgpu::DeviceDescriptor {
        required_features: handle.features().difference(unwanted),
        required_limits: handle.limits(),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    }))
    .map_err(|error| failed(error.to_string()))?;
    #[cfg(test)]
    lose_when_asked(device.clone());
    match cache_dir() {
        Ok(folder) => keep_tuning(&folder, &adapter.name),
        Err(error) => tracing::warn!("tuning results are not kept: {error}"),
    }
    let setup = WgpuSetup {
        instance: instance().clone(),
        backend: handle.get_info().backend,
        adapter: handle.clone(),
        device,
        queue,
    };
    Device::wgpu_options().tasks_max(SUBMIT).setup(setup).init().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
fn lose_when_asked(device: wgpu::Device) {
    let Some(signal) = std::env::var_os(LOSE_DEVICE).map(std::path::PathBuf::from) else {
        return;
    };
    std::thread::spawn(move || {
        while !signal.exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        device.destroy();
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::tensor::Tensor;

    #[test]
    fn the_cpu_opens_and_computes_on_any_machine() {
        let opened = open(&DeviceChoice::Cpu).unwrap();
        assert_eq!((opened.name.as_str(), opened.is_gpu), (DeviceChoice::CPU, false));
        let sum: f32 = Tensor::<1>::ones([5], &opened.device).sum().into_scalar();
        assert_eq!(sum, 5.0);
    }

    #[test]
    fn a_name_that_no_adapter_has_opens_nothing() {
        let error = open(&DeviceChoice::Named("no such adapter".to_owned())).unwrap_err();
        assert!(matches!(error, DeviceError::Unknown { .. }), "{error}");
    }
}
