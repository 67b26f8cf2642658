//! Scores one set of images against another, by the field's protocols.

mod origin;
mod tally;

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail, ensure};
use burn::tensor::Device;
use serde::Serialize;

use origin::Opened;
pub use origin::{Generation, Levels, Origin};
use tally::{Tally, Wanted};

use crate::arch::words::thousands;
use crate::data::{DataConfig, SIDES, Split, load};
use crate::metric::extractor::inception::{InceptionWeights, Preprocessing};
use crate::metric::extractor::{Extractor, Kind};
use crate::metric::{Gaussian, KidConfig, Metric, Score, frechet_distance, kid, prdc, prdc_memory};
use crate::tensors::Moments;

/// Neighbours that decide how large a neighbourhood is, as StudioGAN has it.
const NEIGHBOURS: NonZeroUsize = NonZeroUsize::new(5).unwrap();

/// What is measured. Its text forms are `is`, `fid`, `kid`, `prdc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// The inception score of the generated images.
    Is,
    /// The Fréchet distance.
    Fid,
    /// The kernel distance.
    Kid,
    /// Precision, recall, density and coverage.
    Prdc,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Is, Self::Fid, Self::Kid, Self::Prdc];

    /// Whether it needs all features of both sides at once.
    fn needs_features(self) -> bool {
        matches!(self, Self::Kid | Self::Prdc)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Is => "is",
            Self::Fid => "fid",
            Self::Kid => "kid",
            Self::Prdc => "prdc",
        })
    }
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|measure| measure.to_string() == text.trim());
        found.ok_or_else(|| format!("there is only {}", Self::ALL.map(|m| m.to_string()).join(", ")))
    }
}

/// What is to be measured, and how.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What.
    pub measures: BTreeSet<Measure>,
    /// Whose features.
    pub extractor: Kind,
    /// How images come to the Inception network.
    pub preprocessing: Preprocessing,
    /// Which part of a public data set the real images are.
    pub real_split: Split,
    /// How images are generated.
    pub generation: Generation,
    /// Splits of the inception score.
    pub splits: usize,
    /// Neighbours that decide how large a neighbourhood is.
    pub neighbours: NonZeroUsize,
    /// Subsets of the kernel distance.
    pub kid: KidConfig,
}

impl Default for Protocol {
    /// That of the field: 50,000 images, 10 splits, 100 subsets of 1,000, 5 neighbours.
    fn default() -> Self {
        Self {
            measures: [Measure::Is, Measure::Fid].into(),
            extractor: Kind::Builtin,
            preprocessing: Preprocessing::default(),
            real_split: Split::Train,
            generation: Generation { arch: None, count: 50_000, seed: 0, levels: Levels::Rounded },
            splits: 10,
            neighbours: NEIGHBOURS,
            kid: KidConfig::default(),
        }
    }
}

/// How far scoring is.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// What a person should know before or while it is done.
    Note(String),
    /// Images that were looked at.
    Looked {
        /// Of which side.
        what: String,
        /// How many.
        done: usize,
        /// Of how many.
        total: usize,
    },
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scored {
    /// The real images, as they were named.
    pub real: String,
    /// The generated ones.
    pub fake: String,
    /// What was assumed, a sentence each.
    pub assumptions: Vec<String>,
    /// The scores.
    pub scores: Vec<Score>,
}

/// Where scoring happens.
pub struct Place<'a> {
    /// Where the networks run.
    pub device: &'a Device,
    /// The cache folder.
    pub cache: &'a Path,
    /// A file with the Inception network's numbers; without it, those in the cache.
    pub weights: Option<&'a Path>,
    /// Set to stop.
    pub stop: &'a AtomicBool,
}

