//! Settings of the run itself.

use super::{MAX_SEED, Most, Section, Setting, SettingKind};

/// The run itself.
pub const RUN: Section = Section {
    title: "Run",
    about: "Its name, its seed, and where it is computed",
    settings: || {
        const {
            &[
        Setting::new("name", "Name", "A part of the run folder's name", SettingKind::Text),
        Setting::new(
            "seed",
            "Seed",
            "Every random number follows from it: the same seed on the CPU is the same run, bit for bit",
            SettingKind::Whole(0, MAX_SEED),
        )
        .speed(0.1),
        Setting::new(
            "device",
            "Device",
            "Where the networks are computed",
            SettingKind::Own("auto, cpu, or an adapter's name as autogan doctor lists it"),
        ),
        Setting::new(
            "checkpoint.every_seconds",
            "Checkpoint every",
            "Seconds of work between two checkpoints: what a power cut may cost",
            SettingKind::Whole(1, Most::Any),
        )
        .unit("s"),
        Setting::new(
            "checkpoint.memory_growth_mib",
            "Memory may grow by",
            "MiB of memory after which a new process goes on from a checkpoint; 0 for never",
            // A tebibyte.
            SettingKind::Whole(0, Most::Number(1 << 20)),
        )
        .speed(8.0)
        .unit("MiB")
        .formerly("checkpoint.renew_after_mib"),
    ]
        }
    },
};
