//! The generator: latent to image through the searched cells.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, activation};

use super::cell::Cell;
use super::layers::{BatchNorm, Linear, Pass, conv};
use super::{ModelConfig, SkipTap};
use crate::arch::{CellModules, Genotype, Space};

/// Channels of an image.
pub(super) const IMAGE_CHANNELS: usize = 3;

/// Last layers, shared by all stages: batch norm, ReLU, 3x3 convolution, tanh.
#[derive(Module, Debug)]
struct ToRgb {
    norm: BatchNorm,
    conv: Conv2d,
}

/// A generator that holds one or many architectures' operators; see [`Generator::forward`].
#[derive(Module, Debug)]
pub struct Generator {
    l1: Linear,
    cells: Vec<Cell>,
    to_rgb: ToRgb,
    bottom_width: usize,
    channels: usize,
    latent: usize,
    #[module(skip)]
    tap: SkipTap,
}

impl Generator {
    /// The shared generator: every operator that `space` allows.
    pub fn shared(config: &ModelConfig, space: &Space, device: &Device) -> Self {
        let cells = space.cells();
        let spare = config.allocate_unused.then_some(cells);
        let modules = |cell| match config.allocate_unused {
            true => CellModules::everything(cell),
            false => CellModules::used(space, cell),
        };
        Self::of_modules(config, (0..cells).map(modules), spare, device)
    }

    /// A generator with just the operators of `genotype`.
    pub fn derived(config: &ModelConfig, genotype: &Genotype, device: &Device) -> Self {
        let genes = genotype.cells.iter().enumerate();
        let modules = genes.map(|(cell, gene)| CellModules::of_gene(gene, cell));
        Self::of_modules(config, modules, None, device)
    }

    fn of_modules(
        config: &ModelConfig,
        modules: impl Iterator<Item = CellModules>,
        spare: Option<usize>,
        device: &Device,
    ) -> Self {
        let (channels, width) = (config.generator_channels, config.bottom_width);
        Self {
            l1: Linear::new(config.latent, width * width * channels, device),
            cells: modules
                .enumerate()
                .map(|(cell, modules)| Cell::new(&modules, cell, spare, channels, device))
                .collect(),
            to_rgb: ToRgb {
                norm: BatchNorm::new(channels, device),
                conv: conv(channels, IMAGE_CHANNELS, 3, device),
            },
            bottom_width: width,
            channels,
            latent: config.latent,
            tap: config.skip_tap,
        }
    }

    /// `z`: `[batch, latent]`. Returns images of `[batch, 3, side, side]` in -1..1 with
    /// `side = bottom_width << genotype.cells.len()`: a genotype with fewer cells than the
    /// generator is an earlier stage of growth.
    ///
    /// # Panics
    ///
    /// If `genotype` has a choice or a cell that this generator was not built with. Genotypes of
    /// the [`Space`] (or the genotype) it was built for are always fine.
    pub fn forward(&self, z: Tensor<2>, genotype: &Genotype, pass: Pass) -> Tensor<4> {
        let [batch, _] = z.dims();
        let width = self.bottom_width;
        let mut h = self.l1.forward(z).reshape([batch, self.channels, width, width]);
        let mut skips = Vec::with_capacity(genotype.cells.len());
        assert!(
            genotype.cells.len() <= self.cells.len(),
            "a genotype of {} cells in a generator of {}",
            genotype.cells.len(),
            self.cells.len()
        );
        for (cell, gene) in self.cells.iter().zip(&genotype.cells) {
            let (passed_on, out) = cell.forward(h, &skips, gene, self.tap, pass);
            skips.push(passed_on);
            h = out;
        }
        let h = activation::relu(self.to_rgb.norm.forward(h, pass));
        self.to_rgb.conv.forward(h).tanh()
    }

    /// The device its weights are on.
    pub fn device(&self) -> Device {
        self.l1.weight.lazy_device()
    }

    /// Length of a latent vector.
    pub fn latent(&self) -> usize {
        self.latent
    }
}
