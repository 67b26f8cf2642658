//! The pictures below a folder.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::packed::is_called_archive;
use crate::data::DataError;
use crate::data::decode::{is_hidden, why_no_picture};
use crate::data::limits::MAX_ENTRIES;
use crate::data::reason::{Cause, Reason, Skipped};
use crate::input::shown;

/// Folders in which programs keep what they installed or logged, by their names.
const OF_PROGRAMS: &[&str] =
    &["__pycache__", "node_modules", "site-packages", "wandb", "mlruns", "lightning_logs"];
/// What lies in an environment of Python's or Conda's, whatever it is called.
const IN_ENVIRONMENTS: &[&str] = &["pyvenv.cfg", "conda-meta"];
/// What lies in the folder of a run of this program.
const IN_RUNS: &[&str] = &["run.json", "config.toml"];

/// All pictures below `dir`, by their names or contents, in the order of their paths, and what else there is.
/// What is hidden, of a run or of a program is not looked into, except for `dir` itself. Links are followed, each folder's once; a link that leads
/// back to a folder above it is left out. `stop` is asked at every file.
pub(super) fn walk(dir: &Path, stop: &dyn Fn() -> bool) -> Result<(Vec<PathBuf>, Vec<Skipped>), DataError> {
    walk_at_most(dir, MAX_ENTRIES, stop)
}

fn walk_at_most(
    dir: &Path,
    most: usize,
    stop: &dyn Fn() -> bool,
) -> Result<(Vec<PathBuf>, Vec<Skipped>), DataError> {
    let metadata = match std::fs::metadata(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(DataError::Missing(dir.into()));
        }
        other => other.map_err(|error| DataError::read(dir, error))?,
    };
    if !metadata.is_dir() {
        return Err(DataError::NotAFolder(dir.into()));
    }
    std::fs::read_dir(dir).map_err(|error| DataError::read(dir, error))?;
    let root = dir.canonicalize().map_err(|error| DataError::read(dir, error))?;
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    let mut linked = HashSet::new();
    let mut entries = WalkDir::new(dir).follow_links(true).sort_by_file_name().into_iter();
    for count in 0.. {
        let Some(entry) = entries.next() else { break };
        if stop() {
            return Err(DataError::Stopped);
        }
        if count > most {
            return Err(DataError::TooManyFiles(dir.into()));
        }
        let hidden = |path: &Path| path != dir && path.file_name().is_some_and(is_hidden);
        match entry {
            Ok(entry) if hidden(entry.path()) => {
                skipped.push(Skipped::new(entry.path(), Reason::Hidden));
                if entry.file_type().is_dir() {
                    entries.skip_current_dir();
                }
            }
            Err(error) if error.path().is_some_and(hidden) => {
                skipped.extend(error.path().map(|path| Skipped::new(path, Reason::Hidden)));
            }
            Ok(entry) if entry.file_type().is_file() => match why_no_picture(entry.path()) {
                Ok(None) => files.push(entry.into_path()),
                Ok(Some(Reason::NoPicture)) if is_called_archive(entry.path()) => {
                    skipped.push(Skipped::new(entry.path(), Reason::Archive));
                }
                Ok(Some(reason)) => skipped.push(Skipped::new(entry.path(), reason)),
                Err(error) => {
                    let cause = Cause::new(Reason::Unreadable, error.to_string());
                    skipped.push(Skipped::new(entry.path(), cause));
                }
            },
            Ok(entry) if entry.file_type().is_dir() => {
                // Two links in each of thirty folders to the next one are a billion paths without a circle.
                let place = entry.path_is_symlink().then(|| entry.path().canonicalize().ok()).flatten();
                let is_again = place.is_some_and(|place| is_walked(&place, &root) || !linked.insert(place));
                let reason = is_again.then_some(Reason::SameFolder);
                let of_a_program = || of_a_program(entry.path()).filter(|_| entry.depth() > 0);
                if let Some(reason) = reason.or_else(of_a_program) {
                    skipped.push(Skipped::new(entry.path(), reason));
                    entries.skip_current_dir();
                }
            }
            Ok(entry) => skipped.push(Skipped::new(entry.path(), Reason::NotAFile)),
            Err(error) => {
                let cause = match (error.loop_ancestor(), error.io_error()) {
                    (Some(above), _) => Cause::new(Reason::LinkBack, shown(above)),
                    (_, Some(io)) => Cause::new(Reason::Unreadable, io.to_string()),
                    _ => Reason::Unreadable.into(),
                };
                skipped.push(Skipped::new(error.path().unwrap_or(dir), cause));
            }
        }
    }
    Ok((files, skipped))
}

/// Why what lies in a folder is no data, where it is a run's or another program's.
fn of_a_program(folder: &Path) -> Option<Reason> {
    let has = |name: &&str| folder.join(name).exists();
    if IN_RUNS.iter().all(has) {
        return Some(Reason::RunFolder);
    }
    let is_called = folder.file_name().is_some_and(|name| OF_PROGRAMS.iter().any(|known| name == *known));
    (is_called || IN_ENVIRONMENTS.iter().any(has)).then_some(Reason::ProgramFolder)
}

