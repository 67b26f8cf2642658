//! AutoGAN: searches, trains and shows generative adversarial networks on any GPU.
//!
//! The map of modules; arrows run from the bottom of this list to its top:
//!
//! - [`rng`]: counter-based random streams, and the names of latents
//! - [`arch`]: what an architecture is: search space, genotype, cost
//! - [`data`]: images in
//! - [`model`]: tensors: the networks and their weights
//! - [`metric`]: scores and what they are measured with
//! - [`gan`]: training one generator against one discriminator
//! - [`search`]: finding an architecture
//! - [`config`]: the settings of a run: those of the modules in one, and presets
//! - [`engine`]: runs one job: commands in, events out, checkpoints, recovery
//! - [`ipc`]: the worker process, and who starts and follows it
//! - [`app`]: use cases that the command line and the window share
//! - [`cli`]: one file for each subcommand
//! - [`gui`]: the window
//!
//! From the side, knowing only `arch` and plain values:
//!
//! - [`run`]: the run folder
//! - [`export`]: what leaves the program
//! - [`device`]: adapters by name, self-test
//! - [`tensors`]: named tensors in files that other programs wrote
//! - [`input`]: files from outside, within limits

pub mod app;
pub mod arch;
pub mod cli;
pub mod config;
pub mod data;
pub mod device;
pub mod engine;
pub mod export;
pub mod gan;
pub mod gui;
pub mod input;
pub mod ipc;
pub mod metric;
pub mod model;
pub mod rng;
pub mod run;
pub mod search;
pub mod tensors;
