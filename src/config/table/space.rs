//! Settings of the search space.

use std::sync::LazyLock;

use super::{Most, Section, Setting, SettingKind};
use crate::arch::{Choices, MAX_CELLS, Slot};
use crate::config::words::list;

/// The search space.
pub const SPACE: Section = Section {
    title: "Search space",
    about: "Which building blocks the search may use; a toggle that is off is never tried",
    settings: || {
        static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
            let slots: Vec<Setting> = Slot::ALL.iter().map(|&slot| of_slot(slot)).collect();
            [&SIZES[..], &slots, &BOUNDS].concat()
        });
        &SETTINGS
    },
};

/// What stands before the slots.
static SIZES: [Setting; 3] = [
    Setting::new(
        "space.cells",
        "Cells",
        "Each cell doubles the side of the images",
        SettingKind::Whole(1, Most::Number(MAX_CELLS as u64)),
    ),
    Setting::new(
        "model.bottom_width",
        "First side",
        "Side of the first feature map, in pixels; each cell doubles it",
        SettingKind::Whole(1, Most::Number(256)),
    )
    .speed(0.1),
    Setting::new(
        "space.cell",
        "Toggles for",
        "All cells alike, or one that differs",
        SettingKind::Own("a list of tables with a number, from 1, and what that cell has of its own"),
    ),
];

/// What stands behind them.
static BOUNDS: [Setting; 2] = [
    Setting::new(
        "space.max_params",
        "Parameters",
        "Most parameters of a whole generator; architectures above are never proposed",
        SettingKind::Whole(1, Most::Any),
    )
    .speed(50_000.0)
    .optional(|_| 5_000_000, "no bound"),
    Setting::new(
        "space.max_macs",
        "MACs",
        "Most multiply-accumulates of a whole generator for one image",
        SettingKind::Whole(1, Most::Any),
    )
    .speed(5_000_000.0)
    .optional(|_| 500_000_000, "no bound"),
];

/// What may be chosen in a slot. Its texts are made once and stay.
fn of_slot(slot: Slot) -> Setting {
    let entry = slot.entry();
    let may_be = match entry.choices {
        Choices::OneOf(choices) => {
            let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
            format!("a list of {}", list(&names, "and"))
        }
        Choices::Switch(_) => "a list of false and true".to_owned(),
        Choices::Skips => "free, always or never".to_owned(),
    };
    let key = format!("space.{}", entry.name);
    Setting::new(key.leak(), entry.label, entry.about, SettingKind::Own(may_be.leak()))
}
