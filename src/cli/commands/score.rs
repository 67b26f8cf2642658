//! `autogan score`: two sets of images, by the field's protocols.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::app::{
    Generation, Origin, Protocol, Quantization, ScoreEnvironment, ScoreProgress, ScoreReport, score,
};
use crate::arch::words::duration;
use crate::cli::args::{ExtractorArg, ProtocolArg, ScoreArgs};
use crate::cli::terminal::print_line;
use crate::device::{self, DeviceChoice, cache_dir};
use crate::metric::extractor::ExtractorKind;
use crate::metric::extractor::inception::InceptionWeights;
use crate::metric::{KidConfig, MetricName, MetricSettings, Score};

/// Time between two lines of progress where there is no terminal to draw a bar on.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Runs the command.
pub(super) fn run(args: &ScoreArgs) -> anyhow::Result<()> {
    let protocol = protocol(args)?;
    let fake = args.fake.as_ref().or(args.model.as_ref()).context("--fake names no images")?;
    let (real, fake) = (Origin::parse(&args.real)?, Origin::parse(fake)?);
    let cache = cache_dir()?;
    let mut progress = Progress::new(args.json);
    let named = args.weights.as_deref().filter(|_| protocol.extractor == ExtractorKind::Inception);
    let weights = named.map(InceptionWeights::read).transpose()?;
    // Only the public numbers are kept: they are what "the Inception network" means later.
    let public = weights.as_ref().filter(|weights| weights.is_public());
    if let Some(weights) = public.filter(|_| !InceptionWeights::place(&cache).exists()) {
        let kept = weights.keep(&cache)?;
        progress.say(&format!("The weights are kept in {}; --weights is not needed again", kept.display()));
    }
    let Ok(choice) = args.device.parse::<DeviceChoice>();
    let opened = device::open(&choice)?;
    let stop = listen()?;
    let place = ScoreEnvironment { device: &opened.device, cache: &cache, weights, stop: &stop };
    let report = score(&real, &fake, &protocol, args.save_stats.as_deref(), &place, &mut |made| {
        progress.show(&made);
    });
    progress.clear();
    let report = report?;
    if args.json {
        print_line(&serde_json::to_string(&report)?);
    } else {
        print_words(&report, &opened.name);
    }
    Ok(())
}

fn protocol(args: &ScoreArgs) -> anyhow::Result<Protocol> {
    let model = args.which.options()?;
    let generation =
        Generation { model, count: args.n, seed: args.seed, quantization: Quantization::Rounded };
    if args.protocol == Some(ProtocolArg::AutoganCifar10) {
        let generation = Generation { count: 50_000, quantization: Quantization::Truncated, ..generation };
        return Ok(Protocol {
            extractor: ExtractorKind::Inception,
            generation,
            is_fixed: true,
            ..Protocol::default()
        });
    }
    // In the order of the list, whatever the order in which they were typed.
    let asked: Vec<MetricName> = args.metrics.iter().flat_map(|word| word.0.iter().copied()).collect();
    Ok(Protocol {
        metrics: MetricName::all().filter(|name| asked.contains(name)).collect(),
        extractor: match args.extractor {
            ExtractorArg::Builtin => ExtractorKind::Builtin,
            ExtractorArg::Inception => ExtractorKind::Inception,
        },
        preprocessing: args.preprocessing,
        real_split: args.real_split,
        generation,
        settings: MetricSettings {
            splits: args.splits,
            neighbours: args.k,
            kid: KidConfig { subsets: args.kid_subsets, subset_size: args.kid_subset_size },
            seed: args.seed,
        },
        is_fixed: false,
    })
}

/// Ctrl-C: stop after the current images.
fn listen() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let pressed = stop.clone();
    ctrlc::set_handler(move || pressed.store(true, Ordering::Relaxed))
        .context("the program cannot listen to Ctrl-C")?;
    Ok(stop)
}

/// Notes and progress on standard error.
struct Progress {
    bar: Option<ProgressBar>,
    json: bool,
    /// When the current side was begun.
    begun: Instant,
    lined: Instant,
}

