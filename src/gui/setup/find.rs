//! Finding settings by what they are called and by what they mean.

/// What is looked for among the settings: words that all have to be in a setting's key, label or description.
#[derive(Clone, Debug, Default)]
pub struct SettingFilter {
    /// In lower case.
    words: Vec<String>,
}

impl SettingFilter {
    /// The filter for what was typed; nothing typed finds all.
    pub fn new(typed: &str) -> Self {
        Self { words: typed.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// Whether something is looked for.
    pub fn is_active(&self) -> bool {
        !self.words.is_empty()
    }

    /// Whether it finds a setting.
    pub fn finds(&self, key: &str, label: &str, about: &str) -> bool {
        let texts = [key, label, about].map(str::to_lowercase);
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    fn found(typed: &str) -> Vec<&'static str> {
        let filter = SettingFilter::new(typed);
        let found = Setting::all().filter(|setting| filter.finds(setting.key, setting.label, setting.about));
        found.map(|setting| setting.key).collect()
    }

    #[test]
    fn settings_are_found_by_key_label_and_meaning() {
        assert_eq!(found("recipe.n_critic"), ["recipe.n_critic"]);
        assert_eq!(found("memory GROW"), ["checkpoint.memory_growth_mib"], "words in any order and case");
        assert!(found("power cut").contains(&"checkpoint.every_seconds"), "by its description");
        let rates = found("learning_rate");
        for key in ["recipe.generator_learning_rate", "search.controller.learning_rate"] {
            assert!(rates.contains(&key), "{rates:?}");
        }
        assert!(!rates.contains(&"seed"));
        assert!(found("xyzzy").is_empty());
    }

    #[test]
    fn nothing_typed_finds_all() {
        assert!(!SettingFilter::new("  ").is_active());
        assert_eq!(found(" ").len(), Setting::all().count());
    }
}
