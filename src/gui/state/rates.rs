//! Learning rates: they follow from a run's settings, so that the run does not tell them.

use crate::config::RunConfig;
use crate::gan::Network;

/// The curves' group.
pub const GROUP: &str = "learning rate";

/// The learning rate with which the update was made whose loss the run tells as `curve`, such as
/// `winner/generator_loss`, at that place of the curve; and the name of the rate's own curve.
pub fn rate(config: &RunConfig, curve: &str, step: u64) -> Option<(String, f64)> {
    let (training, loss) = curve.rsplit_once('/')?;
    let networks = [Network::Discriminator, Network::Generator];
    let network = networks.into_iter().find(|network| loss.strip_suffix("_loss") == Some(network.words()))?;
    let initial = config.recipe.rate(network);
    // Trainings count the steps done, the update among them.
    let trained =
        |plan: crate::gan::TrainConfig| plan.rate(initial, step.saturating_sub(1), config.recipe.n_critic);
    let rate = match training {
        "shared" => initial,
        "winner" | "train" => trained(config.winner),
        _ => trained(config.derive),
    };
    Some((format!("{GROUP}/{training} {}", network.words()), rate))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rates_follow_the_settings_of_each_training() {
        let mut config = RunConfig::default();
        for set in ["recipe.generator_rate=0.5", "winner.steps=10", "winner.rate_decay=\"linear\""] {
            config.apply(set).unwrap();
        }
        config.apply("recipe.n_critic=2").unwrap();
        let generator = |curve, step| rate(&config, curve, step).unwrap().1;
        assert_eq!(generator("shared/generator_loss", 7), 0.5);
        assert_eq!(generator("derived 1/generator_loss", 7), 0.5);
        assert_eq!(generator("winner/generator_loss", 1), 0.5);
        assert_eq!(generator("winner/generator_loss", 11), 0.25);
        let (name, value) = rate(&config, "train/discriminator_loss", 11).unwrap();
        assert_eq!(name, "learning rate/train discriminator");
        assert_eq!(value, 0.5 * config.recipe.discriminator_rate);
        assert_eq!(rate(&config, "controller/entropy", 1), None);
        assert_eq!(rate(&config, "speed", 1), None);
    }
}
