//! The terms of adversarial losses on GPUs, each as one operator.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::fusion::custom::TensorSpec;
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::{CubeBackend, CubeTensor, into_contiguous};
use burn::backend::{Autodiff, Backend, Dispatch, backend_extension};
use burn::tensor::{Shape, Tensor};

use super::autodiff::ONCE;
use super::{LossTerm, gpu};

/// The operators, which the CPU has none of.
#[backend_extension(Cube, Autodiff, Fusion)]
pub(super) trait LossKernels: Backend {
    /// The mean of `term` over all scores, `[1]`, with a trace of their mean that no finite loss shows, but which is
    /// not finite where that is not.
    #[fusion(meta = one)]
    fn own_loss_term(scores: FloatTensor<Self>, term: LossTerm) -> FloatTensor<Self>;

    /// The gradient of the scores, of that of the loss.
    #[fusion(dtype = scores, shape = scores)]
    fn own_loss_term_gradient(
        scores: FloatTensor<Self>,
        output: FloatTensor<Self>,
        term: LossTerm,
    ) -> FloatTensor<Self>;
}

fn one(scores: &TensorSpec, _term: &LossTerm) -> TensorSpec {
    TensorSpec::new(Shape::new([1]), scores.dtype)
}

impl LossKernels for CubeBackend {
    fn own_loss_term(scores: CubeTensor, term: LossTerm) -> CubeTensor {
        gpu::loss_term(&into_contiguous(scores), term)
    }

    fn own_loss_term_gradient(scores: CubeTensor, output: CubeTensor, term: LossTerm) -> CubeTensor {
        gpu::loss_term_backward(&into_contiguous(scores), &into_contiguous(output), term)
    }
}

#[derive(Debug)]
struct LossTermStep;

impl<B: LossKernels> Backward<B, 1> for LossTermStep {
    /// Scores, term.
    type State = (FloatTensor<B>, LossTerm);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let ([node], (scores, term)) = (ops.parents, ops.state);
        if let Some(node) = node {
            gradients.register::<B>(node.id, B::own_loss_term_gradient(scores, output, term));
        }
    }
}

impl<B: LossKernels, C: CheckpointStrategy> LossKernels for Autodiff<B, C> {
    fn own_loss_term(scores: FloatTensor<Self>, term: LossTerm) -> FloatTensor<Self> {
        let (scores, node) = scores.into_parts();
        let loss = B::own_loss_term(scores.clone(), term);
        match LossTermStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((scores, term), loss),
            OpsKind::UnTracked(prepared) => prepared.finish(loss),
        }
    }

    fn own_loss_term_gradient(_: FloatTensor<Self>, _: FloatTensor<Self>, _: LossTerm) -> FloatTensor<Self> {
        panic!("{ONCE}")
    }
}

/// The mean of `term` over all scores of a GPU, `[1]`.
pub(crate) fn loss_term(scores: Tensor<2>, term: LossTerm) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::own_loss_term(scores.into_dispatch(), term))
}
