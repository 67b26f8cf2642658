//! Runs side by side: their settings, what came out, and which of their scores may be ranked.

mod ranking;
mod run;
mod words;

pub use ranking::Ranking;
pub use run::{BestArchitecture, Compared};

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::config::Settings;
use crate::run::RunError;

/// Stands where a run has no value.
const NONE: &str = "-";

/// Two or more runs side by side. Every list of values is in the order of the runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The runs.
    pub runs: Vec<Compared>,
    /// All settings, in the order of their keys.
    pub settings: Vec<ComparedSetting>,
    /// All scores of what came out. Those in one ranking were measured alike.
    pub rankings: Vec<Ranking>,
    /// Why scores of one metric are in several rankings, in sentences.
    pub unranked: Vec<String>,
}

/// One setting of several runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparedSetting {
    /// Its dotted key.
    pub key: String,
    /// Its value in each run, `None` where it is not set.
    pub values: Vec<Option<Value>>,
}

impl ComparedSetting {
    /// Whether not all runs have the same value.
    pub fn differs(&self) -> bool {
        self.values.windows(2).any(|pair| pair[0] != pair[1])
    }

    /// The value of one run in words.
    pub fn words(&self, run: usize) -> String {
        match self.values.get(run) {
            Some(Some(Value::String(text))) => text.clone(),
            Some(Some(value)) => value.to_string(),
            _ => NONE.to_owned(),
        }
    }
}

impl Comparison {
    /// The settings that not all runs have alike.
    pub fn differences(&self) -> impl Iterator<Item = &ComparedSetting> {
        self.settings.iter().filter(|setting| setting.differs())
    }
}

/// Reads the runs in these folders and lays them side by side. Takes no lock and changes nothing, so a run
/// may be written to meanwhile.
///
/// # Errors
///
/// If one of them is no run, or is damaged.
pub fn compare<P: AsRef<Path>>(dirs: &[P]) -> Result<Comparison, RunError> {
    let read: Vec<(Compared, Settings)> =
        dirs.iter().map(|dir| run::read(dir.as_ref())).collect::<Result<_, _>>()?;
    let (runs, settings): (Vec<Compared>, Vec<Settings>) = read.into_iter().unzip();
    let scores: Vec<&[_]> = runs
        .iter()
        .map(|run| run.outcome.as_ref().map_or(&[][..], |outcome| outcome.scores.as_slice()))
        .collect();
    let rankings = ranking::rankings(&scores);
    let unranked = ranking::unranked(&rankings);
    Ok(Comparison { settings: side_by_side(&settings), rankings, unranked, runs })
}

fn side_by_side(runs: &[Settings]) -> Vec<ComparedSetting> {
    let keys: BTreeSet<&String> = runs.iter().flat_map(Settings::keys).collect();
    let row = |key: &String| {
        let values = runs.iter().map(|settings| settings.get(key).cloned()).collect();
        ComparedSetting { key: key.clone(), values }
    };
    keys.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::RunConfig;

    #[test]
    fn settings_differ_by_value_or_by_being_there() {
        let config = |settings: &[&str]| {
            let mut config = RunConfig::default();
            settings.iter().for_each(|setting| config.apply(setting).unwrap());
            config.settings().unwrap()
        };
        let runs = [
            config(&["search.candidates=7"]),
            config(&["search.candidates=9", "derived_model.generator_channels=64"]),
        ];
        let all = side_by_side(&runs);
        assert_eq!(all.len(), runs[1].len());
        let differing: Vec<(&str, String, String)> = all
            .iter()
            .filter(|setting| setting.differs())
            .map(|setting| (setting.key.as_str(), setting.words(0), setting.words(1)))
            .collect();
        let row = |key, one: &str, other: &str| (key, one.to_owned(), other.to_owned());
        assert_eq!(
            differing,
            [row("derived_model.generator_channels", "-", "64"), row("search.candidates", "7", "9")]
        );
    }
}
