//! Settings as a list of dotted keys, as `--set` takes them.

use serde_json::Value;
use toml::Table;

use super::text::check_length;
use super::{ConfigError, RunConfig, Setting, Settings};

impl RunConfig {
    /// All settings, those with their default value too.
    ///
    /// # Errors
    ///
    /// If one of them has no JSON form.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let tree = serde_json::to_value(self).map_err(|error| ConfigError::Unwritable(error.to_string()))?;
        Ok(flat(tree))
    }
}

/// Says which settings have another name now, of those that the TOML text `file` and the single settings `sets`
/// write; `None` where none has.
pub fn former_names(file: &str, sets: &[String]) -> Option<String> {
    let tree = file.parse::<Table>().unwrap_or_default();
    let single =
        |key: &str| sets.iter().any(|set| set.split_once('=').is_some_and(|(set, _)| set.trim() == key));
    let in_file = |key: &str| {
        let (tables, last) = key.rsplit_once('.').unwrap_or(("", key));
        let table = tables.split('.').try_fold(&tree, |table, name| table.get(name)?.as_table());
        table.is_some_and(|table| table.contains_key(last))
    };
    let renamed = |setting: &Setting| {
        let former = setting.former.filter(|former| in_file(former) || single(former))?;
        Some(format!("{former} is now {}", setting.key))
    };
    let pairs: Vec<String> = Setting::all().filter_map(renamed).collect();
    (!pairs.is_empty())
        .then(|| format!("settings have new names, and the old ones are still read: {}", pairs.join(", ")))
}

/// Gives all settings in `tree` the names that they have now. A name stays where both are written, which is an
/// error when it is read.
pub(super) fn rename(tree: &mut Table) {
    for setting in Setting::all() {
        let Some((tables, former)) = setting.former.and_then(|key| key.rsplit_once('.')) else { continue };
        let table = tables.split('.').try_fold(&mut *tree, |table, name| table.get_mut(name)?.as_table_mut());
        let new = setting.key.rsplit('.').next().unwrap_or_default();
        if let Some(table) = table
            && !table.contains_key(new)
            && let Some(value) = table.remove(former)
        {
            table.insert(new.to_owned(), value);
        }
    }
}

/// The settings that are written in `text`, whether this version knows them or not, by the names that they have
/// now.
///
/// # Errors
///
/// If the text is no TOML. `origin` is where it comes from, for the message.
pub fn written_settings(text: &str, origin: &str) -> Result<Settings, ConfigError> {
    check_length(text, origin)?;
    let mut tree: Table = toml::from_str(text).map_err(|error| ConfigError::explain(&error, text, origin))?;
    rename(&mut tree);
    let tree = serde_json::to_value(tree).map_err(|error| ConfigError::Unwritable(error.to_string()))?;
    Ok(flat(tree))
}

fn flat(tree: Value) -> Settings {
    let mut settings = Settings::new();
    add(&mut settings, String::new(), tree);
    settings
}

fn add(settings: &mut Settings, key: String, value: Value) {
    match value {
        Value::Object(children) => {
            for (name, child) in children {
                let key = if key.is_empty() { name } else { format!("{key}.{name}") };
                add(settings, key, child);
            }
        }
        // What is absent has no value.
        Value::Null => {}
        value => {
            settings.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_setting_can_be_given_back_by_its_key() {
        let mut config = RunConfig::preset("quick").unwrap();
        config.apply("search.candidates=21").unwrap();
        let settings = config.settings().unwrap();
        assert_eq!(settings["search.candidates"], 21);
        let mut again = RunConfig::default();
        for (key, value) in &settings {
            again.apply(&format!("{key}={value}")).unwrap();
        }
        assert_eq!(again, config);
    }

    #[test]
    fn former_names_are_read_renamed_and_named() {
        let text = "[recipe]\ngenerator_rate = 0.5\n[recipe.adam]\nidle = \"decay_moments\"\n[search]\ndistinct = false\n\
            [search.reset]\nat_once = false\n[search.controller]\nrate = 0.25\n[winner]\nrate_decay = \"linear\"\n\
            [model]\nlatent = 7\n[checkpoint]\nrenew_after_mib = 9";
        let read = RunConfig::from_toml(text, "x").unwrap();
        assert_eq!(
            (read.recipe.generator_learning_rate, read.model.latent_dim, read.checkpoint.memory_growth_mib),
            (0.5, 7, 9)
        );
        let mut layered = RunConfig::default();
        layered.overlay(text, "x").unwrap();
        assert_eq!(layered, read);
        let mut set = RunConfig::default();
        for setting in Setting::all().filter(|setting| setting.former.is_some()) {
            let value = &read.settings().unwrap()[setting.key];
            set.apply(&format!("{}={value}", setting.former.unwrap())).unwrap();
        }
        assert_eq!(set, read);
        assert!(!read.to_toml().unwrap().contains("rate_decay"));
        let written = written_settings(text, "x").unwrap();
        assert_eq!(written["search.controller.learning_rate"], 0.25);
        let names = former_names(text, &["model.latent=3".to_owned()]).unwrap();
        assert_eq!(names.matches("model.latent is now model.latent_dim").count(), 1, "{names}");
        assert!(
            names.contains("winner.rate_decay is now") && !names.contains("derive.rate_decay"),
            "{names}"
        );
        assert!(
            former_names("", &["search.distinct=true".to_owned()])
                .unwrap()
                .ends_with("now search.deduplicate")
        );
        assert_eq!(former_names("seed = 1", &["search.top_k=3".to_owned()]), None);
        let both = "[model]\nlatent = 7\nlatent_dim = 8";
        assert!(RunConfig::from_toml(both, "x").is_err() && layered.overlay(both, "x").is_err());
    }

    #[test]
    fn what_is_written_is_the_same_list_and_may_be_unknown() {
        let config = RunConfig::default();
        let text = config.to_toml().unwrap();
        assert_eq!(written_settings(&text, "x").unwrap(), config.settings().unwrap());
        let later = written_settings("[search]\nlater = [1, 2]", "x").unwrap();
        assert_eq!(later["search.later"], serde_json::json!([1, 2]));
        assert!(written_settings("=", "x.toml").unwrap_err().to_string().contains("x.toml"));
    }
}
