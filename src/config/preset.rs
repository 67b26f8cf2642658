//! The built-in settings, from `assets/presets/`.

use super::RunConfig;
use super::error::{ConfigError, nearest};
use super::words::list;

/// Settings that come with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// What one gets from it, in a phrase.
    pub outcome: &'static str,
    /// The TOML text, with comments that explain the numbers.
    pub text: &'static str,
}

/// All presets, the smallest first. The first is used where none is named.
pub const PRESETS: [Preset; 4] = [
    Preset {
        name: "quick",
        about: "a small search on two CPU cores, at most ten minutes",
        outcome: "Recognisable pictures, and a search to watch from beginning to end",
        text: include_str!("../../assets/presets/quick.toml"),
    },
    Preset {
        name: "standard",
        about: "a search at 32 px on a consumer GPU, about an hour (an estimate)",
        outcome: "A generator of small pictures, found among the architectures of the paper",
        text: include_str!("../../assets/presets/standard.toml"),
    },
    Preset {
        name: "paper-cifar10",
        about: "the paper's search and training on CIFAR-10, as released; days",
        outcome: "The paper's search repeated, for comparison with its scores",
        text: include_str!("../../assets/presets/paper-cifar10.toml"),
    },
    Preset {
        name: "paper-stl10",
        about: "the paper's training on STL-10 at 48 px, as released; days",
        outcome: "The paper's settings for larger pictures",
        text: include_str!("../../assets/presets/paper-stl10.toml"),
    },
];

/// The names of all presets, as a part of a sentence.
pub(super) fn names() -> String {
    list(&PRESETS.map(|preset| preset.name), "and")
}

