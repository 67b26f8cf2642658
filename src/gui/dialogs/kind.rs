//! The kinds of dialogs that the window shows.

use std::path::Path;

use crate::data::SourcePlace;
use crate::gui::dialogs::{AnswerKind, FileKind, Question};
use crate::run::safe_name;

/// A file of settings, as the command line takes it too.
const SETTINGS_FILE: FileKind = FileKind { words: "Settings (TOML)", endings: &["toml"] };
/// A trained generator.
const MODEL_FILE: FileKind = FileKind {
    words: "Generator (safetensors or PyTorch)",
    endings: &["safetensors", "pth", "pt", "ckpt", "bin"],
};

/// A lesson.
const LESSON_FILE: FileKind = FileKind { words: "Lesson (TOML)", endings: &["toml"] };

/// A kind of dialog, by what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogKind {
    /// A run folder to show.
    OpenRun,
    /// A generator to play with.
    OpenModel,
    /// A folder or a file of images to learn from.
    Images(SourcePlace),
    /// A file of settings to read.
    LoadSettings,
    /// A file to write the settings to.
    SaveSettings,
    /// A lesson to begin.
    OpenLesson,
    /// A file to write a lesson about the run to.
    SaveLesson,
}

impl DialogKind {
    /// The question. `runs` is where runs lie, `name` what a run that is set up, or that a lesson is made of, is called.
    pub fn question(self, runs: &Path, name: &str) -> Question {
        let (title, wanted) = match self {
            Self::OpenRun => ("Open a run folder", AnswerKind::Folder),
            Self::OpenModel => ("Open a generator", AnswerKind::Open(MODEL_FILE)),
            Self::Images(SourcePlace::File(endings)) => {
                ("Choose a file of images", AnswerKind::Open(FileKind { words: "Images", endings }))
            }
            Self::Images(SourcePlace::Drawn | SourcePlace::Folder) => {
                ("Choose a folder of images", AnswerKind::Folder)
            }
            Self::LoadSettings => ("Load settings", AnswerKind::Open(SETTINGS_FILE)),
            Self::SaveSettings => {
                let name = format!("{}.toml", safe_name(name, "settings"));
                ("Save settings", AnswerKind::Save { kinds: vec![SETTINGS_FILE], name })
            }
            Self::OpenLesson => ("Open a lesson", AnswerKind::Open(LESSON_FILE)),
            Self::SaveLesson => {
                let name = format!("{}.lesson.toml", safe_name(name, "run"));
                ("Save a lesson", AnswerKind::Save { kinds: vec![LESSON_FILE], name })
            }
        };
        let begin = (self == Self::OpenRun || self == Self::OpenModel).then(|| runs.to_owned());
        Question { title: title.to_owned(), wanted, begin }
    }
}
