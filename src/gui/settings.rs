//! What the window remembers between two starts. It never prevents one: what cannot be read is replaced by the
//! default, with a warning.

use std::path::{Path, PathBuf};

use directories::{ProjectDirs, UserDirs};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::layout::PanelLayout;
use super::plot::CurveStyle;
use super::theme::ThemeChoice;
use crate::run::write_file;

/// Names another folder for the settings than the operating system's.
const SETTINGS_VARIABLE: &str = "AUTOGAN_CONFIG_DIR";
/// Names another folder for new runs than the one in the user's documents.
const RUNS_VARIABLE: &str = "AUTOGAN_RUNS_DIR";
const FILE: &str = "window.json";
/// Runs that are remembered.
const RECENT: usize = 12;
/// No such file is larger: a bound on memory, in bytes.
const LIMIT: u64 = 1 << 20;

/// The settings of the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowSettings {
    /// Light or dark.
    pub theme: ThemeChoice,
    /// Upper left corner of the window, in points; none at first.
    pub position: Option<[f32; 2]>,
    /// Inner size of the window, in points.
    pub size: Option<[f32; 2]>,
    /// Whether the row with the phases of a run is hidden.
    pub hides_phases: bool,
    /// The arrangement of the panels.
    pub layout: PanelLayout,
    /// The style of curves.
    #[serde(flatten)]
    pub curves: CurveStyle,
    /// Whether a new search shows all settings, not the simple form.
    pub all_settings: bool,
    /// Folders of runs, newest first.
    pub recent: Vec<PathBuf>,
}

impl WindowSettings {
    /// Reads the settings in `folder`, with what went wrong there, in a sentence.
    pub fn read(folder: Option<&Path>) -> (Self, Option<String>) {
        let fresh = Self::default();
        let Some(path) = folder.map(|folder| folder.join(FILE)) else {
            return (fresh, None);
        };
        let long = std::fs::metadata(&path).is_ok_and(|found| found.len() > LIMIT);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) if !long => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (fresh, None),
            _ => return (fresh, Some(unreadable(&path, "it is no text, or too long"))),
        };
        let entries = match serde_json::from_str::<Map<String, Value>>(&text) {
            Ok(entries) => entries,
            Err(error) => return (fresh, Some(unreadable(&path, &error.to_string()))),
        };
        let (settings, wrong) = Self::of_entries(entries);
        let warning = (!wrong.is_empty()).then(|| {
            format!("Of the window's settings in {} these begin anew: {}", path.display(), wrong.join("; "))
        });
        (settings.mended(), warning)
    }

    /// The settings of a file's entries, and which of them could not be read, each with why: a wrong one costs
    /// only itself.
    fn of_entries(mut entries: Map<String, Value>) -> (Self, Vec<String>) {
        let mut wrong = Vec::new();
        entries.retain(|key, value| {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            let read = Self::deserialize(Value::Object(alone));
            wrong.extend(read.as_ref().err().map(|error| format!("{key} ({error})")));
            read.is_ok()
        });
        match Self::deserialize(Value::Object(entries)) {
            Ok(settings) => (settings, wrong),
            Err(error) => (Self::default(), vec![error.to_string()]),
        }
    }

    /// Writes the settings into `folder`.
    ///
    /// # Errors
    ///
    /// If it cannot be written to, in a sentence.
    pub fn write(&self, folder: &Path) -> Result<(), String> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        let text = serde_json::to_vec_pretty(self).map_err(|error| error.to_string())?;
        write_file(&folder.join(FILE), &text).map_err(|error| error.to_string())
    }

    /// Puts a run first among the recent ones.
    pub fn visited(&mut self, dir: &Path) {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        self.recent.retain(|known| *known != dir);
        // What is no Unicode has no JSON form, and would keep all the rest from being written.
        if dir.to_str().is_some() {
            self.recent.insert(0, dir);
        }
        self.recent.truncate(RECENT);
    }

    /// Takes a run that is gone out of the recent ones.
    pub fn forget(&mut self, dir: &Path) {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        self.recent.retain(|known| *known != dir);
    }

    /// Values from the file that make no sense are the default ones.
    fn mended(mut self) -> Self {
        self.curves = self.curves.mended();
        let finite = |pair: &[f32; 2]| pair.iter().all(|value| value.is_finite() && value.abs() < 1e5);
        self.position = self.position.filter(finite);
        self.size = self.size.filter(|size| finite(size) && size.iter().all(|&value| value >= 100.0));
        self.layout = self.layout.mended();
        self.recent.truncate(RECENT);
        self
    }
}

