//! Curves and their groups in words.

use crate::gui::state::capital;
use crate::search::{Curve, CurveGroup, GanId};

/// A group in words.
pub fn words(group: &CurveGroup) -> String {
    match group {
        CurveGroup::Losses(GanId::Shared) => "Losses of the shared GAN".to_owned(),
        CurveGroup::Losses(GanId::Training(training)) => format!("Losses of {training}"),
        CurveGroup::Controller => "Controller".to_owned(),
        CurveGroup::Speed => "Speed (steps a second)".to_owned(),
        CurveGroup::Score(label) => (*label).to_owned(),
        CurveGroup::LearningRates => "Learning rates".to_owned(),
        CurveGroup::Other(name) => capital(name),
    }
}

/// What the values of a curve are, among those of its group: curves of other units have axes of their own. Units of a
/// group are drawn in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CurveUnit {
    /// What a group has one of.
    Main,
    /// What a strategy learns from: rewards and their moving average.
    Reward,
    /// How undecided a strategy is, in nats.
    Entropy,
    /// How much better a reward was than expected.
    Advantage,
    /// A strategy's own loss.
    Loss,
    /// How much images differ.
    Diversity,
    /// Something else.
    Rest,
}

/// The unit of a curve.
pub fn unit(curve: &Curve) -> CurveUnit {
    match curve {
        Curve::Diversity(_) => CurveUnit::Diversity,
        Curve::Controller(reading) => match reading.as_str() {
            "reward" | "baseline" => CurveUnit::Reward,
            "entropy" => CurveUnit::Entropy,
            "advantage" => CurveUnit::Advantage,
            "loss" => CurveUnit::Loss,
            _ => CurveUnit::Rest,
        },
        _ => CurveUnit::Main,
    }
}

/// A curve in words, among those of its group.
pub fn in_group(curve: &Curve) -> String {
    match curve {
        Curve::Loss { network, .. } => format!("{} loss", network.words()),
        Curve::Diversity(_) => "diversity".to_owned(),
        Curve::Controller(reading) => reading.replace('_', " "),
        Curve::Score { training, .. } => training.to_string(),
        Curve::LearningRate { gan, network } => format!("{gan} {}", network.words()),
        Curve::Speed => "speed".to_owned(),
        Curve::Other(name) => name.rsplit('/').next().unwrap_or(name).replace('_', " "),
    }
}

/// A single curve in words: `Winner: generator loss`.
pub fn curve_words(curve: &Curve) -> String {
    match curve {
        Curve::Loss { gan, .. } => format!("{}: {}", gan_words(*gan), in_group(curve)),
        Curve::Diversity(training) => format!("{}: {}", capital(&training.to_string()), in_group(curve)),
        Curve::Score { training, label } => format!("{}: {label}", capital(&training.to_string())),
        Curve::Controller(_) => format!("Controller: {}", in_group(curve)),
        Curve::LearningRate { .. } => format!("Learning rate: {}", in_group(curve)),
        Curve::Speed => words(&CurveGroup::Speed),
        Curve::Other(name) => capital(&name.replace('_', " ").replace('/', ": ")),
    }
}

fn gan_words(gan: GanId) -> String {
    match gan {
        GanId::Shared => "Shared GAN".to_owned(),
        GanId::Training(training) => capital(&training.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Network;
    use crate::search::TrainingId;

    #[test]
    fn curves_of_one_training_are_one_group_and_scores_of_all_are_one() {
        let group = |name: &str| Curve::from(name.to_owned()).group();
        assert_eq!(group("shared/generator_loss"), CurveGroup::Losses(GanId::Shared));
        assert_eq!(group("derived 1/discriminator_loss"), group("derived 1/diversity"));
        let score = |training| Curve::Score { training, label: "FID" }.group();
        assert_eq!(score(TrainingId::Finalist(1)), score(TrainingId::Winner));
        assert_eq!(words(&group("winner/generator_loss")), "Losses of winner");
    }

    #[test]
    fn a_curve_says_what_it_is_of() {
        let network = Network::Generator;
        let winner = TrainingId::Winner;
        for (curve, expected) in [
            (Curve::Loss { gan: GanId::Shared, network }, "Shared GAN: generator loss"),
            (Curve::Score { training: winner, label: "Fréchet distance" }, "Winner: Fréchet distance"),
            (Curve::Score { training: TrainingId::Finalist(1), label: "FID" }, "Derived 1: FID"),
            (Curve::from("controller/entropy".to_owned()), "Controller: entropy"),
            (Curve::LearningRate { gan: winner.into(), network }, "Learning rate: winner generator"),
        ] {
            assert_eq!(curve_words(&curve), expected);
        }
    }
}
