//! The recurrent controller: an LSTM that chooses the tokens of one cell.
//!
//! One controller serves one stage of growth; single-level search uses one for
//! all cells. Each token has a head with one logit for each allowed value. The first step's input
//! is zero; a later step's input is the embedding of the token chosen before. The state it starts
//! from is that of the controller before it (a beam entry), or zero. The network is tiny, so it
//! always lives on the CPU: the same choices on every machine.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};

use super::init::Init;
use super::{Weights, host};
use crate::arch::graph::{Parameter, Parameters, Start};

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

/// The controller's network: an LSTM cell with PyTorch's weights (gates in the order input, forget, cell, output), an
/// embedding of all tokens, and a linear head for each token.
#[derive(Clone, Debug)]
pub struct Controller {
    /// Its weights: `lstm.*`, `encoder.weight` and `decoders.N.*`.
    pub weights: Weights,
    hidden: usize,
    choices: Vec<usize>,
}

impl Controller {
    /// A controller with its initial weights (PyTorch's defaults, as in the released code). `choices[t]` is the number
    /// of allowed values of token `t`; `hidden` is 100 in the released code.
    pub fn new(choices: &[usize], hidden: usize, device: &Device, seed: u64, stream: &str) -> Self {
        let parameters = parameters(choices, hidden);
        let weights = Weights::initial(&parameters, [Init::FanIn; 2], device, seed, stream);
        Self { weights, hidden, choices: choices.to_vec() }
    }

    /// The controller outside of autodiff.
    pub fn without_autodiff(&self) -> Self {
        Self { weights: self.weights.without_autodiff(), ..self.clone() }
    }

    /// Walks over the tokens; `choose(token, probabilities)` picks an index at each.
    ///
    /// # Panics
    ///
    /// If `choose` returns an index that the token does not have.
    pub fn unroll(&self, start: &Hidden, mut choose: impl FnMut(usize, &[f32]) -> usize) -> Unrolled {
        let device = self.weights.device().clone();
        let embedding = self.weights.parameter::<2>("encoder.weight");
        let row = |values: &[f32]| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), [1, values.len()]), &device)
        };
        let (mut h, mut c) = (row(&start.h), row(&start.c));
        let mut x = Tensor::<2>::zeros([1, self.hidden], &device);
        let mut actions = Vec::with_capacity(self.choices.len());
        let (mut log_probs, mut entropies) = (Vec::new(), Vec::new());
        let mut probabilities = Vec::new();
        let mut offset = 0;
        for token in 0..self.choices.len() {
            (h, c) = self.step(x, h, c);
            let log_prob = log_softmax(self.logits(token, h.clone()), 1);
            let prob = log_prob.clone().exp();
            let distribution = host(prob.clone());
            let action = choose(token, &distribution);
            entropies.push(-(log_prob.clone() * prob).sum());
            log_probs.push(log_prob.narrow(1, action, 1).reshape([1]));
            probabilities.push(distribution);
            actions.push(action);
            x = embedding.clone().narrow(0, offset + action, 1);
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

    /// The LSTM's next `(h, c)`; all are `[batch, hidden]`.
    fn step(&self, x: Tensor<2>, h: Tensor<2>, c: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let matrix = |name: &str| self.weights.parameter::<2>(&format!("lstm.{name}")).transpose();
        let bias = |name: &str| self.weights.parameter::<1>(&format!("lstm.{name}")).unsqueeze();
        let gates =
            x.matmul(matrix("weight_ih")) + bias("bias_ih") + h.matmul(matrix("weight_hh")) + bias("bias_hh");
        let [input, forget, cell, output]: [Tensor<2>; 4] =
            gates.chunk(4, 1).try_into().unwrap_or_else(|_| unreachable!("four gates in four chunks"));
        let c = activation::sigmoid(forget) * c + activation::sigmoid(input) * cell.tanh();
        let h = activation::sigmoid(output) * c.clone().tanh();
        (h, c)
    }

    /// The logits of a token's values, `[batch, choices]`.
    fn logits(&self, token: usize, h: Tensor<2>) -> Tensor<2> {
        let weight = self.weights.parameter::<2>(&format!("decoders.{token}.weight"));
        let bias = self.weights.parameter::<1>(&format!("decoders.{token}.bias"));
        h.matmul(weight.transpose()) + bias.unsqueeze()
    }
}

/// The controller's weights by name.
fn parameters(choices: &[usize], hidden: usize) -> Parameters {
    let rows = 4 * hidden;
    // PyTorch starts all of an LSTM with U(±1 / sqrt(hidden)).
    let start = Start::Uniform((4.0 / rows as f32).sqrt());
    let fan_in = Start::Uniform(1.0 / (hidden as f32).sqrt());
    let trained = |name: String, shape: &[usize], start| {
        let suffix = if name.ends_with("bias") { "bias" } else { "weight" };
        (name, Parameter::trained(suffix, shape, start))
    };
    let mut all = Parameters::from([
        trained("lstm.weight_ih".to_owned(), &[rows, hidden], start),
        trained("lstm.weight_hh".to_owned(), &[rows, hidden], start),
        trained("lstm.bias_ih".to_owned(), &[rows], start),
        trained("lstm.bias_hh".to_owned(), &[rows], start),
        trained("encoder.weight".to_owned(), &[choices.iter().sum(), hidden], Start::Normal),
    ]);
    for (token, &count) in choices.iter().enumerate() {
        all.extend([
            trained(format!("decoders.{token}.weight"), &[count, hidden], Start::FanIn),
            trained(format!("decoders.{token}.bias"), &[count], fan_in),
        ]);
    }
    all
}
