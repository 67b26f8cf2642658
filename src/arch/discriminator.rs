//! Cost of the discriminator, which is not searched but grows with the generator.

use super::LayerCost;

/// All data are read as RGB.
const IMAGE_CHANNELS: usize = 3;

/// The layers of a discriminator with `channels` channels at growth stage `stage` (from 0), for images of
/// `side` pixels.
///
/// As the reference for three stages: `block1` halves the side; `block2` halves it from stage 1 on; `block3`
/// (from stage 2 on) and `block4` keep it; the head sums over pixels. Later stages add one halving block
/// each, `down3`, `down4`, ..., shaped like `block2` and placed after it, so that the last blocks always
/// work at twice the bottom width.
pub fn discriminator_layers(channels: usize, stage: usize, side: usize) -> Vec<LayerCost> {
    let conv = |name: String, inputs: usize, kernel: usize, side: usize| {
        LayerCost::conv(name, inputs, channels, kernel, side)
    };
    let mut side = side;
    let mut all = vec![
        conv("block1.conv1".to_owned(), IMAGE_CHANNELS, 3, side),
        conv("block1.conv2".to_owned(), channels, 3, side),
        // Only this block's shortcut is averaged before its convolution.
        conv("block1.shortcut".to_owned(), IMAGE_CHANNELS, 1, side / 2),
    ];
    side /= 2;

    let second = (stage >= 1).then(|| "block2".to_owned());
    let extra = (3..=stage).map(|stage| format!("down{stage}"));
    for block in second.into_iter().chain(extra) {
        all.push(conv(format!("{block}.conv1"), channels, 3, side));
        all.push(conv(format!("{block}.conv2"), channels, 3, side));
        all.push(conv(format!("{block}.shortcut"), channels, 1, side));
        side /= 2;
    }

    let third = (stage >= 2).then_some("block3");
    for block in third.into_iter().chain(["block4"]) {
        all.push(conv(format!("{block}.conv1"), channels, 3, side));
        all.push(conv(format!("{block}.conv2"), channels, 3, side));
    }
    all.push(LayerCost { name: "l5".to_owned(), params: channels as u64, macs: channels as u64, side: 1 });
    all
}

/// Parameters of a discriminator with `channels` channels that grows through `stages` stages (at least 1).
/// Spectral-norm vectors are buffers and do not count.
pub fn discriminator_params(channels: usize, stages: usize) -> u64 {
    // The last stage uses every block there is.
    let layers = discriminator_layers(channels, stages.saturating_sub(1), 1);
    layers.iter().map(|layer| layer.params).sum()
}

/// Multiply-accumulates of a discriminator for one image of `side` pixels at stage `stage` (from 0).
pub fn discriminator_macs(channels: usize, stage: usize, side: usize) -> u64 {
    let layers = discriminator_layers(channels, stage, side);
    layers.iter().map(|layer| layer.macs).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_the_references() {
        assert_eq!(discriminator_params(128, 3), 1_053_824);
        assert_eq!(discriminator_params(64, 3), 264_768);
    }

    #[test]
    fn blocks_have_the_references_parameters() {
        let layers = discriminator_layers(128, 2, 32);
        let of = |block: &str| -> u64 {
            let layers = layers.iter().filter(|layer| layer.name.starts_with(block));
            layers.map(|layer| layer.params).sum()
        };
        assert_eq!(of("block1"), 151_680);
        assert_eq!(of("block2"), 311_680);
        assert_eq!((of("block3"), of("block4")), (295_168, 295_168));
        assert_eq!(of("l5"), 128);
    }

    #[test]
    fn macs_are_the_references() {
        let millions = |channels, stage, side| discriminator_macs(channels, stage, side) as f64 / 1e6;
        for (stage, side, expected) in [(0, 8, 3.65), (1, 16, 16.05), (2, 32, 68.9)] {
            let found = millions(64, stage, side);
            assert!((found / expected - 1.0).abs() < 1e-3, "stage {stage}: {found}");
        }
        assert!((millions(128, 2, 32) - 272.0).abs() < 0.5);
        assert!((millions(128, 2, 48) - 612.0).abs() < 0.5);
    }

    #[test]
    fn each_stage_after_the_third_adds_one_halving_block() {
        let block2 = 311_680;
        for stages in 4..=6 {
            assert_eq!(discriminator_params(128, stages), discriminator_params(128, stages - 1) + block2);
        }
        let sides: Vec<usize> = (0..6)
            .map(|stage| {
                let layers = discriminator_layers(16, stage, 4 << (stage + 1));
                layers[layers.len() - 2].side
            })
            .collect();
        assert_eq!(sides, [4, 4, 8, 8, 8, 8]);
    }
}
