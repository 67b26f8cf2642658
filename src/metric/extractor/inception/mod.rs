//! The Inception network of 2015, of whose features the field's IS and FID are made.
//!
//! Its numbers are not shipped: they are read from the files that pytorch-fid and torch-fidelity publish.

mod layout;
mod network;
mod preprocessing;
mod weights;

pub use layout::{CLASSES, FEATURES, MACS, shapes as tensors};
pub(super) use network::Inception;
pub use preprocessing::Preprocessing;
pub use weights::{INCEPTION_2015, InceptionWeights, how_to_get};

/// Images that go through the network at once.
pub const BATCH: usize = 32;
