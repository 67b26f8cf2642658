//! Single settings: `--set key=value`, one a line, and the names of sources.
#![no_main]

use autogan::config::RunConfig;
use autogan::data::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("settings", 256), |data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut config = RunConfig::default();
    for line in text.split('\n').take(20) {
        let before = config.to_toml().unwrap();
        match config.apply(line) {
            Ok(()) => {
                let written = config.to_toml().unwrap();
                let again = RunConfig::from_toml(&written, "written").unwrap();
                assert_eq!(again.to_toml().unwrap(), written);
            }
            Err(error) => {
                assert!(!error.to_string().contains('\n'), "one sentence: {error}");
                assert_eq!(config.to_toml().unwrap(), before, "a refused setting changes nothing");
            }
        }
        if let Ok(source) = line.parse::<Source>() {
            let written = source.to_string();
            assert_eq!(written.parse::<Source>().unwrap().to_string(), written);
        }
    }
});
