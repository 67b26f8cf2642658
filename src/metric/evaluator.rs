//! Evaluates generated images against real ones.

use std::collections::HashMap;

use burn::tensor::Tensor;

use super::class_distributions::ClassDistributions;
use super::error::MetricError;
use super::extractor::{Extractor, ExtractorError};
use super::feature_set::{FeatureSet, Material};
use super::metrics::{Metric, MetricName, MetricSettings, MetricValue, PreparedMetric, metrics_of};
use super::reference::Reference;
use super::score::Score;

/// An extractor with real images to compare with and the metrics to compute: what runs and `autogan score`
/// evaluate generated images with.
#[derive(Debug)]
pub struct Evaluator {
    extractor: Extractor,
    reference: Reference,
    settings: MetricSettings,
    /// The values that a score is made of, in this order.
    names: Vec<MetricName>,
    comparisons: Vec<(&'static dyn Metric, Box<dyn PreparedMetric>)>,
    real_spread: f64,
}

impl Evaluator {
    /// Computes the values `names`, in this order and each once. Those that need classes are left out where the
    /// extractor knows none.
    ///
    /// # Errors
    /// When the reference was made with another extractor, lacks what a metric needs, or has too few images.
    pub fn new(
        extractor: Extractor,
        reference: Reference,
        names: &[MetricName],
        settings: MetricSettings,
    ) -> Result<Self, ExtractorError> {
        if reference.extractor != extractor.name() {
            return Err(ExtractorError::OtherReference {
                reference: reference.extractor,
                extractor: extractor.name().to_owned(),
            });
        }
        let (left, right) = (reference.features.width(), extractor.features());
        if left != right {
            return Err(ExtractorError::Metric(MetricError::WidthMismatch { left, right }));
        }
        let known = |metric: &&dyn Metric| {
            extractor.classes().is_some() || metric.material() != Material::ClassDistributions
        };
        let prepare = |metric: &'static dyn Metric| {
            metric.prepare(&reference.features, &settings).map(|comparison| (metric, comparison))
        };
        let comparisons = metrics_of(names).filter(known).map(prepare).collect::<Result<_, _>>()?;
        let mut evaluator = Self {
            real_spread: reference.spread(),
            extractor,
            reference,
            settings,
            names: Vec::new(),
            comparisons,
        };
        for name in names {
            if evaluator.metric_of(*name).is_some() && !evaluator.names.contains(name) {
                evaluator.names.push(*name);
            }
        }
        Ok(evaluator)
    }

    /// The extractor.
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// Sum of the variances of the real images' features. It is the Fréchet distance between the
    /// real images and one endlessly repeated image with their mean features. 0 without real images.
    pub fn real_spread(&self) -> f64 {
        self.real_spread
    }

    /// Begins to evaluate `samples` images, the inception score over `splits`. `seed` is noted in the
    /// scores.
    ///
    /// # Errors
    /// When a metric needs more images.
    pub fn begin(&self, samples: usize, splits: usize, seed: u64) -> Result<Evaluation, MetricError> {
        let settings = MetricSettings { splits, ..self.settings };
        let mut materials = Vec::new();
        for (metric, _) in &self.comparisons {
            let (needed, _) = metric.fewest_images(&settings);
            if samples < needed {
                return Err(MetricError::TooFewSamples { what: metric.noun(), needed, samples });
            }
            materials.push(metric.material());
        }
        let mut features = FeatureSet::new(&materials, self.extractor.features(), samples);
        if let Some(classes) =
            self.extractor.classes().filter(|_| materials.contains(&Material::ClassDistributions))
        {
            features = features.with_class_distributions(ClassDistributions::new(samples, classes, splits)?);
        }
        Ok(Evaluation { samples, splits, seed, features })
    }

    /// The scores of generated images of which `generated` was kept. `splits` is that of its class
    /// distributions; `seed` is noted.
    ///
    /// # Errors
    /// When there are too few images, or something that a metric needs was not kept.
    pub fn scores(
        &self,
        generated: &FeatureSet,
        splits: usize,
        seed: u64,
    ) -> Result<Vec<Score>, MetricError> {
        let mut values: HashMap<MetricName, MetricValue> = HashMap::new();
        for (metric, comparison) in &self.comparisons {
            values.extend(metric.values().iter().copied().zip(comparison.evaluate(generated)?));
        }
        let settings = MetricSettings { splits, ..self.settings };
        let score = |name: &MetricName| {
            let (metric, MetricValue { value, std }) = (self.metric_of(*name)?, *values.get(name)?);
            Some(Score {
                metric: *name,
                value,
                std,
                extractor: self.extractor.name().to_owned(),
                samples: generated.samples(),
                reference: metric.compares().then(|| self.reference.images.clone()),
                splits: (metric.material() == Material::ClassDistributions).then_some(splits),
                seed,
                setting: metric.setting(&settings),
            })
        };
        Ok(self.names.iter().filter_map(score).collect())
    }

