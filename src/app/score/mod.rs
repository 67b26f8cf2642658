//! Scores one set of images against another, by the field's protocols.

mod origin;
mod protocol;
mod sides;
mod tally;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail, ensure};
use burn::tensor::Device;
use serde::Serialize;

use origin::Opened;
pub use origin::{Generation, Levels, Origin};
pub use protocol::{Measure, Protocol};
use sides::Sides;
use tally::{Tally, Wanted};

use crate::arch::words::thousands;
use crate::data::{DataConfig, SIDES, Split, load};
use crate::metric::extractor::inception::InceptionWeights;
use crate::metric::extractor::{Extractor, Kind};
use crate::metric::{Gaussian, Score, prdc_memory};
use crate::tensors::Moments;

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
    /// The Inception network's numbers; without them, those in the cache.
    pub weights: Option<InceptionWeights>,
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
    refuse_impossible(real, fake, protocol)?;
    let generation = &protocol.generation;
    let opened_fake = Opened::new(fake, Split::Train, generation, place.device)?;
    let opened_real = Opened::new(real, protocol.real_split, generation, place.device)?;
    for side in [&opened_real, &opened_fake].into_iter().flatten() {
        side.notes().iter().for_each(|note| tell(Step::Note(format!("{}: {note}", side.name()))));
    }
    let extractor = extractor(real, protocol, place, tell)?;
    for note in notes(&extractor, protocol, [&opened_real, &opened_fake]) {
        tell(Step::Note(note));
    }
    let measures = &protocol.measures;
    let wanted = Wanted {
        statistics: measures.contains(&Measure::Fid) || save.is_some(),
        features: !protocol.keeps_features().is_empty(),
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
        assumptions: protocol.assumptions(&extractor, [&opened_real, &opened_fake]),
        scores: sides.scores()?,
    })
}

/// Refuses what no image could make good.
fn refuse_impossible(real: &Origin, fake: &Origin, protocol: &Protocol) -> anyhow::Result<()> {
    let features = protocol.keeps_features();
    let statistics_only = [real, fake].into_iter().find(|side| matches!(side, Origin::Statistics(_)));
    if let (Some(side), false) = (statistics_only, features.is_empty()) {
        let what = features.join(" and ");
        bail!("{side} has no images, which {what} needs; give images, or leave it out of --metrics");
    }
    ensure!(
        !(protocol.measures.contains(&Measure::Is) && matches!(fake, Origin::Statistics(_))),
        "{fake} has no images, which the inception score needs; leave it out with --metrics fid"
    );
    Ok(())
}

/// What a person should know before the work begins.
fn notes(extractor: &Extractor, protocol: &Protocol, sides: [&Option<Opened>; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    if protocol.measures.contains(&Measure::Is) && extractor.classes().is_none() {
        notes.push(
            "the inception score is left out: without labels the built-in extractor knows no classes"
                .to_owned(),
        );
    }
    let features = protocol.keeps_features();
    if !features.is_empty() {
        let [real, fake] = sides.map(|side| side.as_ref().map_or(0, Opened::len));
        let width = extractor.features();
        let rows = ((real + fake) * width * size_of::<f32>()) as u64;
        let of = |measure: &Measure| match measure {
            Measure::Kid => protocol.kid.memory(width),
            Measure::Prdc => prdc_memory(real, fake, width, protocol.neighbours),
            Measure::Is | Measure::Fid => 0,
        };
        let bytes = rows + protocol.measures.iter().map(of).max().unwrap_or(0);
        notes.push(format!(
            "for {}, the features of all {} images are kept: about {} MiB",
            features.join(" and "),
            thousands((real + fake) as u64),
            thousands((bytes >> 20).max(1))
        ));
    }
    notes
}

/// The network that looks.
fn extractor(
    real: &Origin,
    protocol: &Protocol,
    place: &Place<'_>,
    tell: &mut dyn FnMut(Step),
) -> anyhow::Result<Extractor> {
    if protocol.extractor == Kind::Inception {
        let kept;
        let weights = match &place.weights {
            Some(weights) => weights,
            None => {
                kept = InceptionWeights::cached(place.cache)?;
                &kept
            }
        };
        if !weights.is_public() {
            let name = weights.name();
            tell(Step::Note(format!(
                "these are not the public weights of 2015, so the scores are not called IS and FID but carry the \
                 name {name}"
            )));
        }
        return Ok(Extractor::inception(weights, protocol.preprocessing, place.device));
    }
    let Origin::Images(source) = real else {
        bail!(
            "the built-in extractor learns from the real images, and {real} is none; give images with --real, or \
             take --extractor inception"
        );
    };
    // Learned at the side that the set has by itself, where that can be.
    let native = Opened::Images(crate::data::Stream::open(source, protocol.real_split)?);
    let first = native.batch(0, 1, place.device)?;
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
    tell(Step::Looked { what: what.to_owned(), done: 0, total });
    while tally.seen < total {
        ensure!(
            !place.stop.load(Ordering::Relaxed),
            "stopped after {} of {total} {what}; nothing was written",
            tally.seen
        );
        for images in side.batch(tally.seen, extractor.batch(), extractor.device())? {
            let [count, ..] = images.dims();
            let outputs = extractor.outputs(images, tally.seen)?;
            tally.push(&outputs, count)?;
        }
        tell(Step::Looked { what: what.to_owned(), done: tally.seen, total });
    }
    Ok(tally)
}

fn save_statistics(gaussian: &Gaussian, path: &Path) -> anyhow::Result<()> {
    let unwritable = || format!("the statistics cannot be written to {}", path.display());
    let moments = Moments { mean: gaussian.mean.clone(), covariance: gaussian.rows() };
    let mut bytes = std::io::Cursor::new(Vec::new());
    moments.write(&mut bytes).with_context(unwritable)?;
    crate::run::write_atomic(path, bytes.get_ref()).with_context(unwritable)?;
    Ok(())
}