/// Whether the folder `place` is one below `root` that is walked without a link; both are without links.
fn is_walked(place: &Path, root: &Path) -> bool {
    let Ok(below) = place.strip_prefix(root) else { return false };
    let mut folders = below.ancestors().filter(|folder| !folder.as_os_str().is_empty());
    !below.iter().any(is_hidden) && !folders.any(|folder| of_a_program(&root.join(folder)).is_some())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_with_more_than_any_set_of_images_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..5 {
            std::fs::write(dir.path().join(format!("{number}.png")), "").unwrap();
        }
        assert_eq!(walk_at_most(dir.path(), 5, &|| false).unwrap().0.len(), 5);
        let error = walk_at_most(dir.path(), 4, &|| false).unwrap_err();
        assert!(matches!(error, DataError::TooManyFiles(_)), "{error}");
        assert!(matches!(walk_at_most(dir.path(), 4, &|| true), Err(DataError::Stopped)));
    }

    /// A link beside its folder would double its pictures and make a class of its own.
    #[cfg(unix)]
    #[test]
    fn a_folder_is_read_once_whatever_links_lead_to_it() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["real", ".store/kept"] {
            std::fs::create_dir_all(at(name)).unwrap();
            std::fs::write(at(name).join("0.png"), "").unwrap();
        }
        symlink("real", at("alias")).unwrap();
        // What is hidden or a program's is reached by the link alone.
        symlink(".store/kept", at("kept")).unwrap();
        std::fs::create_dir_all(at("wandb/media")).unwrap();
        std::fs::write(at("wandb/media/0.png"), "").unwrap();
        symlink("wandb/media", at("media")).unwrap();
        let (files, skipped) = walk(dir.path(), &|| false).unwrap();
        assert_eq!(files, ["kept/0.png", "media/0.png", "real/0.png"].map(at));
        let left_out: Vec<(PathBuf, Reason)> =
            skipped.into_iter().map(|file| (file.path, file.kind)).collect();
        let expected =
            [(".store", Reason::Hidden), ("alias", Reason::SameFolder), ("wandb", Reason::ProgramFolder)];
        assert_eq!(left_out, expected.map(|(name, reason)| (at(name), reason)));
    }

    /// Else a second training in the same folder learns from what the first one has generated.
    #[test]
    fn runs_and_folders_of_programs_are_not_looked_into_unless_they_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let names = [
            "cat/0.png",
            "cat/run.json",
            "conda/conda-meta/history",
            "conda/icon.png",
            "dog/config.toml",
            "dog/node_modules/icon.png",
            "env/lib/icon.png",
            "env/pyvenv.cfg",
            "runs/1/config.toml",
            "runs/1/run.json",
            "runs/1/samples/0.png",
            "wandb/run-1/media/0.png",
            "wandb.png",
        ];
        for name in names {
            std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let at = |name: &str| dir.path().join(name);
        let (files, skipped) = walk(dir.path(), &|| false).unwrap();
        assert_eq!(files, [at("cat/0.png"), at("wandb.png")]);
        let left_out: Vec<(PathBuf, Reason)> =
            skipped.into_iter().map(|file| (file.path, file.kind)).collect();
        let expected = [
            ("cat/run.json", Reason::NoPicture),
            ("conda", Reason::ProgramFolder),
            ("dog/config.toml", Reason::NoPicture),
            ("dog/node_modules", Reason::ProgramFolder),
            ("env", Reason::ProgramFolder),
            ("runs/1", Reason::RunFolder),
            ("wandb", Reason::ProgramFolder),
        ];
        assert_eq!(left_out, expected.map(|(path, reason)| (at(path), reason)));
        // Who names one means what is in it.
        for (folder, picture) in
            [("runs/1", "samples/0.png"), ("env", "lib/icon.png"), ("wandb", "run-1/media/0.png")]
        {
            assert_eq!(walk(&at(folder), &|| false).unwrap().0, [at(folder).join(picture)]);
        }
    }

    #[test]
    fn what_is_hidden_or_no_picture_is_left_out_whatever_lies_in_it() {
        let root = tempfile::tempdir().unwrap();
        // A person may keep pictures in a hidden folder and name it.
        let dir = root.path().join(".pictures");
        let names = [
            ".DS_Store",
            ".ipynb_checkpoints/0.png",
            ".ipynb_checkpoints/1.png",
            "cat/.ipynb_checkpoints/0.png",
            "cat/0.png",
            "cat/Thumbs.db",
            "__MACOSX/cat/0.png",
            "dataset.json",
            "cat/IMG_1.MOV",
            "cat/more.tar.GZ",
        ];
        for name in names {
            std::fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.join(name), "").unwrap();
        }
        let (files, skipped) = walk(&dir, &|| false).unwrap();
        assert_eq!(files, [dir.join("cat/0.png")]);
        let mut skipped: Vec<(String, Reason)> = skipped
            .into_iter()
            .map(|file| {
                let path = file.path.strip_prefix(&dir).unwrap().display().to_string();
                (path.replace('\\', "/"), file.kind)
            })
            .collect();
        skipped.sort();
        let expected = [
            (".DS_Store", Reason::Hidden),
            (".ipynb_checkpoints", Reason::Hidden),
            ("__MACOSX", Reason::Hidden),
            ("cat/.ipynb_checkpoints", Reason::Hidden),
            ("cat/IMG_1.MOV", Reason::Video),
            ("cat/Thumbs.db", Reason::NoPicture),
            ("cat/more.tar.GZ", Reason::Archive),
            ("dataset.json", Reason::NoPicture),
        ];
        assert_eq!(skipped, expected.map(|(path, reason)| (path.to_owned(), reason)));
    }
}
