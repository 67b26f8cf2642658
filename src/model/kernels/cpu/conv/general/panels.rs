//! Weights in the order in which they are read.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::model::kernels::cpu::simd::ARCH;

/// Registers of outputs that are summed up at a time, where there are 32 registers, and where there are fewer.
const WIDEST: [usize; 2] = [4, 2];
/// Inputs whose weights are put in order at a time.
const BLOCK: usize = 16;

/// The weights of a convolution, cut into panels of a few registers' outputs.
pub(super) struct Panels {
    /// For each panel, one after the other: `[rows of the kernel, columns of the kernel * inputs, width]`.
    values: Vec<f32>,
    /// Bias of each output, with zeros behind the last one up to the next register.
    bias: Vec<f32>,
    /// Outputs of a register.
    lanes: usize,
    /// First register of each panel, and the number of registers behind them.
    starts: Vec<usize>,
    /// Number of outputs.
    outputs: usize,
    /// Rows of the kernel.
    rows: usize,
    /// Values under a row of the kernel.
    run: usize,
}

/// One panel.
#[derive(Clone, Copy)]
pub(super) struct PanelView<'a> {
    /// `[rows of the kernel, columns of the kernel * inputs, width]`.
    pub(super) values: &'a [f32],
    /// `[width]`.
    pub(super) bias: &'a [f32],
    /// Its first output.
    pub(super) first: usize,
    /// Its outputs that there are, the width at most.
    pub(super) outputs: usize,
    /// Registers of its width.
    pub(super) registers: usize,
}

impl Panels {
    /// Panels of `weight`, `[outputs, inputs, height, width]` of a kernel of `size`.
    pub(super) fn new(
        weight: &[f32],
        bias: Option<&[f32]>,
        [outputs, inputs]: [usize; 2],
        size: [usize; 2],
    ) -> Self {
        let Registers { lanes, count } = ARCH.dispatch(CountRegisters);
        let taps = size[0] * size[1];
        let registers = outputs.div_ceil(lanes);
        let panels = registers.div_ceil(WIDEST[usize::from(count < 32)]);
        let starts: Vec<usize> = (0..=panels).map(|panel| registers * panel / panels).collect();
        let depth = inputs * taps;
        let mut values = vec![0.0; registers * lanes * depth];
        let mut rest = values.as_mut_slice();
        let mut parts = Vec::with_capacity(panels);
        for pair in starts.windows(2) {
            let part;
            (part, rest) = rest.split_at_mut((pair[1] - pair[0]) * lanes * depth);
            parts.push((pair[0] * lanes, (pair[1] - pair[0]) * lanes, part));
        }
        parts.into_par_iter().for_each(|(first, width, part)| {
            let last = outputs.min(first + width);
            for block in (0..inputs).step_by(BLOCK) {
                let block = block..inputs.min(block + BLOCK);
                for (output, row) in weight[first * depth..last * depth].chunks_exact(depth).enumerate() {
                    let row = row[block.start * taps..block.end * taps].chunks_exact(taps);
                    for (input, row) in block.clone().zip(row) {
                        for (tap, &value) in row.iter().enumerate() {
                            part[(tap * inputs + input) * width + output] = value;
                        }
                    }
                }
            }
        });
        let mut bias = bias.unwrap_or_default().to_vec();
        bias.resize(registers * lanes, 0.0);
        Self { values, bias, lanes, starts, outputs, rows: size[0], run: size[1] * inputs }
    }

    /// The panels in the order of their outputs.
    pub(super) fn views(&self) -> impl Iterator<Item = PanelView<'_>> {
        let depth = self.rows * self.run;
        self.starts.windows(2).map(move |pair| {
            let (first, last) = (pair[0] * self.lanes, pair[1] * self.lanes);
            PanelView {
                values: &self.values[first * depth..last * depth],
                bias: &self.bias[first..last],
                first,
                outputs: self.outputs.min(last) - first,
                registers: pair[1] - pair[0],
            }
        })
    }

    /// Number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rows of the kernel.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Values under a row of the kernel.
    pub(super) fn run(&self) -> usize {
        self.run
    }
}

/// The registers of an instruction set.
struct Registers {
    /// Numbers in one.
    lanes: usize,
    /// How many there are.
    count: usize,
}

/// Finds the registers of this machine.
struct CountRegisters;

impl WithSimd for CountRegisters {
    type Output = Registers;

    fn with_simd<S: Simd>(self, _: S) -> Registers {
        Registers { lanes: S::F32_LANES, count: S::REGISTER_COUNT }
    }
}
