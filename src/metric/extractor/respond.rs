//! Runs images through a network in batches of one shape.

use burn::tensor::Tensor;

use super::ExtractorError;
use crate::metric::error::check_rows;

/// Images that go through a small network at once.
pub const BATCH: usize = 128;

/// How a network is given images.
pub(super) struct BatchedForward<'a> {
    /// Images at once. The last batch is filled up, so that a GPU compiles and tunes its kernels for one
    /// shape only.
    pub size: usize,
    /// Whether a set that is smaller than a batch is filled up, too.
    pub fill: bool,
    /// From levels `[batch, 3, side, side]`, whole numbers from 0 to 255, to features `[batch, features]`
    /// and logits `[batch, classes]`.
    pub forward: &'a dyn Fn(Tensor<4>) -> (Tensor<2>, Tensor<2>),
}

/// Features `[n, features]` and logits `[n, classes]` of `images` on the network's device; `first` is the
/// index of the first of them in the whole set.
pub(super) fn respond(
    images: Tensor<4>,
    first: usize,
    how: &BatchedForward<'_>,
) -> Result<(Vec<f32>, Vec<f32>), ExtractorError> {
    let [samples, channels, height, width] = images.dims();
    let (mut features, mut logits) = (Vec::new(), Vec::new());
    for start in (0..samples).step_by(how.size) {
        let count = how.size.min(samples - start);
        let mut batch = images.clone().narrow(0, start, count);
        let missing = if how.fill || start > 0 { how.size - count } else { 0 };
        if missing > 0 {
            let fill = Tensor::zeros([missing, channels, height, width], &images.device());
            batch = Tensor::cat(vec![batch, fill], 0);
        }
        // The images' own mean goes along, because clamping may hide a NaN.
        let mean = batch.clone().reshape([count + missing, channels * height * width]).mean_dim(1);
        let (batch_features, batch_logits) = (how.forward)(levels(batch));
        let [_, wide] = batch_features.dims();
        let [_, classes] = batch_logits.dims();
        let rows = Tensor::cat(vec![mean, batch_features, batch_logits], 1)
            .try_into_data()
            .map_err(ExtractorError::device)?
            .try_into_vec_as::<f32>()
            .map_err(ExtractorError::device)?;
        let width = 1 + wide + classes;
        let rows = &rows[..count * width];
        check_rows(rows, width, first + start)?;
        for row in rows.chunks_exact(width) {
            features.extend_from_slice(&row[1..1 + wide]);
            logits.extend_from_slice(&row[1 + wide..]);
        }
    }
    Ok((features, logits))
}

/// The levels of images in [-1, 1] once they are saved: clamped, rounded to 256 of them.
fn levels(images: Tensor<4>) -> Tensor<4> {
    (images.clamp(-1.0, 1.0) * 127.5 + 128.0).floor()
}
