//! Where the program computes: adapters by name, choosing and opening one, the user's cache folder.

mod adapters;
mod cache;
mod choice;
mod error;
mod graph;
mod machine;
mod memory;
mod open;
mod work;

pub use adapters::{Adapter, AdapterKind, Api, adapters, gibibytes};
pub use cache::cache_dir;
pub use choice::{DeviceChoice, Picked, pick};
pub use error::DeviceError;
pub(crate) use graph::DeviceGraph;
pub use machine::{ChosenDevice, Cpu, Machine};
#[cfg(test)]
pub(crate) use open::LOSE_DEVICE;
pub use open::{OpenedDevice, open};
pub use work::{DeviceWork, WorkCounter, note_readback};