/// Measures the images of `fake` against those of `real`. With `save`, writes the real side's mean and
/// covariance there.
///
/// # Errors
///
/// If images, a model, statistics or weights cannot be used, or there are too few images, or it is stopped.
pub fn score(
    real: &Origin,
    fake: &Origin,
    protocol: &Protocol,
    save: Option<&Path>,
    place: &Place<'_>,
    tell: &mut dyn FnMut(Step),
) -> anyhow::Result<Scored> {
    let measures = &protocol.measures;
    let features: Vec<String> =
        measures.iter().filter(|measure| measure.needs_features()).map(ToString::to_string).collect();
    let statistics_only = [real, fake].into_iter().find(|side| matches!(side, Origin::Statistics(_)));
    if let (Some(side), false) = (statistics_only, features.is_empty()) {
        bail!(
            "{side} has no images, which {} needs; give images, or leave it out of --metrics",
            features.join(" and ")
        );
    }
    ensure!(
        !(measures.contains(&Measure::Is) && matches!(fake, Origin::Statistics(_))),
        "{fake} has no images, which the inception score needs; leave it out with --metrics fid"
    );
    let generation = &protocol.generation;
    let opened_fake = Opened::new(fake, Split::Train, generation, place.device)?;
    let opened_real = Opened::new(real, protocol.real_split, generation, place.device)?;
    for side in [&opened_real, &opened_fake].into_iter().flatten() {
        side.notes().iter().for_each(|note| tell(Step::Note(format!("{}: {note}", side.name()))));
    }
    let extractor = extractor(real, protocol, place, tell)?;
    let count = |side: &Option<Opened>| side.as_ref().map_or(0, Opened::len);
    if !features.is_empty() {
        let (real, fake, width) = (count(&opened_real), count(&opened_fake), extractor.features());
        let rows = ((real + fake) * width * size_of::<f32>()) as u64;
        let of = |measure: &Measure| match measure {
            Measure::Kid => protocol.kid.memory(width),
            Measure::Prdc => prdc_memory(real, fake, width, protocol.neighbours),
            Measure::Is | Measure::Fid => 0,
        };
        let bytes = rows + measures.iter().map(of).max().unwrap_or(0);
        let text = format!(
            "for {}, the features of all {} images are kept: about {} MiB",
            features.join(" and "),
            thousands((real + fake) as u64),
            thousands((bytes >> 20).max(1))
        );
        tell(Step::Note(text));
    }
    let wanted = Wanted {
        statistics: measures.contains(&Measure::Fid) || save.is_some(),
        features: !features.is_empty(),
        splits: None,
    };
    // The inception score looks at no real image.
    let looks_at_real = wanted.statistics || wanted.features;
    let real_tally = match &opened_real {
        Some(side) if looks_at_real => Some(look(side, "real images", wanted, &extractor, place, tell)?),
        _ => None,
    };
    let splits = measures.contains(&Measure::Is).then_some(protocol.splits);
    let wanted = Wanted { splits, statistics: measures.contains(&Measure::Fid), ..wanted };
    let fake_tally = match &opened_fake {
        Some(side) => Some(look(side, "generated images", wanted, &extractor, place, tell)?),
        None => None,
    };
    if let Some(path) = save {
        let tally = real_tally.as_ref().and_then(|tally| tally.statistics.as_ref());
        let gaussian = tally.context("statistics are saved of images, and --real names none")?.gaussian()?;
        save_statistics(&gaussian, path)?;
        tell(Step::Note(format!("statistics of {real} are in {}", path.display())));
    }
    let sides = Sides { real, fake, protocol, extractor: &extractor, real_tally, fake_tally };
    Ok(Scored {
        real: real.to_string(),
        fake: fake.to_string(),
        assumptions: assumptions(protocol, &extractor, [&opened_real, &opened_fake]),
        scores: sides.scores()?,
    })
}

