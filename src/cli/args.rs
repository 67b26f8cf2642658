//! What can be typed.

mod data;
mod model;
mod run;
mod score;

pub(super) use data::{CheckArgs, DataCommand, FetchArgs, Fetched, ScorerArgs};
pub(super) use model::ModelArgs;
pub(super) use run::{RunArgs, SettingsArgs};
pub(super) use score::{ExtractorArg, ProtocolArg, ScoreArgs};

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

use crate::app::ExportPart;
use crate::ipc;

/// Where runs go when no folder is given, and where they are looked for.
pub(super) const RUNS: &str = "runs";

/// Searches, trains and shows generative adversarial networks on any GPU.
#[derive(Debug, Parser)]
#[command(name = "autogan", version, about, args_conflicts_with_subcommands = true)]
pub(super) struct Cli {
    /// Open the window with a lesson: a TOML file with a run and steps that explain it
    #[arg(long, value_name = "FILE")]
    pub lesson: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find an architecture, train it, leave pictures behind
    Search(SearchArgs),
    /// Train one architecture from scratch
    Train(TrainArgs),
    /// Generate images with a trained generator
    Sample(SampleArgs),
    /// Score generated images against real ones, by the field's protocols
    Score(Box<ScoreArgs>),
    /// Write what a run found for other programs: weights, code, drawings, tables
    Export(ExportArgs),
    /// Say what an architecture is and what it costs
    Arch(ArchArgs),
    /// Look at runs
    #[command(subcommand)]
    Runs(RunsCommand),
    /// List every setting of a run: its default, what it may be and what it means
    Settings(SettingsArgs),
    /// Look at images, or download them
    #[command(subcommand)]
    Data(DataCommand),
    /// List the devices of this machine and test the chosen one
    Doctor(DoctorArgs),
    /// Train what a search found and random architectures alike, and compare; or time the updates of a training
    Bench(BenchArgs),
    /// Compute for a window: commands on standard input, events on standard output
    #[command(hide = true)]
    Worker(WorkerArgs),
}

impl Command {
    /// Whether standard output is for a program.
    pub fn json(&self) -> bool {
        match self {
            Self::Search(args) => args.run.json,
            Self::Train(args) => args.run.json,
            Self::Sample(args) => args.json,
            Self::Score(args) => args.json,
            Self::Export(args) => args.json,
            Self::Arch(args) => args.json,
            Self::Runs(RunsCommand::List(args)) => args.json,
            Self::Runs(RunsCommand::Show(args)) => args.json,
            Self::Runs(RunsCommand::Compare(args)) => args.json,
            Self::Settings(args) => args.json,
            Self::Data(DataCommand::Check(args)) => args.json,
            Self::Data(DataCommand::Fetch(args)) => args.json,
            Self::Data(DataCommand::Scorer(args)) => args.json,
            Self::Doctor(args) => args.json,
            Self::Bench(BenchArgs { command: Some(BenchCommand::Step(args)), .. }) => args.json,
            Self::Bench(BenchArgs { command: Some(BenchCommand::Time(args)), .. }) => args.json,
            Self::Bench(args) => args.json,
            // Its standard output has nothing but events.
            Self::Worker(_) => false,
        }
    }

