//! Scores generated images against real ones.

use burn::tensor::Tensor;

use super::extractor::{Extractor, ExtractorError};
use super::{MetricError, Reference, Score, Scoring, Target};

/// An extractor with the real images to compare with.
#[derive(Debug)]
pub struct Scorer {
    extractor: Extractor,
    reference: Reference,
    real: Target,
}

impl Scorer {
    /// # Errors
    /// When the reference was made with another extractor or has fewer than two images.
    pub fn new(extractor: Extractor, reference: Reference) -> Result<Self, ExtractorError> {
        if reference.extractor != extractor.name() {
            return Err(ExtractorError::OtherReference {
                reference: reference.extractor,
                extractor: extractor.name().to_owned(),
            });
        }
        if reference.statistics.dim() != extractor.features() {
            return Err(ExtractorError::Metric(MetricError::WidthMismatch {
                left: reference.statistics.dim(),
                right: extractor.features(),
            }));
        }
        Ok(Self { real: Target::new(reference.statistics.gaussian()?)?, extractor, reference })
    }

    /// The extractor.
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// The real images' statistics.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Mean and covariance of the real images' features, ready to be compared with.
    pub fn real(&self) -> &Target {
        &self.real
    }

    /// Begins to score `samples` images, the inception score over `splits`. `seed` is noted in the
    /// scores.
    pub fn begin(&self, samples: usize, splits: usize, seed: u64) -> Scoring {
        Scoring::new(self.extractor.features(), samples, splits, seed)
    }

    /// Sum of the variances of the real images' features. It is the Fréchet distance between the
    /// real images and one endlessly repeated image with their mean features.
    pub fn real_spread(&self) -> f64 {
        self.real.gaussian().covariance.diagonal().column_vector().sum()
    }

    /// Scores `samples` images: the inception score over `splits` where the extractor knows classes,
    /// and the Fréchet distance always. `images(i)` gives batch `i` as `[n, 3, side, side]` in
    /// [-1, 1] with any n; images beyond `samples` are left out. `seed` is noted in the scores.
    ///
    /// # Errors
    /// When there are fewer than two samples or fewer than splits, a batch is empty, an image is not
    /// finite, or the device fails.
    pub fn score(
        &self,
        samples: usize,
        splits: usize,
        seed: u64,
        images: &mut dyn FnMut(usize) -> Tensor<4>,
    ) -> Result<Vec<Score>, ExtractorError> {
        let mut scoring = self.begin(samples, splits, seed);
        for batch in 0.. {
            let missing = scoring.missing();
            if missing == 0 {
                break;
            }
            let images = images(batch);
            if images.dims()[0] == 0 {
                return Err(ExtractorError::EmptyBatch { batch, missing });
            }
            scoring.push(self, images)?;
        }
        scoring.finish(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::ImageSet;
    use crate::data::{Split, toys};
    use crate::metric::Metric;
    use crate::rng::{normals, rng};
    use burn::tensor::{Device, TensorData};

    fn toys(split: Split, count: usize) -> ImageSet {
        toys::toys(split, count, 16, 0, &|_, _| {}).unwrap()
    }

    fn scorer() -> Scorer {
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let reference = Reference::of(&extractor, &toys(Split::Train, 600), 500, &mut |_, _| {});
        Scorer::new(extractor, reference.unwrap()).unwrap()
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
        let scorer = scorer();
        let test = toys(Split::Test, 300);
        let blurred = test.resized(6).resized(16);
        let real = scorer.score(250, 5, 9, &mut batches(&test)).unwrap();
        let blurred = scorer.score(250, 5, 9, &mut batches(&blurred)).unwrap();
        let noise = scorer.score(250, 5, 9, &mut |batch| {
            let draws = normals(&mut rng(1, "test/noise", batch as u64), 30 * 3 * 256);
            Tensor::from_data(TensorData::new(draws, [30, 3, 16, 16]), &Device::flex())
        });
        let noise = noise.unwrap();
        for (better, worse) in [(&real, &blurred), (&blurred, &noise)] {
            let metrics = (better[0].metric, better[1].metric);
            assert_eq!(metrics, (Metric::FrechetDistance, Metric::InceptionScore));
            assert!(better[0].better(&worse[0]), "{} and {}", better[0], worse[0]);
            assert!(better[1].better(&worse[1]), "{} and {}", better[1], worse[1]);
        }
        let (distance, inception) = (&real[0], &real[1]);
        assert!(inception.value > 8.0, "{inception}");
        assert!(distance.value < 0.1 * scorer.real_spread(), "{distance}");
        let reference = distance.reference.clone().unwrap();
        assert!(reference.starts_with("500 of toys, 600 images of 16 px, "), "{reference}");
        assert_eq!((inception.samples, inception.seed, inception.splits), (250, 9, Some(5)));
    }

    #[test]
    fn one_repeated_image_is_as_far_as_the_real_spread_or_farther() {
        let scorer = scorer();
        let test = toys(Split::Test, 1);
        let image = TensorData::new(test.batch_f32(&[0; 30]), [30, 3, 16, 16]);
        let image = Tensor::from_data(image, &Device::flex());
        let scores = scorer.score(60, 5, 0, &mut |_| image.clone()).unwrap();
        let (distance, inception) = (&scores[0], &scores[1]);
        assert!((inception.value - 1.0).abs() < 1e-4, "{inception}");
        assert!(distance.value > 0.999 * scorer.real_spread(), "{distance}");
    }

    #[test]
    fn a_stored_reference_gives_the_same_scores_and_only_to_its_extractor() {
        let scorer = scorer();
        let json = serde_json::to_string(scorer.reference()).unwrap();
        let reference: Reference = serde_json::from_str(&json).unwrap();
        assert_eq!(&reference, scorer.reference());
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let foreign = Reference { extractor: "classifier-12345678".into(), ..reference };
        let error = Scorer::new(extractor, foreign).unwrap_err().to_string();
        assert!(error.contains("classifier-12345678") && error.contains("toys-v1"), "{error}");
    }

    #[test]
    fn too_few_samples_and_empty_batches_are_refused() {
        let scorer = scorer();
        let test = toys(Split::Test, 30);
        for (samples, splits) in [(0, 1), (1, 1), (4, 5), (10, 0)] {
            assert!(scorer.score(samples, splits, 0, &mut batches(&test)).is_err());
        }
        let mut then_empty = |batch: usize| match batch {
            0 => batches(&test)(0),
            _ => Tensor::empty([0, 3, 16, 16], &Device::flex()),
        };
        let error = scorer.score(50, 5, 0, &mut then_empty).unwrap_err().to_string();
        assert!(error.starts_with("batch 1 has no images, with 20 still"), "{error}");
    }
}
