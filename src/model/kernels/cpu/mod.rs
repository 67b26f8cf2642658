//! Kernels of the CPU on channels-last maps, as plain code on slices that knows nothing of burn.
//!
//! Maps are contiguous `[images, height, width, channels]`. Products go through `faer`; other loops are written so that
//! the compiler vectorises them, once for each instruction set, the best of which is chosen when the program runs
//! (`pulp`). Work is split into pieces of a fixed size, never by the number of threads, and sums are added piece by
//! piece in order, so that any number of threads gives the same bits.

pub mod activation;
pub mod adam;
pub mod add;
pub mod conv;
mod extent;
mod fill;
pub mod layout;
pub mod norm;
pub mod pool;
pub mod resize;
mod scratch;
mod sections;
mod simd;
pub mod spatial;
pub mod spectral;
mod tasks;
#[cfg(test)]
mod testing;

pub use extent::{Extent, SlidingWindow};
pub use pool::window::Pooling;
