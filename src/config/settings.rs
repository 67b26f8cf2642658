//! Settings as a list of dotted keys, as `--set` takes them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text::check_length;
use super::{ConfigError, RunConfig};

/// Values by dotted key such as `search.candidates`; a list is one value.
pub type Settings = BTreeMap<String, Value>;

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

/// The settings that are written in `text`, whether this version knows them or not.
///
/// # Errors
///
/// If the text is no TOML. `origin` is where it comes from, for the message.
pub fn written_settings(text: &str, origin: &str) -> Result<Settings, ConfigError> {
    check_length(text, origin)?;
    let tree: toml::Table =
        toml::from_str(text).map_err(|error| ConfigError::explain(&error, text, origin))?;
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
    fn what_is_written_is_the_same_list_and_may_be_unknown() {
        let config = RunConfig::default();
        let text = config.to_toml().unwrap();
        assert_eq!(written_settings(&text, "x").unwrap(), config.settings().unwrap());
        let later = written_settings("[search]\nlater = [1, 2]", "x").unwrap();
        assert_eq!(later["search.later"], serde_json::json!([1, 2]));
        assert!(written_settings("=", "x.toml").unwrap_err().to_string().contains("x.toml"));
    }
}
