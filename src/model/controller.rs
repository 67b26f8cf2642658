//! The recurrent controller: an LSTM that chooses the tokens of one cell.
//!
//! One controller serves one stage (reference notes, section 3); single-level search uses one for
//! all cells. Each token has a head with one logit for each allowed value. The first step's input
//! is zero; a later step's input is the embedding of the token chosen before. The state it starts
//! from is that of the controller before it (a beam entry), or zero. The network is tiny, so it
//! always lives on the CPU: the same choices on every machine.

use burn::module::{Module, Param};
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};

use super::host;
use super::layers::Linear;

/// An LSTM cell with PyTorch's weights: gates in the order input, forget, cell, output.
#[derive(Module, Debug)]
pub struct LstmCell {
    /// `[4 * hidden, input]`
    weight_ih: Param<Tensor<2>>,
    /// `[4 * hidden, hidden]`
    weight_hh: Param<Tensor<2>>,
    /// `[4 * hidden]`
    bias_ih: Param<Tensor<1>>,
    /// `[4 * hidden]`
    bias_hh: Param<Tensor<1>>,
}

impl LstmCell {
    fn new(inputs: usize, hidden: usize, device: &Device) -> Self {
        let matrix = |columns| Param::from_tensor(Tensor::zeros([4 * hidden, columns], device));
        let vector = || Param::from_tensor(Tensor::zeros([4 * hidden], device));
        Self { weight_ih: matrix(inputs), weight_hh: matrix(hidden), bias_ih: vector(), bias_hh: vector() }
    }

    /// `x`, `h`, `c`: `[batch, ..]`. Returns the next `(h, c)`.
    fn forward(&self, x: Tensor<2>, h: Tensor<2>, c: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let gates = x.matmul(self.weight_ih.val().transpose())
            + self.bias_ih.val().unsqueeze()
            + h.matmul(self.weight_hh.val().transpose())
            + self.bias_hh.val().unsqueeze();
        let [input, forget, cell, output]: [Tensor<2>; 4] =
            gates.chunk(4, 1).try_into().unwrap_or_else(|_| unreachable!("four gates in four chunks"));
        let c = activation::sigmoid(forget) * c + activation::sigmoid(input) * cell.tanh();
        let h = activation::sigmoid(output) * c.clone().tanh();
        (h, c)
    }
}

/// Hidden state of a controller, on the host: what a beam entry carries to the next stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hidden {
    /// `[hidden]`
    pub h: Vec<f32>,
    /// `[hidden]`
    pub c: Vec<f32>,
}

impl Hidden {
    /// The state of a controller that follows none.
    pub fn zero(size: usize) -> Self {
        Self { h: vec![0.0; size], c: vec![0.0; size] }
    }
}

/// One pass of the controller over its tokens.
pub struct Unrolled {
    /// The index chosen at each head.
    pub actions: Vec<usize>,
    /// Log-probability of each choice, `[tokens]`, with gradient.
    pub log_probs: Tensor<1>,
    /// Entropy of each head's distribution in nats, `[tokens]`, with gradient.
    pub entropies: Tensor<1>,
    /// Each head's distribution.
    pub probabilities: Vec<Vec<f32>>,
    /// State after the last token.
    pub hidden: Hidden,
}

/// The controller's network.
#[derive(Module, Debug)]
pub struct Controller {
    lstm: LstmCell,
    encoder: Embedding,
    decoders: Vec<Linear>,
    hidden: usize,
    #[module(skip)]
    choices: Vec<usize>,
}

impl Controller {
    /// `choices[t]`: number of allowed values of token `t`. `hidden` is 100 in the reference.
    pub fn new(choices: &[usize], hidden: usize, device: &Device) -> Self {
        Self {
            lstm: LstmCell::new(hidden, hidden, device),
            encoder: EmbeddingConfig::new(choices.iter().sum(), hidden).init(device),
            decoders: choices.iter().map(|&count| Linear::new(hidden, count, device)).collect(),
            hidden,
            choices: choices.to_vec(),
        }
    }

    /// Size of its hidden state.
    pub fn hidden_size(&self) -> usize {
        self.hidden
    }

    /// Walks over the tokens; `choose(token, probabilities)` picks an index at each.
    ///
    /// # Panics
    ///
    /// If `choose` returns an index that the token does not have.
    pub fn unroll(&self, start: &Hidden, mut choose: impl FnMut(usize, &[f32]) -> usize) -> Unrolled {
        let device = self.encoder.weight.val().device();
        let row = |values: &[f32]| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), [1, values.len()]), &device)
        };
        let (mut h, mut c) = (row(&start.h), row(&start.c));
        let mut x = Tensor::<2>::zeros([1, self.hidden], &device);
        let mut actions = Vec::with_capacity(self.choices.len());
        let (mut log_probs, mut entropies) = (Vec::new(), Vec::new());
        let mut probabilities = Vec::new();
        let mut offset = 0;
        for (token, decoder) in self.decoders.iter().enumerate() {
            (h, c) = self.lstm.forward(x, h, c);
            let log_prob = log_softmax(decoder.forward(h.clone()), 1);
            let prob = log_prob.clone().exp();
            let distribution = host(prob.clone());
            let action = choose(token, &distribution);
            entropies.push(-(log_prob.clone() * prob).sum());
            log_probs.push(log_prob.narrow(1, action, 1).reshape([1]));
            probabilities.push(distribution);
            actions.push(action);
            x = self.encoder.weight.val().narrow(0, offset + action, 1);
            offset += self.choices[token];
        }
        Unrolled {
            actions,
            log_probs: Tensor::cat(log_probs, 0),
            entropies: Tensor::cat(entropies, 0),
            probabilities,
            hidden: Hidden { h: host(h), c: host(c) },
        }
    }
}
