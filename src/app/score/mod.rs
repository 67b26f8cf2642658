//! Scores one set of images against another, by the field's protocols.

mod origin;
mod protocol;
mod statistics;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{anyhow, bail, ensure};
use burn::tensor::{Device, Tensor};
use serde::Serialize;

use origin::OpenedOrigin;
pub use origin::{Generation, Origin, Quantization};
pub use protocol::Protocol;

use crate::arch::words::thousands;
use crate::data::{DataConfig, DataError, Loaded, SIDES, Split, load};
use crate::metric::extractor::inception::InceptionWeights;
use crate::metric::extractor::{Extractor, ExtractorKind};
use crate::metric::{
    Evaluator, FeatureSet, ImageNeeds, Material, Metric, Reference, Score, left_out_without_classes,
    real_materials,
};

/// How far scoring is.
#[derive(Clone, Debug, PartialEq)]
pub enum ScoreProgress {
    /// What a person should know before or while it is done.
    Note(String),
    /// Images that the extractor has seen.
    Images {
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
pub struct ScoreReport {
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
pub struct ScoreEnvironment<'a> {
    /// Where the networks run.
    pub device: &'a Device,
    /// The cache folder.
    pub cache: &'a Path,
    /// The Inception network's numbers; without them, those in the cache.
    pub weights: Option<InceptionWeights>,
    /// Set to stop.
    pub stop: &'a AtomicBool,
}

/// Evaluates the images of `fake` against those of `real`. With `save`, writes the real side's mean and
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
    place: &ScoreEnvironment<'_>,
    progress: &mut dyn FnMut(ScoreProgress),
) -> anyhow::Result<ScoreReport> {
    refuse_impossible(real, fake, protocol, save)?;
    let generation = &protocol.generation;
    let opened_fake = OpenedOrigin::new(fake, Split::Train, generation, place.device);
    let opened_real = OpenedOrigin::new(real, protocol.real_split, generation, place.device);
    let [mut opened_real, mut opened_fake] = both(opened_real, opened_fake)?;
    let enough = |has_classes| {
        let needs = protocol.image_needs(real, save.is_some());
        enough_images([&opened_real, &opened_fake], if has_classes { needs } else { needs.without_classes() })
    };
    // Whether there are classes is known once the images were read, which may take long.
    let is_enough = enough(false);
    if is_enough.is_ok() {
        refuse_unreadable([&opened_real, &opened_fake])?;
    }
    for note in notes_of_sides([&opened_real, &opened_fake]) {
        progress(ScoreProgress::Note(note));
    }
    is_enough?;
    let extractor = extractor(real, protocol, place, &enough, progress)?;
    for note in notes(&extractor, protocol, [&opened_real, &opened_fake]) {
        progress(ScoreProgress::Note(note));
    }
    let assumptions = protocol.assumptions(&extractor, [&opened_real, &opened_fake]);
    let mut materials = real_materials(&protocol.metrics);
    materials.extend(save.map(|_| Material::Moments));
    let reference = reference(real, opened_real.as_mut(), &materials, &extractor, place, progress)?;
    let real_features = Arc::clone(&reference.features);
    let evaluator = Evaluator::new(extractor, reference, &protocol.metrics, protocol.settings)?;
    let splits = protocol.settings.splits;
    let seed = if matches!(fake, Origin::Model(_)) { generation.seed } else { 0 };
    let scores = match (&mut opened_fake, fake) {
        (Some(side), _) => {
            let mut evaluation = evaluator.begin(side.len(), splits, seed)?;
            let mut push = |images, _| Ok(evaluation.push(&evaluator, images)?);
            each_batch(side, "generated images", evaluator.extractor(), place, progress, &mut push)?;
            evaluation.finish(&evaluator)?
        }
        (None, Origin::Statistics(path)) => {
            let gaussian = statistics::read(path, evaluator.extractor().features())?;
            evaluator.scores(&FeatureSet::of_gaussian(gaussian), splits, seed)?
        }
        (None, _) => unreachable!("all but statistics are opened"),
    };
    if let Some(path) = save {
        statistics::write(&real_features.gaussian()?, path)?;
        progress(ScoreProgress::Note(format!("statistics of {real} are in {}", path.display())));
    }
    Ok(ScoreReport { real: real.to_string(), fake: fake.to_string(), assumptions, scores })
}

/// Refuses what no image could make good.
fn refuse_impossible(
    real: &Origin,
    fake: &Origin,
    protocol: &Protocol,
    save: Option<&Path>,
) -> anyhow::Result<()> {
    let is_statistics = |side: &Origin| matches!(side, Origin::Statistics(_));
    ensure!(save.is_none() || !is_statistics(real), "statistics are saved of images, and --real names none");
    let of_features = |metric: &&dyn Metric| metric.material() == Material::Features;
    let needs_real = |metric: &&dyn Metric| of_features(metric) && metric.compares();
    let words = |needs: &dyn Fn(&&'static dyn Metric) -> bool| {
        protocol.computed().filter(needs).map(Metric::word).collect::<Vec<_>>().join(" and ")
    };
    for (side, what) in [(real, words(&needs_real)), (fake, words(&of_features))] {
        ensure!(
            !is_statistics(side) || what.is_empty(),
            "{side} has no images, which {what} needs; give images, or leave it out of --metrics"
        );
    }
    let of_classes = |metric: &&dyn Metric| metric.material() == Material::ClassDistributions;
    ensure!(
        !is_statistics(fake) || !protocol.computed().any(|metric| of_classes(&metric)),
        "{fake} has no images, which the inception score needs; leave it out with --metrics fid"
    );
    Ok(())
}

/// Both sides. Where one has pictures that cannot be read, those of the other one are said, too.
fn both(
    real: anyhow::Result<Option<OpenedOrigin>>,
    fake: anyhow::Result<Option<OpenedOrigin>>,
) -> anyhow::Result<[Option<OpenedOrigin>; 2]> {
    let (real, fake) = match (real, fake) {
        (Ok(real), Ok(fake)) => return Ok([real, fake]),
        // Nothing is read for long then.
        (Err(error), _) | (_, Err(error)) if !is_of_pictures(&error) => return Err(error),
        sides => sides,
    };
    Err(refusal([real, fake].map(|side| match side {
        Ok(side) => unread(&side),
        Err(error) => Some(error.to_string()),
    })))
}

/// Whether a side has pictures that cannot be read.
fn is_of_pictures(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(DataError::NotAnImage { .. } | DataError::NotImages { .. }))
}

