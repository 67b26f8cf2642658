//! One cell of the generator: two convolution blocks, a shortcut, skips from earlier cells.
//!
//! The same type serves the shared generator (all operators the space allows are there) and a
//! derived one (only those its genotype chose). The forward pass picks by gene, so weights can be
//! inherited and there is one truth for the maths. Field names follow the reference's state dict
//! (`models_search/building_blocks_search.py`).

use burn::module::Module;
use burn::nn::conv::{Conv2d, ConvTranspose2d};
use burn::tensor::{Device, Tensor, activation};

use super::SkipTap;
use super::layers::{BatchNorm, Pass, conv, deconv, instance_norm, resize};
use crate::arch::{CellGene, CellModules, Conv, Norm, Up};

/// A convolution block with its norm and, in a cell's first block, its upsampling.
#[derive(Module, Debug)]
struct Block {
    deconv: Option<ConvTranspose2d>,
    conv: Conv2d,
    bn: Option<BatchNorm>,
}

impl Block {
    fn new(channels: usize, deconvolves: bool, batch_norm: bool, device: &Device) -> Self {
        Self {
            deconv: deconvolves.then(|| deconv(channels, channels, device)),
            conv: conv(channels, channels, 3, device),
            bn: batch_norm.then(|| BatchNorm::new(channels, device)),
        }
    }

    /// `enlarge`: this is the cell's first block, which doubles height and width.
    fn forward(&self, x: Tensor<4>, gene: &CellGene, enlarge: bool, pass: Pass) -> Tensor<4> {
        let up = |x| match enlarge {
            true => double(x, gene.up(), self.deconv.as_ref()),
            false => x,
        };
        match gene.conv() {
            Conv::Pre => {
                let h = activation::relu(self.norm(x, gene.norm(), pass));
                self.conv.forward(up(h))
            }
            Conv::Post => {
                let h = self.conv.forward(up(x));
                activation::relu(self.norm(h, gene.norm(), pass))
            }
        }
    }

    fn norm(&self, x: Tensor<4>, norm: Norm, pass: Pass) -> Tensor<4> {
        match norm {
            Norm::None => x,
            Norm::Batch => present(&self.bn, "batch norm").forward(x, pass),
            Norm::Instance => instance_norm(x),
        }
    }
}

/// Transposed convolutions in series, one for each doubling between a source cell and its target.
#[derive(Module, Debug)]
struct SkipDeconv {
    stages: Vec<ConvTranspose2d>,
}

/// A generator cell. See the module's text.
#[derive(Module, Debug)]
pub struct Cell {
    post_conv1: Option<Block>,
    pre_conv1: Option<Block>,
    post_conv2: Option<Block>,
    pre_conv2: Option<Block>,
    deconv_sc: Option<ConvTranspose2d>,
    c_sc: Option<Conv2d>,
    /// Entry `k` enlarges by `2^(k+1)`: the skip from the cell `k + 1` places before this one.
    skip_deconv: Vec<Option<SkipDeconv>>,
    /// Entry `s` belongs to the skip from cell `s` (0-based).
    skip_in_ops: Vec<Option<Conv2d>>,
}

impl Cell {
    /// Cell `index` (from 0) with just the given modules, `channels` in and out.
    ///
    /// `spare` is the number of cells of a generator built like the released code's, which also
    /// allocates what no genotype can use: transposed convolutions in second blocks and, in every
    /// cell, one chain of them for each ratio of the generator. `None` leaves those out.
    pub fn new(
        modules: &CellModules,
        index: usize,
        spare: Option<usize>,
        channels: usize,
        device: &Device,
    ) -> Self {
        let doubling = || deconv(channels, channels, device);
        let projection = || conv(channels, channels, 1, device);
        let block = |kind: Conv, first: bool| {
            let deconvolves = modules.deconv && (first || spare.is_some());
            let block = || Block::new(channels, deconvolves, modules.batch_norm, device);
            modules.convs.contains(&kind).then(block)
        };
        let chain = |distance: usize| {
            let used = distance <= index && modules.skips_from.contains(&(index - distance));
            (modules.deconv && (used || spare.is_some()))
                .then(|| SkipDeconv { stages: (0..distance).map(|_| doubling()).collect() })
        };
        let longest = spare.map_or(index, |cells| cells - 1);
        Self {
            post_conv1: block(Conv::Post, true),
            pre_conv1: block(Conv::Pre, true),
            post_conv2: block(Conv::Post, false),
            pre_conv2: block(Conv::Pre, false),
            deconv_sc: (modules.deconv && modules.shortcut).then(doubling),
            c_sc: modules.shortcut.then(projection),
            skip_deconv: (1..=longest).map(chain).collect(),
            skip_in_ops: (0..index)
                .map(|source| modules.skips_from.contains(&source).then(projection))
                .collect(),
        }
    }

    /// `x`: `[batch, channels, h, w]`, the cell before's output. `skips[s]`: what cell `s` passes
    /// on. Returns what this cell passes on to later ones, and its output, both of
    /// `[batch, channels, 2h, 2w]`.
    pub fn forward(
        &self,
        x: Tensor<4>,
        skips: &[Tensor<4>],
        gene: &CellGene,
        tap: SkipTap,
        pass: Pass,
    ) -> (Tensor<4>, Tensor<4>) {
        let (first, second) = match gene.conv() {
            Conv::Post => (&self.post_conv1, &self.post_conv2),
            Conv::Pre => (&self.pre_conv1, &self.pre_conv2),
        };
        let before = present(first, "first block").forward(x.clone(), gene, true, pass);
        let mut h = before.clone();
        for source in gene.skips_from(skips.len()) {
            h = h + self.skip(skips[source].clone(), source, skips.len() - source, gene.up());
        }
        let passed_on = match tap {
            SkipTap::AfterAddition => h.clone(),
            SkipTap::BeforeAddition => before,
        };
        let mut out = present(second, "second block").forward(h, gene, false, pass);
        if gene.shortcut() {
            let enlarged = double(x, gene.up(), self.deconv_sc.as_ref());
            out = out + present(&self.c_sc, "shortcut").forward(enlarged);
        }
        (passed_on, out)
    }

    /// `distance`: how many cells back the source is; it is `2^distance` times smaller.
    fn skip(&self, x: Tensor<4>, source: usize, distance: usize, up: Up) -> Tensor<4> {
        let enlarged = match up {
            Up::Deconv => {
                let chain = present(&self.skip_deconv[distance - 1], "skip deconvolution");
                chain.stages.iter().fold(x, |x, stage| stage.forward(x))
            }
            _ => resize(x, up, 1 << distance),
        };
        present(&self.skip_in_ops[source], "skip").forward(enlarged)
    }
}

fn double(x: Tensor<4>, up: Up, deconv: Option<&ConvTranspose2d>) -> Tensor<4> {
    match up {
        Up::Deconv => deconv.unwrap_or_else(|| absent("deconvolution")).forward(x),
        _ => resize(x, up, 2),
    }
}

fn present<'a, T>(operator: &'a Option<T>, name: &str) -> &'a T {
    operator.as_ref().unwrap_or_else(|| absent(name))
}

/// [`Generator::forward`](super::Generator::forward) promises genotypes of the space it was built for.
fn absent(name: &str) -> ! {
    panic!("the cell was built without the {name} that this genotype asks for")
}