    /// The metric that gives the value `name`, if it is computed.
    fn metric_of(&self, name: MetricName) -> Option<&'static dyn Metric> {
        let mut metrics = self.comparisons.iter().map(|(metric, _)| *metric);
        metrics.find(|metric| metric.values().contains(&name))
    }
}

/// An evaluation under way: what was kept of the generated images so far.
///
/// Made by [`Evaluator::begin`]; images come by [`push`](Evaluation::push) until
/// [`is_complete`](Evaluation::is_complete), then [`finish`](Evaluation::finish) gives the scores.
#[derive(Debug, Clone)]
pub struct Evaluation {
    samples: usize,
    splits: usize,
    seed: u64,
    features: FeatureSet,
}

impl Evaluation {
    /// Takes in `images` `[n, 3, side, side]` in [-1, 1], n at least 1; those beyond the wanted number
    /// are left out.
    ///
    /// # Errors
    /// When an image is not finite or the device fails.
    pub fn push(&mut self, evaluator: &Evaluator, images: Tensor<4>) -> Result<(), ExtractorError> {
        if self.is_complete() {
            return Ok(());
        }
        let [count, ..] = images.dims();
        let images = images.narrow(0, 0, count.min(self.missing()));
        let outputs = evaluator.extractor().outputs(images, self.features.samples())?;
        Ok(self.features.push(&outputs)?)
    }

    /// Images still wanted.
    pub fn missing(&self) -> usize {
        self.samples - self.features.samples()
    }

