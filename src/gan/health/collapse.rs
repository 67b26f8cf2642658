//! Guards against a training that has died: dynamic reset and the diversity of samples.

use std::collections::VecDeque;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::gan::schedule::Losses;
use crate::model::scalar;

/// Images that differ less than this count as all alike (see [`diversity`]). Real sets have 0.4 to 0.6.
pub const ALIKE: f64 = 0.02;

/// When a GAN counts as collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthConfig {
    /// Losses that are looked at; nothing is said before so many generator losses were seen.
    pub window: usize,
    /// Collapsed when the variance of either loss over the window is below this.
    pub variance: f64,
    /// Collapsed when a batch's images differ less than this (see [`diversity`]); 0 switches the
    /// check off, as in the released code.
    pub diversity: f64,
    /// Start a collapsed GAN anew before the controller trains on it. The released code does it
    /// after, so its controller learns from noise and a ranking may see a GAN that knows nothing.
    #[serde(alias = "at_once")]
    pub before_controller: bool,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { window: 500, variance: 1e-3, diversity: ALIKE, before_controller: true }
    }
}

/// The last losses of a GAN, for the dynamic reset of AutoGAN (Gong et al. 2019).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossWindow {
    discriminator: VecDeque<f32>,
    generator: VecDeque<f32>,
}

impl LossWindow {
    /// Notes a step's losses; the generator has one only every `n_critic` steps.
    pub fn push(&mut self, config: &HealthConfig, losses: Losses) {
        let Losses { discriminator, generator } = losses;
        self.discriminator.push_back(discriminator);
        self.generator.extend(generator);
        for losses in [&mut self.discriminator, &mut self.generator] {
            while losses.len() > config.window {
                losses.pop_front();
            }
        }
    }

    /// Why the GAN counts as collapsed, if it does.
    pub fn collapsed(&self, config: &HealthConfig) -> Option<String> {
        if self.generator.len() < config.window.max(2) {
            return None;
        }
        let networks = [("generator", &self.generator), ("discriminator", &self.discriminator)];
        networks.into_iter().find_map(|(network, losses)| {
            let variance = variance(losses);
            (variance < config.variance).then(|| {
                format!(
                    "the {network}'s loss has stood still over {} steps (variance {variance:.1e})",
                    losses.len()
                )
            })
        })
    }
}

/// Population variance, in f64.
fn variance(values: &VecDeque<f32>) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count
}

/// How much the images of a batch `[batch, 3, side, side]` differ: the standard deviation of a pixel
/// over the batch, averaged over all pixels. Zero when all are alike; real sets have 0.4 to 0.6. NaN or
/// infinite when an image is, and NaN when there are none: never compare it without [`uniform`].
pub fn diversity(images: Tensor<4>) -> f64 {
    let [batch, ..] = images.dims();
    if images.shape().num_elements() == 0 {
        return f64::NAN;
    }
    let mean = images.clone().mean_dim(0);
    let variance = (images - mean).square().sum_dim(0) / batch as f32;
    let value = scalar(variance.sqrt().mean());
    f64::from(value)
}

/// Why the images of a batch count as collapsed, if they do: their [`diversity`] is below `limit`, or they
/// are not finite, which no limit would find. A limit of 0 switches the check off.
pub fn uniform(images: Tensor<4>, limit: f64) -> Option<String> {
    let found = diversity(images);
    if limit <= 0.0 || found.is_finite() && found >= limit {
        return None;
    }
    Some(if found.is_finite() {
        format!("the generator's images are all alike (diversity {found:.3})")
    } else {
        format!("the generator's images are not finite (diversity {found})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    const CONFIG: HealthConfig =
        HealthConfig { window: 10, variance: 1e-3, diversity: 0.02, before_controller: true };

    fn window(discriminator: impl Fn(usize) -> f32, generator: impl Fn(usize) -> f32) -> LossWindow {
        let mut window = LossWindow::default();
        for i in 0..20 {
            let losses = Losses { discriminator: discriminator(i), generator: Some(generator(i)) };
            window.push(&CONFIG, losses);
        }
        window
    }

    #[test]
    fn a_loss_that_stands_still_is_a_collapse_and_a_moving_one_is_not() {
        let moving = |i: usize| (i % 3) as f32;
        assert_eq!(window(moving, moving).collapsed(&CONFIG), None);
        let reason = window(moving, |_| 0.5).collapsed(&CONFIG);
        assert!(reason.is_some_and(|r| r.contains("generator")));
        let reason = window(|_| 2.0, moving).collapsed(&CONFIG);
        assert!(reason.is_some_and(|r| r.contains("discriminator")));
    }

    #[test]
    fn nothing_is_said_before_the_window_is_full() {
        let mut window = LossWindow::default();
        for _ in 0..9 {
            window.push(&CONFIG, Losses { discriminator: 0.0, generator: Some(0.0) });
        }
        assert_eq!(window.collapsed(&CONFIG), None);
    }

    #[test]
    fn only_the_newest_losses_count() {
        let early_movement = |i: usize| if i < 10 { i as f32 } else { 0.0 };
        let window = window(early_movement, |i| i as f32);
        assert!(window.collapsed(&CONFIG).is_some());
    }

    #[test]
    fn diversity_is_zero_for_copies_and_the_deviation_for_others() {
        let device = Device::flex();
        let copies = Tensor::<4>::ones([4, 3, 2, 2], &device);
        assert_eq!(diversity(copies.clone()), 0.0);
        let halves = Tensor::cat(vec![copies.clone(), -copies], 0);
        assert!((diversity(halves) - 1.0).abs() < 1e-6);
    }
}
