//! Settings of the images.

use super::{MAX_SEED, Most, Section, Setting, SettingKind};
use crate::config::RunConfig;
use crate::data::{MAX_TOYS, Source, SourcePlace};

/// The images.
pub const IMAGES: Section = Section {
    title: "Images",
    about: "Drop a folder on the window, or choose what to learn from",
    settings: || {
        const {
            &[
        Setting::new(
            "data.source",
            "Source",
            "Where the images come from",
            SettingKind::Own("a source, as autogan data check --help lists them"),
        ),
        Setting::new(
            "data.limit",
            "At most",
            "At most so many images, drawn evenly from the whole set",
            SettingKind::Whole(1, Most::Any),
        )
        .speed(50.0)
        .optional(|_| 5_000, "all of them")
        .shown(|config, _| !is_drawn(config)),
        Setting::new(
            "data.toys_count",
            "Pictures",
            "Pictures that are drawn; the more, the less the discriminator learns them by heart",
            SettingKind::Whole(1, Most::Number(MAX_TOYS as u64)),
        )
        .speed(100.0)
        .shown(|config, _| is_drawn(config)),
        Setting::new(
            "data.background",
            "Background",
            "Red, green and blue behind transparent pixels",
            SettingKind::Own("three numbers from 0 to 255"),
        )
        .advanced(),
        Setting::new(
            "data.seed",
            "Seed of the images",
            "Seed of the toys and of which images a bound leaves; not the run's, so that runs with different \
             seeds learn from the same images",
            SettingKind::Whole(0, MAX_SEED),
        )
        .speed(0.1)
        .advanced(),
    ]
        }
    },
};

fn is_drawn(config: &RunConfig) -> bool {
    let reader = Source::split(&config.data.source);
    reader.is_some_and(|(reader, _)| reader.kind().place == SourcePlace::Drawn)
}
