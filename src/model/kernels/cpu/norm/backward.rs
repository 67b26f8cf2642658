//! Gradients of a normalisation with optional ReLU.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use super::forward::normalised;
use super::{Affine, ChannelStatistics, inverse_deviation, mean_rest};
use crate::model::kernels::cpu::activation::masked;
use crate::model::kernels::cpu::sections::Sections;
use crate::model::kernels::cpu::simd::dispatch;

/// Sums over a section's pixels by channel.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    /// Of the gradient behind the ReLU.
    pub(crate) gradient: Vec<f64>,
    /// Of that times the value's distance from [`Affine::centre`].
    pub(crate) product: Vec<f64>,
}

/// The sums of each section.
pub(crate) fn gradient_sums(
    sections: Sections,
    x: &[f32],
    gradient: &[f32],
    affine: &[Affine],
    relu: bool,
) -> Vec<Sums> {
    let columns = sections.columns;
    let pairs = sections.pieces(x).into_par_iter().zip(sections.pieces(gradient));
    let parts: Vec<(usize, Sums)> = pairs
        .map(|((section, x), (_, gradient))| {
            let (mut sums, mut products) = (vec![0.0; columns.width], vec![0.0; columns.width]);
            let affine = &affine[section];
            let (to, products_to) = (&mut sums, &mut products);
            if relu {
                dispatch(GradientSums::<true> { x, gradient, affine, sums: to, products: products_to });
            } else {
                dispatch(GradientSums::<false> { x, gradient, affine, sums: to, products: products_to });
            }
            (section, Sums { gradient: columns.fold(&sums), product: columns.fold(&products) })
        })
        .collect();
    let zeros = vec![0.0; columns.channels];
    let mut totals = vec![Sums { gradient: zeros.clone(), product: zeros }; sections.count];
    for (section, part) in parts {
        add(&mut totals[section].gradient, &part.gradient);
        add(&mut totals[section].product, &part.product);
    }
    totals
}

/// Adds `part` to `to`.
fn add(to: &mut [f64], part: &[f64]) {
    for (to, part) in to.iter_mut().zip(part) {
        *to += part;
    }
}

/// What makes the input's gradient of one section: `masked gradient · scale + (x - centre) · slope + constant`, by
/// column. Slope and constant are 0 where the statistics do not depend on the input.
#[derive(Debug)]
pub(crate) struct Slope {
    slope: Vec<f32>,
    constant: Vec<f32>,
}

impl Slope {
    /// For statistics of the section itself, which is where the mean and the projection on `x` come from.
    ///
    /// With `e` the gradient behind the ReLU, `x̂ = (x - mean) · inverse` and means over the section's pixels:
    /// `dx = scale · (e - mean(e) - x̂ · mean(e · x̂))` (Ioffe and Szegedy 2015, section 3).
    pub(crate) fn of_sections(
        sections: Sections,
        statistics: &ChannelStatistics,
        sums: &[Sums],
        weight: Option<&[f32]>,
    ) -> Vec<Self> {
        let columns = sections.columns;
        let count = sections.pixels as f64;
        let slopes = sums.iter().enumerate().map(|(section, sums)| {
            let by_channel: Vec<(f64, f64)> = (0..columns.channels)
                .map(|c| {
                    let at = section * columns.channels + c;
                    let inverse = inverse_deviation(statistics.variance[at]);
                    let scale = inverse * weight.map_or(1.0, |weight| f64::from(weight[c]));
                    let rest = mean_rest(statistics.mean[at]);
                    let projection = (sums.product[c] - rest * sums.gradient[c]) * inverse / count;
                    let slope = -scale * inverse * projection;
                    // The scale as it meets the gradient, so that a single pixel's gradient is exactly 0.
                    let scale = f64::from(scale as f32);
                    (slope, -scale * sums.gradient[c] / count - rest * slope)
                })
                .collect();
            Self {
                slope: columns.repeat(by_channel.iter().map(|pair| pair.0)),
                constant: columns.repeat(by_channel.iter().map(|pair| pair.1)),
            }
        });
        slopes.collect()
    }

    /// For statistics that are constants.
    pub(crate) fn none(sections: Sections) -> Vec<Self> {
        let zeros = vec![0.0; sections.columns.width];
        (0..sections.count).map(|_| Self { slope: zeros.clone(), constant: zeros.clone() }).collect()
    }
}

