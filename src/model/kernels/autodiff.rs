//! Derivatives of the operators with own kernels.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, TensorMetadata};

use super::{ConvKind, Kept, Kernels, MapKind, NormKind};

#[derive(Debug)]
struct ConvStep;

impl<B: Kernels> Backward<B, 3> for ConvStep {
    /// Input, weight, kind.
    type State = (FloatTensor<B>, FloatTensor<B>, ConvKind);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let ([x_node, weight_node, bias_node], (x, weight, kind)) = (ops.parents, ops.state);
        if weight_node.is_some() || bias_node.is_some() {
            let shape = weight.shape().dims();
            let (weight, bias) = B::own_conv_weight_gradients(x, output.clone(), shape, kind);
            if let Some(node) = weight_node {
                gradients.register::<B>(node.id, weight);
            }
            if let Some(node) = bias_node {
                gradients.register::<B>(node.id, bias);
            }
        }
        if let Some(node) = x_node {
            gradients.register::<B>(node.id, B::own_conv_input_gradient(output, weight, kind));
        }
    }
}

#[derive(Debug)]
struct BatchNormStep;

impl<B: Kernels> Backward<B, 3> for BatchNormStep {
    /// Input, weight, bias, mean, variance, and how it was done.
    type State = ([FloatTensor<B>; 5], NormKind);

    fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let ([x, weight, bias, mean, variance], kind) = ops.state;
        let (x, weight, bias) = B::own_batch_norm_gradients(x, weight, bias, mean, variance, output, kind);
        for (node, gradient) in ops.parents.into_iter().zip([x, weight, bias]) {
            if let Some(node) = node {
                gradients.register::<B>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct AddStep;

impl<B: Kernels> Backward<B, 2> for AddStep {
    type State = ();

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        for node in ops.parents.into_iter().flatten() {
            gradients.register::<B>(node.id, output.clone());
        }
    }
}

#[derive(Debug)]
struct MapStep;

impl<B: Kernels> Backward<B, 1> for MapStep {
    /// What the gradient is computed from, kind.
    type State = (Option<FloatTensor<B>>, MapKind);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let ([node], (kept, kind)) = (ops.parents, ops.state);
        if let Some(node) = node {
            let kept = kept.unwrap_or_else(|| output.clone());
            gradients.register::<B>(node.id, B::own_map_gradient(kept, output, kind));
        }
    }
}

#[derive(Debug)]
struct SpectralNormStep;

impl<B: Kernels> Backward<B, 1> for SpectralNormStep {
    /// Weight, both vectors, sigma.
    type State = [FloatTensor<B>; 4];

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let output = gradients.consume::<B>(&ops.node);
        let ([node], [weight, left, right, sigma]) = (ops.parents, ops.state);
        if let Some(node) = node {
            let gradient = B::own_spectral_norm_gradient(weight, left, right, sigma, output);
            gradients.register::<B>(node.id, gradient);
        }
    }
}

/// What is said where a gradient's gradient is asked for.
pub(super) const ONCE: &str = "burn's autodiff gives first derivatives only";

impl<B: Kernels, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn own_conv(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        kind: ConvKind,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (weight, weight_node), (bias, bias_node)) =
            (x.into_parts(), weight.into_parts(), bias.into_parts());
        match ConvStep.prepare::<C>([x_node, weight_node, bias_node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let y = B::own_conv(x.clone(), weight.clone(), bias, kind);
                prepared.finish((x, weight, kind), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::own_conv(x, weight, bias, kind)),
        }
    }

    fn own_conv_input_gradient(_: FloatTensor<Self>, _: FloatTensor<Self>, _: ConvKind) -> FloatTensor<Self> {
        panic!("{ONCE}")
    }

    fn own_conv_weight_gradients(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: [usize; 4],
        _: ConvKind,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        panic!("{ONCE}")
    }

    fn own_batch_norm(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let ((x, x_node), (weight, weight_node), (bias, bias_node)) =
            (x.into_parts(), weight.into_parts(), bias.into_parts());
        let (y, mean, variance) = B::own_batch_norm(x.clone(), weight.clone(), bias.clone(), relu);
        let output =
            match BatchNormStep.prepare::<C>([x_node, weight_node, bias_node]).compute_bound().stateful() {
                OpsKind::Tracked(prepared) => {
                    let kept = [x, weight, bias, mean.clone(), variance.clone()];
                    prepared.finish((kept, NormKind { relu, in_use: false }), y)
                }
                OpsKind::UnTracked(prepared) => prepared.finish(y),
            };
        (output, Self::from_inner(mean), Self::from_inner(variance))
    }

    fn own_batch_norm_gradients(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: NormKind,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        panic!("{ONCE}")
    }

    fn own_batch_norm_in_use(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (weight, weight_node), (bias, bias_node)) =
            (x.into_parts(), weight.into_parts(), bias.into_parts());
        let (mean, variance) = (mean.into_primitive(), variance.into_primitive());
        let kept = [x, weight, bias, mean, variance];
        let [x, weight, bias, mean, variance] = kept.clone();
        let y = B::own_batch_norm_in_use(x, weight, bias, mean, variance, relu);
        match BatchNormStep.prepare::<C>([x_node, weight_node, bias_node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((kept, NormKind { relu, in_use: true }), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn own_add(one: FloatTensor<Self>, other: FloatTensor<Self>) -> FloatTensor<Self> {
        let ((one, one_node), (other, other_node)) = (one.into_parts(), other.into_parts());
        AddStep.prepare::<C>([one_node, other_node]).compute_bound().stateless(B::own_add(one, other))
    }

    fn own_map(x: FloatTensor<Self>, kind: MapKind) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        match MapStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let kept_input = (kind.keeps() == Kept::Input).then(|| x.clone());
                let y = B::own_map(x, kind);
                let kept_output = (kind.keeps() == Kept::Output).then(|| y.clone());
                prepared.finish((kept_input.or(kept_output), kind), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::own_map(x, kind)),
        }
    }

    fn own_map_gradient(_: FloatTensor<Self>, _: FloatTensor<Self>, _: MapKind) -> FloatTensor<Self> {
        panic!("{ONCE}")
    }

    fn own_spectral_norm(
        weight: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        iterate: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let (weight, node) = weight.into_parts();
        let (left, right) = (left.into_primitive(), right.into_primitive());
        let (normalised, left, right, sigma) = B::own_spectral_norm(weight.clone(), left, right, iterate);
        let output = match SpectralNormStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                prepared.finish([weight, left.clone(), right.clone(), sigma.clone()], normalised)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(normalised),
        };
        (output, Self::from_inner(left), Self::from_inner(right), Self::from_inner(sigma))
    }

    fn own_normalised(
        weight: FloatTensor<Self>,
        normalised: FloatTensor<Self>,
        left: FloatTensor<Self>,
        right: FloatTensor<Self>,
        sigma: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (weight, node) = weight.into_parts();
        let [normalised, left, right, sigma] =
            [normalised, left, right, sigma].map(|tensor| tensor.into_primitive());
        match SpectralNormStep.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish([weight, left, right, sigma], normalised),
            OpsKind::UnTracked(prepared) => prepared.finish(normalised),
        }
    }

    fn own_spectral_norm_gradient(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        panic!("{ONCE}")
    }
}
