//! Convolutions on channels-last maps (`[images, height, width, channels]`) for the CPU: plain safe Rust on slices.
//!
//! Products go through `faer`, everything else is written so that LLVM vectorises it over channels, and work is
//! split by fixed numbers of rows, so that any number of threads gives the same bits.

pub mod conv1;
pub mod conv3;
mod gather;
pub mod general;
mod lanes;
mod patches;
pub mod pooled;
mod product;
mod sums;
#[cfg(test)]
mod testing;
pub mod transposed;
pub mod upsampled;
mod weights;
mod winograd;

pub use product::Finish;
