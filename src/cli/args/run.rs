//! The options of every run.

use std::path::PathBuf;

use clap::Args;

use super::data::images_help;
use super::not_empty;
use crate::config::{MAX_SEED, PRESETS};

/// Settings of every run. Later ones win: preset, config file, settings, other options.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct RunArgs {
    /// Built-in settings to start from [default: quick, or none with --config]
    #[arg(long, value_name = "PRESET", long_help = preset_help(), conflicts_with = "resume")]
    #[arg(value_parser = not_empty)]
    pub preset: Option<String>,
    /// A TOML file of settings, such as the config.toml of a run
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    pub config: Option<PathBuf>,
    /// A single setting, such as search.candidates=20; can be given often; `autogan settings` lists them
    #[arg(long, value_name = "KEY=VALUE", value_parser = not_empty)]
    pub set: Vec<String>,
    #[arg(long, value_name = "SRC", help = images_help(), conflicts_with = "resume")]
    #[arg(value_parser = not_empty)]
    pub data: Option<String>,
    /// Where to compute: auto, cpu, or an adapter's name as `autogan doctor` lists it
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
    /// Seed of every random number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_SEED))]
    #[arg(conflicts_with = "resume")]
    pub seed: Option<u64>,
    /// A new or empty folder for the run [default: runs/<date>-<name>]
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub out: Option<PathBuf>,
    /// Go on with the run in this folder
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// Print one event a line as JSON
    #[arg(long)]
    pub json: bool,
    /// This process takes the place of one that had grown too large
    #[arg(long, hide = true, requires = "resume")]
    pub after_reexec: bool,
}

fn preset_help() -> String {
    let lines = PRESETS.map(|preset| format!("  {:14} {}", preset.name, preset.about));
    format!("Built-in settings to start from [default: quick, or none with --config]:\n{}", lines.join("\n"))
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SettingsArgs {
    /// Only settings with this in their key, such as recipe
    #[arg(value_name = "PART")]
    pub part: Option<String>,
    /// Print the page docs/settings.md
    #[arg(long, conflicts_with_all = ["part", "json"])]
    pub markdown: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