    /// Whether it looks for the devices of the machine, unless --device names the CPU.
    pub fn opens_device(&self) -> bool {
        match self {
            Self::Search(_)
            | Self::Train(_)
            | Self::Sample(_)
            | Self::Score(_)
            | Self::Doctor(_)
            | Self::Bench(_)
            | Self::Worker(_) => true,
            Self::Export(_) | Self::Arch(_) | Self::Runs(_) | Self::Settings(_) | Self::Data(_) => false,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// The architecture, as an integer vector such as 1 0 1 1 1 0 0 1 1, with or without quotes
    #[arg(long, value_name = "VECTOR", conflicts_with = "resume", value_parser = not_empty)]
    #[arg(required_unless_present_any = ["from", "resume"])]
    pub arch: Option<String>,
    /// An architecture that a run found: the run's folder, and its place there if not the first
    #[arg(long = "run", id = "from", value_name = "DIR[:RANK]", conflicts_with_all = ["arch", "resume"])]
    pub from: Option<RunRank>,
    #[command(flatten)]
    pub run: RunArgs,
}

/// A place in the outcome of a run: `DIR` or `DIR:RANK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RunRank {
    /// The run folder.
    pub dir: PathBuf,
    /// The place, from 1.
    pub rank: usize,
}

impl FromStr for RunRank {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (dir, rank) = match text.rsplit_once(':') {
            // Anything but a number belongs to the path.
            Some((dir, rank)) if !dir.is_empty() && rank.bytes().all(|byte| byte.is_ascii_digit()) => {
                (dir, rank.parse().unwrap_or(0))
            }
            _ => (text, 1),
        };
        match rank {
            _ if dir.is_empty() => Err("it is empty".to_owned()),
            0 => Err("the rank counts from 1".to_owned()),
            rank => Ok(Self { dir: dir.into(), rank }),
        }
    }
}

impl fmt::Display for RunRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.dir.display(), self.rank)
    }
}

#[derive(Debug, Args)]
pub(super) struct SampleArgs {
    /// A file of weights, or the folder of a finished run
    #[arg(long, value_name = "FILE|RUN")]
    pub model: PathBuf,
    #[command(flatten)]
    pub which: ModelArgs,
    /// Number of images
    #[arg(long, value_name = "N", default_value_t = 64, conflicts_with = "latents")]
    #[arg(value_parser = at_least_one::<usize>)]
    pub n: usize,
    /// Seed of the latents
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "latents")]
    pub seed: u64,
    /// A safetensors or PyTorch file with the latents, a tensor z of [N, latent]
    #[arg(long, value_name = "FILE")]
    pub latents: Option<PathBuf>,
    /// A new or empty folder for single images, a .png for a grid, or a .safetensors for a tensor
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    /// Replace the images that an earlier call wrote to the folder; other files there stay
    #[arg(long)]
    pub force: bool,
    /// Where to compute: auto, cpu, or an adapter's name as `autogan doctor` lists it
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// A run's folder, its name in `runs`, or a file of weights
    #[arg(value_name = "RUN|FILE")]
    pub from: PathBuf,
    /// The folder that the files go to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// What to write, separated by commas [default: all there is]
    #[arg(long, value_name = "PARTS", value_delimiter = ',', long_help = parts_help())]
    pub only: Option<Vec<ExportPart>>,
    #[command(flatten)]
    pub which: ModelArgs,
    /// Replace files that are there already
    #[arg(long)]
    pub force: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn parts_help() -> String {
    let lines = ExportPart::ALL.map(|part| format!("  {:10} {}", part.name(), part.about()));
    format!("What to write, separated by commas [default: all there is]:\n{}", lines.join("\n"))
}

