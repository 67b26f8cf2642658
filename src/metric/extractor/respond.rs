//! Runs images through the network in batches of one shape.

use burn::tensor::Tensor;

use super::ExtractorError;
use super::network::{FEATURES, INPUT_SIDE, Network};
use super::resize::resize;
use crate::metric::check_rows;

/// Images that go through the network at once. Smaller batches are filled up, so that a GPU compiles
/// and tunes its kernels for one shape only.
pub const BATCH: usize = 128;

/// Features `[n, 64]` and logits `[n, classes]` of `images` on the network's device.
pub(super) fn respond(
    network: &Network,
    images: Tensor<4>,
    first: usize,
) -> Result<(Vec<f32>, Vec<f32>), ExtractorError> {
    let classes = network.classes();
    let [samples, channels, height, width] = images.dims();
    let (mut features, mut logits) = (Vec::new(), Vec::new());
    for start in (0..samples).step_by(BATCH) {
        let count = BATCH.min(samples - start);
        let mut batch = images.clone().narrow(0, start, count);
        if count < BATCH {
            let fill = Tensor::zeros([BATCH - count, channels, height, width], &images.device());
            batch = Tensor::cat(vec![batch, fill], 0);
        }
        // The images' own mean goes along, because clamping may hide a NaN.
        let mean = batch.clone().reshape([BATCH, channels * height * width]).mean_dim(1);
        let (batch_features, batch_logits) = network.forward(resize(eight_bit(batch), INPUT_SIDE));
        let rows = Tensor::cat(vec![mean, batch_features, batch_logits], 1)
            .try_into_data()
            .map_err(ExtractorError::device)?
            .try_into_vec_as::<f32>()
            .map_err(ExtractorError::device)?;
        let width = 1 + FEATURES + classes;
        let rows = &rows[..count * width];
        check_rows(rows, width, first + start)?;
        for row in rows.chunks_exact(width) {
            features.extend_from_slice(&row[1..1 + FEATURES]);
            logits.extend_from_slice(&row[1 + FEATURES..]);
        }
    }
    Ok((features, logits))
}

/// Images in [-1, 1] as they look once saved: clamped, rounded to 256 levels.
fn eight_bit(images: Tensor<4>) -> Tensor<4> {
    let levels = (images.clamp(-1.0, 1.0) * 127.5 + 128.0).floor();
    levels / 127.5 - 1.0
}
