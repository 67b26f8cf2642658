//! The settings table: one entry for each setting, from which its validation, its row in the window's form,
//! `autogan settings` and `docs/settings.md` are made.
//!
//! To add a setting is to add a field with its default to a config struct, and an entry to the section here in
//! which the form shows it.

mod images;
mod networks;
mod run;
mod scores;
mod search;
mod space;
mod training;

pub use images::IMAGES;
pub use networks::NETWORKS;
pub use run::RUN;
pub use scores::SCORES;
pub use search::SEARCH;
pub use space::SPACE;
pub use training::TRAINING;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::RunConfig;
use super::words::list;

/// A bound on memory rather than on sense, for numbers of images in a batch.
const MAX_BATCH: Most = Most::Number(65_536);
/// The same for numbers of images.
const MAX_IMAGES: Most = Most::Number(10_000_000);
/// The largest whole number of TOML.
const MAX_SEED: Most = Most::Number(super::MAX_SEED);
/// More channels than any GAN has.
const MAX_CHANNELS: Most = Most::Number(16_384);

/// All sections, in the order of the form.
pub const SECTIONS: [&Section; 7] = [&IMAGES, &SPACE, &SEARCH, &NETWORKS, &TRAINING, &SCORES, &RUN];

/// A section of the form.
#[derive(Debug)]
pub struct Section {
    /// Its title.
    pub title: &'static str,
    /// What it is about, in a phrase.
    pub about: &'static str,
    /// Its settings, in the order of their rows.
    pub settings: fn() -> &'static [Setting],
}

/// Values by dotted key such as `search.candidates`; a list is one value.
pub type Settings = BTreeMap<String, Value>;

/// What is known of a setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its dotted key in `config.toml`.
    pub key: &'static str,
    /// The key that it had before, which is still read; `None` where it is the first.
    pub former: Option<&'static str>,
    /// What the form calls it.
    pub label: &'static str,
    /// What it means, in a phrase.
    pub about: &'static str,
    /// What it may be.
    pub kind: SettingKind,
    /// How far a number goes with each point that it is dragged.
    pub speed: f64,
    /// What a number counts, such as `MiB`; empty where the label says it.
    pub unit: &'static str,
    /// What a setting that may be absent begins with when it is switched on; `None` where it may not be absent.
    pub fresh: Option<fn(&RunConfig) -> u64>,
    /// What holds where such a setting is absent, in words such as `no bound`; empty where it may not be absent.
    pub absent: &'static str,
    /// Whether the form shows it for these settings, and for a search or not.
    pub is_shown: fn(&RunConfig, bool) -> bool,
    /// Whether the form shows it only where all settings of the section are asked for.
    pub advanced: bool,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug)]
pub enum SettingKind {
    /// A whole number.
    Whole(u64, Most),
    /// Any number.
    Real(Bound),
    /// True or false.
    Switch,
    /// One of a few words.
    Choice(fn() -> Vec<SettingChoice>),
    /// Any text.
    Text,
    /// Something with a control of its own; in words.
    Own(&'static str),
}

/// The largest whole number that a setting may be.
#[derive(Clone, Copy, Debug)]
pub enum Most {
    /// There is no bound but that of TOML.
    Any,
    /// This one.
    Number(u64),
    /// What another setting is.
    Setting(&'static str),
}

/// What any number may be.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// Above 0.
    Positive,
    /// At least 0.
    NotNegative,
    /// At least 0 and below 1.
    Share,
}

impl Bound {
    /// How far a number can be dragged; more can be typed.
    pub fn dragged(self) -> RangeInclusive<f64> {
        match self {
            Self::Positive => 1e-12..=1.0,
            Self::NotNegative => 0.0..=1.0,
            Self::Share => 0.0..=0.99999,
        }
    }
}

/// One of the words that a setting may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChoice {
    /// How it is written.
    pub value: String,
    /// What the form calls it.
    pub label: String,
    /// What it means, in a phrase.
    pub about: String,
}

