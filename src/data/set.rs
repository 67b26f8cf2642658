//! A set of images in memory.

use std::sync::OnceLock;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DataError, Resizer};

/// Which part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// What networks learn from, and what the usual reference statistics are taken of.
    #[default]
    Train,
    /// What is held back.
    Test,
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Test => "test",
        })
    }
}

impl std::str::FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::Train, Self::Test].into_iter().find(|split| split.to_string() == text);
        found.ok_or_else(|| "there is only train and test".to_owned())
    }
}

/// Square RGB images of one side, 8 bits a channel, with labels where the source has them.
///
/// Pixels lie image by image, row by row, red green blue (`[len, side, side, 3]`), as files and
/// screens want them; [`ImageSet::batch_f32`] turns them into the networks' layout.
#[derive(Debug, Clone)]
pub struct ImageSet {
    name: String,
    side: usize,
    pixels: Vec<u8>,
    labels: Option<Vec<u16>>,
    classes: Vec<String>,
    hash: OnceLock<String>,
}

impl ImageSet {
    /// Puts a set together. `pixels` is `[len, side, side, 3]`; `labels`, where given, has one index
    /// into `classes` for each image.
    ///
    /// # Errors
    /// [`DataError::Inconsistent`] when the lengths do not fit or a label has no class.
    pub fn new(
        name: impl Into<String>,
        side: usize,
        pixels: Vec<u8>,
        labels: Option<Vec<u16>>,
        classes: Vec<String>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        let bytes = side * side * 3;
        let wrong = |why: String| DataError::Inconsistent { name: name.clone(), why };
        if bytes == 0 || !pixels.len().is_multiple_of(bytes) {
            return Err(wrong(format!("{} bytes are not whole images of side {side}", pixels.len())));
        }
        if let Some(labels) = &labels {
            let images = pixels.len() / bytes;
            if labels.len() != images {
                return Err(wrong(format!("{} labels for {images} images", labels.len())));
            }
            if let Some(label) = labels.iter().find(|&&l| usize::from(l) >= classes.len()) {
                return Err(wrong(format!("label {label} with {} classes", classes.len())));
            }
        }
        Ok(Self { name, side, pixels, labels, classes, hash: OnceLock::new() })
    }

