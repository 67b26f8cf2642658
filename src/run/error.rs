//! What can go wrong with a run folder, each in one sentence.

use crate::input::shown;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Why a run folder could not be made, opened, read or written.
///
/// Every message says what happened, where, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing is at the path.
    #[error("there is no run at {}: check the path, or see `autogan runs list`", shown(dir))]
    Missing {
        /// The path that was asked for.
        dir: PathBuf,
    },
    /// Something is at the path, but no run.
    #[error(
        "{} is not a run folder (it has no run.json): give the folder that a search or training wrote",
        shown(dir)
    )]
    NotARun {
        /// The path that was asked for.
        dir: PathBuf,
    },
    /// Parts without which a run can be neither read nor resumed are gone.
    #[error(
        "the run {} is half deleted ({missing} missing): restore that from a copy, or start a new run",
        shown(dir)
    )]
    HalfDeleted {
        /// The run folder.
        dir: PathBuf,
        /// What is gone, by name.
        missing: String,
    },
    /// A new run was to go where other files lie. Nothing was touched.
    #[error("{} is not empty and holds no run: choose a new or empty folder with --out", shown(dir))]
    NotEmpty {
        /// The folder that was asked for.
        dir: PathBuf,
    },
    /// A new run was to go where a run lies already. Nothing was touched.
    #[error(
        "{0} already holds a run: go on with it by `--resume {0}`, or choose another folder with --out",
        shown(dir)
    )]
    AlreadyARun {
        /// The folder that was asked for.
        dir: PathBuf,
    },
    /// A living process writes to the run.
    #[error(
        "the run {} is in use by {holder}: stop that one first, or open the run for reading only",
        shown(dir)
    )]
    Locked {
        /// The run folder.
        dir: PathBuf,
        /// "process 1234", or "another process" where the number cannot be read.
        holder: String,
    },
    /// The file was written by a newer version of the program.
    #[error(
        "{} has format {found}, newer than the {} this version reads: open it with the version that wrote it",
        shown(path),
        super::FORMAT
    )]
    Newer {
        /// The file that names its format.
        path: PathBuf,
        /// The format that it names.
        found: u64,
    },
    /// The file system refused where there is no run to resume: before one was begun, or in the folder of all runs.
    #[error(transparent)]
    NoRun(FileError),
    /// The disk or the quota is full. What was written before is intact.
    #[error(
        "no space left to {action} {} ({reason}): free some space or raise the quota, then resume the run",
        shown(path)
    )]
    Full {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The file system is read-only, or the rights are missing.
    #[error(
        "not allowed to {action} {} ({reason}): get the rights to that folder, or choose another one with --out",
        shown(path)
    )]
    Denied {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The system has no file of such a name or such a long path.
    #[error("cannot {action} {} ({reason}): choose a shorter and plainer one", shown(path))]
    BadName {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The folder of a run that this process writes is not the one it was. What was written before is
    /// intact where that folder is now.
    #[error(
        "the run folder {} was moved, deleted or replaced while the run wrote to it: put it back in its place, then resume the run",
        shown(dir)
    )]
    Replaced {
        /// Where the run folder was.
        dir: PathBuf,
    },
    /// Something in a run folder is not what it must be to be written to.
    #[error(
        "{} is {found} where a run has its own {expected}: replace it by what it stands for, or open the run for reading only",
        shown(path)
    )]
    Foreign {
        /// The part of the run folder.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Any other refusal of the file system.
    #[error(
        "cannot {action} {} ({reason}): check that the folder still exists and that its disk works, then resume the run",
        shown(path)
    )]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The content of a file is not what was written.
    #[error("{} is damaged ({reason}): restore it from a copy, or use an older checkpoint", shown(path))]
    Damaged {
        /// The damaged file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The run was saved before, but none of its checkpoints can be used.
    #[error(
        "no checkpoint in {} can be used ({reasons}): restore one from a copy, or start a new run",
        shown(dir)
    )]
    NoGoodCheckpoint {
        /// The folder of checkpoints.
        dir: PathBuf,
        /// What is wrong with each, newest first.
        reasons: String,
    },
    /// The caller gave something that a run folder cannot store.
    #[error(
        "cannot store {what} in {} ({reason}): this is a fault of the program, please report it",
        shown(path)
    )]
    Unstorable {
        /// What was to be stored.
        what: String,
        /// Where.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl RunError {
    /// The same of a run that is just being made: what is said of resuming one does not fit there.
    pub(super) fn of_a_beginning(self) -> Self {
        match self {
            Self::Full { action, path, reason } | Self::Io { action, path, reason } => {
                Self::NoRun(FileError { action, path, reason })
            }
            other => other,
        }
    }
}

