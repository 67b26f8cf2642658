//! Feature extractors: the networks whose features and class probabilities scores are made of.
//!
//! One small network serves all sets, because a score on a user's own pictures needs features that
//! were learned on such pictures. The built-in toys have `toys-v1`, which ships with the program;
//! any other set gets its own network on first use, trained on its labels or, without labels, on
//! telling by how many quarter turns an image was rotated. The network takes 32 px; images of any
//! other side are resized to that, as Inception resizes to 299 px.

mod error;
pub mod inception;
mod network;
mod resize;
mod respond;
mod training;
mod weights;

use std::path::Path;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::data::{ImageSet, Split, toys};
use crate::export::sha256;
use crate::rng::{permutation, rng};
pub use error::ExtractorError;
use inception::{Inception, InceptionWeights, Preprocessing};
use network::ExtractorNetwork;
pub use network::{FEATURES, INPUT_SIDE};
pub use respond::BATCH;
use respond::{BatchedForward, respond};
pub(super) use training::MIN_IMAGES;
pub(super) use training::images_in_words;
pub use training::{ExtractorRecipe, train};
pub(super) use weights::write_cached;
pub use weights::{ModelCard, Task};
use weights::{from_bytes, short_hash, to_bytes};

/// Name of the extractor that ships for the built-in toys.
pub const TOYS: &str = "toys-v1";
/// Its weights; `autogan data scorer` trains them again.
const TOYS_WEIGHTS: &[u8] = include_bytes!("../../../assets/toys-v1.safetensors");

/// What an extractor says about images.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    /// `[images, features]`, row-major, finite.
    pub features: Vec<f32>,
    /// `[images, classes]`, row-major, finite; `None` where the network knows no classes.
    pub logits: Option<Vec<f32>>,
}

/// A trained network on a device, with the name that its scores carry.
#[derive(Debug, Clone)]
pub struct Extractor {
    name: String,
    backend: Backend,
    device: Device,
}

/// The network of an extractor.
#[derive(Debug, Clone)]
enum Backend {
    /// A small network of this program, with how it was trained.
    Small(Box<ModelCard>, ExtractorNetwork),
    /// The Inception network of 2015.
    Inception(Box<Inception>, Preprocessing),
}

/// What is known of an extractor before it is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtractorKind {
    /// The set's own: `toys-v1` for the toys, else one that is trained on the set.
    #[default]
    Builtin,
    /// The Inception network of 2015.
    Inception,
}

impl ExtractorKind {
    /// Multiply-accumulates of its convolutions for one image.
    pub fn macs(self) -> u64 {
        match self {
            Self::Builtin => ExtractorNetwork::macs(),
            Self::Inception => inception::MACS,
        }
    }
}

impl Extractor {
    /// `toys-v1`, the classifier that ships for the built-in toys.
    ///
    /// # Errors
    /// When the weights in the program are damaged.
    pub fn builtin_toys(device: &Device) -> Result<Self, ExtractorError> {
        let extractor = Self::from_bytes(TOYS_WEIGHTS, TOYS, device)?;
        Ok(Self { name: TOYS.to_owned(), ..extractor })
    }

    /// The extractor for a set: `toys-v1` for the toys, otherwise one that was trained on the set's
    /// labels, or on rotations if it has fewer than two classes.
    ///
    /// The first call for a set trains for a minute or so and keeps the weights as
    /// `<cache>/extractors/<hash>.safetensors`, where the hash covers images, labels and
    /// [`ExtractorRecipe`]; `progress` receives (steps done, all steps). Its name ends in a hash of the weights,
    /// so two networks with one name are the same network.
    ///
    /// # Errors
    /// When the set is too small, or the cache cannot be read or written.
    pub fn for_set(
        images: &ImageSet,
        cache: &Path,
        device: &Device,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, ExtractorError> {
        if !Self::is_trained_on(images.name()) {
            return Self::builtin_toys(device);
        }
        Self::trained_on(images, cache, device, &ExtractorRecipe::default(), progress)
    }

    /// Whether the extractor of the set of this name is one that is trained on it.
    pub fn is_trained_on(name: &str) -> bool {
        name != "toys"
    }

    fn trained_on(
        images: &ImageSet,
        cache: &Path,
        device: &Device,
        recipe: &ExtractorRecipe,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, ExtractorError> {
        let task = match images.labels() {
            Some(_) if images.classes().len() >= 2 => Task::Labels,
            _ => Task::Rotations,
        };
        let key = sha256(format!("{task:?} {} {}", recipe.cache_key(), images.hash()).as_bytes());
        let path = cache.join("extractors").join(format!("{key}.safetensors"));
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let (training, test) = hold_out(images);
                let (weights, card) = train(&training, &test, task, recipe, progress)?;
                let bytes = to_bytes(&weights, &card);
                write_cached(&path, &bytes)?;
                bytes
            }
            Err(error) => {
                let why = error.to_string();
                return Err(ExtractorError::Read { path, why });
            }
        };
        Self::from_bytes(&bytes, &path.display().to_string(), device)
    }

