//! Trains the extractor's network: on labels, or on rotations where there are no labels.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use burn::optim::{AdamConfig, Optimizer};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

use super::network::{ExtractorNetwork, INPUT_SIDE, initial_weights};
use super::resize::{Filter, resize};
use super::respond::BATCH;
use super::{ExtractorError, ModelCard, Task};
use crate::arch::words::thousands;
use crate::data::{Batches, ImageSet};
use crate::model::NamedTensors;
use crate::rng::rng;

/// Least number of images that an extractor can be trained on.
pub(in crate::metric) const MIN_IMAGES: usize = 20;

/// How an extractor is trained. Any change gives a new extractor, so it is part of the cache's key.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtractorRecipe {
    /// Images in a step; fewer where the set has fewer.
    pub batch: usize,
    /// Passes over the images, within the bounds of `steps`.
    pub epochs: usize,
    /// Least and largest number of gradient steps.
    pub steps: [usize; 2],
    /// Largest learning rate of Adam; a warm-up of 50 steps leads to it, a half cosine from it to 0.
    pub learning_rate: f64,
    /// Images are blurred to one of these sides for a step, chosen at random, so that generators of
    /// every stage are judged by a network that has seen such pictures.
    pub sides: Vec<usize>,
    /// Seed of initial weights, order and augmentation. Not the run's seed: scores of runs with
    /// different seeds come from one network.
    pub seed: u64,
}

impl Default for ExtractorRecipe {
    fn default() -> Self {
        Self {
            batch: 64,
            epochs: 6,
            steps: [1000, 3000],
            learning_rate: 2e-3,
            sides: vec![INPUT_SIDE, INPUT_SIDE, 16, 8],
            seed: 0,
        }
    }
}

impl ExtractorRecipe {
    /// Its part of the key under which the cache keeps an extractor. It begins with the name that the type had
    /// when the first ones were kept, so that they are found.
    pub(super) fn cache_key(&self) -> String {
        format!("{self:?}").replacen("ExtractorRecipe", "Recipe", 1)
    }

    /// Gradient steps for so many images.
    pub fn steps(&self, images: usize) -> usize {
        let [least, most] = self.steps;
        (self.epochs * images / self.batch).clamp(least, most)
    }

    fn learning_rate(&self, step: usize, steps: usize) -> f64 {
        let warm_up = ((step + 1) as f64 / 50.0).min(1.0);
        let cosine = 0.5 * (1.0 + (PI * step as f64 / steps as f64).cos());
        self.learning_rate * warm_up * cosine
    }
}

