//! What a person names instead of a data set's folder, and what a folder has instead of its files. Archives are not
//! unpacked here; the error of a source that is one says how.

use std::path::{Path, PathBuf};

use crate::arch::words::quoted;
use crate::data::decode::{is_hidden, why_no_picture};
use crate::data::reader::SourcePlace;
use crate::data::{DataError, Reason};
use crate::input::{self, StandIn, shown};

/// Names in a folder that a message lists.
const LISTED: usize = 8;
/// Names in a folder that are looked at.
const LOOKED_AT: usize = 10_000;

/// What unpacks an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packer {
    Tar,
    Zip,
    SevenZip,
    Rar,
}

/// How archives' names end.
const ENDINGS: [(&str, Packer); 13] = [
    (".tar", Packer::Tar),
    (".tar.gz", Packer::Tar),
    (".tgz", Packer::Tar),
    (".tar.bz2", Packer::Tar),
    (".tbz2", Packer::Tar),
    (".tbz", Packer::Tar),
    (".tar.xz", Packer::Tar),
    (".txz", Packer::Tar),
    (".tar.zst", Packer::Tar),
    (".tzst", Packer::Tar),
    (".zip", Packer::Zip),
    (".7z", Packer::SevenZip),
    (".rar", Packer::Rar),
];

/// How archives begin that may be called anything; a tar file begins with a name.
const BEGINNINGS: [(&[u8], Packer); 3] =
    [(b"PK\x03\x04", Packer::Zip), (b"7z\xbc\xaf\x27\x1c", Packer::SevenZip), (b"Rar!\x1a\x07", Packer::Rar)];

/// How names of NumPy's files end.
const NUMPY: &[&str] = &["npy", "npz"];
/// How a file of one array begins.
const NUMPY_BEGINNING: &[u8] = b"\x93NUMPY";
/// How names of files of weights end.
const WEIGHTS: &[&str] = &["pth", "pt", "ckpt", "safetensors"];
/// How archives are called of data sets that are read from their files, in lower case, and the prefix of such a source.
const DATA_SETS: [(&str, &str); 5] = [
    ("cifar-10-python", "cifar10"),
    ("cifar-10-binary", "cifar10"),
    ("cifar-100-python", "cifar100"),
    ("cifar-100-binary", "cifar100"),
    ("stl10_binary", "stl10"),
];

impl Packer {
    /// Of an archive, by its name.
    fn by_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, packer)| *packer)
    }

    /// Of an archive, by its first bytes.
    fn by_content(path: &Path) -> Option<Self> {
        BEGINNINGS.iter().find(|(beginning, _)| starts_with(path, beginning)).map(|(_, packer)| *packer)
    }

    /// The command that unpacks `archive` into the folder `to` on this system.
    fn command(self, archive: &Path, to: &Path) -> String {
        let [archive, to] = [archive, to].map(|path| quoted(&shown(path)));
        match self {
            Self::Tar => format!("tar -xf {archive} -C {to}"),
            Self::Zip if cfg!(windows) => format!("Expand-Archive -Path {archive} -DestinationPath {to}"),
            Self::Zip => format!("unzip {archive} -d {to}"),
            Self::SevenZip => format!("7z x {archive} -o{to}"),
            Self::Rar => format!("unrar x {archive} {to}{}", std::path::MAIN_SEPARATOR),
        }
    }
}

/// Whether there is an archive at `path`, by its name: a zip or tar file or one of their kin.
pub fn is_archive(path: &Path) -> bool {
    path.is_file() && is_called_archive(path)
}

/// Whether the file at `path` begins so.
fn starts_with(path: &Path, beginning: &[u8]) -> bool {
    use std::io::Read as _;
    let mut start = Vec::new();
    let read =
        input::open(path).and_then(|(file, _)| file.take(beginning.len() as u64).read_to_end(&mut start));
    read.is_ok() && start == beginning
}

/// Whether the name is one of an archive.
pub(super) fn is_called_archive(path: &Path) -> bool {
    Packer::by_name(path).is_some()
}

/// Refuses a path that is an archive, or another file where a folder belongs. `text` is the source's text for a path.
pub(in crate::data) fn refuse(
    path: &Path,
    place: SourcePlace,
    text: impl Fn(&Path) -> String,
) -> Result<(), DataError> {
    if let (SourcePlace::File(endings), true) = (place, path.is_dir()) {
        return Err(DataError::unread(path, no_file(path, endings, text)));
    }
    if place == SourcePlace::Drawn || !path.is_file() {
        return Ok(());
    }
    if let Ok(Some(what)) = StandIn::at(path) {
        return Err(DataError::StandIn { path: path.into(), what });
    }
    let has_ending = |endings: &[&str]| {
        path.extension().is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
    };
    if has_ending(WEIGHTS) || is_checkpoint(path) {
        return Err(DataError::Weights(path.into()));
    }
    if has_ending(&["pkl", "pickle"]) && starts_with(path, b"\x80") {
        let why = "it is a Python pickle, which may hold anything; save its images as PNG files or as one .npy file";
        return Err(DataError::unread(path, why));
    }
    let packer = match place {
        // Both kinds are zip files, too.
        SourcePlace::Folder if has_ending(NUMPY) || starts_with(path, NUMPY_BEGINNING) => {
            return Err(numpy(path, "a file of NumPy's".to_owned()));
        }
        SourcePlace::Folder | SourcePlace::Drawn => {
            Packer::by_name(path).or_else(|| Packer::by_content(path))
        }
        SourcePlace::File(endings) => Packer::by_name(path).filter(|_| !has_ending(endings)),
    };
    match packer {
        Some(packer) => {
            let folder = path.with_file_name(stem(path));
            let unpacked = match place {
                SourcePlace::File(_) => folder.join("FILE"),
                SourcePlace::Folder | SourcePlace::Drawn => folder.clone(),
            };
            let make = if packer == Packer::Tar { Some(folder.as_path()) } else { None };
            Err(packed(path, packer, &folder, make, (&unpacked, &text)))
        }
        None if place == SourcePlace::Folder => Err(DataError::NotAFolder(path.into())),
        None => Ok(()),
    }
}