/// Choices from what is written, what the form calls it, and what it means.
fn choices(list: &[(&str, &str, &str)]) -> Vec<SettingChoice> {
    let choice = |&(value, label, about): &(&str, &str, &str)| SettingChoice {
        value: value.to_owned(),
        label: label.to_owned(),
        about: about.to_owned(),
    };
    list.iter().map(choice).collect()
}

impl Setting {
    const fn new(key: &'static str, label: &'static str, about: &'static str, kind: SettingKind) -> Self {
        let is_shown: fn(&RunConfig, bool) -> bool = |_, _| true;
        Self {
            key,
            former: None,
            label,
            about,
            kind,
            speed: 1.0,
            unit: "",
            fresh: None,
            absent: "",
            is_shown,
            advanced: false,
        }
    }

    const fn formerly(self, key: &'static str) -> Self {
        Self { former: Some(key), ..self }
    }

    const fn speed(self, speed: f64) -> Self {
        Self { speed, ..self }
    }

    const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    const fn optional(self, fresh: fn(&RunConfig) -> u64, absent: &'static str) -> Self {
        Self { fresh: Some(fresh), absent, ..self }
    }

    const fn shown(self, is_shown: fn(&RunConfig, bool) -> bool) -> Self {
        Self { is_shown, ..self }
    }

    const fn advanced(self) -> Self {
        Self { advanced: true, ..self }
    }

    /// All entries.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        SECTIONS.into_iter().flat_map(|section| (section.settings)())
    }

    /// What it may be, as a part of a sentence. `values` are all settings, where a bound is one of them.
    pub fn range(&self, values: Option<&Settings>) -> String {
        match self.kind {
            SettingKind::Whole(least, Most::Any) => format!("at least {least}"),
            SettingKind::Whole(least, Most::Number(most)) => format!("from {least} to {most}"),
            SettingKind::Whole(least, Most::Setting(key)) => {
                let most = values.and_then(|values| values.get(key)).map(Value::to_string);
                format!("from {least} to {}", most.unwrap_or_else(|| key.to_owned()))
            }
            SettingKind::Real(Bound::Positive) => "a number above 0".to_owned(),
            SettingKind::Real(Bound::NotNegative) => "a number of at least 0".to_owned(),
            SettingKind::Real(Bound::Share) => "at least 0 and below 1".to_owned(),
            SettingKind::Switch => "true or false".to_owned(),
            SettingKind::Choice(choices) => {
                let values: Vec<String> = choices().into_iter().map(|choice| choice.value).collect();
                list(&values, "or")
            }
            SettingKind::Text => "text".to_owned(),
            SettingKind::Own(words) => words.to_owned(),
        }
    }

    /// The least and the largest whole number that it may be; `None` where it is something else.
    pub fn bounds(&self, values: &Settings) -> Option<(u64, u64)> {
        let SettingKind::Whole(least, most) = self.kind else { return None };
        let most = match most {
            Most::Any => None,
            Most::Number(most) => Some(most),
            Most::Setting(key) => values.get(key).and_then(Value::as_u64),
        };
        Some((least, most.unwrap_or(super::MAX_SEED)))
    }

    /// Whether its value is within its range. Numbers that are not finite are absent in `values`.
    pub(super) fn fits(&self, values: &Settings) -> bool {
        let value = values.get(self.key);
        match self.kind {
            SettingKind::Whole(..) => match (value.and_then(Value::as_u64), self.bounds(values)) {
                (Some(number), Some((least, most))) => (least..=most).contains(&number),
                _ => self.fresh.is_some(),
            },
            SettingKind::Real(bound) => value.and_then(Value::as_f64).is_some_and(|number| match bound {
                Bound::Positive => number > 0.0,
                Bound::NotNegative => number >= 0.0,
                Bound::Share => (0.0..1.0).contains(&number),
            }),
            SettingKind::Switch | SettingKind::Choice(_) | SettingKind::Text | SettingKind::Own(_) => true,
        }
    }
}

/// What a former name of a setting is now; `None` where it is none.
pub(super) fn now(key: &str) -> Option<&'static str> {
    Setting::all().find(|setting| setting.former == Some(key)).map(|setting| setting.key)
}

#[cfg(test)]
mod tests;
