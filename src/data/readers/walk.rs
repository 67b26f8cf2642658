//! The files below a folder.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::data::DataError;
use crate::data::limits::MAX_ENTRIES;
use crate::data::report::Skipped;

/// All files below `dir` in the order of their paths, and what could not be walked. Links are
/// followed, each folder's once; a link that leads back to a folder above it is skipped. `stop` is asked at every file.
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
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
            Ok(entry) if entry.file_type().is_dir() => {
                // Two links in each of thirty folders to the next one are a billion paths without a circle.
                let place = entry.path_is_symlink().then(|| entry.path().canonicalize().ok()).flatten();
                if place.is_some_and(|place| !linked.insert(place)) {
                    skipped.push(Skipped::new(entry.path(), "another link to the same folder"));
                    entries.skip_current_dir();
                }
            }
            Ok(entry) => skipped.push(Skipped::new(entry.path(), "neither a file nor a folder")),
            Err(error) => {
                let reason = match (error.loop_ancestor(), error.io_error()) {
                    (Some(above), _) => format!("a link back to {}", above.display()),
                    (_, Some(io)) => format!("cannot be read: {io}"),
                    _ => "cannot be read".into(),
                };
                skipped.push(Skipped::new(error.path().unwrap_or(dir), reason));
            }
        }
    }
    Ok((files, skipped))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_with_more_than_any_set_of_images_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..5 {
            std::fs::write(dir.path().join(number.to_string()), "").unwrap();
        }
        assert_eq!(walk_at_most(dir.path(), 5, &|| false).unwrap().0.len(), 5);
        let error = walk_at_most(dir.path(), 4, &|| false).unwrap_err();
        assert!(matches!(error, DataError::TooManyFiles(_)), "{error}");
        assert!(matches!(walk_at_most(dir.path(), 4, &|| true), Err(DataError::Stopped)));
    }
}
