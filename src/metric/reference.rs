//! What real images look like to an extractor.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::extractor::{Extractor, ExtractorError, write_atomically};
use super::{Statistics, images_in_words};
use crate::arch::words::thousands;
use crate::data::ImageSet;
use crate::export::sha256;
use crate::rng::{permutation, rng};
use crate::tensors::{MOST_TENSORS, open_safetensors};

/// Statistics of real images as one extractor sees them; may be stored and read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Name of the extractor.
    pub extractor: String,
    /// The images in words, with a hash of their pixels: "toys, 10,000 images of 16 px, 1a2b3c4d".
    pub images: String,
    /// Mean and covariance of their features.
    pub statistics: Statistics,
}

impl Reference {
    /// The statistics of `samples` images of `set` (or all, if it has fewer) at the set's own side:
    /// give it the set [resized](ImageSet::resized) to the side of the images to be scored. The
    /// choice is random but always the same. `progress` hears (images done, all images).
    ///
    /// # Errors
    /// When there are fewer than two images or the device fails.
    pub fn of(
        extractor: &Extractor,
        set: &ImageSet,
        samples: usize,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, ExtractorError> {
        let mut chosen = permutation(&mut rng(0, "reference", 0), set.len());
        chosen.truncate(samples);
        let mut statistics = Statistics::new(extractor.features());
        for indices in chosen.chunks(extractor.batch()) {
            let shape = [indices.len(), 3, set.side(), set.side()];
            let images = TensorData::new(set.batch_f32(indices), shape);
            let images = Tensor::from_data(images, extractor.device());
            let outputs = extractor.outputs(images, statistics.samples())?;
            statistics.push(&outputs.features)?;
            progress(statistics.samples(), chosen.len());
        }
        statistics.gaussian()?;
        Ok(Self { extractor: extractor.name().to_owned(), images: described(set, chosen.len()), statistics })
    }

    /// The same, from the folder `cache` where it was computed before: for the same network, images and
    /// number of them.
    ///
    /// # Errors
    /// As [`Reference::of`], or when the cache cannot be written.
    pub fn kept(
        extractor: &Extractor,
        set: &ImageSet,
        samples: usize,
        cache: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, ExtractorError> {
        let count = samples.min(set.len());
        let key = sha256(format!("{} {} {count}", extractor.name(), set.hash()).as_bytes());
        let path = cache.join("references").join(format!("{key}.safetensors"));
        let known = std::fs::read(&path).ok().and_then(|bytes| Self::from_bytes(&bytes));
        if let Some(statistics) = known.filter(|known| known.dim() == extractor.features()) {
            let images = described(set, count);
            return Ok(Self { extractor: extractor.name().to_owned(), images, statistics });
        }
        let reference = Self::of(extractor, set, samples, progress)?;
        write_atomically(&path, &reference.to_bytes())?;
        Ok(reference)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let (samples, mean, scatter) = self.statistics.parts();
        let bytes = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let (mean_bytes, scatter_bytes) = (bytes(mean), bytes(scatter));
        let view = |shape: Vec<usize>, data| {
            TensorView::new(Dtype::F64, shape, data)
                .unwrap_or_else(|error| unreachable!("as many values as the shape says: {error}"))
        };
        let dim = mean.len();
        let views =
            [("mean", view(vec![dim], &mean_bytes)), ("scatter", view(vec![dim, dim], &scatter_bytes))];
        let metadata = [("samples".to_owned(), samples.to_string())].into();
        safetensors::serialize(views, Some(metadata))
            .unwrap_or_else(|error| unreachable!("two tensors can be written: {error}"))
    }

    /// None where the bytes are no such statistics: they are computed again then.
    fn from_bytes(bytes: &[u8]) -> Option<Statistics> {
        let (file, metadata) = open_safetensors(bytes, MOST_TENSORS).ok()?;
        let samples = metadata.get("samples")?.parse().ok()?;
        let values = |name| {
            let view = file.tensor(name).ok().filter(|view| view.dtype() == Dtype::F64)?;
            let values = view.data().as_chunks::<8>().0.iter().map(|word| f64::from_le_bytes(*word));
            Some(values.collect::<Vec<f64>>()).filter(|values| values.iter().all(|value| value.is_finite()))
        };
        Statistics::of_parts(samples, values("mean")?, values("scatter")?).ok()
    }
}

/// So many images of a set, in words, with a hash of their pixels.
fn described(set: &ImageSet, count: usize) -> String {
    let used = match count == set.len() {
        true => String::new(),
        false => format!("{} of ", thousands(count as u64)),
    };
    format!("{used}{}, {}", images_in_words(set), &set.hash()[..8])
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
        let fresh = Reference::of(&extractor, &set, 140, &mut |_, _| {}).unwrap();
        let mut looked = 0;
        let mut kept = |samples| {
            Reference::kept(&extractor, &set, samples, cache.path(), &mut |_, _| looked += 1).unwrap()
        };
        assert_eq!([kept(140), kept(140)], [fresh.clone(), fresh.clone()]);
        assert_ne!(kept(130), fresh, "another number of images");
        assert_eq!(kept(1000).statistics.samples(), 150);
        assert_eq!(kept(1000).statistics.samples(), 150);
        let files: Vec<_> = std::fs::read_dir(cache.path().join("references")).unwrap().collect();
        assert_eq!(files.len(), 3);
        for file in files {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
        assert_eq!(kept(140), fresh);
        // Two batches for each of 140, 130 and 150 images, and again for the damaged file.
        assert_eq!(looked, 8);
    }
}