#[derive(Debug, Args)]
pub(super) struct ArchArgs {
    /// The architecture, as an integer vector such as 1 0 1 1 1 0 0 1 1, with or without quotes
    #[arg(value_name = "VECTOR", required = true, num_args = 1.., value_parser = not_empty)]
    pub arch: Vec<String>,
    /// Channels of every generator cell
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub channels: usize,
    /// Channels of every discriminator block
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub discriminator_channels: usize,
    /// Length of the latent vector
    #[arg(long, alias = "latent", value_name = "N", default_value_t = 128)]
    pub latent_dim: usize,
    /// Side of the images in pixels [default: 4, doubled by each cell]
    #[arg(long, value_name = "PX")]
    pub size: Option<usize>,
    /// Draw the generator into this SVG file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum RunsCommand {
    /// List the runs of a folder, newest first
    List(ListArgs),
    /// Show a run's settings and what came out
    Show(ShowArgs),
    /// Lay runs side by side: settings that differ, outcomes, scores
    Compare(CompareArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The folder that the runs are in [default: runs]
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The run's folder, or its name in `runs`
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Two or more run folders, or their names in `runs`
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    pub runs: Vec<PathBuf>,
    /// List all settings, not only those that differ
    #[arg(long)]
    pub all: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    /// A command that comes before those on standard input; can be given often
    #[arg(long, value_name = "JSON", value_parser = worker_command)]
    pub first: Vec<ipc::WorkerCommand>,
}

fn worker_command(text: &str) -> Result<ipc::WorkerCommand, serde_json::Error> {
    serde_json::from_str(text)
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// The device to test: auto, cpu, or an adapter's name
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: String,
    /// List the devices only, test nothing
    #[arg(long, conflicts_with = "warm_up")]
    pub list: bool,
    /// Compile and tune the kernels of a quick search ahead of time
    #[arg(long)]
    pub warm_up: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct BenchArgs {
    #[command(subcommand)]
    pub command: Option<BenchCommand>,
    /// The folder of a finished search
    #[arg(value_name = "RUN", required = true)]
    pub run: Option<PathBuf>,
    /// Number of random architectures
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = at_least_one::<usize>)]
    pub random: usize,
    /// Number of seeds, each of which trains every architecture once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = at_least_one::<u64>)]
    pub seeds: u64,
    /// Generator steps of each training
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = at_least_one::<u64>)]
    pub steps: u64,
    /// Where to compute: auto, cpu, or an adapter's name [default: as the run]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum BenchCommand {
    /// Time one update of each network, and the operators that it consists of
    Step(StepArgs),
    /// Estimate how long a run takes on this device, from a short measurement of its own networks
    Time(TimeArgs),
}

#[derive(Debug, Args)]
pub(super) struct TimeArgs {
    /// Built-in settings to start from [default: quick, or none with --config]
    #[arg(long, value_name = "PRESET", value_parser = not_empty)]
    pub preset: Option<String>,
    /// A TOML file of settings, such as the config.toml of a run
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A single setting, such as search.candidates=20; can be given often
    #[arg(long, value_name = "KEY=VALUE", value_parser = not_empty)]
    pub set: Vec<String>,
    /// The architecture of a training [default: a search]
    #[arg(long, value_name = "VECTOR", value_parser = not_empty)]
    pub arch: Option<String>,
    /// Where to compute: auto, cpu, or an adapter's name as `autogan doctor` lists it
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(super) struct StepArgs {
    /// The architecture [default: nearest upsampling, batch norm before each convolution, a shortcut and all skips in
    /// every cell]
    #[arg(long, value_name = "VECTOR", value_parser = not_empty)]
    pub arch: Option<String>,
    /// Updates of each network that are timed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one::<usize>)]
    pub updates: usize,
    /// Updates of each network before that: caches fill, and a GPU compiles and tunes its kernels
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub warm_up: usize,
    /// Built-in settings to start from [default: quick]
    #[arg(long, value_name = "PRESET", value_parser = not_empty)]
    pub preset: Option<String>,
    /// A single setting, such as model.generator_channels=64; can be given often
    #[arg(long, value_name = "KEY=VALUE", value_parser = not_empty)]
    pub set: Vec<String>,
    /// Where to compute: auto, cpu, or an adapter's name as `autogan doctor` lists it
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
    /// Leave out the operators, which take longer than the updates
    #[arg(long)]
    pub no_operators: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Reads a text that must not be empty.
fn not_empty(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("it is empty") } else { Ok(text.to_owned()) }
}

/// Reads a count that must not be 0.
fn at_least_one<T: FromStr<Err: fmt::Display> + Default + PartialEq>(text: &str) -> Result<T, String> {
    match text.parse::<T>() {
        Ok(count) if count == T::default() => Err("it must be at least 1".to_owned()),
        count => count.map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests;
