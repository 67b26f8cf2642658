//! What an operator is given in a forward pass: values, its weights, what the pass is for.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use super::kernels::SpectralMade;
use super::weights::{Buffers, Rank, Weights};
use crate::arch::graph::Node;

/// Normalised weights by the names of their layers.
pub(super) type Normalised = BTreeMap<String, SpectralMade>;

/// What a forward pass is for. It decides about batch statistics and power iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Batch norm uses and records batch statistics; spectral norm does one power iteration.
    Train,
    /// Everything stands still: running statistics, stored spectral vectors.
    Eval,
    /// Batch norm uses batch statistics and averages them into the running ones.
    Measure {
        /// Number of batches that were measured before this one; 0 forgets what was there.
        seen: usize,
    },
}

/// What an edge of a graph carries, for a batch.
#[derive(Clone, Debug)]
pub enum Value {
    /// Vectors, `[batch, features]`.
    Features(Tensor<2>),
    /// Feature maps or images, `[batch, channels, side, side]`.
    Maps(Tensor<4>),
}

impl From<Tensor<2>> for Value {
    fn from(tensor: Tensor<2>) -> Self {
        Self::Features(tensor)
    }
}

impl From<Tensor<4>> for Value {
    fn from(tensor: Tensor<4>) -> Self {
        Self::Maps(tensor)
    }
}

impl Value {
    /// The vectors, `[batch, features]`.
    ///
    /// # Panics
    ///
    /// If it is maps. Shapes are checked when a graph is built, so a graph says what it gives.
    pub fn features(self) -> Tensor<2> {
        match self {
            Self::Features(tensor) => tensor,
            Self::Maps(tensor) => panic!("maps of {:?} where the graph has a vector", tensor.dims()),
        }
    }

    /// The maps, `[batch, channels, side, side]`.
    ///
    /// # Panics
    ///
    /// If it is vectors, as [`Value::features`].
    pub fn maps(self) -> Tensor<4> {
        match self {
            Self::Maps(tensor) => tensor,
            Self::Features(tensor) => panic!("vectors of {:?} where the graph has maps", tensor.dims()),
        }
    }
}

/// An operator's surroundings in a forward pass: its weights by their last names, and its buffers.
pub(super) struct Layer<'a> {
    weights: &'a Weights,
    node: &'a Node,
    pub pass: Pass,
    normalised: &'a Normalised,
    buffers: &'a mut Buffers,
}

impl<'a> Layer<'a> {
    /// The surroundings of a node; what buffers become is put into `buffers`.
    pub fn new(
        weights: &'a Weights,
        node: &'a Node,
        pass: Pass,
        normalised: &'a Normalised,
        buffers: &'a mut Buffers,
    ) -> Self {
        Self { weights, node, pass, normalised, buffers }
    }

    /// What spectral norm made of the operator's weight, if that was done for all layers at once.
    pub fn normalised(&self) -> Option<&'a SpectralMade> {
        self.normalised.get(self.node.weights.as_deref()?)
    }

    /// One of the operator's weights.
    pub fn weight<const D: usize>(&self, suffix: &str) -> Tensor<D>
    where
        Tensor<D>: Rank,
    {
        self.weights.parameter(&self.name(suffix))
    }

    /// One of the operator's buffers, on the plain device.
    pub fn buffer(&self, suffix: &str) -> Tensor<1> {
        self.weights.buffer(&self.name(suffix))
    }

    /// Notes what a buffer becomes by this pass.
    pub fn set_buffer(&mut self, suffix: &str, value: Tensor<1>) {
        self.buffers.insert(self.name(suffix), value);
    }

    fn name(&self, suffix: &str) -> String {
        let prefix = self.node.weights.as_deref();
        format!(
            "{}.{suffix}",
            prefix.unwrap_or_else(|| panic!("{} was added without weights", self.node.name))
        )
    }
}
