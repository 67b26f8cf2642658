//! What lies at a path, read where it may take its time.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Entries of a folder that are listed at most: a bound on memory and on the time to sort.
const MOST: usize = 20_000;

/// A file or a folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// Its name.
    pub name: OsString,
    /// Whether it is a folder, or a link to one.
    pub is_folder: bool,
}

impl FolderEntry {
    /// Whether its name begins with a dot.
    pub fn is_hidden(&self) -> bool {
        self.name.as_encoded_bytes().starts_with(b".")
    }
}

/// What lies in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderList {
    /// Folders first, each kind by name.
    pub entries: Vec<FolderEntry>,
    /// There are more than are listed.
    pub is_cut: bool,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundPath {
    /// A folder, with what lies in it.
    Folder(PathBuf, FolderList),
    /// A file.
    File(PathBuf),
    /// Nothing yet, in a folder that is there.
    Free(PathBuf),
}

/// Looks at a path.
///
/// # Errors
///
/// If there is neither something nor a folder for it, or it cannot be read, in a sentence.
pub fn look_at(path: &Path) -> Result<FoundPath, String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(FoundPath::Folder(path.to_owned(), read(path)?)),
        Ok(_) => Ok(FoundPath::File(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if path.file_name().is_some() && path.parent().is_some_and(Path::is_dir) {
                Ok(FoundPath::Free(path.to_owned()))
            } else {
                Err(format!("There is no {}; check the path", path.display()))
            }
        }
        Err(error) => Err(format!("{} cannot be looked at ({error}); choose another one", path.display())),
    }
}

/// The folder itself, or the nearest one above it that is there, with what lies in it.
///
/// # Errors
///
/// If it cannot be read, in a sentence.
pub fn nearest(folder: &Path) -> Result<FoundPath, String> {
    let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    look_at(there)
}

fn read(folder: &Path) -> Result<FolderList, String> {
    let unreadable =
        |error: std::io::Error| format!("{} cannot be read ({error}); choose another one", folder.display());
    let mut list = FolderList::default();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if list.entries.len() == MOST {
            list.is_cut = true;
            break;
        }
        // A link counts as what it leads to.
        let is_folder = match entry.file_type() {
            Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
            kind => kind.is_ok_and(|kind| kind.is_dir()),
        };
        list.entries.push(FolderEntry { name: entry.file_name(), is_folder });
    }
    list.entries.sort_by_cached_key(|entry| {
        (!entry.is_folder, entry.name.to_string_lossy().to_lowercase(), entry.name.clone())
    });
    Ok(list)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn folders_come_first_and_what_is_not_there_is_free_or_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["b.png", "A.png", ".hidden"] {
            std::fs::write(at(name), name).unwrap();
        }
        std::fs::create_dir(at("z")).unwrap();
        let FoundPath::Folder(path, list) = look_at(folder.path()).unwrap() else { unreachable!() };
        let names: Vec<&str> = list.entries.iter().map(|entry| entry.name.to_str().unwrap()).collect();
        assert_eq!((path.as_path(), names), (folder.path(), vec!["z", ".hidden", "A.png", "b.png"]));
        assert!(list.entries[0].is_folder && list.entries[1].is_hidden() && !list.is_cut);
        assert_eq!(look_at(&at("b.png")).unwrap(), FoundPath::File(at("b.png")));
        assert_eq!(look_at(&at("new.png")).unwrap(), FoundPath::Free(at("new.png")));
        let error = look_at(&at("no/new.png")).unwrap_err();
        assert!(error.starts_with("There is no ") && error.contains("new.png"), "{error}");
        assert!(
            matches!(nearest(&at("z/no/deeper")).unwrap(), FoundPath::Folder(path, _) if path == at("z"))
        );
    }
}
