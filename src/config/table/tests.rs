#![allow(clippy::unwrap_used)]
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::arch::Slot;
use crate::config::ConfigError;

/// The keys of everything that can be set.
fn keys() -> BTreeSet<String> {
    let mut config = RunConfig::default();
    for setting in Setting::all() {
        if let Some(fresh) = setting.fresh {
            config.set(setting.key, fresh(&config) as i64).unwrap();
        }
    }
    config
        .set("space.cell", toml::Value::Array(vec!["number = 1".parse::<toml::Table>().unwrap().into()]))
        .unwrap();
    // A slot with its first choice alone is not written.
    let slots = Slot::ALL.iter().map(|slot| format!("space.{}", slot.name()));
    config.settings().unwrap().into_keys().chain(slots).collect()
}

#[test]
fn every_setting_has_one_entry_and_every_entry_a_setting() {
    let listed: Vec<&str> = Setting::all().map(|setting| setting.key).collect();
    let unique: BTreeSet<String> = listed.iter().map(|&key| key.to_owned()).collect();
    assert_eq!(listed.len(), unique.len(), "a setting has two entries");
    assert_eq!(keys(), unique);
}

#[test]
fn a_label_means_one_setting_and_no_text_is_empty() {
    let labels: BTreeSet<&str> = Setting::all().map(|setting| setting.label).collect();
    assert_eq!(labels.len(), Setting::all().count());
    for setting in Setting::all() {
        assert!(!setting.about.is_empty() && !setting.range(None).is_empty(), "{}", setting.key);
        assert!(!setting.about.ends_with('.') && setting.speed > 0.0, "{}", setting.key);
        assert_eq!(setting.fresh.is_some(), !setting.absent.is_empty(), "{}", setting.key);
    }
}

#[test]
fn the_kinds_are_those_of_the_values() {
    let values = RunConfig::default().settings().unwrap();
    for setting in Setting::all() {
        let value = values.get(setting.key);
        let fits = match (setting.kind, value) {
            (_, None) => setting.fresh.is_some() || setting.key.starts_with("space."),
            (SettingKind::Whole(..), Some(value)) => value.is_u64(),
            (SettingKind::Real(_), Some(value)) => value.is_f64(),
            (SettingKind::Switch, Some(value)) => value.is_boolean(),
            (SettingKind::Choice(_) | SettingKind::Text, Some(value)) => value.is_string(),
            (SettingKind::Own(_), Some(_)) => true,
        };
        assert!(fits, "{}: {value:?}", setting.key);
    }
}

/// The words that the program accepts are those that it offers.
#[test]
fn choices_are_complete() {
    for setting in Setting::all() {
        let SettingKind::Choice(choices) = setting.kind else { continue };
        let mut config = RunConfig::default();
        for choice in choices() {
            config.set(setting.key, choice.value.as_str()).unwrap();
        }
        let error = config.set(setting.key, "no such word").unwrap_err();
        let ConfigError::WrongValue { expected, .. } = error else { panic!("{}: {error}", setting.key) };
        assert_eq!(expected.matches('"').count(), 2 * choices().len(), "{}: {expected}", setting.key);
    }
}

#[test]
fn an_absent_setting_comes_and_goes() {
    let mut config = RunConfig::default();
    config.set("data.limit", 7).unwrap();
    assert_eq!(config.data.limit, Some(7));
    config.unset("data.limit").unwrap();
    assert_eq!(config, RunConfig::default());
}

/// Code outside of the settings and their form reads each of them.
#[test]
fn every_setting_is_read() {
    let mut code = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    read_code(&root, &mut code);
    for setting in Setting::all() {
        let field = setting.key.rsplit('.').next().unwrap();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let read = code.match_indices(field).any(|(at, _)| {
            let (before, after) = (&code[..at], &code[at + field.len()..]);
            // `config.field`, or `Config { field, .. }`; neither its declaration nor its default.
            let taken = before.ends_with(['.', ' ', '{', '(']) && !before.ends_with("pub ");
            taken && !after.starts_with([':', '(']) && !after.starts_with(is_part)
        });
        assert!(read, "nothing reads {}", setting.key);
    }
}

/// The code without comments, tests, settings and form.
fn read_code(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["config", "setup", "tests"].contains(&name) {
            read_code(&path, code);
        } else if name.ends_with(".rs") && !name.contains("test") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            code.extend(lines.flat_map(|line| [line, "\n"]));
        }
    }
}