/// Trains a network on `images` on the CPU and measures it on `test`; both sets must have the same
/// classes. `progress` receives (steps done, all steps) after every step. The same input gives the same
/// weights, bit for bit, on one machine.
///
/// # Errors
/// When there are too few images or the training diverges.
pub fn train(
    images: &ImageSet,
    test: &ImageSet,
    task: Task,
    recipe: &ExtractorRecipe,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(NamedTensors, ModelCard), ExtractorError> {
    if images.len() + test.len() < MIN_IMAGES || test.is_empty() {
        return Err(ExtractorError::TooFewImages {
            name: images.name().to_owned(),
            images: images.len() + test.len(),
            needed: MIN_IMAGES,
        });
    }
    let words = images_in_words(images);
    let (images, test) = (images.resized(INPUT_SIDE), test.resized(INPUT_SIDE));
    let classes = match task {
        Task::Labels => images.classes().len(),
        Task::Rotations => 4,
    };
    // One learner on one kind of device, so that the weights do not depend on the user's GPU.
    let device = Device::flex();
    let learner = device.clone().autodiff();
    let mut network = ExtractorNetwork::new(&initial_weights(classes, recipe.seed), &learner, "initial")?;
    let optimiser = AdamConfig::new().with_epsilon(1e-8).build();
    let mut moments = BTreeMap::new();
    let batch = recipe.batch.min(images.len());
    let steps = recipe.steps(images.len());
    let mut order = Batches::new(images.len(), batch, recipe.seed, "extractor/order", false)
        .expect("the batch is neither empty nor larger than the set");
    for step in 0..steps {
        let indices = order.indices(step as u64);
        let generator = &mut rng(recipe.seed, "extractor/step", step as u64);
        let (pixels, labels) = examples(&images, &indices, task, generator);
        let side = recipe.sides[generator.random_range(0..recipe.sides.len())];
        let x =
            resize(resize(to_tensor(pixels, &device), side, Filter::Triangle), INPUT_SIDE, Filter::Triangle);
        let (_, logits) = network.forward(x.autodiff());
        let targets = Tensor::from_data(one_hot(&labels, classes), &learner);
        let loss = (log_softmax(logits, 1) * targets).sum() / -(indices.len() as f64);
        let mut gradients = loss.backward();
        let learning_rate = recipe.learning_rate(step, steps);
        for (name, weight) in network.weights_mut().parameters_mut() {
            if let Some(gradient) = weight.take_gradient(&mut gradients) {
                let known = moments.remove(name);
                let (values, state) = optimiser.step(learning_rate, weight.flat(), gradient, known);
                *weight = weight.replaced(values);
                moments.extend(state.map(|state| (name.clone(), state)));
            }
        }
        progress(step + 1, steps);
    }
    let network = network.without_autodiff();
    let weights = network.weights().state_dict();
    let card = ModelCard {
        task,
        images: words,
        accuracy: accuracy(&network, &test, task, recipe.seed)?,
        test_images: test.len(),
        seed: recipe.seed,
        steps,
        batch,
    };
    Ok((weights, card))
}

/// A set in words: "toys, 50,000 images of 32 px".
pub(in crate::metric) fn images_in_words(set: &ImageSet) -> String {
    let (images, side) = (thousands(set.len() as u64), set.side());
    format!("{}, {images} images of {side} px", set.name())
}

/// Share of `images` (at the input side) whose label or rotation the network names correctly.
fn accuracy(
    network: &ExtractorNetwork,
    images: &ImageSet,
    task: Task,
    seed: u64,
) -> Result<f64, ExtractorError> {
    let all: Vec<u32> = (0..images.len() as u32).collect();
    let mut correct = 0;
    for (i, indices) in all.chunks(BATCH).enumerate() {
        let generator = &mut rng(seed, "extractor/test", i as u64);
        let (pixels, labels) = examples(images, indices, task, generator);
        let (_, logits) = network.respond(to_tensor(pixels, &Device::flex()), i * BATCH)?;
        let named = logits.chunks_exact(network.classes()).map(largest);
        correct += std::iter::zip(named, labels).filter(|(named, label)| named == label).count();
    }
    Ok(correct as f64 / images.len() as f64)
}

/// Index of the largest value.
fn largest(values: &[f32]) -> usize {
    (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

/// Pixels `[n, 3, side, side]` in [-1, 1] and what the network should answer to each image; for
/// rotations `generator` draws the rotations.
fn examples(
    images: &ImageSet,
    indices: &[u32],
    task: Task,
    generator: &mut impl Rng,
) -> (Vec<f32>, Vec<usize>) {
    let mut pixels = images.batch_f32(indices);
    let labels = match (task, images.labels()) {
        (Task::Labels, Some(labels)) => indices.iter().map(|&i| usize::from(labels[i as usize])).collect(),
        (Task::Labels, None) => unreachable!("labels are only learned on sets that have them"),
        (Task::Rotations, _) => {
            let rotations: Vec<usize> = indices.iter().map(|_| generator.random_range(0..4)).collect();
            let image = 3 * images.side() * images.side();
            for (image, &rotations) in pixels.chunks_exact_mut(image).zip(&rotations) {
                for plane in image.chunks_exact_mut(images.side() * images.side()) {
                    (0..rotations).for_each(|_| quarter_turn(plane, images.side()));
                }
            }
            rotations
        }
    };
    (pixels, labels)
}

/// UpdateSchedule a square plane clockwise by 90 degrees.
fn quarter_turn(plane: &mut [f32], side: usize) {
    let before = plane.to_vec();
    for y in 0..side {
        for x in 0..side {
            plane[x * side + (side - 1 - y)] = before[y * side + x];
        }
    }
}

/// Images at the input side as `[n, 3, 32, 32]`.
fn to_tensor(pixels: Vec<f32>, device: &Device) -> Tensor<4> {
    let images = pixels.len() / (3 * INPUT_SIDE * INPUT_SIDE);
    Tensor::from_data(TensorData::new(pixels, [images, 3, INPUT_SIDE, INPUT_SIDE]), device)
}

/// `[labels.len(), classes]`, one where the label is.
fn one_hot(labels: &[usize], classes: usize) -> TensorData {
    let mut values = vec![0.0f32; labels.len() * classes];
    for (row, &label) in values.chunks_exact_mut(classes).zip(labels) {
        row[label] = 1.0;
    }
    TensorData::new(values, [labels.len(), classes])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Images whose label is the side that is bright: easy, and different under rotation.
    fn bright_sides(count: usize, labelled: bool) -> ImageSet {
        let mut pixels = Vec::new();
        for i in 0..count {
            let noise = &mut rng(7, "test/noise", i as u64);
            for y in 0..8 {
                for x in 0..8 {
                    let bright = if i % 2 == 0 { x < 3 } else { y < 3 };
                    let value = if bright { 180 } else { 40 } + noise.random_range(0..60);
                    pixels.extend([value, value / 2, value]);
                }
            }
        }
        let labels = labelled.then(|| (0..count).map(|i| (i % 2) as u16).collect());
        let classes = if labelled { vec!["left".into(), "top".into()] } else { vec![] };
        ImageSet::new("sides", 8, pixels, labels, classes).unwrap()
    }

    fn short() -> ExtractorRecipe {
        ExtractorRecipe { batch: 16, steps: [60, 60], ..ExtractorRecipe::default() }
    }

    #[test]
    fn labels_are_learned_and_the_same_seed_gives_the_same_weights() {
        let (images, test) = (bright_sides(120, true), bright_sides(40, true));
        let mut seen = Vec::new();
        let mut progress = |done, all| seen.push((done, all));
        let (weights, card) = train(&images, &test, Task::Labels, &short(), &mut progress).unwrap();
        assert!(card.accuracy > 0.95, "{card:?}");
        assert_eq!((card.test_images, card.steps, card.batch), (40, 60, 16));
        assert_eq!(card.images, "sides, 120 images of 8 px");
        assert_eq!((seen.len(), seen[59]), (60, (60, 60)));
        let again = train(&images, &test, Task::Labels, &short(), &mut |_, _| {}).unwrap();
        assert_eq!((weights.clone(), card), again);
        let other = ExtractorRecipe { seed: 1, ..short() };
        let other = train(&images, &test, Task::Labels, &other, &mut |_, _| {}).unwrap();
        assert_ne!(weights, other.0);
    }

    #[test]
    fn rotations_are_learned_without_labels() {
        // All images have the bright side on the left, so that each turn looks different.
        let left = bright_sides(240, false);
        let even: Vec<u8> = (0..240).step_by(2).flat_map(|i| left.image(i).to_vec()).collect();
        let left = ImageSet::new("left", 8, even, None, vec![]).unwrap();
        let (weights, card) = train(&left, &left, Task::Rotations, &short(), &mut |_, _| {}).unwrap();
        assert!(card.accuracy > 0.9, "{card:?}");
        assert_eq!(weights.get("head.bias").unwrap().num_elements(), 4);
    }

    #[test]
    fn a_quarter_turn_is_clockwise_and_four_of_them_are_none() {
        let mut plane = [1.0, 2.0, 3.0, 4.0];
        quarter_turn(&mut plane, 2);
        assert_eq!(plane, [3.0, 1.0, 4.0, 2.0]);
        (0..3).for_each(|_| quarter_turn(&mut plane, 2));
        assert_eq!(plane, [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn the_learning_rate_rises_then_falls_to_nothing() {
        let recipe = ExtractorRecipe::default();
        let rates: Vec<f64> = (0..1000).map(|step| recipe.learning_rate(step, 1000)).collect();
        let peak = rates.iter().copied().fold(0.0, f64::max);
        assert!(rates[0] < 0.03 * peak && rates[999] < 1e-4 * peak && peak > 0.99 * recipe.learning_rate);
    }

    #[test]
    fn extractors_that_were_kept_are_found_again() {
        let kept = "Recipe { batch: 64, epochs: 6, steps: [1000, 3000], learning_rate: 0.002, sides: [32, 32, 16, 8], seed: 0 }";
        assert_eq!(ExtractorRecipe::default().cache_key(), kept);
    }

    #[test]
    fn too_few_images_are_refused() {
        let (images, test) = (bright_sides(10, true), bright_sides(2, true));
        let error = train(&images, &test, Task::Labels, &short(), &mut |_, _| {}).unwrap_err();
        assert!(error.to_string().contains("12 images") && error.to_string().contains("20"), "{error}");
    }
}
