//! Settings of the networks.

use super::{Bound, MAX_CHANNELS, Section, Setting, SettingChoice, SettingKind, choices};

/// The networks.
pub const NETWORKS: Section = Section {
    title: "Networks",
    about: "Sizes of generator and discriminator",
    settings: || {
        const {
            &[
        Setting::new(
            "model.generator_channels",
            "Generator channels",
            "Channels of every generator cell",
            SettingKind::Whole(1, MAX_CHANNELS),
        ),
        Setting::new(
            "model.discriminator_channels",
            "Discriminator channels",
            "Channels of every discriminator block",
            SettingKind::Whole(1, MAX_CHANNELS),
        ),
        Setting::new(
            "derived_model.generator_channels",
            "Generator, derived",
            "Channels of what is trained from scratch; as in the search where absent",
            SettingKind::Whole(1, MAX_CHANNELS),
        )
        .optional(|config| 2 * config.model.generator_channels as u64, "as in the search")
        .shown(|_, searched| searched),
        Setting::new(
            "derived_model.discriminator_channels",
            "Discriminator, derived",
            "Channels of what is trained from scratch; as in the search where absent",
            SettingKind::Whole(1, MAX_CHANNELS),
        )
        .optional(|config| 2 * config.model.discriminator_channels as u64, "as in the search")
        .shown(|_, searched| searched),
        Setting::new(
            "model.latent_dim",
            "Latent dimension",
            "Length of the random vector that an image is made from",
            SettingKind::Whole(1, MAX_CHANNELS),
        )
        .formerly("model.latent"),
        Setting::new(
            "model.ema_decay",
            "EMA decay",
            "Share of the old weights that the average generator keeps at each step; it makes the images",
            SettingKind::Real(Bound::Share),
        )
        .speed(1e-3),
        Setting::new(
            "model.spectral_norm",
            "Spectral norm",
            "Keeps the discriminator smooth, so that it cannot run away from the generator",
            SettingKind::Switch,
        ),
        Setting::new(
            "model.skip_tap",
            "Skip tap",
            "Where skips between cells are tapped",
            SettingKind::Choice(|| {
                choices(&[
                    ("before_addition", "Before addition", "As the paper's figure shows"),
                    ("after_addition", "After addition", "As the released code does"),
                ])
            }),
        ),
        Setting::new("model.init", "Initial weights", "How convolutions start", SettingKind::Choice(inits)).advanced(),
        Setting::new(
            "model.discriminator_init",
            "Initial weights under spectral norm",
            "How the discriminator's spectrally normalised convolutions start; in the released code they keep \
             PyTorch's default",
            SettingKind::Choice(inits),
        )
        .advanced(),
        Setting::new(
            "model.allocate_unused",
            "Unused modules",
            "Allocates the shared generator's modules that no genotype can use, as the released code does",
            SettingKind::Switch,
        )
        .advanced(),
    ]
        }
    },
};

fn inits() -> Vec<SettingChoice> {
    choices(&[
        (
            "xavier_uniform",
            "Xavier",
            "Uniform, by the numbers of inputs and outputs (Glorot and Bengio 2010)",
        ),
        ("normal", "Normal", "Normal with a standard deviation of 0.02"),
        ("fan_in", "Fan in", "Uniform, by the number of inputs: PyTorch's default"),
    ])
}
