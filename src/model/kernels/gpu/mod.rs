//! The operators on GPUs, as kernels written with CubeCL, which compiles them for the device.
//!
//! Maps are contiguous `[images, height, width, channels]`, as burn's own convolutions leave and want them there, so
//! that nothing is laid out anew between two operators. Convolutions themselves are burn's. A kernel works on single
//! values or sums a column of a map; sums go over chunks of rows first, and then over the chunks in order.

mod activation;
mod adam;
mod convolution;
mod copies;
mod joined;
mod list;
mod loss;
mod norm;
mod operators;
mod resize;
mod spectral;
mod sums;
mod tensors;

#[cfg(test)]
mod tests;

pub(super) use adam::{adam, averages};
pub(crate) use copies::{copies, store};
pub(super) use joined::{gathered, total};
pub(super) use loss::{loss_term, loss_term_backward};
pub(in crate::model) use norm::blended;
pub(in crate::model) use spectral::spectral_norm_of_layers;
