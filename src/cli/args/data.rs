//! The arguments of `autogan data`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};

use super::not_empty;
use crate::data::fetch::Dataset;
use crate::data::{DataError, READERS, Split};

/// What the Inception network's weights are called among the downloads.
const INCEPTION: &str = "inception";

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
    #[arg(value_name = "SRC", help = images_help(), long_help = sources_help(), value_parser = not_empty)]
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
#[derive(Clone, Copy, Debug)]
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
            INCEPTION => Ok(Self::Inception),
            name => name.parse().map(Self::Dataset),
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FetchArgs {
    #[arg(value_name = "NAME", help = downloads_help(), long_help = downloads_long_help())]
    pub what: Fetched,
    /// The folder that the files go to; for inception, the cache folder if none is named
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Where to get the files, instead of from their publisher
    #[arg(long, value_name = "URL", value_parser = not_empty)]
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

/// How images are named, in a line.
pub(super) fn images_help() -> String {
    let forms: Vec<String> = READERS.iter().map(|reader| reader.kind().form()).collect();
    format!("The images: {}", forms.join(", "))
}

/// How images are named, with what each reader reads.
fn sources_help() -> String {
    let line = |(form, about): (String, &str)| format!("  {form:14} {about}");
    let lines = READERS.iter().map(|reader| (reader.kind().form(), reader.kind().about)).map(line);
    format!("The images:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// What can be downloaded, in a line.
fn downloads_help() -> String {
    let names: Vec<&str> = Dataset::all().map(|dataset| dataset.name()).collect();
    format!("{}, or {INCEPTION}: the network of IS and FID", names.join(", "))
}

/// What can be downloaded, and how large it is.
fn downloads_long_help() -> String {
    let inception = (INCEPTION, "the network of IS and FID, 96 MB to download");
    let all = Dataset::all().map(|dataset| (dataset.name(), dataset.about())).chain([inception]);
    let lines: Vec<String> = all.map(|(name, about)| format!("  {name:14} {about}")).collect();
    format!("What to download:\n{}", lines.join("\n"))
}
