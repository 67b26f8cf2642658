//! Settings of the adversarial training.

use super::{Bound, MAX_BATCH, Most, Section, Setting, SettingChoice, SettingKind, choices};

/// The adversarial training.
pub const TRAINING: Section = Section {
    title: "Training",
    about: "The adversarial recipe, and how long the best are trained",
    settings: || {
        const {
            &[
                Setting::new(
                    "recipe.loss",
                    "Loss",
                    "What the two networks minimise",
                    SettingKind::Choice(|| {
                        choices(&[
                            ("hinge", "Hinge", "AutoGAN's, and that of most others"),
                            ("non_saturating", "Non-saturating", "Goodfellow's first"),
                            ("least_squares", "Least squares", "Distances from 0 and 1"),
                        ])
                    }),
                ),
                Setting::new(
                    "recipe.generator_learning_rate",
                    "Generator learning rate",
                    "How far the generator moves at each step",
                    SettingKind::Real(Bound::Positive),
                )
                .formerly("recipe.generator_rate")
                .speed(1e-5),
                Setting::new(
                    "recipe.discriminator_learning_rate",
                    "Discriminator learning rate",
                    "How far the discriminator moves at each step",
                    SettingKind::Real(Bound::Positive),
                )
                .formerly("recipe.discriminator_rate")
                .speed(1e-5),
                Setting::new(
                    "recipe.n_critic",
                    "n_critic",
                    "Discriminator steps for each generator step",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(0.05),
                Setting::new(
                    "recipe.batch",
                    "Batch",
                    "Real images, and as many fakes, in a discriminator step",
                    SettingKind::Whole(1, MAX_BATCH),
                ),
                Setting::new(
                    "recipe.generator_batch",
                    "Generator batch",
                    "Fakes in a generator step",
                    SettingKind::Whole(1, MAX_BATCH),
                ),
                Setting::new(
                    "recipe.keep_last_batch",
                    "Last batch",
                    "Keeps an epoch's smaller last batch, as the released code does",
                    SettingKind::Switch,
                ),
                Setting::new(
                    "recipe.adam.unused_params",
                    "Unused parameters",
                    "What Adam does with parameters that a loss does not reach",
                    SettingKind::Choice(|| {
                        choices(&[
                            ("skip", "Leave alone", "Today's habit"),
                            ("decay_moments", "Decay moments", "As the released code's PyTorch 1"),
                        ])
                    }),
                )
                .formerly("recipe.adam.idle"),
                Setting::new(
                    "derive.steps",
                    "Steps of each",
                    "Generator steps of each of the best, from scratch",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(20.0)
                .shown(|_, searched| searched),
                Setting::new(
                    "winner.steps",
                    "Steps of the winner",
                    "Generator steps of the winner in all",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(20.0),
                Setting::new(
                    "winner.evaluate_every",
                    "Score every",
                    "Generator steps between two scores",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(20.0),
                Setting::new(
                    "winner.samples_every",
                    "Picture every",
                    "Generator steps between two pictures of the fixed latents",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(20.0),
                Setting::new(
                    "winner.lr_decay",
                    "Learning rate decay",
                    "What the learning rates do towards the end",
                    SettingKind::Choice(lr_decays),
                )
                .formerly("winner.rate_decay"),
                Setting::new(
                    "winner.average_statistics",
                    "EMA statistics",
                    "Which batch norm statistics the average generator has",
                    SettingKind::Choice(statistics),
                ),
                Setting::new(
                    "winner.capture",
                    "Capture steps",
                    "Has a GPU repeat recorded steps: less work for the host, the same numbers, more of the GPU's memory",
                    SettingKind::Switch,
                )
                .advanced(),
                Setting::new(
                    "recipe.adam.beta1",
                    "Adam's β₁",
                    "Decay of the mean of gradients",
                    SettingKind::Real(Bound::Share),
                )
                .speed(1e-3)
                .advanced(),
                Setting::new(
                    "recipe.adam.beta2",
                    "Adam's β₂",
                    "Decay of the mean of squared gradients",
                    SettingKind::Real(Bound::Share),
                )
                .speed(1e-3)
                .advanced(),
                Setting::new(
                    "recipe.adam.epsilon",
                    "Adam's ε",
                    "What is added to the root that gradients are divided by",
                    SettingKind::Real(Bound::Positive),
                )
                .speed(1e-8)
                .advanced(),
                Setting::new(
                    "derive.evaluate_every",
                    "Score each every",
                    "Generator steps between two scores of each of the best",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(20.0)
                .shown(|_, searched| searched)
                .advanced(),
                Setting::new(
                    "derive.samples_every",
                    "Picture of each every",
                    "Generator steps between two pictures of each of the best",
                    SettingKind::Whole(1, Most::Any),
                )
                .speed(20.0)
                .shown(|_, searched| searched)
                .advanced(),
                Setting::new(
                    "derive.lr_decay",
                    "Learning rate decay of each",
                    "What the learning rates of each of the best do towards the end",
                    SettingKind::Choice(lr_decays),
                )
                .formerly("derive.rate_decay")
                .shown(|_, searched| searched)
                .advanced(),
                Setting::new(
                    "derive.average_statistics",
                    "EMA statistics of each",
                    "Which batch norm statistics the average generator of each of the best has",
                    SettingKind::Choice(statistics),
                )
                .shown(|_, searched| searched)
                .advanced(),
                Setting::new(
                    "derive.capture",
                    "Capture steps of each",
                    "Has a GPU repeat recorded steps of each of the best, as `winner.capture` does",
                    SettingKind::Switch,
                )
                .shown(|_, searched| searched)
                .advanced(),
            ]
        }
    },
};

fn lr_decays() -> Vec<SettingChoice> {
    choices(&[
        ("none", "Constant", "As the released scripts"),
        ("linear", "Linear", "Down to zero at the last step"),
    ])
}

fn statistics() -> Vec<SettingChoice> {
    choices(&[
        ("recalibrated", "Its own", "Measured anew for the averaged weights"),
        ("raw", "Raw", "The raw generator's, as released"),
    ])
}