/// Why a file could not be written, whether it is a run's or not.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {} ({reason}): {}", shown(path), way_out(reason.kind()))]
pub struct FileError {
    action: &'static str,
    path: PathBuf,
    reason: io::Error,
}

impl FileError {
    pub(super) fn new(action: &'static str, path: &Path, reason: io::Error) -> Self {
        Self { action, path: path.to_path_buf(), reason }
    }

    /// What the system said.
    pub fn reason(&self) -> String {
        self.reason.to_string()
    }
}

/// What to do where a file outside of a run cannot be written.
fn way_out(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free some space or raise the quota, then try again"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "get the rights to that folder, or choose another one"
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => "choose a shorter and plainer one",
        ErrorKind::NotFound => "make the folder that it goes to, or choose another one",
        _ => "check that the folder still exists and that its disk works, then try again",
    }
}

impl From<FileError> for RunError {
    fn from(FileError { action, path, reason }: FileError) -> Self {
        match reason.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full { action, path, reason }
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { action, path, reason }
            }
            // A name with a NUL, and one that is too long.
            ErrorKind::InvalidInput | ErrorKind::InvalidFilename => Self::BadName { action, path, reason },
            _ => Self::Io { action, path, reason },
        }
    }
}

/// Makes an error of the file system one that says what was attempted on which file of a run.
pub(super) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunError {
    let path = path.to_path_buf();
    move |reason| FileError { action, path, reason }.into()
}

/// Something that the user should know but that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning(pub String);

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: ErrorKind) -> String {
        at("write", Path::new("/runs/a b/LATEST"))(io::Error::from(kind)).to_string()
    }

    #[test]
    fn each_kind_of_refusal_names_the_file_and_the_way_out() {
        for (kind, way_out) in [
            (ErrorKind::StorageFull, "free some space"),
            (ErrorKind::QuotaExceeded, "raise the quota"),
            (ErrorKind::FileTooLarge, "free some space"),
            (ErrorKind::PermissionDenied, "get the rights"),
            (ErrorKind::ReadOnlyFilesystem, "get the rights"),
            (ErrorKind::InvalidFilename, "choose a shorter"),
            (ErrorKind::TimedOut, "that its disk works"),
        ] {
            let message = message(kind);
            assert!(message.contains("write /runs/a b/LATEST"), "{message}");
            assert!(message.contains(way_out), "{message}");
            let error = at("write", Path::new("x"))(io::Error::from(kind));
            assert_eq!(
                matches!(error, RunError::Full { .. }),
                way_out == "free some space" || way_out == "raise the quota"
            );
        }
    }
    #[test]
    fn only_where_there_is_a_run_it_is_said_to_resume_it() {
        let error = |kind| FileError::new("write", Path::new("/x/a.png"), io::Error::from(kind));
        for (kind, way_out, resumes) in [
            (ErrorKind::StorageFull, "free some space", true),
            (ErrorKind::PermissionDenied, "get the rights", false),
            (ErrorKind::InvalidFilename, "choose a shorter", false),
            (ErrorKind::NotFound, "make the folder that it goes to", true),
            (ErrorKind::TimedOut, "its disk works, then try again", true),
        ] {
            let message = error(kind).to_string();
            assert!(message.contains("write /x/a.png") && message.contains(way_out), "{message}");
            assert!(!message.contains("the run") && !message.contains("--out"), "{message}");
            let of_a_run = RunError::from(error(kind));
            assert_eq!(of_a_run.to_string().contains("resume the run"), resumes, "{of_a_run}");
            let beginning = of_a_run.of_a_beginning().to_string();
            assert!(beginning.contains("write /x/a.png") && !beginning.contains("resume"), "{beginning}");
        }
    }
}
