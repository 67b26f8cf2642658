//! What real images look like to an extractor.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorView};

use super::extractor::{Extractor, ExtractorError, images_in_words, write_cached};
use super::feature_set::{FeatureSet, Material};
use super::score::{HASH_DIGITS, begins_like_a_part};
use super::statistics::Statistics;
use crate::arch::words::thousands;
use crate::data::ImageSet;
use crate::export::sha256;
use crate::rng::{permutation, rng};
use crate::tensors::{MOST_TENSORS, open_safetensors};

/// Real images as one extractor sees them.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Name of the extractor.
    pub extractor: String,
    /// The images in words, with a hash of their pixels: "toys, 10,000 images of 16 px, 1a2b3c4d".
    pub images: String,
    /// What the metrics need of them.
    pub features: Arc<FeatureSet>,
}

impl Reference {
    /// The moments, and what else `materials` asks for, of `samples` images of `set` (or all, if it has fewer)
    /// at the set's own side: give it the set [resized](ImageSet::resized) to the side of the images to be
    /// evaluated. The choice is random but always the same. `progress` receives (images done, all images).
    ///
    /// # Errors
    /// When there are fewer than two images or the device fails.
    pub fn of(
        extractor: &Extractor,
        set: &ImageSet,
        samples: usize,
        materials: &[Material],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, ExtractorError> {
        let mut chosen = permutation(&mut rng(0, "reference", 0), set.len());
        chosen.truncate(samples);
        let materials = [materials, &[Material::Moments]].concat();
        let mut features = FeatureSet::new(&materials, extractor.features(), chosen.len());
        for indices in chosen.chunks(extractor.batch()) {
            let shape = [indices.len(), 3, set.side(), set.side()];
            let images = TensorData::new(set.batch_f32(indices), shape);
            let images = Tensor::from_data(images, extractor.device());
            features.push(&extractor.outputs(images, features.samples())?)?;
            progress(features.samples(), chosen.len());
        }
        features.gaussian()?;
        Ok(Self::of_set(extractor, set, chosen.len(), features))
    }

    /// The same, from the folder `cache` where it was computed before: for the same network, images and
    /// number of them. All features, where they are asked for, take images x width x 4 bytes there, too.
    ///
    /// # Errors
    /// As [`Reference::of`], or when the cache cannot be written.
    pub fn kept(
        extractor: &Extractor,
        set: &ImageSet,
        samples: usize,
        materials: &[Material],
        cache: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, ExtractorError> {
        let count = samples.min(set.len());
        let key = sha256(format!("{} {} {count}", extractor.name(), set.hash()).as_bytes());
        let all = materials.contains(&Material::Features);
        // A file of its own, so that what is small is read alone.
        let kind = if all { "-features" } else { "" };
        let path = cache.join("references").join(format!("{key}{kind}.safetensors"));
        let fits = |known: &FeatureSet| {
            let rows = known.features().map_or(0, |rows| rows.len() / known.width().max(1));
            known.width() == extractor.features() && (!all || rows == count)
        };
        let known = std::fs::read(&path).ok().and_then(|bytes| from_bytes(&bytes));
        if let Some(features) = known.filter(fits) {
            return Ok(Self::of_set(extractor, set, count, features));
        }
        let reference = Self::of(extractor, set, samples, materials, progress)?;
        if let Some(statistics) = reference.features.statistics() {
            write_cached(&path, &to_bytes(statistics, reference.features.features().ok()))?;
        }
        Ok(reference)
    }

    fn of_set(extractor: &Extractor, set: &ImageSet, count: usize, features: FeatureSet) -> Self {
        // A folder may be called "5 of hearts".
        let is_plain = count == set.len() && !begins_like_a_part(set.name());
        let used = if is_plain { String::new() } else { format!("{} of ", thousands(count as u64)) };
        Self {
            extractor: extractor.name().to_owned(),
            images: format!("{used}{}, {}", images_in_words(set), &set.hash()[..HASH_DIGITS]),
            features: Arc::new(features),
        }
    }

    /// Sum of the variances of the features; 0 where they are not known.
    pub fn spread(&self) -> f64 {
        self.features.gaussian().map_or(0.0, |real| real.covariance.diagonal().column_vector().sum())
    }
}

/// A safetensors file with the statistics and, where they are given, all features.
fn to_bytes(statistics: &Statistics, features: Option<&[f32]>) -> Vec<u8> {
    let (samples, mean, scatter) = statistics.state();
    let dim = mean.len();
    let doubles = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let mut tensors = vec![
        ("mean", Dtype::F64, vec![dim], doubles(mean)),
        ("scatter", Dtype::F64, vec![dim, dim], doubles(scatter)),
    ];
    if let Some(features) = features {
        let bytes = features.iter().flat_map(|value| value.to_le_bytes()).collect();
        tensors.push(("features", Dtype::F32, vec![features.len() / dim, dim], bytes));
    }
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        let view = TensorView::new(*dtype, shape.clone(), data);
        (*name, view.unwrap_or_else(|error| unreachable!("as many values as the shape says: {error}")))
    });
    let metadata = [("samples".to_owned(), samples.to_string())].into();
    safetensors::serialize(views, Some(metadata))
        .unwrap_or_else(|error| unreachable!("these tensors can be written: {error}"))
}