/// Refuses sides with pictures that cannot be read, as far as that is found in a short time: both are read for long
/// otherwise, one after the other.
fn refuse_unreadable(sides: [&Option<OpenedOrigin>; 2]) -> anyhow::Result<()> {
    let wrong = sides.map(unread);
    if wrong.iter().any(Option::is_some) { Err(refusal(wrong)) } else { Ok(()) }
}

/// The message on a side's pictures that cannot be read, where there are some.
fn unread(side: &Option<OpenedOrigin>) -> Option<String> {
    Some(side.as_ref()?.check().err()?.to_string())
}

/// What is wrong with the sides, once where it is the same.
fn refusal([real, fake]: [Option<String>; 2]) -> anyhow::Error {
    let fake = fake.filter(|fake| real.as_ref() != Some(fake));
    anyhow!("{}", real.into_iter().chain(fake).collect::<Vec<_>>().join("; "))
}

/// Refuses fewer images than what is computed `needs`.
fn enough_images([real, fake]: [&Option<OpenedOrigin>; 2], needs: ImageNeeds) -> anyhow::Result<()> {
    let [real, fake] = [real, fake].map(|side| side.as_ref().map(OpenedOrigin::counted));
    Ok(needs.check_sides(real.as_ref(), fake.as_ref())?)
}

