//! Where the program computes: adapters by name, choosing and opening one, the user's cache folder.

mod adapters;
mod cache;
mod choice;
mod error;
mod machine;
mod memory;
mod open;

pub use adapters::{Adapter, Api, Kind, adapters};
pub use cache::cache_dir;
pub use choice::{Choice, Picked, pick};
pub use error::DeviceError;
pub use machine::{Cpu, Machine, Named};
#[cfg(test)]
pub(crate) use open::LOSE_DEVICE;
pub use open::{Opened, open};