impl Progress {
    fn new(json: bool) -> Self {
        let bar = (!json).then(|| {
            let template = "{bar:30} {human_pos} of {human_len}, {eta} left  {wide_msg}";
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|error| unreachable!("the template is constant: {error}"));
            ProgressBar::new(0).with_style(style)
        });
        Self { bar, json, begun: Instant::now(), lined: Instant::now() }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) if !bar.is_hidden() => bar.println(text),
            _ if self.json => {}
            _ => eprintln!("{text}"),
        }
    }

    fn show(&mut self, progress: &ScoreProgress) {
        match progress {
            ScoreProgress::Note(text) => self.say(text),
            ScoreProgress::Images { what, done, total } => {
                let Some(bar) = &self.bar else {
                    return;
                };
                if bar.message() != *what {
                    bar.reset();
                    self.begun = Instant::now();
                    bar.set_message(what.clone());
                }
                bar.set_length(*total as u64);
                bar.set_position(*done as u64);
                if bar.is_hidden() && *done > 0 && self.lined.elapsed() >= LINE_EVERY {
                    self.lined = Instant::now();
                    // A bar that nobody sees does not estimate.
                    let left = self.begun.elapsed().as_secs_f64() * (total - done) as f64 / *done as f64;
                    eprintln!("{what}: {done} of {total}, {} left", duration(left));
                }
            }
        }
    }

    fn clear(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

fn print_words(report: &ScoreReport, device: &str) {
    print_line(&format!("Real       {}", report.real));
    print_line(&format!("Generated  {}", report.fake));
    print_line(&format!("Device     {device}"));
    for assumption in &report.assumptions {
        print_line(&format!("           {assumption}"));
    }
    let label = |score: &Score| score.label();
    let width = report.scores.iter().map(|score| label(score).chars().count()).max().unwrap_or(0);
    for score in &report.scores {
        let std = score.std.map_or_else(String::new, |std| format!(" ± {std:.6}"));
        print_line(&format!("{:width$}  {:.6}{std}  ({})", label(score), score.value, score.conditions()));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::cli::args::{Cli, Command};
    use crate::data::Split;
    use crate::metric::extractor::inception::Preprocessing;
    use crate::metric::{
        COVERAGE, DENSITY, FRECHET_DISTANCE, INCEPTION_SCORE, KERNEL_DISTANCE, PRECISION, RECALL,
    };
    use clap::Parser;

    fn typed(words: &[&str]) -> Protocol {
        let words = [&["autogan", "score", "--real", "toys", "--model", "m.pth"], words].concat();
        let Some(Command::Score(args)) = Cli::try_parse_from(words).unwrap().command else { unreachable!() };
        protocol(&args).unwrap()
    }

    #[test]
    fn the_papers_protocol_is_its_numbers() {
        let paper = typed(&["--protocol", "autogan-cifar10"]);
        assert_eq!(paper.metrics, [INCEPTION_SCORE, FRECHET_DISTANCE]);
        assert_eq!((paper.extractor, paper.preprocessing), (ExtractorKind::Inception, Preprocessing::Tf));
        assert_eq!((paper.generation.count, paper.settings.splits), (50_000, 10));
        assert_eq!(
            (paper.generation.quantization, paper.real_split),
            (Quantization::Truncated, Split::Train)
        );
    }

    #[test]
    fn options_reach_the_protocol() {
        let own = typed(&[
            "--extractor",
            "inception",
            "--metrics",
            "prdc,kid",
            "--preprocessing",
            "clean",
            "--n",
            "9",
            "--k",
            "3",
            "--kid-subsets",
            "4",
            "--kid-subset-size",
            "5",
            "--seed",
            "6",
            "--real-split",
            "test",
            "--splits",
            "2",
        ]);
        assert_eq!(own.metrics, [KERNEL_DISTANCE, PRECISION, RECALL, DENSITY, COVERAGE]);
        assert_eq!((own.preprocessing, own.real_split), (Preprocessing::Clean, Split::Test));
        assert_eq!(
            (own.generation.count, own.generation.seed, own.generation.quantization),
            (9, 6, Quantization::Rounded)
        );
        let MetricSettings { neighbours, kid, splits, seed } = own.settings;
        assert_eq!((neighbours.get(), kid.subsets.get(), kid.subset_size), (3, 4, 5));
        assert_eq!((splits, seed), (2, 6));
    }
}
