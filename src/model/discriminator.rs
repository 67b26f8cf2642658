//! The discriminator of SN-GAN's residual kind, which grows with the generator.
//!
//! Blocks at stage `s` (0-based), as in the reference for up to three cells: `block1` (halves),
//! `block2` (halves) from stage 1, `block3` from stage 2, `block4` always. Larger images, which the
//! reference does not know, add one more halving block for each stage from 3 on, between `block2`
//! and `block3`. Blocks keep their weights when the pair grows.

use burn::module::Module;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;
use burn::tensor::{Device, Tensor, activation};

use super::ModelConfig;
use super::generator::IMAGE_CHANNELS;
use super::layers::{Pass, SpectralConv, SpectralLinear};

#[derive(Module, Debug)]
struct Block {
    c1: SpectralConv,
    c2: SpectralConv,
    c_sc: Option<SpectralConv>,
    /// The first block: no ReLU before its first convolution, and it pools before the shortcut.
    first: bool,
    halves: bool,
}

impl Block {
    fn new(inputs: usize, config: &ModelConfig, halves: bool, device: &Device) -> Self {
        let channels = config.discriminator_channels;
        let conv = |from, kernel| SpectralConv::new(from, channels, kernel, config.spectral_norm, device);
        Self {
            c1: conv(inputs, 3),
            c2: conv(channels, 3),
            c_sc: halves.then(|| conv(inputs, 1)),
            first: inputs == IMAGE_CHANNELS,
            halves,
        }
    }

    fn forward(&self, x: Tensor<4>, pass: Pass) -> Tensor<4> {
        let h = match self.first {
            true => x.clone(),
            false => activation::relu(x.clone()),
        };
        let h = activation::relu(self.c1.forward(h, pass));
        let h = self.c2.forward(h, pass);
        match &self.c_sc {
            None => h + x,
            // Pooling and a 1x1 convolution commute; the order is the reference's.
            Some(shortcut) if self.first => halve(h) + shortcut.forward(halve(x), pass),
            Some(shortcut) => halve(h) + halve(shortcut.forward(x, pass)),
        }
    }
}

fn halve(x: Tensor<4>) -> Tensor<4> {
    avg_pool2d(x, AvgPoolOptions::new([2, 2]))
}

/// Scores images: large for real ones. See the module's text for its growth.
#[derive(Module, Debug)]
pub struct Discriminator {
    block1: Block,
    block2: Option<Block>,
    down: Vec<Block>,
    block3: Option<Block>,
    block4: Block,
    l5: SpectralLinear,
}

impl Discriminator {
    /// A discriminator for up to `cells` stages.
    pub fn new(config: &ModelConfig, cells: usize, device: &Device) -> Self {
        let channels = config.discriminator_channels;
        let block = |halves| Block::new(channels, config, halves, device);
        Self {
            block1: Block::new(IMAGE_CHANNELS, config, true, device),
            block2: (cells > 1).then(|| block(true)),
            down: (3..cells).map(|_| block(true)).collect(),
            block3: (cells > 2).then(|| block(false)),
            block4: block(false),
            l5: SpectralLinear::new(channels, 1, config.spectral_norm, device),
        }
    }

    /// `images`: `[batch, 3, side, side]`. Returns `[batch, 1]`.
    ///
    /// # Panics
    ///
    /// If `stage` is not below the number of cells it was built for.
    pub fn forward(&self, images: Tensor<4>, stage: usize, pass: Pass) -> Tensor<2> {
        let grown = |block: &'_ Option<Block>, x: Tensor<4>| match block {
            Some(block) => block.forward(x, pass),
            None => panic!("the discriminator was not built for stage {stage}"),
        };
        let mut h = self.block1.forward(images, pass);
        if stage >= 1 {
            h = grown(&self.block2, h);
        }
        if stage >= 3 {
            for block in &self.down[..stage - 2] {
                h = block.forward(h, pass);
            }
        }
        if stage >= 2 {
            h = grown(&self.block3, h);
        }
        let h = activation::relu(self.block4.forward(h, pass));
        let [batch, channels, height, width] = h.dims();
        // The reference's comment says average, its code sums; the hinge's scale depends on it.
        let h = h.reshape([batch, channels, height * width]).sum_dim(2).reshape([batch, channels]);
        self.l5.forward(h, pass)
    }
}