    /// The extractor in a weights file's bytes, named after its task and a hash of its weights.
    fn from_bytes(bytes: &[u8], source: &str, device: &Device) -> Result<Self, ExtractorError> {
        let (weights, card) = from_bytes(bytes, source)?;
        let kind = match card.task {
            Task::Labels => "classifier",
            Task::Rotations => "rotations",
        };
        let device = device.clone().inner();
        Ok(Self {
            name: format!("{kind}-{}", short_hash(&weights)),
            backend: Backend::Small(Box::new(card), ExtractorNetwork::new(&weights, &device, source)?),
            device,
        })
    }

    /// The Inception network of 2015 on a device. Its name says which numbers it has, and how images come to
    /// it where that is not the way of the field.
    pub fn inception(weights: &InceptionWeights, preprocessing: Preprocessing, device: &Device) -> Self {
        let device = device.clone().inner();
        let name = match preprocessing {
            Preprocessing::Tf => weights.name(),
            other => format!("{}/{other}", weights.name()),
        };
        let network = Inception::new(weights, &device);
        Self { name, backend: Backend::Inception(Box::new(network), preprocessing), device }
    }

    /// The name that scores carry: `toys-v1`, `classifier-1a2b3c4d`, `rotations-1a2b3c4d`, `inception-2015`,
    /// `inception-2015/clean`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a network of this program was trained and how well it knows held-out images.
    pub fn model_card(&self) -> Option<&ModelCard> {
        match &self.backend {
            Backend::Small(card, _) => Some(card),
            Backend::Inception(..) => None,
        }
    }

    /// Number of classes in the logits; `None` where the network knows no classes, so that an inception
    /// score means nothing.
    pub fn classes(&self) -> Option<usize> {
        match &self.backend {
            Backend::Small(card, network) => (card.task == Task::Labels).then(|| network.classes()),
            Backend::Inception(..) => Some(inception::CLASSES),
        }
    }

    /// Width of the features.
    pub fn features(&self) -> usize {
        match &self.backend {
            Backend::Small(..) => FEATURES,
            Backend::Inception(..) => inception::FEATURES,
        }
    }

    /// Images in a batch.
    pub fn batch(&self) -> usize {
        match &self.backend {
            Backend::Small(..) => BATCH,
            Backend::Inception(..) => inception::BATCH,
        }
    }

    /// Multiply-accumulates of its convolutions for one image.
    pub fn macs(&self) -> u64 {
        match &self.backend {
            Backend::Small(..) => ExtractorKind::Builtin.macs(),
            Backend::Inception(..) => ExtractorKind::Inception.macs(),
        }
    }

    /// The device that the network is on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Features and logits of `images` `[n, 3, side, side]` in [-1, 1], of any n and side. Values
    /// are first clamped and rounded to 8 bits, so a picture scores the same before and after it is
    /// saved. `first` is the index of the first image in the whole set, for errors.
    ///
    /// # Errors
    /// When an image or its features are not finite, or the device fails.
    pub fn outputs(&self, images: Tensor<4>, first: usize) -> Result<Outputs, ExtractorError> {
        let images = images.inner().to_device(&self.device);
        let (features, logits) = match &self.backend {
            Backend::Small(_, network) => network.respond(images, first)?,
            // Its work for an image is so much that filling up costs more than it saves.
            Backend::Inception(network, preprocessing) => {
                let forward = |levels| network.forward(preprocessing.apply(levels));
                respond(
                    images,
                    first,
                    &BatchedForward { size: inception::BATCH, fill: false, forward: &forward },
                )?
            }
        };
        Ok(Outputs { features, logits: self.classes().map(|_| logits) })
    }
}

/// Trains `toys-v1` again from the 50,000 training toys and returns the bytes of its weights file
/// and its card, with the accuracy on the 10,000 test toys.
///
/// # Errors
/// When drawing or training fails.
pub fn train_toys(progress: &mut dyn FnMut(usize, usize)) -> Result<(Vec<u8>, ModelCard), ExtractorError> {
    let draw = |split, count| toys::toys(split, count, INPUT_SIDE, 0, &|_, _| {});
    let images = draw(Split::Train, toys::TRAIN)?;
    let test = draw(Split::Test, toys::TEST)?;
    let (weights, card) = train(&images, &test, Task::Labels, &ExtractorRecipe::default(), progress)?;
    Ok((to_bytes(&weights, &card), card))
}

/// Cuts a tenth of the images off (at most 5,000), chosen at random, to measure accuracy on.
fn hold_out(images: &ImageSet) -> (ImageSet, ImageSet) {
    let order = permutation(&mut rng(0, "extractor/held out", 0), images.len());
    let (test, training) = order.split_at((images.len() / 10).min(5000));
    (subset(images, training), subset(images, test))
}