impl RunConfig {
    /// The settings of a preset.
    ///
    /// # Errors
    ///
    /// If none has this name.
    pub fn preset(name: &str) -> Result<Self, ConfigError> {
        match PRESETS.iter().find(|preset| preset.name == name) {
            Some(preset) => Self::from_toml(preset.text, &format!("the preset {name}")),
            None => Err(ConfigError::UnknownPreset {
                name: name.to_owned(),
                nearest: nearest(name, &PRESETS.map(|preset| preset.name)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Genotype, Space, SpaceConfig, params};
    use crate::gan::{
        AdamConfig, AverageStatistics, HealthConfig, Loss, LrDecay, Recipe, TrainConfig, UnusedParams,
    };
    use crate::metric::extractor::{ExtractorKind, inception::Preprocessing};
    use crate::metric::{FRECHET_DISTANCE, INCEPTION_SCORE, Reward, ScoreConfig};
    use crate::model::{Init, ModelConfig, SkipTap};
    use crate::search::{Baseline, ControllerConfig, EstimatorKind, Levels, SearchConfig, StrategyKind};

    #[test]
    fn every_preset_can_be_searched_with_and_bears_its_name() {
        for preset in PRESETS {
            let config = RunConfig::preset(preset.name).unwrap();
            assert_eq!(config.validate_search(), Ok(()), "{}", preset.name);
            assert_eq!(config.name, preset.name);
            assert_eq!(config.device, "auto");
        }
    }

    #[test]
    fn an_unknown_preset_is_answered_with_the_nearest_and_all() {
        let message = |name: &str| RunConfig::preset(name).unwrap_err().to_string();
        assert_eq!(
            message("qick"),
            "there is no preset `qick` (did you mean `quick`?); the presets are quick, standard, \
             paper-cifar10 and paper-stl10"
        );
        assert!(message("paper-cifar").contains("did you mean `paper-cifar10`?"));
        assert!(message("zzz").starts_with("there is no preset `zzz`; the presets are quick"));
    }

    /// The adversarial recipe of both scripts.
    const RECIPE: Recipe = Recipe {
        loss: Loss::Hinge,
        generator_learning_rate: 2e-4,
        discriminator_learning_rate: 2e-4,
        adam: AdamConfig { beta1: 0.0, beta2: 0.9, epsilon: 1e-8, unused_params: UnusedParams::DecayMoments },
        n_critic: 5,
        batch: 64,
        generator_batch: 128,
        keep_last_batch: true,
    };

    /// The networks of the search script.
    const MODEL: ModelConfig = ModelConfig {
        latent_dim: 128,
        bottom_width: 4,
        generator_channels: 128,
        discriminator_channels: 64,
        spectral_norm: true,
        init: Init::XavierUniform,
        discriminator_init: Init::FanIn,
        skip_tap: SkipTap::AfterAddition,
        allocate_unused: true,
        ema_decay: 0.999,
    };

    fn score() -> ScoreConfig {
        ScoreConfig {
            samples: 50_000,
            splits: 10,
            batch: 100,
            reference: 0,
            metrics: vec![FRECHET_DISTANCE, INCEPTION_SCORE],
            deciding: FRECHET_DISTANCE,
            neighbours: 5,
            kid_subsets: 100,
            kid_subset_size: 1000,
            extractor: ExtractorKind::Builtin,
            preprocessing: Preprocessing::Tf,
        }
    }

    /// Training in epochs of `batches` discriminator steps, evaluated every `evaluate` epochs.
    fn training(epochs: u64, batches: u64, evaluate: u64) -> TrainConfig {
        TrainConfig {
            steps: (epochs * batches).div_ceil(5),
            lr_decay: LrDecay::None,
            evaluate_every: evaluate * batches / 5,
            samples_every: 500,
            average_statistics: AverageStatistics::Raw,
            capture: false,
        }
    }

    #[test]
    fn the_search_has_the_released_scripts_numbers() {
        let config = RunConfig::preset("paper-cifar10").unwrap();
        let epoch = 50_000_u64.div_ceil(64);
        assert_eq!(epoch, 782);
        let expected = SearchConfig {
            levels: Levels::Multi,
            strategy: StrategyKind::Reinforce,
            estimator: EstimatorKind::Shared,
            iterations: vec![15, 35 - 15, 65 - 35],
            shared_steps: 15 * epoch,
            controller: ControllerConfig {
                hidden: 100,
                learning_rate: 3.5e-4,
                steps: 30,
                baseline_decay: 0.9,
                entropy: 1e-3,
                baseline: Baseline::AsReleased,
            },
            candidates: 10,
            top_k: 5,
            deduplicate: false,
            reward: Reward::RawInceptionScore,
            reward_samples: 5_000,
            reward_splits: 10,
            fixed_noise: false,
            recalibrate: false,
            reset: HealthConfig { window: 500, variance: 1e-3, diversity: 0.0, before_controller: false },
            // The proxy task that uses it is not the paper's.
            scratch_steps: config.search.scratch_steps,
        };
        assert_eq!(config.search, expected);
        assert_eq!(config.seed, 12_345);
        assert_eq!(config.recipe, RECIPE);
        assert_eq!(config.model, MODEL);
        assert_eq!(config.space, SpaceConfig::default());
        let space = Space::new(config.space.clone(), config.model.net_shape()).unwrap();
        assert_eq!((config.side(), space.size()), (32, 373_248));
        assert_eq!((config.data.limit, config.data.source.as_str()), (None, "cifar10:data/cifar10"));
    }

    #[test]
    fn derived_training_has_the_released_scripts_numbers() {
        let config = RunConfig::preset("paper-cifar10").unwrap();
        let expected = training(250_000_u64.div_ceil(782), 782, 20);
        assert_eq!(expected.steps * 5, 250_240);
        assert_eq!((config.derive, config.winner), (expected, expected));
        assert_eq!(config.score, score());
        let model = config.derived_model();
        let sizes = ModelConfig { generator_channels: 256, discriminator_channels: 128, ..MODEL };
        assert_eq!(model, sizes);
        assert_eq!(params(&Genotype::autogan_a(), &model.net_shape()), 4_405_251);
    }

    #[test]
    fn transfer_training_has_the_released_scripts_numbers() {
        let config = RunConfig::preset("paper-stl10").unwrap();
        let epoch = 105_000_u64.div_ceil(64);
        assert_eq!(epoch, 1_641);
        let expected = training(250_000_u64.div_ceil(epoch), epoch, 10);
        assert_eq!((config.derive, config.winner), (expected, expected));
        assert_eq!((config.recipe, config.score.clone(), config.seed), (RECIPE, score(), 12_345));
        let model = config.derived_model();
        let sizes =
            ModelConfig { bottom_width: 6, generator_channels: 256, discriminator_channels: 128, ..MODEL };
        assert_eq!(model, sizes);
        assert_eq!(config.side(), 48);
        assert_eq!(params(&Genotype::autogan_a(), &model.net_shape()), 5_065_731);
        assert_eq!((config.data.limit, config.data.source.as_str()), (None, "stl10:data/stl10"));
    }
}
