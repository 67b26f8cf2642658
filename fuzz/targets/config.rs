//! The configuration of a run: `config.toml`, `--config`, presets.
#![no_main]

use autogan::config::{RunConfig, written_settings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("config", 256), |data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = written_settings(text, "fuzz");
    let mut layered = RunConfig::default();
    match RunConfig::from_toml(text, "fuzz") {
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(layered.overlay(text, "fuzz").is_err());
            assert_eq!(layered, RunConfig::default(), "a refused layer changes nothing");
        }
        Ok(config) => {
            let _ = config.validate();
            let _ = config.validate_search();
            let _ = config.settings();
            let _ = config.mode();
            layered.overlay(text, "fuzz").unwrap();
            // A number that is none equals nothing, itself included: both are compared as they are written.
            let written = config.to_toml().unwrap();
            assert_eq!(layered.to_toml().unwrap(), written, "over the defaults it is the same");
            let again = RunConfig::from_toml(&written, "written").unwrap();
            assert_eq!(again.to_toml().unwrap(), written);
        }
    }
});
