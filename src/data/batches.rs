//! In which order images are used.

use super::DataError;
use crate::rng::{permutation, rng};

/// The batches of an endless training run: every epoch uses the images in a new random order.
///
/// Batch `step` is a function of seed, stream and step alone, so a resumed run goes on with the same
/// images. By default the images that do not fill a last batch are left out of that epoch: all
/// batches have one shape, and no new GPU kernel is compiled in the middle of a run. AutoGAN's code
/// keeps the last partial batch; `keep_last` does so too.
///
/// ```
/// use autogan::data::Batches;
///
/// let mut batches = Batches::new(10, 3, 1, "shuffle", false)?;
/// assert_eq!(batches.per_epoch(), 3, "the tenth image waits for another epoch");
/// let mut epoch: Vec<u32> = (0..3).flat_map(|step| batches.indices(step)).collect();
/// epoch.sort_unstable();
/// epoch.dedup();
/// assert_eq!(epoch.len(), 9, "no image comes twice");
/// assert_eq!(Batches::new(10, 3, 1, "shuffle", false)?.indices(7), batches.indices(7));
/// # Ok::<(), autogan::data::DataError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    images: usize,
    batch: usize,
    seed: u64,
    stream: String,
    keep_last: bool,
    /// The order of the epoch asked for last.
    epoch: Option<(u64, Vec<u32>)>,
}

impl Batches {
    /// Batches of `batch` out of `images` images; `stream` names the random stream of the shuffles.
    ///
    /// # Errors
    /// [`DataError::EmptyBatch`] for `batch` 0, [`DataError::TooFewImages`] when not even one batch
    /// can be filled.
    pub fn new(
        images: usize,
        batch: usize,
        seed: u64,
        stream: impl Into<String>,
        keep_last: bool,
    ) -> Result<Self, DataError> {
        if batch == 0 {
            return Err(DataError::EmptyBatch);
        }
        if images < batch {
            return Err(DataError::TooFewImages { images, batch });
        }
        Ok(Self { images, batch, seed, stream: stream.into(), keep_last, epoch: None })
    }

    /// Number of images.
    pub fn images(&self) -> usize {
        self.images
    }

    /// Batches in an epoch.
    pub fn per_epoch(&self) -> usize {
        if self.keep_last { self.images.div_ceil(self.batch) } else { self.images / self.batch }
    }

    /// The epoch that batch `step` belongs to, from 0.
    pub fn epoch_of(&self, step: u64) -> u64 {
        step / self.per_epoch() as u64
    }

    /// The images of batch `step` (counted from 0 over all epochs): `batch` indices, fewer only in
    /// the last batch of an epoch with `keep_last`.
    pub fn indices(&mut self, step: u64) -> Vec<u32> {
        let epoch = self.epoch_of(step);
        let first = (step % self.per_epoch() as u64) as usize * self.batch;
        if self.epoch.as_ref().is_none_or(|(cached, _)| *cached != epoch) {
            let order = permutation(&mut rng(self.seed, &self.stream, epoch), self.images);
            self.epoch = Some((epoch, order));
        }
        let (_, order) = self.epoch.as_ref().expect("set above");
        let end = (first + self.batch).min(self.images);
        order[first..end].to_vec()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_epoch_uses_no_image_twice(images in 1usize..200, batch in 1usize..50, epoch in 0u64..5, keep: bool) {
            prop_assume!(images >= batch);
            let mut batches = Batches::new(images, batch, 3, "shuffle", keep).unwrap();
            let per = batches.per_epoch() as u64;
            let mut used: Vec<u32> = (0..per).flat_map(|s| batches.indices(epoch * per + s)).collect();
            let expected = if keep { images } else { images - images % batch };
            prop_assert_eq!(used.len(), expected);
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), expected);
            prop_assert!(used.iter().all(|&i| (i as usize) < images));
        }
    }

    #[test]
    fn a_batch_depends_on_its_step_alone() {
        let new = |seed| Batches::new(100, 8, seed, "shuffle", false).unwrap();
        let mut forwards = new(1);
        let seen: Vec<_> = (0..40).map(|step| forwards.indices(step)).collect();
        for step in [39u64, 0, 13, 12, 25] {
            assert_eq!(new(1).indices(step), seen[step as usize]);
            assert_eq!(forwards.indices(step), seen[step as usize]);
        }
        assert_ne!(new(2).indices(0), seen[0]);
        assert_ne!(seen[0], seen[12], "a new epoch has a new order");
        assert!(seen.iter().all(|batch| batch.len() == 8));
    }

    #[test]
    fn the_papers_epoch_keeps_its_partial_batch() {
        // CIFAR-10 at 64: 782 batches, the last one of 16 images (`DataLoader` without `drop_last`).
        let mut batches = Batches::new(50_000, 64, 0, "shuffle", true).unwrap();
        assert_eq!(batches.per_epoch(), 782);
        assert_eq!(batches.indices(781).len(), 16);
        assert_eq!(batches.epoch_of(782), 1);
    }

    #[test]
    fn too_few_images_are_an_error_that_says_what_to_do() {
        let error = Batches::new(7, 8, 0, "shuffle", true).unwrap_err().to_string();
        assert!(
            error.contains("batch of 8") && error.contains("only 7") && error.contains("lower"),
            "{error}"
        );
        assert!(Batches::new(7, 0, 0, "shuffle", false).is_err());
    }
}