fn subset(images: &ImageSet, indices: &[u32]) -> ImageSet {
    let pixels = indices.iter().flat_map(|&i| images.image(i as usize)).copied().collect();
    let (labels, classes) = (images.labels_of(indices), images.classes().to_vec());
    ImageSet::new(images.name(), images.side(), pixels, labels, classes)
        .expect("whole images of a set, with their labels, are a set again")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::tensor::TensorData;

    fn tensor(set: &ImageSet, indices: std::ops::Range<u32>) -> Tensor<4> {
        let indices: Vec<u32> = indices.collect();
        let shape = [indices.len(), 3, set.side(), set.side()];
        let data = TensorData::new(set.batch_f32(&indices), shape);
        Tensor::from_data(data, &Device::flex())
    }

    fn test_toys(count: usize, side: usize) -> ImageSet {
        toys::toys(Split::Test, count, side, 0, &|_, _| {}).unwrap()
    }

    fn accuracy_at(extractor: &Extractor, side: usize) -> f64 {
        let set = test_toys(1000, 32).resized(side);
        let logits = extractor.outputs(tensor(&set, 0..1000), 0).unwrap().logits.unwrap();
        let rows = logits.chunks_exact(10);
        let right = rows.enumerate().filter(|(i, row)| row.iter().all(|&x| x <= row[i % 10]));
        right.count() as f64 / 1000.0
    }

    #[test]
    fn the_shipped_network_knows_the_toys_at_every_stage() {
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        assert_eq!((extractor.name(), extractor.classes()), (TOYS, Some(10)));
        let card = extractor.model_card().unwrap();
        assert!(card.accuracy >= 0.98, "{card:?}");
        assert_eq!(card.test_images, toys::TEST);
        for (side, least) in [(64, 0.97), (32, 0.97), (16, 0.95), (8, 0.8)] {
            let accuracy = accuracy_at(&extractor, side);
            assert!(accuracy >= least, "{accuracy} at {side} px");
        }
        assert!(TOYS_WEIGHTS.len() < 2 << 20);
    }

    #[test]
    fn outputs_do_not_depend_on_how_images_are_batched() {
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let set = test_toys(BATCH + 20, 16);
        let whole = extractor.outputs(tensor(&set, 0..148), 0).unwrap();
        let (mut features, mut logits) = (Vec::new(), Vec::new());
        for range in [0..3, 3..100, 100..148] {
            let part = extractor.outputs(tensor(&set, range), 0).unwrap();
            features.extend(part.features);
            logits.extend(part.logits.unwrap());
        }
        assert_eq!(whole.features.len(), 148 * FEATURES);
        assert_eq!(whole, Outputs { features, logits: Some(logits) });
    }

    #[test]
    fn a_picture_scores_the_same_before_and_after_saving() {
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let saved = tensor(&test_toys(4, 16), 0..4);
        let unsaved = saved.clone() + 0.003; // less than half a level, and beyond 1 where white
        assert_eq!(extractor.outputs(saved, 0).unwrap(), extractor.outputs(unsaved, 0).unwrap());
    }

    #[test]
    fn a_nan_in_an_image_names_the_sample() {
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let mut values = vec![0.0f32; 5 * 3 * 64];
        values[3 * 3 * 64 + 70] = f32::NAN;
        let images = Tensor::from_data(TensorData::new(values, [5, 3, 8, 8]), &Device::flex());
        let error = extractor.outputs(images, 1000).unwrap_err();
        assert!(error.to_string().starts_with("sample 1003 has the value NaN"), "{error}");
    }

    #[test]
    fn an_unknown_set_is_learned_once_and_then_read() {
        let cache = tempfile::tempdir().unwrap();
        let set = test_toys(200, 8);
        let recipe = ExtractorRecipe { batch: 16, steps: [20, 20], ..ExtractorRecipe::default() };
        let set_named = |labels, classes: &[String]| {
            ImageSet::new("mine", 8, set.pixels().to_vec(), labels, classes.to_vec()).unwrap()
        };
        let labelled = set_named(set.labels().map(<[u16]>::to_vec), set.classes());
        let unlabelled = set_named(None, &[]);
        let device = Device::flex();
        for (set, kind) in [(labelled, "classifier-"), (unlabelled, "rotations-")] {
            let mut steps = 0;
            let mut learn =
                || Extractor::trained_on(&set, cache.path(), &device, &recipe, &mut |_, _| steps += 1);
            let first = learn().unwrap();
            let second = learn().unwrap();
            assert_eq!(steps, 20, "the second call reads the cache");
            assert_eq!(first.name(), second.name());
            assert!(first.name().starts_with(kind) && first.name().len() == kind.len() + 8);
            assert_eq!(first.model_card().unwrap().test_images, 20);
            let outputs = first.outputs(tensor(&set, 0..3), 0).unwrap();
            assert_eq!(outputs, second.outputs(tensor(&set, 0..3), 0).unwrap());
            assert_eq!(outputs.logits.is_some(), kind == "classifier-");
        }
        let files = std::fs::read_dir(cache.path().join("extractors")).unwrap();
        let files: Vec<std::path::PathBuf> = files.map(|file| file.unwrap().path()).collect();
        assert_eq!(files.len(), 2);
        for file in files {
            std::fs::write(file, b"damaged").unwrap();
        }
        let unlabelled = set_named(None, &[]);
        let error = Extractor::trained_on(&unlabelled, cache.path(), &device, &recipe, &mut |_, _| {});
        assert!(error.unwrap_err().to_string().contains("delete the file"));
    }
}