/// None where the bytes are no such file: it is computed again then.
fn from_bytes(bytes: &[u8]) -> Option<FeatureSet> {
    let (file, metadata) = open_safetensors(bytes, MOST_TENSORS).ok()?;
    let samples = metadata.get("samples")?.parse().ok()?;
    let doubles = |name| {
        let view = file.tensor(name).ok().filter(|view| view.dtype() == Dtype::F64)?;
        let values = view.data().as_chunks::<8>().0.iter().map(|word| f64::from_le_bytes(*word));
        Some(values.collect::<Vec<f64>>())
    };
    let statistics = Statistics::from_state(samples, doubles("mean")?, doubles("scatter")?).ok()?;
    let features = file.tensor("features").ok().filter(|view| view.dtype() == Dtype::F32);
    let features = features.map(|view| {
        let values = view.data().as_chunks::<4>().0.iter().map(|word| f32::from_le_bytes(*word));
        values.collect::<Vec<f32>>()
    });
    let finite = features.iter().flatten().all(|value| value.is_finite());
    finite.then(|| FeatureSet::of_file(statistics, features))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Split, toys};
    use burn::tensor::Device;

    #[test]
    fn a_reference_is_computed_once_and_anew_where_its_file_is_damaged() {
        let cache = tempfile::tempdir().unwrap();
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let set = toys::toys(Split::Train, 150, 16, 0, &|_, _| {}).unwrap();
        let fresh = Reference::of(&extractor, &set, 140, &[], &mut |_, _| {}).unwrap();
        let mut batches = 0;
        let mut kept = |samples| {
            Reference::kept(&extractor, &set, samples, &[], cache.path(), &mut |_, _| batches += 1).unwrap()
        };
        assert_eq!([kept(140), kept(140)], [fresh.clone(), fresh.clone()]);
        assert_ne!(kept(130), fresh, "another number of images");
        assert_eq!(kept(1000).features.samples(), 150);
        assert_eq!(kept(1000).features.samples(), 150);
        let files: Vec<_> = std::fs::read_dir(cache.path().join("references")).unwrap().collect();
        assert_eq!(files.len(), 3);
        for file in files {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
        assert_eq!(kept(140), fresh);
        // Two batches for each of 140, 130 and 150 images, and again for the damaged file.
        assert_eq!(batches, 8);
        // Else it would say that 9 of its images were used.
        let named = ImageSet::new("9 of us", 16, set.pixels().to_vec(), None, Vec::new()).unwrap();
        let all = Reference::of(&extractor, &named, 1_000, &[], &mut |_, _| {}).unwrap();
        assert!(all.images.starts_with("150 of 9 of us, 150 images of 16 px, "), "{}", all.images);
    }

    #[test]
    fn all_features_are_kept_where_they_are_asked_for() {
        let cache = tempfile::tempdir().unwrap();
        let extractor = Extractor::builtin_toys(&Device::flex()).unwrap();
        let set = toys::toys(Split::Train, 90, 16, 0, &|_, _| {}).unwrap();
        let mut batches = 0;
        let mut kept = |materials: &[Material]| {
            let mut count = |_, _| batches += 1;
            let reference =
                Reference::kept(&extractor, &set, 80, materials, cache.path(), &mut count).unwrap();
            (reference.features.features().map(<[f32]>::to_vec).ok(), reference.spread())
        };
        let moments = kept(&[]);
        let features = kept(&[Material::Features]);
        assert_eq!((moments.0, moments.1), (None, features.1));
        assert_eq!(features.0.as_ref().unwrap().len(), 80 * extractor.features());
        assert_eq!((kept(&[Material::Features]), kept(&[]).0), (features, None));
        assert_eq!(batches, 2, "one for the moments, one for the features");
    }
}