/// The network that looks.
fn extractor(
    real: &Origin,
    protocol: &Protocol,
    place: &Place<'_>,
    tell: &mut dyn FnMut(Step),
) -> anyhow::Result<Extractor> {
    if protocol.extractor == Kind::Inception {
        let weights = match place.weights {
            Some(path) => InceptionWeights::read(path)?,
            None => InceptionWeights::cached(place.cache)?,
        };
        if !weights.is_public() {
            let name = weights.name();
            tell(Step::Note(format!(
                "these are not the public weights of 2015, so the scores are not called IS and FID but carry the \
                 name {name}"
            )));
        }
        return Ok(Extractor::inception(&weights, protocol.preprocessing, place.device));
    }
    let Origin::Images(source) = real else {
        bail!(
            "the built-in extractor learns from the real images, and {real} is none; give images with --real, or \
             take --extractor inception"
        );
    };
    // Learned at the side that the set has by itself, where that can be.
    let native = Opened::Images(crate::data::Stream::open(source, protocol.real_split)?);
    let (first, _) = native.batch(0, place.device)?;
    let side = first.first().map_or(32, |images| images.dims()[3]).clamp(*SIDES.start(), *SIDES.end());
    let set = load(source, &DataConfig::default().options(side, protocol.real_split))?.set;
    let mut progress = |done, total| {
        tell(Step::Looked {
            what: "learning to score such images (once for each set)".to_owned(),
            done,
            total,
        });
    };
    Ok(Extractor::for_set(&set, place.cache, place.device, &mut progress)?)
}

fn look(
    side: &Opened,
    what: &str,
    wanted: Wanted,
    extractor: &Extractor,
    place: &Place<'_>,
    tell: &mut dyn FnMut(Step),
) -> anyhow::Result<Tally> {
    let total = side.len();
    let mut tally = Tally::new(wanted, total, extractor.features(), extractor.classes())?;
    while tally.seen < total {
        ensure!(
            !place.stop.load(Ordering::Relaxed),
            "stopped after {} of {total} {what}; nothing was written",
            tally.seen
        );
        let (batches, _) = side.batch(tally.seen, extractor.device())?;
        for images in batches {
            let [count, ..] = images.dims();
            let outputs = extractor.outputs(images, tally.seen)?;
            tally.push(&outputs, count)?;
        }
        tell(Step::Looked { what: what.to_owned(), done: tally.seen, total });
    }
    Ok(tally)
}

/// Both sides, looked at.
struct Sides<'a> {
    real: &'a Origin,
    fake: &'a Origin,
    protocol: &'a Protocol,
    extractor: &'a Extractor,
    real_tally: Option<Tally>,
    fake_tally: Option<Tally>,
}

impl Sides<'_> {
    fn scores(&self) -> anyhow::Result<Vec<Score>> {
        let mut scores = Vec::new();
        for measure in &self.protocol.measures {
            match measure {
                Measure::Is => scores.extend(self.inception()?),
                Measure::Fid => scores.push(self.frechet()?),
                Measure::Kid => scores.push(self.kernel()?),
                Measure::Prdc => scores.extend(self.neighbourhoods()?),
            }
        }
        Ok(scores)
    }

    fn score(&self, metric: Metric, value: f64) -> Score {
        Score {
            metric,
            value,
            std: None,
            extractor: self.extractor.name().to_owned(),
            samples: self.fake_tally.as_ref().map_or(0, |tally| tally.seen),
            reference: Some(match &self.real_tally {
                Some(tally) => format!("{}, {} images", self.real, thousands(tally.seen as u64)),
                None => self.real.to_string(),
            }),
            splits: None,
            seed: match self.fake {
                Origin::Model(_) => self.protocol.generation.seed,
                Origin::Images(_) | Origin::Statistics(_) => 0,
            },
            setting: None,
        }
    }

    /// None where the network knows no classes.
    fn inception(&self) -> anyhow::Result<Option<Score>> {
        let Some(scoring) = self.fake_tally.as_ref().and_then(|tally| tally.inception.as_ref()) else {
            return Ok(None);
        };
        let found = scoring.finish()?;
        let score = self.score(Metric::InceptionScore, found.mean);
        let splits = Some(self.protocol.splits);
        Ok(Some(Score { std: Some(found.std), reference: None, splits, ..score }))
    }

    fn frechet(&self) -> anyhow::Result<Score> {
        let width = self.extractor.features();
        let real = gaussian(self.real, self.real_tally.as_ref(), width)?;
        let fake = gaussian(self.fake, self.fake_tally.as_ref(), width)?;
        Ok(self.score(Metric::FrechetDistance, frechet_distance(&real, &fake)?))
    }

    /// All features of both sides, real ones first.
    fn features(&self) -> anyhow::Result<[&[f32]; 2]> {
        let real = self.real_tally.as_ref().and_then(|tally| tally.features.as_deref());
        let fake = self.fake_tally.as_ref().and_then(|tally| tally.features.as_deref());
        real.zip(fake).map(|(real, fake)| [real, fake]).context("both sides must be images")
    }

    fn kernel(&self) -> anyhow::Result<Score> {
        let Protocol { kid: config, generation, .. } = self.protocol;
        let [real, fake] = self.features()?;
        let found = kid(real, fake, self.extractor.features(), *config, generation.seed)?;
        let setting = format!("{} subsets of {}", config.subsets, thousands(config.subset_size as u64));
        let score = self.score(Metric::KernelDistance, found.mean);
        Ok(Score { std: Some(found.std), setting: Some(setting), ..score })
    }

    fn neighbourhoods(&self) -> anyhow::Result<[Score; 4]> {
        let k = self.protocol.neighbours;
        let [real, fake] = self.features()?;
        let found = prdc(real, fake, self.extractor.features(), k)?;
        let score = |metric, value| Score { setting: Some(format!("k = {k}")), ..self.score(metric, value) };
        Ok([
            score(Metric::Precision, found.precision),
            score(Metric::Recall, found.recall),
            score(Metric::Density, found.density),
            score(Metric::Coverage, found.coverage),
        ])
    }
}