    /// The source as the user wrote it: `toys`, a folder, `cifar10:DIR`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Width and height in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.image_bytes()
    }

    /// Whether the set holds no image.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// All pixels, `[len, side, side, 3]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// One index into [`ImageSet::classes`] for each image; `None` for an unlabelled set.
    pub fn labels(&self) -> Option<&[u16]> {
        self.labels.as_deref()
    }

    /// Names of the classes; empty for an unlabelled set.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Bytes held by pixels and labels.
    pub fn bytes(&self) -> usize {
        self.pixels.len() + self.labels.as_ref().map_or(0, |labels| labels.len() * 2)
    }

    /// The pixels of image `i`, `[side, side, 3]`. Panics when `i` is not below [`ImageSet::len`].
    pub fn image(&self, i: usize) -> &[u8] {
        let bytes = self.image_bytes();
        &self.pixels[i * bytes..(i + 1) * bytes]
    }

    /// The images at `indices` for a network: `[indices.len(), 3, side, side]`, scaled by
    /// `x / 127.5 - 1` to `[-1, 1]`.
    pub fn batch_f32(&self, indices: &[u32]) -> Vec<f32> {
        let plane = self.side * self.side;
        let mut batch = vec![0.0; indices.len() * 3 * plane];
        for (out, &index) in batch.chunks_exact_mut(3 * plane).zip(indices) {
            for (position, pixel) in self.image(index as usize).chunks_exact(3).enumerate() {
                for (channel, &value) in pixel.iter().enumerate() {
                    out[channel * plane + position] = f32::from(value) / 127.5 - 1.0;
                }
            }
        }
        batch
    }

    /// The labels of the images at `indices`; `None` for an unlabelled set.
    pub fn labels_of(&self, indices: &[u32]) -> Option<Vec<u16>> {
        let labels = self.labels.as_ref()?;
        Some(indices.iter().map(|&i| labels[i as usize]).collect())
    }

    /// The same images at another side, antialiased as in [`Resizer`]. The growing search looks at
    /// every stage's own resolution this way.
    pub fn resized(&self, side: usize) -> Self {
        if side == self.side {
            return self.clone();
        }
        let resizer = Resizer::new(self.side, self.side, side, side);
        let mut pixels = vec![0; self.len() * side * side * 3];
        pixels
            .par_chunks_exact_mut(side * side * 3)
            .zip(self.pixels.par_chunks_exact(self.image_bytes()))
            .for_each(|(out, image)| out.copy_from_slice(&resizer.apply(image)));
        Self {
            name: self.name.clone(),
            side,
            pixels,
            labels: self.labels.clone(),
            classes: self.classes.clone(),
            hash: OnceLock::new(),
        }
    }

    /// SHA-256 of side, pixels, labels and class names in hex: the key under which anything derived
    /// from exactly these images is cached. Taken at the first call (about 1 ms a megabyte), then kept.
    pub fn hash(&self) -> &str {
        self.hash.get_or_init(|| {
            let mut hasher = Sha256::new();
            hasher.update((self.side as u64).to_le_bytes());
            hasher.update(&self.pixels);
            for label in self.labels.iter().flatten() {
                hasher.update(label.to_le_bytes());
            }
            for class in &self.classes {
                hasher.update((class.len() as u64).to_le_bytes());
                hasher.update(class);
            }
            hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }

    fn image_bytes(&self) -> usize {
        self.side * self.side * 3
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn classes() -> Vec<String> {
        vec!["a".into(), "b".into()]
    }

    fn two() -> ImageSet {
        let pixels = (0..24).map(|i| i * 10).collect();
        ImageSet::new("two", 2, pixels, Some(vec![1, 0]), classes()).unwrap()
    }

    #[test]
    fn a_batch_is_planes_of_minus_one_to_one_in_the_order_asked_for() {
        let set = two();
        let batch = set.batch_f32(&[1, 0]);
        assert_eq!(batch.len(), 24);
        // Image 1 starts at value 120; its red plane is every third value.
        let red: Vec<f32> = [120.0, 150.0, 180.0, 210.0].iter().map(|v| v / 127.5 - 1.0).collect();
        assert_eq!(batch[..4], red);
        assert_eq!(batch[12], -1.0);
        assert_eq!(set.labels_of(&[1, 0, 1]), Some(vec![0, 1, 0]));
        let white = ImageSet::new("w", 1, vec![255; 3], None, vec![]).unwrap();
        assert_eq!(white.batch_f32(&[0]), [1.0; 3]);
        assert_eq!(white.labels_of(&[0]), None);
    }

    #[test]
    fn the_hash_depends_on_pixels_and_labels_but_not_on_the_name() {
        let set = two();
        let renamed = ImageSet::new("other", 2, set.pixels.clone(), set.labels.clone(), classes()).unwrap();
        assert_eq!(set.hash(), renamed.hash());
        assert_eq!(set.hash().len(), 64);
        let mut pixels = set.pixels.clone();
        pixels[3] ^= 1;
        let pixel = ImageSet::new("two", 2, pixels, set.labels.clone(), classes()).unwrap();
        let label = ImageSet::new("two", 2, set.pixels.clone(), Some(vec![0, 0]), classes()).unwrap();
        assert_ne!(set.hash(), pixel.hash());
        assert_ne!(set.hash(), label.hash());
        assert_ne!(set.hash(), set.resized(1).hash());
    }

    #[test]
    fn resizing_keeps_order_labels_and_flat_colours() {
        let mut pixels = vec![10; 8 * 8 * 3];
        pixels.extend(vec![200; 8 * 8 * 3]);
        let set = ImageSet::new("flat", 8, pixels, Some(vec![0, 1]), classes()).unwrap();
        for side in [3, 4, 8, 16] {
            let other = set.resized(side);
            assert_eq!((other.len(), other.side()), (2, side));
            assert!(other.image(0).iter().all(|&v| v == 10));
            assert!(other.image(1).iter().all(|&v| v == 200));
            assert_eq!(other.labels(), set.labels());
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(ImageSet::new("x", 2, vec![0; 13], None, vec![]).is_err());
        assert!(ImageSet::new("x", 0, vec![], None, vec![]).is_err());
        assert!(ImageSet::new("x", 1, vec![0; 3], Some(vec![0, 0]), classes()).is_err());
        assert!(ImageSet::new("x", 1, vec![0; 3], Some(vec![2]), classes()).is_err());
    }
}
