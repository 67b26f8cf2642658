//! Learning rates: they follow from a run's settings, so that the run does not emit them.

use crate::config::RunConfig;
use crate::gan::TrainConfig;
use crate::search::{Curve, GanId, TrainingId};

/// The learning rate with which the update was made whose loss is at `step` of a curve, and the curve of that
/// rate; none where the curve is no loss.
pub fn rate(config: &RunConfig, curve: &Curve, step: u64) -> Option<(Curve, f64)> {
    let Curve::Loss { gan, network } = *curve else {
        return None;
    };
    let initial = config.recipe.learning_rate(network);
    // Trainings count the steps done, the update among them.
    let trained =
        |plan: TrainConfig| plan.learning_rate(initial, step.saturating_sub(1), config.recipe.n_critic);
    let rate = match gan {
        GanId::Shared => initial,
        GanId::Training(TrainingId::Finalist(_)) => trained(config.derive),
        GanId::Training(TrainingId::Winner | TrainingId::Single) => trained(config.winner),
    };
    Some((Curve::LearningRate { gan, network }, rate))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rates_follow_the_settings_of_each_training() {
        let mut config = RunConfig::default();
        for set in ["recipe.generator_learning_rate=0.5", "winner.steps=10", "winner.lr_decay=\"linear\""] {
            config.apply(set).unwrap();
        }
        config.apply("recipe.n_critic=2").unwrap();
        let rate = |curve: &str, step| rate(&config, &Curve::from(curve.to_owned()), step);
        let generator = |curve, step| rate(curve, step).unwrap().1;
        assert_eq!(generator("shared/generator_loss", 7), 0.5);
        assert_eq!(generator("derived 1/generator_loss", 7), 0.5);
        assert_eq!(generator("winner/generator_loss", 1), 0.5);
        assert_eq!(generator("winner/generator_loss", 11), 0.25);
        let (curve, value) = rate("train/discriminator_loss", 11).unwrap();
        assert_eq!(curve.to_string(), "learning rate/train discriminator");
        assert_eq!(value, 0.5 * config.recipe.discriminator_learning_rate);
        assert_eq!(rate("controller/entropy", 1), None);
        assert_eq!(rate("speed", 1), None);
    }
}