/// Gradients of weight and bias, each summed over sections.
pub(crate) fn affine_gradients(
    sections: Sections,
    statistics: &ChannelStatistics,
    sums: &[Sums],
) -> (Vec<f32>, Vec<f32>) {
    let channels = sections.columns.channels;
    let (mut weight, mut bias) = (vec![0.0; channels], vec![0.0; channels]);
    for (section, sums) in sums.iter().enumerate() {
        for c in 0..channels {
            let at = section * channels + c;
            let product = sums.product[c] - mean_rest(statistics.mean[at]) * sums.gradient[c];
            weight[c] += product * inverse_deviation(statistics.variance[at]);
            bias[c] += sums.gradient[c];
        }
    }
    let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
    (single(weight), single(bias))
}

/// Replaces `gradient` by that of `x`.
pub(crate) fn input_gradient(
    sections: Sections,
    x: &[f32],
    gradient: &mut [f32],
    affine: &[Affine],
    slopes: &[Slope],
    relu: bool,
) {
    let pairs = sections.pieces_mut(gradient).into_par_iter().zip(sections.pieces(x));
    pairs.for_each(|((_, gradient), (section, x))| {
        let (affine, slope) = (&affine[section], &slopes[section]);
        if relu {
            dispatch(InputGradient::<true> { x, gradient, affine, slope });
        } else {
            dispatch(InputGradient::<false> { x, gradient, affine, slope });
        }
    });
}

/// Adds each row's gradient behind the ReLU to `sums`, and its product with `x - centre` to `products`.
struct GradientSums<'a, const RELU: bool> {
    x: &'a [f32],
    gradient: &'a [f32],
    affine: &'a Affine,
    sums: &'a mut [f32],
    products: &'a mut [f32],
}

impl<const RELU: bool> NullaryFnOnce for GradientSums<'_, RELU> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let width = self.sums.len();
        for (x, gradient) in self.x.chunks(width).zip(self.gradient.chunks(width)) {
            add_row::<RELU>(x, gradient, self.affine, self.sums, self.products);
        }
    }
}

/// One row of [`GradientSums`].
#[inline(always)]
fn add_row<const RELU: bool>(
    x: &[f32],
    gradient: &[f32],
    affine: &Affine,
    sums: &mut [f32],
    products: &mut [f32],
) {
    let columns = affine.centre.iter().zip(&affine.scale).zip(&affine.shift);
    let to = sums.iter_mut().zip(products);
    for (((&x, &gradient), ((&centre, &scale), &shift)), (sum, product)) in
        x.iter().zip(gradient).zip(columns).zip(to)
    {
        let gradient = behind_relu::<RELU>(x, gradient, centre, scale, shift);
        *sum += gradient;
        *product += gradient * (x - centre);
    }
}

/// Replaces the output's gradient by the input's.
struct InputGradient<'a, const RELU: bool> {
    x: &'a [f32],
    gradient: &'a mut [f32],
    affine: &'a Affine,
    slope: &'a Slope,
}

impl<const RELU: bool> NullaryFnOnce for InputGradient<'_, RELU> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let width = self.affine.centre.len();
        for (x, gradient) in self.x.chunks(width).zip(self.gradient.chunks_mut(width)) {
            replace_row::<RELU>(x, gradient, self.affine, self.slope);
        }
    }
}

/// One row of [`InputGradient`].
#[inline(always)]
fn replace_row<const RELU: bool>(x: &[f32], gradient: &mut [f32], affine: &Affine, slope: &Slope) {
    let columns = affine.centre.iter().zip(&affine.scale).zip(&affine.shift);
    let slopes = slope.slope.iter().zip(&slope.constant);
    for (((&x, gradient), ((&centre, &scale), &shift)), (&slope, &constant)) in
        x.iter().zip(gradient).zip(columns).zip(slopes)
    {
        let behind = behind_relu::<RELU>(x, *gradient, centre, scale, shift);
        *gradient = behind * scale + ((x - centre) * slope + constant);
    }
}

/// The gradient of the normalised value, given that of the output.
#[inline(always)]
fn behind_relu<const RELU: bool>(x: f32, gradient: f32, centre: f32, scale: f32, shift: f32) -> f32 {
    if RELU { masked(normalised::<false>(x, centre, scale, shift), gradient) } else { gradient }
}
