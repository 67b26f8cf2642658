//! What an architecture is: search space, genotype and cost, as plain values without tensors.
//!
//! - [`Slot`] lists what is chosen in a cell. [`CellGene`] is one cell's choices and [`Genotype`] a generator's, cell by cell; its text form is
//!   the integer vector of the AutoGAN reference code, its JSON form has names.
//! - [`SpaceConfig`] is what a person switches on and off; [`Space`] is the checked search space: its
//!   size, numbering, sampling, the controller's heads, and the bounds on cost.
//! - [`diagram`] is the drawing of a genotype, as boxes and lines.
//! - [`graph`] is a network as a value; the builders of generator and discriminator are there.
//! - [`layers`], [`params`] and [`macs`] say what a genotype costs, and [`difference()`] what tells one from another.
//!
//! Cells, stages and skip sources count from 0 in code and from 1 ("cell 1") wherever a person reads them.

mod cost;
mod description;
pub mod diagram;
mod difference;
mod error;
mod gene;
mod genotype;
pub mod graph;
mod net_shape;
mod shared;
mod slots;
mod space;
mod summary;
pub mod words;

pub use cost::{Cost, LayerCost, layers, macs, params};
pub use description::{Description, NetworkCost};
pub use difference::difference;
pub use error::ArchError;
pub use gene::CellGene;
pub use genotype::Genotype;
pub use graph::{Critic, Graph, SkipTap};
pub use net_shape::NetShape;
pub use shared::shared_parameters;
pub use slots::*;
pub use space::{Allowed, CellOverride, SkipRule, SkipRules, Space, SpaceConfig, Token};

/// The most cells a generator may have: 256 px from the usual bottom width of 4.
pub const MAX_CELLS: usize = 6;
