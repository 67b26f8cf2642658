//! What can be typed after `autogan score`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::{ModelArgs, at_least_one, not_empty};
use crate::data::Split;
use crate::metric::extractor::inception::Preprocessing;
use crate::metric::{METRICS, MetricName};

/// What the network of a score is, as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum ExtractorArg {
    /// toys-v1 for the toys, else one that is trained on the real images
    Builtin,
    /// The Inception network of 2015, which alone gives IS and FID
    Inception,
}

/// The values that a word stands for: those of a metric, or a single one.
#[derive(Clone, Debug)]
pub(in crate::cli) struct MetricWord(pub Vec<MetricName>);

impl FromStr for MetricWord {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        MetricName::of_word(word).map(Self)
    }
}

fn metrics_help() -> String {
    let words: Vec<&str> = METRICS.iter().map(|metric| metric.word()).collect();
    format!("What to compute, separated by commas: {}, or single values of them", words.join(", "))
}

fn long_metrics_help() -> String {
    let mut lines = vec![metrics_help()];
    for metric in METRICS {
        for name in metric.values() {
            lines.push(format!("  {:5} {:17} {}", metric.word(), name.key(), name.about()));
        }
    }
    lines.join("\n")
}

/// A whole protocol by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ProtocolArg {
    /// As AutoGAN's CIFAR-10 numbers were measured: IS and FID of 50,000 images, truncated to 8 bits, 10
    /// splits, TensorFlow's preprocessing, the training set
    AutoganCifar10,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ScoreArgs {
    /// Real images, as `autogan data check --help` names them, or their statistics (.npz)
    #[arg(long, value_name = "SRC", value_parser = not_empty)]
    pub real: String,
    /// Generated images: a folder, a run, a model file (.safetensors, .pth), or statistics (.npz)
    #[arg(long, value_name = "SRC", required_unless_present = "model", value_parser = not_empty)]
    pub fake: Option<String>,
    /// A model whose images are scored: the same as --fake
    #[arg(long, value_name = "FILE|RUN", conflicts_with = "fake", value_parser = not_empty)]
    pub model: Option<String>,
    /// A whole protocol; the options below cannot change it
    #[arg(long, value_enum, value_name = "NAME")]
    #[arg(conflicts_with_all = ["extractor", "metrics", "preprocessing", "n", "splits", "real_split"])]
    pub protocol: Option<ProtocolArg>,
    /// Whose features scores are made of
    #[arg(long, value_enum, value_name = "NAME", default_value = "builtin")]
    pub extractor: ExtractorArg,
    /// A file with the Inception network's weights; kept in the cache folder from then on
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "is,fid")]
    #[arg(help = metrics_help(), long_help = long_metrics_help())]
    pub metrics: Vec<MetricWord>,
    /// How images come to the Inception network: tf (comparable with the paper), pytorch-fid or clean
    #[arg(long, value_name = "WAY", default_value = "tf")]
    pub preprocessing: Preprocessing,
    /// Images that a model makes
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = at_least_one::<usize>)]
    pub n: usize,
    /// Seed of a model's latents and of the kernel distance's subsets
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub which: ModelArgs,
    /// Splits of the inception score
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one::<usize>)]
    pub splits: usize,
    /// Neighbours for precision, recall, density and coverage
    #[arg(long, value_name = "K", default_value = "5")]
    pub k: NonZeroUsize,
    /// Subsets of the kernel distance
    #[arg(long, value_name = "N", default_value = "100")]
    pub kid_subsets: NonZeroUsize,
    /// Images in each of them
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = at_least_one::<usize>)]
    pub kid_subset_size: usize,
    /// Which part of a data set, or of a folder with parts, the real images are
    #[arg(long, value_name = "SPLIT", default_value = "train")]
    pub real_split: Split,
    /// Write mean and covariance of the real images' features (.npz), to be given as --real later
    #[arg(long, value_name = "FILE")]
    pub save_stats: Option<PathBuf>,
    /// Where to compute: auto, cpu, or an adapter's name as `autogan doctor` lists it
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
