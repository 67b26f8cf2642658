//! What is computed, beside numbers of PyTorch and of other programs.

mod controller;
mod cpu;
mod evaluation;
pub(crate) mod fixtures;
mod gpu;
mod metric;
pub(crate) mod operators;
mod own_kernels;
mod parity;
pub(crate) mod peers;
mod pytorch;