fn gaussian(origin: &Origin, tally: Option<&Tally>, width: usize) -> anyhow::Result<Gaussian> {
    if let Some(statistics) = tally.and_then(|tally| tally.statistics.as_ref()) {
        return Ok(statistics.gaussian()?);
    }
    let Origin::Statistics(path) = origin else {
        bail!("{origin} was not looked at");
    };
    let unusable = || format!("{} cannot be used as statistics", path.display());
    let file = File::open(path).with_context(unusable)?;
    let Moments { mean, covariance } = Moments::read(file).with_context(unusable)?;
    ensure!(
        mean.len() == width,
        "{} is of features of width {}, and this extractor's have {width}; compute the statistics again with it",
        path.display(),
        mean.len()
    );
    Ok(Gaussian::new(mean, &covariance))
}

fn save_statistics(gaussian: &Gaussian, path: &Path) -> anyhow::Result<()> {
    let unwritable = || format!("the statistics cannot be written to {}", path.display());
    let moments = Moments { mean: gaussian.mean.clone(), covariance: gaussian.rows() };
    let mut bytes = std::io::Cursor::new(Vec::new());
    moments.write(&mut bytes).with_context(unwritable)?;
    crate::run::write_atomic(path, bytes.get_ref()).with_context(unwritable)?;
    Ok(())
}

/// What decides the numbers beside the images.
fn assumptions(protocol: &Protocol, extractor: &Extractor, sides: [&Option<Opened>; 2]) -> Vec<String> {
    let mut said = vec![format!("features: {}", extractor.name())];
    if protocol.extractor == Kind::Inception {
        said.push(format!("preprocessing {}: {}", protocol.preprocessing, protocol.preprocessing.words()));
    }
    if protocol.measures.contains(&Measure::Is) {
        let bias = if protocol.extractor == Kind::Inception { ", logits without bias" } else { "" };
        said.push(format!("inception score: {} splits of consecutive images{bias}", protocol.splits));
    }
    for (side, what) in sides.into_iter().zip(["real", "generated"]) {
        match side {
            Some(Opened::Model { generation, .. }) => said.push(format!(
                "{what}: {} images of seed {}, levels {}",
                thousands(generation.count as u64),
                generation.seed,
                match generation.levels {
                    Levels::Rounded => "rounded to 8 bits",
                    Levels::Truncated => "truncated to 8 bits",
                }
            )),
            Some(side) => {
                said.push(format!("{what}: {} images in their own size", thousands(side.len() as u64)))
            }
            None => said.push(format!("{what}: statistics of a file")),
        }
    }
    said
}
