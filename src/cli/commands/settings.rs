//! `autogan settings`: every setting of a run, its default, what it may be and what it means.

use serde::Serialize;
use serde_json::Value;

use crate::cli::WrongCall;
use crate::cli::args::SettingsArgs;
use crate::cli::terminal::print_line;
use crate::config::table::{SECTIONS, Section, SettingKind};
use crate::config::{RunConfig, Setting, Settings};

/// A setting as JSON.
#[derive(Serialize)]
struct Printed {
    key: &'static str,
    /// The key that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<&'static str>,
    section: &'static str,
    about: &'static str,
    /// What it may be, in words.
    range: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'static str,
    /// Absent where the setting is.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<PrintedChoice>,
}

#[derive(Serialize)]
struct PrintedChoice {
    value: String,
    about: String,
}

/// Runs the command.
pub(super) fn run(args: &SettingsArgs) -> anyhow::Result<()> {
    let defaults = RunConfig::default().settings()?;
    let part = args.part.as_deref().unwrap_or_default();
    let wanted = |setting: &&Setting| setting.key.contains(part);
    if !Setting::all().any(|setting| wanted(&setting)) {
        let text = format!("no setting has `{part}` in its key; autogan settings lists all of them");
        return Err(WrongCall(text).into());
    }
    if args.markdown {
        print_line(markdown(&defaults).trim_end());
        return Ok(());
    }
    if args.json {
        let printed = |section: &'static Section| {
            let settings = (section.settings)().iter().filter(wanted);
            settings.map(|setting| printed(section, setting, &defaults)).collect::<Vec<_>>()
        };
        let all: Vec<Printed> = SECTIONS.into_iter().flat_map(printed).collect();
        print_line(&serde_json::to_string(&all)?);
        return Ok(());
    }
    for section in SECTIONS {
        let settings: Vec<&Setting> = (section.settings)().iter().filter(wanted).collect();
        if settings.is_empty() {
            continue;
        }
        print_line(&format!("{}: {}", section.title, section.about));
        for setting in settings {
            print_line(&format!("  {} = {}", setting.key, default(setting, &defaults)));
            print_line(&format!("      {}: {}", setting.about, setting.range(None)));
        }
    }
    Ok(())
}

/// The default as it is written, or that there is none.
fn default(setting: &Setting, defaults: &Settings) -> String {
    defaults.get(setting.key).map_or_else(|| "(absent)".to_owned(), Value::to_string)
}

fn printed(section: &Section, setting: &Setting, defaults: &Settings) -> Printed {
    let choices = match setting.kind {
        SettingKind::Choice(choices) => choices(),
        _ => Vec::new(),
    };
    Printed {
        key: setting.key,
        former: setting.former,
        section: section.title,
        about: setting.about,
        range: setting.range(None),
        unit: setting.unit,
        default: defaults.get(setting.key).cloned(),
        choices: choices
            .into_iter()
            .map(|choice| PrintedChoice { value: choice.value, about: choice.about })
            .collect(),
    }
}

/// The page `docs/settings.md`.
fn markdown(defaults: &Settings) -> String {
    let mut page = "# Settings\n\n\
        Every setting of a run, as `config.toml` and `--set KEY=VALUE` take it, with the default that it has \
        where neither a preset nor anything else says otherwise. This page is what `autogan settings \
        --markdown` prints.\n"
        .to_owned();
    for section in SECTIONS {
        page += &format!("\n## {}\n\n{}.\n\n", section.title, section.about);
        page += "| setting | default | what it may be | what it means |\n|---|---|---|---|\n";
        for setting in (section.settings)() {
            let range = match setting.kind {
                SettingKind::Choice(choices) => {
                    let line = |choice: crate::config::table::SettingChoice| {
                        format!("`{}`: {}", choice.value, choice.about)
                    };
                    choices().into_iter().map(line).collect::<Vec<_>>().join("<br>")
                }
                _ => setting.range(None),
            };
            let default = default(setting, defaults);
            let former = setting.former.map(|key| format!(" (formerly `{key}`)")).unwrap_or_default();
            page += &format!("| `{}` | `{default}` | {range} | {}{former} |\n", setting.key, setting.about);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_page_of_settings_is_up_to_date() {
        let page = include_str!("../../../docs/settings.md");
        let made = markdown(&RunConfig::default().settings().unwrap());
        assert!(page == made, "write it again: autogan settings --markdown > docs/settings.md");
    }
}
