//! The discriminator of AutoGAN: SN-GAN's residual kind (Miyato et al. 2018), which grows with the generator.
//!
//! At stage `s` (from 0), as in the released code for up to three cells: `block1` halves the side, `block2` halves it
//! from stage 1 on, `block3` (from stage 2 on) and `block4` keep it, and the head sums over pixels. Larger images,
//! which the released code does not know, add one more halving block for each stage from 3 on, between `block2` and
//! `block3`, so that the last blocks always work at twice the bottom width. Blocks keep their weights when it grows.

use super::ops::{Add, AvgPool, Conv, Linear, Relu, Reparameterisation, SpatialSum};
use super::{Graph, NodeId, Shape};

/// All data are read as RGB.
const IMAGE_CHANNELS: usize = 3;

/// Sizes and switches of a discriminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Critic {
    /// Channels of every block.
    pub channels: usize,
    /// Whether weights are spectrally normalised.
    pub spectral_norm: bool,
}

/// The discriminator at stage `stage` (from 0) for images of `side` pixels: `[3, side, side]` to one score, large for
/// real images. The weights of the last stage are those of all stages.
///
/// # Panics
///
/// If `side` is too small to be halved so often.
pub fn discriminator(critic: &Critic, stage: usize, side: usize) -> Graph {
    let mut builder = Builder { graph: Graph::new(), critic: *critic };
    let image = builder.graph.input("image", Shape::Maps { channels: IMAGE_CHANNELS, side });
    let mut x = builder.first_block(image);
    if stage >= 1 {
        x = builder.block("block2", "block2", x, true);
    }
    for extra in 3..=stage {
        x = builder.block(&format!("down{extra}"), &format!("down.{}", extra - 3), x, true);
    }
    if stage >= 2 {
        x = builder.block("block3", "block3", x, false);
    }
    x = builder.block("block4", "block4", x, false);
    let mut graph = builder.graph;
    let relu = graph.add("head.relu", Relu, &[x]);
    // The released code's comment says average and it sums; the scale of the hinge loss depends on it.
    let sum = graph.add("head.sum", SpatialSum, &[relu]);
    let reparameterisation = critic.reparameterisation();
    let linear = Linear { bias: false, reparameterisation, ..Linear::new(1) };
    let score = graph.add_weighted("l5", "l5", linear, sum);
    graph.output(score);
    graph
}

impl Critic {
    fn reparameterisation(&self) -> Reparameterisation {
        if self.spectral_norm { Reparameterisation::Spectral } else { Reparameterisation::SpectralOff }
    }
}

struct Builder {
    graph: Graph,
    critic: Critic,
}

impl Builder {
    fn conv(&mut self, name: &str, weights: String, kernel: usize, x: NodeId) -> NodeId {
        let Critic { channels, .. } = self.critic;
        let op = Conv { reparameterisation: self.critic.reparameterisation(), ..Conv::new(channels, kernel) };
        self.graph.add_weighted(name, weights, op, x)
    }

    fn halve(&mut self, name: &str, x: NodeId) -> NodeId {
        self.graph.add(name, AvgPool::halving(), &[x])
    }

    /// The first block: no ReLU before its first convolution, and it pools before the shortcut's convolution.
    fn first_block(&mut self, x: NodeId) -> NodeId {
        let h = self.convolutions("block1", "block1", x);
        let main = self.halve("block1.pool", h);
        let pooled = self.halve("block1.shortcut_pool", x);
        let shortcut = self.conv("block1.shortcut", "block1.c_sc".to_owned(), 1, pooled);
        self.graph.add("block1.add", Add, &[main, shortcut])
    }

    /// A later block. Pooling and a 1x1 convolution commute; the order is the released code's.
    fn block(&mut self, name: &str, weights: &str, x: NodeId, halves: bool) -> NodeId {
        let relu = self.graph.add(&format!("{name}.relu1"), Relu, &[x]);
        let h = self.convolutions(name, weights, relu);
        if !halves {
            return self.graph.add(&format!("{name}.add"), Add, &[h, x]);
        }
        let main = self.halve(&format!("{name}.pool"), h);
        let shortcut = self.conv(&format!("{name}.shortcut"), format!("{weights}.c_sc"), 1, x);
        let pooled = self.halve(&format!("{name}.shortcut_pool"), shortcut);
        self.graph.add(&format!("{name}.add"), Add, &[main, pooled])
    }

    fn convolutions(&mut self, name: &str, weights: &str, x: NodeId) -> NodeId {
        let h = self.conv(&format!("{name}.conv1"), format!("{weights}.c1"), 3, x);
        let relu = self.graph.add(&format!("{name}.relu2"), Relu, &[h]);
        self.conv(&format!("{name}.conv2"), format!("{weights}.c2"), 3, relu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn critic(channels: usize) -> Critic {
        Critic { channels, spectral_norm: true }
    }

    fn params(channels: usize, stages: usize) -> u64 {
        discriminator(&critic(channels), stages - 1, 4 << stages).cost().params
    }

    #[test]
    fn parameters_are_those_of_the_released_code() {
        assert_eq!(params(128, 3), 1_053_824);
        assert_eq!(params(64, 3), 264_768);
    }

    #[test]
    fn spectral_norm_off_changes_no_name_and_no_shape() {
        let parameters = |spectral_norm| {
            let critic = Critic { channels: 8, spectral_norm };
            discriminator(&critic, 3, 64).parameters()
        };
        assert_eq!(parameters(true), parameters(false));
        assert!(parameters(true).contains_key("down.0.c_sc.weight_orig"));
    }

    #[test]
    fn blocks_have_those_of_the_released_code_parameters() {
        let layers = discriminator(&critic(128), 2, 32).layers();
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
    fn macs_are_those_of_the_released_code() {
        let millions =
            |channels, stage, side| discriminator(&critic(channels), stage, side).cost().macs as f64 / 1e6;
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
            assert_eq!(params(128, stages), params(128, stages - 1) + block2);
        }
        let sides: Vec<usize> = (0..6)
            .map(|stage| {
                let layers = discriminator(&critic(16), stage, 4 << (stage + 1)).layers();
                layers[layers.len() - 2].side
            })
            .collect();
        assert_eq!(sides, [4, 4, 8, 8, 8, 8]);
    }
}
