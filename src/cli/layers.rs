//! From what was typed to the settings of a run.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::args::RunArgs;
use crate::config::{PRESETS, RunConfig, former_names};
use crate::input;

/// The settings of a new run: preset, then config file, then single settings, then other options.
///
/// # Errors
///
/// If a layer cannot be read, or the whole cannot work for training. Whether it can for a search,
/// [`RunConfig::validate_search`] says.
pub(super) fn config(args: &RunArgs) -> anyhow::Result<RunConfig> {
    let mut config = match (&args.preset, &args.config) {
        (Some(name), _) => RunConfig::preset(name)?,
        // A run's config.toml is complete, and a partial file should not depend on what quick is.
        (None, Some(_)) => RunConfig::default(),
        (None, None) => RunConfig::preset(PRESETS[0].name)?,
    };
    let mut written = String::new();
    if let Some(path) = &args.config {
        written = read(path)?;
        config.overlay(&written, &path.display().to_string())?;
    }
    warn_of_former_names(&written, &args.set);
    for setting in &args.set {
        config.apply(setting)?;
    }
    if let Some(source) = &args.data {
        config.data.source.clone_from(source);
    }
    config.seed = args.seed.unwrap_or(config.seed);
    apply(&mut config, &[], args.device.as_deref())?;
    Ok(config)
}

/// Changes single settings, then the device.
///
/// # Errors
///
/// If one of them is none, or the whole cannot work.
pub(super) fn apply(config: &mut RunConfig, sets: &[String], device: Option<&str>) -> anyhow::Result<()> {
    for setting in sets {
        config.apply(setting)?;
    }
    if let Some(device) = device {
        config.device = device.to_owned();
    }
    Ok(config.validate()?)
}

/// Says once which settings, of a file and single ones, have another name now.
pub(super) fn warn_of_former_names(file: &str, sets: &[String]) {
    if let Some(names) = former_names(file, sets) {
        // Where standard error is closed, there is nobody to warn.
        let _ = writeln!(std::io::stderr(), "warning: {names}");
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    input::read_text(path)
        .with_context(|| format!("cannot read the settings in {}; check --config", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs;

    #[test]
    fn layers_win_in_the_documented_order() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = "seed = 2\nname = \"file\"\ndevice = \"file\"\n[data]\nsource = \"idx:file\"\n[recipe]\nbatch = 8";
        fs::write(file.path(), text).unwrap();
        let preset = RunConfig::preset("standard").unwrap();
        let mut args = RunArgs {
            preset: Some("standard".to_owned()),
            config: Some(file.path().to_owned()),
            set: vec!["seed=3".to_owned(), "device=set".to_owned(), "data.source=idx:set".to_owned()],
            ..RunArgs::default()
        };
        let got = config(&args).unwrap();
        assert_eq!((got.name.as_str(), got.recipe.batch), ("file", 8));
        assert_eq!((got.seed, got.device.as_str(), got.data.source.as_str()), (3, "set", "idx:set"));
        assert_eq!(got.search, preset.search);
        args.seed = Some(4);
        args.device = Some("cpu".to_owned());
        args.data = Some("toys".to_owned());
        let got = config(&args).unwrap();
        assert_eq!((got.seed, got.device.as_str(), got.data.source.as_str()), (4, "cpu", "toys"));
    }

    #[test]
    fn without_preset_and_file_it_is_the_quick_one_and_with_a_file_the_defaults() {
        let mut args = RunArgs::default();
        assert_eq!(config(&args).unwrap(), RunConfig::preset("quick").unwrap());
        let file = tempfile::NamedTempFile::new().unwrap();
        args.config = Some(file.path().to_owned());
        assert_eq!(config(&args).unwrap(), RunConfig::default());
    }

    #[test]
    fn what_cannot_work_is_refused_before_anything_is_loaded() {
        let message = |set: &str, data: Option<&str>| {
            let set = vec![set.to_owned()];
            let args = RunArgs { set, data: data.map(str::to_owned), ..RunArgs::default() };
            config(&args).unwrap_err().to_string()
        };
        assert!(message("recipe.batch=0", None).starts_with("recipe.batch is 0"));
        assert!(message("seed=3", Some("mnist:x")).contains("names no source"));
        let args = RunArgs { config: Some("/nowhere/x.toml".into()), ..RunArgs::default() };
        assert!(config(&args).unwrap_err().to_string().contains("/nowhere/x.toml"));
    }
}
