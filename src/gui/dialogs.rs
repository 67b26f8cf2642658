//! Questions for files and folders, and the system's dialogs for them.

pub mod kind;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Nobody closes a dialog faster than this: it was never shown then.
const UNSEEN: Duration = Duration::from_millis(300);

/// A kind of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind {
    /// In words.
    pub words: &'static str,
    /// How their names end, the first one for names that end with none of them.
    pub endings: &'static [&'static str],
}

/// A picture without loss.
pub const PNG: FileKind = FileKind { words: "PNG", endings: &["png"] };

/// The kind of answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerKind {
    /// A file that is there.
    Open(FileKind),
    /// A file that will be written.
    Save {
        /// The kinds of file that it may be.
        kinds: Vec<FileKind>,
        /// A name for it.
        name: String,
    },
    /// A folder.
    Folder,
}

/// A question for a file or a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The title of the dialog.
    pub title: String,
    /// The kind of answer.
    pub wanted: AnswerKind,
    /// The folder that the dialog opens with.
    pub begin: Option<PathBuf>,
}

/// Answers questions, by the system's dialogs or the window's own; called on a thread that may wait. None where the person wants nothing any more.
pub type DialogProvider = Arc<dyn Fn(&Question) -> Option<PathBuf> + Send + Sync>;

/// Answer of the system's dialogs to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogAnswer {
    /// This file or folder.
    Chosen(PathBuf),
    /// The person wants nothing any more.
    Cancelled,
    /// The system has no such dialog.
    Missing,
}

/// The dialogs of the system; called on a thread that may wait.
pub type SystemDialogs = Arc<dyn Fn(&Question) -> DialogAnswer + Send + Sync>;

/// The dialogs of the system.
pub fn native() -> SystemDialogs {
    Arc::new(|question| {
        let begun = Instant::now();
        let chosen = ask(question);
        // Windows and macOS have dialogs always, other systems by a portal or a program that may not be there.
        let is_sure = cfg!(any(windows, target_os = "macos"));
        answer(chosen, is_sure || begun.elapsed() >= UNSEEN)
    })
}

/// The answer by what was chosen and whether the dialog was seen.
fn answer(chosen: Option<PathBuf>, was_seen: bool) -> DialogAnswer {
    match chosen {
        Some(path) => DialogAnswer::Chosen(path),
        None if was_seen => DialogAnswer::Cancelled,
        None => DialogAnswer::Missing,
    }
}

fn ask(question: &Question) -> Option<PathBuf> {
    let mut dialog = rfd::FileDialog::new().set_title(&question.title);
    if let Some(begin) = &question.begin {
        dialog = dialog.set_directory(begin);
    }
    match &question.wanted {
        AnswerKind::Folder => dialog.pick_folder(),
        AnswerKind::Open(kind) => dialog.add_filter(kind.words, kind.endings).pick_file(),
        AnswerKind::Save { kinds, name } => {
            for kind in kinds {
                dialog = dialog.add_filter(kind.words, kind.endings);
            }
            dialog.set_file_name(name).save_file().map(|path| with_ending(&path, kinds))
        }
    }
}

/// The path with an ending of one of the kinds: its own, else the first.
pub fn with_ending(path: &Path, kinds: &[FileKind]) -> PathBuf {
    let own = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let known = |own: &String| kinds.iter().any(|kind| kind.endings.contains(&own.as_str()));
    let mut path = path.to_owned();
    if let Some(first) = kinds.first().and_then(|kind| kind.endings.first())
        && !own.as_ref().is_some_and(known)
    {
        path.as_mut_os_string().push(format!(".{first}"));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_that_nobody_saw_is_missing() {
        assert_eq!(answer(None, false), DialogAnswer::Missing);
        assert_eq!(answer(None, true), DialogAnswer::Cancelled);
        for was_seen in [false, true] {
            assert_eq!(answer(Some("/a".into()), was_seen), DialogAnswer::Chosen("/a".into()));
        }
    }

    #[test]
    fn a_name_without_a_known_ending_gets_one() {
        let kinds = [
            FileKind { words: "GIF", endings: &["gif"] },
            FileKind { words: "APNG", endings: &["png", "apng"] },
        ];
        for (typed, path) in
            [("a", "a.gif"), ("a.b", "a.b.gif"), ("a.PNG", "a.PNG"), ("a.apng", "a.apng"), ("x.gif", "x.gif")]
        {
            assert_eq!(with_ending(Path::new(typed), &kinds), Path::new(path));
        }
    }
}