/// What a person should know of the sides, once where both are one folder.
fn notes_of_sides(sides: [&Option<OpenedOrigin>; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    for side in sides.into_iter().flatten() {
        for note in side.notes() {
            let note = format!("{}: {note}", side.name());
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

/// What a person should know before the work begins.
fn notes(extractor: &Extractor, protocol: &Protocol, sides: [&Option<OpenedOrigin>; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    if extractor.classes().is_none() {
        notes.extend(left_out_without_classes(&protocol.metrics));
    }
    let of_features: Vec<&dyn Metric> =
        protocol.computed().filter(|metric| metric.material() == Material::Features).collect();
    if !of_features.is_empty() {
        let [real, fake] = sides.map(|side| side.as_ref().map_or(0, OpenedOrigin::len));
        let kept = fake + if of_features.iter().any(|metric| metric.compares()) { real } else { 0 };
        let width = extractor.features();
        let memory = |metric: &&dyn Metric| metric.memory(&protocol.settings, real, fake, width);
        let bytes =
            (kept * width * size_of::<f32>()) as u64 + of_features.iter().map(memory).max().unwrap_or(0);
        notes.push(format!(
            "for {}, the features of all {} images are kept: about {} MiB",
            of_features.iter().map(|metric| metric.word()).collect::<Vec<_>>().join(" and "),
            thousands(kept as u64),
            thousands((bytes >> 20).max(1))
        ));
    }
    notes
}

/// The network that makes the features. Before one is trained, `enough` is asked whether there are enough images,
/// where it knows classes or none.
fn extractor(
    real: &Origin,
    protocol: &Protocol,
    place: &ScoreEnvironment<'_>,
    enough: &dyn Fn(bool) -> anyhow::Result<()>,
    progress: &mut dyn FnMut(ScoreProgress),
) -> anyhow::Result<Extractor> {
    if protocol.extractor == ExtractorKind::Inception {
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
            progress(ScoreProgress::Note(format!(
                "these are not the public weights of 2015, so the scores are not called IS and FID but carry the \
                 name {name}"
            )));
        }
        enough(true)?;
        return Ok(Extractor::inception(weights, protocol.preprocessing, place.device));
    }
    let source = match real {
        Origin::Images(source) => source,
        other => bail!(
            "the built-in extractor is trained on the real images, but {other} holds {} and no images; give images \
             with --real, or take --extractor inception",
            if matches!(other, Origin::Model(_)) { "a model" } else { "statistics" }
        ),
    };
    // Learned at the side that the set has by itself, where that can be.
    let mut native = OpenedOrigin::Images(source.stream(protocol.real_split)?);
    let first = native.batch(1, place.device)?;
    let side = first.first().map_or(32, |images| images.dims()[3]).clamp(*SIDES.start(), *SIDES.end());
    let Loaded { set, report } = load(source, &DataConfig::default().options(side, protocol.real_split))?;
    report.check_complete()?;
    enough(set.classes().len() >= 2)?;
    let mut learned = |done, total| {
        let what = "learning to score such images (once for each set)".to_owned();
        progress(ScoreProgress::Images { what, done, total });
    };
    Ok(Extractor::for_set(&set, place.cache, place.device, &mut learned)?)
}

/// What the metrics need of the real images; where that is nothing, none of them is seen.
fn reference(
    real: &Origin,
    opened: Option<&mut OpenedOrigin>,
    materials: &[Material],
    extractor: &Extractor,
    place: &ScoreEnvironment<'_>,
    progress: &mut dyn FnMut(ScoreProgress),
) -> anyhow::Result<Reference> {
    let count = opened.as_ref().map_or(0, |side| side.len());
    let mut features = FeatureSet::new(materials, extractor.features(), count);
    let mut images = real.to_string();
    match (opened, real) {
        _ if materials.is_empty() => {}
        (Some(side), _) => {
            let mut push = |images, first| Ok(features.push(&extractor.outputs(images, first)?)?);
            each_batch(side, "real images", extractor, place, progress, &mut push)?;
            images += &format!(", {} images", thousands(count as u64));
        }
        (None, Origin::Statistics(path)) => {
            features = FeatureSet::of_gaussian(statistics::read(path, extractor.features())?);
        }
        (None, _) => unreachable!("all but statistics are opened"),
    }
    Ok(Reference { extractor: extractor.name().to_owned(), images, features: Arc::new(features) })
}

/// Passes all images of `side` to `push`, batch by batch, each with the number of its first image.
fn each_batch(
    side: &mut OpenedOrigin,
    what: &str,
    extractor: &Extractor,
    place: &ScoreEnvironment<'_>,
    progress: &mut dyn FnMut(ScoreProgress),
    push: &mut dyn FnMut(Tensor<4>, usize) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (mut done, total) = (0, side.len());
    progress(ScoreProgress::Images { what: what.to_owned(), done, total });
    while done < total {
        ensure!(
            !place.stop.load(Ordering::Relaxed),
            "stopped after {done} of {total} {what}; nothing was written"
        );
        for images in side.batch(extractor.batch(), extractor.device())? {
            let [count, ..] = images.dims();
            push(images, done)?;
            done += count;
        }
        progress(ScoreProgress::Images { what: what.to_owned(), done, total });
    }
    Ok(())
}