/// Whether it is called as PyTorch's examples call their checkpoints, which are no archives.
fn is_checkpoint(path: &Path) -> bool {
    path.to_string_lossy().to_lowercase().ends_with(".pth.tar")
}

/// That a file, or what lies in a folder, is read by [`Numpy`](super::numpy::Numpy).
fn numpy(path: &Path, what: String) -> DataError {
    let source_text = quoted(&format!("numpy:{}", shown(path)));
    DataError::OtherSource { path: path.into(), what, source_text }
}

/// Explains an error of the source `text` by what lies in place of its file, or by the archive or the array that lies
/// in its folder `path`, where one does.
pub(in crate::data) fn explain(path: &Path, text: impl Fn(&Path) -> String, error: DataError) -> DataError {
    if let DataError::Damaged { path, .. } | DataError::Unread { path, .. } = &error
        && let Ok(Some(what)) = StandIn::at(path)
    {
        return DataError::StandIn { path: path.clone(), what };
    }
    let alone = match &error {
        DataError::MissingFiles { .. } => false,
        // Pictures that cannot be read are not explained by an archive beside them.
        DataError::NoImages { .. } => true,
        _ => return error,
    };
    let names = names(path);
    let archive = |name: &String| Some((path.join(name), Packer::by_name(Path::new(name))?));
    let archives: Vec<(PathBuf, Packer)> = names.iter().filter_map(archive).collect();
    let is_for_training =
        |(archive, _): &&(PathBuf, Packer)| shown(archive.file_name().unwrap_or_default()).contains("train");
    // Of several the one that is trained on.
    match archives.iter().find(is_for_training).or(archives.first()) {
        Some((archive, packer))
            if !alone || names.iter().all(|name| is_archive_or_text(&path.join(name))) =>
        {
            packed(archive, *packer, path, None, (path, &text))
        }
        _ => {
            let arrays = |name: &&String| {
                Path::new(name)
                    .extension()
                    .is_some_and(|own| NUMPY.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
            };
            match names.iter().find(arrays).filter(|_| alone) {
                Some(name) => {
                    numpy(&path.join(name), "a file of NumPy's, and its folder has no pictures".to_owned())
                }
                None => error,
            }
        }
    }
}

/// The error of a folder that lacks a data set's files; `expected` says which, as a part of a sentence.
pub(super) fn missing(dir: &Path, expected: impl Into<String>) -> DataError {
    if !dir.exists() {
        return DataError::Missing(dir.into());
    }
    let names = names(dir);
    let mut there = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(LISTED) {
        0 if names.is_empty() => there.push_str("nothing"),
        0 => {}
        more => there.push_str(&format!(" and {more} more")),
    }
    DataError::MissingFiles { dir: dir.into(), expected: expected.into(), there }
}

/// Whether a file is an archive, or no picture by name or content: a list of files, a licence.
fn is_archive_or_text(path: &Path) -> bool {
    is_archive(path)
        || (path.is_file() && why_no_picture(path).is_ok_and(|why| why == Some(Reason::NoPicture)))
}

/// Why a folder is no file with one of these endings, and which file in it may be meant.
fn no_file(dir: &Path, endings: &[&str], text: impl Fn(&Path) -> String) -> String {
    let mut paths = names(dir).into_iter().map(|name| dir.join(name));
    let is_meant = |path: &PathBuf| {
        path.extension().is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
    };
    match paths.find(is_meant) {
        Some(path) => format!("it is a folder; name a file in it, as `{}`", quoted(&text(&path))),
        None => format!("it is a folder without such a file ({})", endings.join(", ")),
    }
}

/// What is written for an archive, unpacked into the folder `to`: the source of its name, at a path or by its prefix.
fn packed(
    archive: &Path,
    packer: Packer,
    to: &Path,
    make: Option<&Path>,
    (unpacked, text): (&Path, &dyn Fn(&Path) -> String),
) -> DataError {
    let name = archive.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    // It holds this data set, whatever was named.
    let set = DATA_SETS.iter().find(|(start, _)| name.starts_with(start));
    let unpacked = set.map_or_else(|| text(unpacked), |(_, prefix)| format!("{prefix}:{}", shown(unpacked)));
    let make =
        make.map_or_else(String::new, |folder| format!("make the folder {}, ", quoted(&shown(folder))));
    let how = format!("{make}run `{}`", packer.command(archive, to));
    DataError::Packed { path: archive.into(), how, unpacked: quoted(&unpacked) }
}

/// An archive's name without its ending, or with another one where it has none.
fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lower = name.to_ascii_lowercase();
    let ending = ENDINGS.iter().map(|(ending, _)| ending).find(|ending| lower.ends_with(**ending));
    match ending.map(|ending| &name[..name.len() - ending.len()]) {
        Some(stem) if !stem.is_empty() => stem.to_owned(),
        _ => format!("{name}-unpacked"),
    }
}

/// The names in a folder that a person sees, sorted.
fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().take(LOOKED_AT).filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name()).filter(|name| !is_hidden(name));
    let mut names: Vec<String> = names.map(shown).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests;
