//! The arguments of `autogan data`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};

use crate::data::fetch::Dataset;
use crate::data::{DataError, Split};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DataCommand {
    /// Load images as a run would, and say what was found and what was skipped
    Check(CheckArgs),
    /// Download a public data set
    Fetch(FetchArgs),
    /// Train the scorer of the toys again, as it ships with the program
    Scorer(ScorerArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// The images: toys, a folder, cifar10:DIR, stl10:DIR or idx:DIR
    #[arg(value_name = "SRC")]
    pub source: String,
    /// Side in pixels that they are brought to
    #[arg(long, value_name = "PX", default_value_t = 32)]
    pub size: usize,
    /// Look at the test images instead of those for training
    #[arg(long)]
    pub test: bool,
    /// Write the first images into this PNG file
    #[arg(long, value_name = "FILE")]
    pub sheet: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl CheckArgs {
    /// The part of the source to look at.
    pub fn split(&self) -> Split {
        if self.test { Split::Test } else { Split::Train }
    }
}

/// What can be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Fetched {
    /// Images.
    Dataset(Dataset),
    /// The Inception network's weights.
    Inception,
}

impl FromStr for Fetched {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        match text {
            "inception" => Ok(Self::Inception),
            name => name.parse().map(Self::Dataset),
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FetchArgs {
    /// cifar10, stl10, fashion-mnist, or inception: the network of IS and FID
    #[arg(value_name = "NAME")]
    pub what: Fetched,
    /// The folder that the files go to; for inception, the cache folder if none is named
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Where to get the files, instead of from their publisher
    #[arg(long, value_name = "URL")]
    pub mirror: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ScorerArgs {
    /// The safetensors file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