fn unreadable(path: &Path, why: &str) -> String {
    format!("The window's settings in {} could not be read ({why}); they begin anew", path.display())
}

/// The folder of the settings; `None` where the system has none.
pub fn folder() -> Option<PathBuf> {
    match std::env::var_os(SETTINGS_VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => Some(path.into()),
        None => ProjectDirs::from("", "", "autogan").map(|folders| folders.config_dir().to_owned()),
    }
}

/// The folder of runs that the window begins: `AutoGAN` in the user's documents, else in the home folder.
pub fn runs_root() -> PathBuf {
    if let Some(path) = std::env::var_os(RUNS_VARIABLE).filter(|path| !path.is_empty()) {
        return path.into();
    }
    let folders = UserDirs::new();
    let home = folders.as_ref().map(|folders| folders.home_dir().to_owned());
    let documents = folders.as_ref().and_then(|folders| folders.document_dir()).map(Path::to_owned);
    documents.or(home).unwrap_or_default().join("AutoGAN")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_survive_and_the_newest_run_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("not/there/yet");
        let curves = CurveStyle { smoothing: 0.5, log: true };
        let theme = ThemeChoice::Light;
        let mut settings = WindowSettings { theme, curves, hides_phases: true, ..WindowSettings::default() };
        for run in ["/a", "/b", "/a"] {
            settings.visited(Path::new(run));
        }
        assert_eq!(settings.recent, [Path::new("/a"), Path::new("/b")]);
        settings.forget(Path::new("/b"));
        assert_eq!(settings.recent, [Path::new("/a")]);
        settings.write(&deep).unwrap();
        assert_eq!(WindowSettings::read(Some(&deep)), (settings, None));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_run_whose_path_is_no_unicode_does_not_keep_the_rest_from_being_written() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        let mut settings = WindowSettings::default();
        settings.visited(Path::new("/a"));
        settings.visited(Path::new(std::ffi::OsStr::from_bytes(b"/\xff")));
        settings.write(folder.path()).unwrap();
        assert_eq!(WindowSettings::read(Some(folder.path())).0.recent, [Path::new("/a")]);
    }

    #[test]
    fn broken_settings_are_replaced_with_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let (fresh, none) = WindowSettings::read(Some(folder.path()));
        assert_eq!(none, None);
        for text in [b"{".as_slice(), b"\xff\xfe", b"[1]", br#"{"theme": "pink"}"#] {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let (settings, warning) = WindowSettings::read(Some(folder.path()));
            assert_eq!(settings, fresh);
            assert!(warning.unwrap().contains(FILE));
        }
    }

    #[test]
    fn one_entry_that_cannot_be_read_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let settings = WindowSettings {
            theme: ThemeChoice::Light,
            recent: vec!["/a".into()],
            ..WindowSettings::default()
        };
        settings.write(folder.path()).unwrap();
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        // A panel of a later version.
        std::fs::write(&path, text.replacen("\"curves\"", "\"holograms\"", 1)).unwrap();
        let (read, warning) = WindowSettings::read(Some(folder.path()));
        assert_eq!(
            (read.theme, read.recent, read.layout),
            (ThemeChoice::Light, settings.recent, settings.layout)
        );
        let warning = warning.unwrap();
        assert!(warning.contains("these begin anew: layout (") && warning.contains("holograms"), "{warning}");
    }

    #[test]
    fn values_without_sense_are_mended_and_unknown_keys_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"smoothing": 7, "size": [1, 1e9], "position": [-50, 3], "later": true}"#;
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let (settings, warning) = WindowSettings::read(Some(folder.path()));
        assert_eq!(warning, None);
        assert_eq!(
            (settings.curves.smoothing, settings.size, settings.position),
            (0.9, None, Some([-50.0, 3.0]))
        );
    }
}
