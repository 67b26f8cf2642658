//! The operators as burn calls them: its tensors become channels-last maps and back.

use burn::backend::wgpu::{CubeBackend, CubeTensor, into_contiguous};

use super::super::{ConvKind, Kernels, MapKind, NormKind};
use super::activation::{Pointwise, elementwise};
use super::convolution;
use super::norm::GpuNorm;
use super::resize::{
    bilinear, bilinear_backward, halve, halve_backward, nearest, nearest_backward, spatial_sum,
    spatial_sum_backward,
};
use super::spectral::{spectral_norm_backward, spectral_norms};
use super::sums::Cut;
use super::tensors::GpuMaps;

impl Kernels for CubeBackend {
    fn own_conv(x: CubeTensor, weight: CubeTensor, bias: CubeTensor, kind: ConvKind) -> CubeTensor {
        convolution::forward(x, weight, bias, kind)
    }

    fn own_conv_input_gradient(output: CubeTensor, weight: CubeTensor, kind: ConvKind) -> CubeTensor {
        convolution::input_gradient(output, weight, kind)
    }

    fn own_conv_weight_gradients(
        x: CubeTensor,
        output: CubeTensor,
        shape: [usize; 4],
        kind: ConvKind,
    ) -> (CubeTensor, CubeTensor) {
        convolution::weight_gradients(x, output, shape, kind)
    }

    fn own_batch_norm(
        x: CubeTensor,
        weight: CubeTensor,
        bias: CubeTensor,
        relu: bool,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let x = GpuMaps::of(x);
        let cut = Cut::whole(&x);
        let [mean, variance] = cut.moments(&x.tensor);
        let [weight, bias] = [weight, bias].map(into_contiguous);
        let norm = GpuNorm { cut, statistics: [&mean, &variance], affine: Some([&weight, &bias]), relu };
        (norm.forward(&x).into_tensor(), mean, variance)
    }

    fn own_batch_norm_gradients(
        x: CubeTensor,
        weight: CubeTensor,
        bias: CubeTensor,
        mean: CubeTensor,
        variance: CubeTensor,
        output: CubeTensor,
        NormKind { relu, in_use }: NormKind,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let [x, gradient] = [x, output].map(GpuMaps::of);
        let [weight, bias, mean, variance] = [weight, bias, mean, variance].map(into_contiguous);
        let (cut, affine) = (Cut::whole(&x), Some([&weight, &bias]));
        let norm = GpuNorm { cut, statistics: [&mean, &variance], affine, relu };
        let (gradient, [of_bias, of_weight]) = norm.backward(&x, &gradient, in_use);
        (gradient.into_tensor(), of_weight, of_bias)
    }

    fn own_batch_norm_in_use(
        x: CubeTensor,
        weight: CubeTensor,
        bias: CubeTensor,
        mean: CubeTensor,
        variance: CubeTensor,
        relu: bool,
    ) -> CubeTensor {
        let x = GpuMaps::of(x);
        let [weight, bias, mean, variance] = [weight, bias, mean, variance].map(into_contiguous);
        let (cut, affine) = (Cut::whole(&x), Some([&weight, &bias]));
        GpuNorm { cut, statistics: [&mean, &variance], affine, relu }.forward(&x).into_tensor()
    }

    fn own_add(one: CubeTensor, other: CubeTensor) -> CubeTensor {
        let [one, other] = [one, other].map(GpuMaps::of);
        changed(&one, &other, Pointwise::Add)
    }

    fn own_map(x: CubeTensor, kind: MapKind) -> CubeTensor {
        let x = GpuMaps::of(x);
        match kind {
            MapKind::Relu => changed(&x, &x, Pointwise::Relu),
            MapKind::Tanh => changed(&x, &x, Pointwise::Tanh),
            MapKind::Halve => halve(&x).into_tensor(),
            MapKind::Nearest(factor) => nearest(&x, factor).into_tensor(),
            MapKind::Bilinear(factor) => bilinear(&x, factor).into_tensor(),
            MapKind::Sum { .. } => spatial_sum(&x).into_tensor(),
            MapKind::InstanceNorm { relu } => {
                let cut = Cut::images(&x);
                let [mean, variance] = cut.moments(&x.tensor);
                let norm = GpuNorm { cut, statistics: [&mean, &variance], affine: None, relu };
                norm.forward(&x).into_tensor()
            }
        }
    }

    fn own_map_gradient(kept: CubeTensor, output: CubeTensor, kind: MapKind) -> CubeTensor {
        let gradient = GpuMaps::of(output);
        match kind {
            MapKind::Relu => changed(&GpuMaps::of(kept), &gradient, Pointwise::ReluBackward),
            MapKind::Tanh => changed(&GpuMaps::of(kept), &gradient, Pointwise::TanhBackward),
            MapKind::Halve => halve_backward(&gradient).into_tensor(),
            MapKind::Nearest(factor) => nearest_backward(&gradient, factor).into_tensor(),
            MapKind::Bilinear(factor) => bilinear_backward(&gradient, factor).into_tensor(),
            MapKind::Sum { height, width } => spatial_sum_backward(&gradient, [height, width]).into_tensor(),
            MapKind::InstanceNorm { relu } => {
                let x = GpuMaps::of(kept);
                let cut = Cut::images(&x);
                // Measuring anew is a pass over the input, for which nothing has to be kept.
                let [mean, variance] = cut.moments(&x.tensor);
                let norm = GpuNorm { cut, statistics: [&mean, &variance], affine: None, relu };
                norm.backward(&x, &gradient, false).0.into_tensor()
            }
        }
    }

    fn own_spectral_norm(
        weight: CubeTensor,
        left: CubeTensor,
        right: CubeTensor,
        iterate: bool,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        let layer = [weight, left, right].map(into_contiguous);
        spectral_norms(&[layer], iterate).remove(0).into()
    }

    fn own_spectral_norm_gradient(
        weight: CubeTensor,
        left: CubeTensor,
        right: CubeTensor,
        sigma: CubeTensor,
        output: CubeTensor,
    ) -> CubeTensor {
        let [weight, left, right, sigma, output] = [weight, left, right, sigma, output].map(into_contiguous);
        spectral_norm_backward(&weight, [&left, &right, &sigma], &output)
    }
}

/// Maps of which each value is changed by itself.
fn changed(x: &GpuMaps, other: &GpuMaps, what: Pointwise) -> CubeTensor {
    let tensor = elementwise(&x.tensor, &other.tensor, what);
    GpuMaps { tensor, extent: x.extent }.into_tensor()
}
