//! What can be typed wherever a generator is read.

use clap::Args;

use super::{at_least_one, not_empty};
use crate::arch::{ArchError, Genotype};
use crate::engine::ModelOptions;

/// Which generator of a file is meant.
#[derive(Debug, Args)]
pub(in crate::cli) struct ModelArgs {
    /// The architecture, for weights that do not say it: an integer vector such as 1 0 1 1 1 0 0 1 1
    #[arg(long, value_name = "VECTOR", value_parser = not_empty)]
    pub arch: Option<String>,
    /// The table of a checkpoint that the weights are in, such as netG or g_ema [default: the averaged weights, if
    /// there are any]
    #[arg(long, value_name = "NAME", value_parser = not_empty)]
    pub table: Option<String>,
    /// Take the generator at an earlier stage of its growth: only its first N cells
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub stage: Option<usize>,
}

impl ModelArgs {
    /// What was typed.
    pub fn options(&self) -> Result<ModelOptions, ArchError> {
        let arch = self.arch.as_deref().map(Genotype::parse).transpose()?;
        Ok(ModelOptions { arch, table: self.table.clone(), stage: self.stage })
    }
}
