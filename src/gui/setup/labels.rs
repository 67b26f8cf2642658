//! What cannot work, in the words that stand in the form: labels instead of keys, controls instead of commands.

use crate::config::Setting;
use crate::config::table::SettingKind;
use crate::data::{DataError, Source};
use crate::input::shown;

/// The sentence with each setting called what the form calls it, and its value too where that is one of a few:
/// `set score.extractor to "inception"` becomes `set “Extractor” to “Inception (2015)”`.
pub fn in_labels(text: &str) -> String {
    let mut text = text.to_owned();
    // Keys without a dot are words of plain English, too.
    for setting in Setting::all().filter(|setting| setting.key.contains('.')) {
        text = with_label(&text, setting);
    }
    text
}

/// The sentence with one setting called by its label.
fn with_label(text: &str, setting: &Setting) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "_.-/\\".contains(c);
    let (mut said, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(setting.key) {
        let (before, after) = (&rest[..at], &rest[at + setting.key.len()..]);
        // A full stop may follow a key, and a part of another key begins with one.
        let follows = after.trim_start_matches('.').chars().next().filter(|_| after.starts_with(is_part));
        let is_key = !said.chars().chain(before.chars()).next_back().is_some_and(is_part)
            && !follows.is_some_and(is_part);
        said += before;
        if is_key {
            said += &format!("“{}”", setting.label);
            rest = with_choice(&mut said, after, setting);
        } else {
            said += setting.key;
            rest = after;
        }
    }
    said + rest
}

/// Says the value behind a key by its label, where it is one of a few, and returns what stands behind it.
fn with_choice<'a>(said: &mut String, after: &'a str, setting: &Setting) -> &'a str {
    let SettingKind::Choice(choices) = setting.kind else { return after };
    for choice in choices() {
        for joined in [" to ", " is "] {
            if let Some(rest) = after.strip_prefix(&format!("{joined}\"{}\"", choice.value)) {
                *said += &format!("{joined}“{}”", choice.label);
                return rest;
            }
        }
    }
    after
}

/// Why images cannot be read, with what to do in the form where the command line's words say what to type.
pub fn of_images(error: &DataError) -> String {
    let missing = "choose the folder that holds the files of the data set";
    match error {
        DataError::UnknownSource { text, .. } => {
            format!("“{}” names no images; choose a kind of source, and its folder or file", text.trim())
        }
        DataError::Missing(path) => format!("there is no {}; check the path, or choose it", shown(path)),
        DataError::NamedSet { path, form } => format!(
            "there is no folder {}; for that data set choose {}, and the folder of its files",
            shown(path),
            kind(form)
        ),
        DataError::MissingFile(path) => format!("there is no {}; {missing}", shown(path)),
        DataError::MissingFiles { dir, expected, there } => {
            format!("there is no {expected} in {}, which holds {there}; {missing}", shown(dir))
        }
        DataError::Packed { path, how, .. } => format!(
            "{} is an archive, and images are read unpacked; {how}, then choose the folder that this makes",
            shown(path)
        ),
        DataError::OtherSource { path, what, source_text } => {
            format!("{} is {what}; choose {} as its source", shown(path), kind(source_text))
        }
        DataError::Damaged { path, why } => format!("{} is damaged: {why}; get it again", shown(path)),
        other => other.to_string(),
    }
}

/// What the form calls the kind of a source.
fn kind(source: &str) -> String {
    let reader = Source::split(source).map_or_else(|| Source::folder("").reader(), |(reader, _)| reader);
    format!("“{}”", reader.kind().label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::table::SECTIONS;

    #[test]
    fn keys_and_choices_are_called_by_their_labels_and_paths_stay() {
        for (text, expected) in [
            (
                "search.reward_samples is 500 (raise search.reward.)",
                "“Reward images” is 500 (raise “Reward”.)",
            ),
            ("set score.extractor to \"inception\"", "set “Extractor” to “Inception (2015)”"),
            ("/photos/recipe.batch has none: recipe.batch", "/photos/recipe.batch has none: “Batch”"),
            ("recipe.batches, my.recipe.batch", "recipe.batches, my.recipe.batch"),
            ("the name of the seed", "the name of the seed"),
        ] {
            assert_eq!(in_labels(text), expected);
        }
    }

    /// Whatever cannot work of the settings table, no key is left.
    #[test]
    fn no_setting_out_of_its_range_is_called_by_its_key() {
        let values = crate::config::RunConfig::default().settings().unwrap_or_default();
        for setting in SECTIONS.iter().flat_map(|section| (section.settings)()) {
            let said =
                in_labels(&format!("{} is 0; it must be {}", setting.key, setting.range(Some(&values))));
            assert!(!setting.key.contains('.') || said.starts_with('“'), "{said}");
        }
    }

    #[test]
    fn what_is_wrong_with_images_names_no_command() {
        let path = std::path::PathBuf::from("/a");
        let [form, text, expected, there, what] =
            ["cifar10:DIR", "mnist:x", "x", "y", "an array"].map(str::to_owned);
        for error in [
            DataError::UnknownSource { text, forms: "`cifar10:DIR`".to_owned() },
            DataError::Missing(path.clone()),
            DataError::NamedSet { path: path.clone(), form },
            DataError::MissingFile(path.clone()),
            DataError::MissingFiles { dir: path.clone(), expected, there },
            DataError::OtherSource { path: path.clone(), what, source_text: "numpy:/a".to_owned() },
            DataError::Damaged { path, why: "cut off".to_owned() },
        ] {
            let said = of_images(&error);
            assert!(!said.contains('`') && !said.contains("autogan"), "{said}");
        }
    }
}