    /// Whether all wanted images were seen.
    pub fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    /// The scores, in the order of the evaluator's metrics.
    ///
    /// # Errors
    /// When images are missing that a metric needs.
    pub fn finish(&self, evaluator: &Evaluator) -> Result<Vec<Score>, MetricError> {
        evaluator.scores(&self.features, self.splits, self.seed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{ImageSet, Split, toys};
    use crate::metric::{FRECHET_DISTANCE, INCEPTION_SCORE, ScoreConfig, real_materials};
    use crate::rng::{normals, rng};
    use burn::tensor::{Device, TensorData};

    fn toys(split: Split, count: usize) -> ImageSet {
        toys::toys(split, count, 16, 0, &|_, _| {}).unwrap()
    }

    /// Computes the values `names`, against 500 toys.
    fn evaluator_of(names: &[MetricName], settings: MetricSettings) -> Evaluator {
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let (set, materials) = (toys(Split::Train, 600), real_materials(names));
        let reference = Reference::of(&extractor, &set, 500, &materials, &mut |_, _| {});
        Evaluator::new(extractor, reference.unwrap(), names, settings).unwrap()
    }

    fn evaluator() -> Evaluator {
        let config = ScoreConfig::default();
        evaluator_of(&config.metrics, config.metric_settings(0))
    }

    /// The scores of `samples` images from a source of batches.
    fn scores(
        evaluator: &Evaluator,
        (samples, splits, seed): (usize, usize, u64),
        images: &mut dyn FnMut(usize) -> Tensor<4>,
    ) -> Result<Vec<Score>, ExtractorError> {
        let mut evaluation = evaluator.begin(samples, splits, seed)?;
        let mut batch = 0;
        while !evaluation.is_complete() {
            evaluation.push(evaluator, images(batch))?;
            batch += 1;
        }
        Ok(evaluation.finish(evaluator)?)
    }

    /// Batches of 30 from a set.
    fn batches(set: &ImageSet) -> impl FnMut(usize) -> Tensor<4> {
        move |batch| {
            let indices: Vec<u32> = (batch as u32 * 30..(batch as u32 + 1) * 30).collect();
            let data = TensorData::new(set.batch_f32(&indices), [30, 3, 16, 16]);
            Tensor::from_data(data, &Device::flex())
        }
    }

    #[test]
    fn scores_order_real_images_above_blurred_above_noise() {
        let evaluator = evaluator();
        let test = toys(Split::Test, 300);
        let blurred = test.resized(6).resized(16);
        let real = scores(&evaluator, (250, 5, 9), &mut batches(&test)).unwrap();
        let blurred = scores(&evaluator, (250, 5, 9), &mut batches(&blurred)).unwrap();
        let noise = scores(&evaluator, (250, 5, 9), &mut |batch| {
            let draws = normals(&mut rng(1, "test/noise", batch as u64), 30 * 3 * 256);
            Tensor::from_data(TensorData::new(draws, [30, 3, 16, 16]), &Device::flex())
        });
        let noise = noise.unwrap();
        for (better, worse) in [(&real, &blurred), (&blurred, &noise)] {
            let metrics = (better[0].metric, better[1].metric);
            assert_eq!(metrics, (FRECHET_DISTANCE, INCEPTION_SCORE));
            assert!(better[0].better(&worse[0]), "{} and {}", better[0], worse[0]);
            assert!(better[1].better(&worse[1]), "{} and {}", better[1], worse[1]);
        }
        let (distance, inception) = (&real[0], &real[1]);
        assert!(inception.value > 8.0, "{inception}");
        assert!(distance.value < 0.1 * evaluator.real_spread(), "{distance}");
        let reference = distance.reference.clone().unwrap();
        assert!(reference.starts_with("500 of toys, 600 images of 16 px, "), "{reference}");
        assert_eq!((inception.samples, inception.seed, inception.splits), (250, 9, Some(5)));
    }

    #[test]
    fn one_repeated_image_is_as_far_as_the_real_spread_or_farther() {
        let evaluator = evaluator();
        let test = toys(Split::Test, 1);
        let image = TensorData::new(test.batch_f32(&[0; 30]), [30, 3, 16, 16]);
        let image = Tensor::from_data(image, &Device::flex());
        let scores = scores(&evaluator, (60, 5, 0), &mut |_| image.clone()).unwrap();
        let (distance, inception) = (&scores[0], &scores[1]);
        assert!((inception.value - 1.0).abs() < 1e-4, "{inception}");
        assert!(distance.value > 0.999 * evaluator.real_spread(), "{distance}");
    }

    #[test]
    fn a_reference_serves_its_own_extractor_only() {
        let evaluator = evaluator();
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let foreign = Reference { extractor: "classifier-12345678".into(), ..evaluator.reference.clone() };
        let error = Evaluator::new(extractor, foreign, &[FRECHET_DISTANCE], evaluator.settings).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("classifier-12345678") && error.contains("toys-v1"), "{error}");
    }

    #[test]
    fn too_few_samples_are_refused() {
        let evaluator = evaluator();
        let test = toys(Split::Test, 30);
        for (samples, splits) in [(0, 1), (1, 1), (4, 5), (10, 0)] {
            assert!(scores(&evaluator, (samples, splits, 0), &mut batches(&test)).is_err());
        }
    }

    /// Whatever is computed together with others is what it is by itself, of the metric's own function.
    #[test]
    fn every_metric_gives_the_number_of_its_own_function_in_the_order_asked_for() {
        use crate::metric::{COVERAGE, KERNEL_DISTANCE, RECALL, kid, prdc};
        let settings = MetricSettings {
            splits: 5,
            neighbours: std::num::NonZeroUsize::new(3).unwrap(),
            kid: crate::metric::KidConfig { subset_size: 40, ..Default::default() },
            seed: 7,
        };
        let test = toys(Split::Test, 90);
        let all: Vec<MetricName> = MetricName::all().collect();
        let evaluator = evaluator_of(&all, settings);
        let together = scores(&evaluator, (70, 5, 7), &mut batches(&test)).unwrap();
        assert_eq!(together.iter().map(|score| score.metric).collect::<Vec<_>>(), all);
        for score in &together {
            let alone = evaluator_of(&[score.metric], settings);
            let by_itself = scores(&alone, (70, 5, 7), &mut batches(&test)).unwrap();
            assert_eq!(by_itself, std::slice::from_ref(score));
        }
        let asked = [RECALL, INCEPTION_SCORE, COVERAGE, RECALL];
        let some = scores(&evaluator_of(&asked, settings), (70, 5, 7), &mut batches(&test)).unwrap();
        assert_eq!(some.iter().map(|score| score.metric).collect::<Vec<_>>(), asked[..3]);
        let of = |name| together.iter().find(|score| score.metric == name).unwrap();
        let real = evaluator.reference.features.features().unwrap();
        let batch = |at| evaluator.extractor().outputs(batches(&test)(at), 0).unwrap().features;
        let made: Vec<f32> = (0..3).flat_map(batch).take(70 * real.len() / 500).collect();
        let width = evaluator.extractor().features();
        let found = prdc(real, &made, width, settings.neighbours).unwrap();
        assert_eq!((of(RECALL).value, of(COVERAGE).value), (found.recall, found.coverage));
        assert_eq!(of(RECALL).setting.as_deref(), Some("k = 3"));
        let found = kid(real, &made, width, settings.kid, 7).unwrap();
        assert_eq!((of(KERNEL_DISTANCE).value, of(KERNEL_DISTANCE).std), (found.mean, Some(found.std)));
        assert_eq!(of(KERNEL_DISTANCE).setting.as_deref(), Some("100 subsets of 40"));
    }

    #[test]
    fn what_a_metric_needs_is_refused_where_it_is_not_there() {
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let set = toys(Split::Train, 60);
        let names = [crate::metric::KERNEL_DISTANCE];
        let settings = ScoreConfig::default().metric_settings(0);
        let of = |materials: &[Material]| {
            let reference = Reference::of(&extractor, &set, 50, materials, &mut |_, _| {}).unwrap();
            Evaluator::new(extractor.clone(), reference, &names, settings).unwrap_err().to_string()
        };
        assert!(of(&[]).contains("all features were not kept"), "{}", of(&[]));
        let few = of(&[Material::Features]);
        assert!(few.contains("at least 1000 samples and got 50"), "{few}");
    }
}
