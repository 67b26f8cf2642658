//! What a person names instead of a data set's folder, and what a folder has instead of its files. Archives are not
//! unpacked here; the error of a source that is one says how.

use std::path::{Path, PathBuf};

use crate::arch::words::quoted;
use crate::data::DataError;
use crate::data::decode::is_hidden;
use crate::data::reader::SourcePlace;
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
    if place == SourcePlace::Drawn || !path.is_file() {
        return Ok(());
    }
    if let Ok(Some(what)) = StandIn::at(path) {
        return Err(DataError::StandIn { path: path.into(), what });
    }
    let has_ending = |endings: &[&str]| {
        path.extension().is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)))
    };
    let packer = match place {
        // Both kinds are zip files, too.
        SourcePlace::Folder if has_ending(NUMPY) || starts_with(path, NUMPY_BEGINNING) => {
            return Err(numpy(path, "a file of NumPy's".to_owned()));
        }
        SourcePlace::Folder if has_ending(WEIGHTS) || is_checkpoint(path) => {
            return Err(DataError::Weights(path.into()));
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
            Err(packed(path, packer, &folder, make, text(&unpacked)))
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
    match archives.first() {
        Some((archive, packer)) if !alone || archives.len() == names.len() => {
            packed(archive, *packer, path, None, text(path))
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

fn packed(archive: &Path, packer: Packer, to: &Path, make: Option<&Path>, unpacked: String) -> DataError {
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{DataConfig, Source, Split, load};
    use std::fs;

    fn refusal(source: &str) -> String {
        let source: Source = source.parse().unwrap();
        let loaded = load(&source, &DataConfig::default().options(8, Split::Train)).unwrap_err().to_string();
        // Scoring says the same.
        assert_eq!(source.stream(Split::Train).err().unwrap().to_string(), loaded);
        loaded
    }

    #[test]
    fn a_source_that_is_an_archive_says_how_to_unpack_it() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display().to_string();
        let zip = if cfg!(windows) {
            format!("run `Expand-Archive -Path {at}/a.zip -DestinationPath {at}/a`")
        } else {
            format!("run `unzip {at}/a.zip -d {at}/a`")
        };
        for (prefix, name, how, folder) in [
            ("", "a.zip", zip.clone(), "a"),
            ("idx:", "a.zip", zip, "a"),
            (
                "cifar10:",
                "c.tar.gz",
                format!("make the folder {at}/c, run `tar -xf {at}/c.tar.gz -C {at}/c`"),
                "c",
            ),
            ("stl10:", "s.TGZ", format!("make the folder {at}/s, run `tar -xf {at}/s.TGZ -C {at}/s`"), "s"),
            (
                "cifar100:",
                "d.tar",
                format!("make the folder {at}/d, run `tar -xf {at}/d.tar -C {at}/d`"),
                "d",
            ),
            ("idx:", "e.7z", format!("run `7z x {at}/e.7z -o{at}/e`"), "e"),
            ("", "f.rar", format!("run `unrar x {at}/f.rar {at}/f{}`", std::path::MAIN_SEPARATOR), "f"),
            (
                "numpy:",
                "g.tar.xz",
                format!("make the folder {at}/g, run `tar -xf {at}/g.tar.xz -C {at}/g`"),
                "g/FILE",
            ),
        ] {
            fs::write(dir.path().join(name), "x").unwrap();
            let refusal = refusal(&format!("{prefix}{at}/{name}"));
            let expected = format!(
                "{at}/{name} is an archive, and images are read unpacked; {how}, then write `{prefix}{at}/{folder}`"
            );
            assert_eq!(refusal, expected);
        }
        // By its content, whatever it is called.
        fs::write(dir.path().join("download"), b"PK\x03\x04more").unwrap();
        let refusal = refusal(&format!("{at}/download"));
        assert!(refusal.contains(&format!("then write `{at}/download-unpacked`")), "{refusal}");
    }

    #[test]
    fn an_archive_in_a_folder_explains_what_the_folder_lacks() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display().to_string();
        fs::write(dir.path().join("cifar-10-python.tar.gz"), "x").unwrap();
        for prefix in ["", "cifar10:", "cifar100:", "stl10:", "idx:"] {
            let refusal = refusal(&format!("{prefix}{at}"));
            let expected =
                format!("run `tar -xf {at}/cifar-10-python.tar.gz -C {at}`, then write `{prefix}{at}`");
            assert!(refusal.ends_with(&expected), "{refusal}");
        }
        // Beside something else it explains a missing data set, and no folder without pictures.
        fs::write(dir.path().join("broken.png"), "x").unwrap();
        assert!(refusal(&format!("cifar10:{at}")).contains("tar -xf"));
        let alone =
            load(&Source::folder(dir.path()), &DataConfig::default().options(8, Split::Train)).unwrap_err();
        assert!(alone.to_string().contains("no usable image"), "{alone}");
    }

    #[test]
    fn what_a_folder_has_instead_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display().to_string();
        let message = |dir: &Path| missing(dir, "a or b").to_string();
        assert!(
            message(dir.path()).starts_with(&format!("there is no a or b in {at}, which holds nothing; "))
        );
        for number in 0..10 {
            fs::write(dir.path().join(format!("{number}.txt")), "x").unwrap();
        }
        fs::write(dir.path().join(".hidden"), "").unwrap();
        let there = "0.txt, 1.txt, 2.txt, 3.txt, 4.txt, 5.txt, 6.txt, 7.txt and 2 more; ";
        assert!(message(dir.path()).contains(there), "{}", message(dir.path()));
        let gone = dir.path().join("gone");
        assert!(matches!(missing(&gone, "a"), DataError::Missing(path) if path == gone));
        // A file of the data set instead of its folder.
        let refusal = refusal(&format!("idx:{at}/0.txt"));
        assert!(refusal.contains("0.txt is a file, not a folder"), "{refusal}");
    }

    #[test]
    fn a_file_or_folder_of_another_kind_says_what_to_write() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display().to_string();
        for name in ["a.npz", "b.NPY"] {
            fs::write(dir.path().join(name), "PK\x03\x04").unwrap();
            let expected = format!("{at}/{name} is a file of NumPy's; write `numpy:{at}/{name}`");
            assert_eq!(refusal(&format!("{at}/{name}")), expected);
            assert_eq!(refusal(&format!("idx:{at}/{name}")), expected);
            fs::remove_file(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("array"), b"\x93NUMPY\x01\0").unwrap();
        assert!(refusal(&format!("{at}/array")).ends_with(&format!("; write `numpy:{at}/array`")));
        for name in ["plain.pth", "a.ckpt", "a.safetensors", "best.pth.tar"] {
            fs::write(dir.path().join(name), b"PK\x03\x04").unwrap();
            let expected = format!(
                "{at}/{name} is a file of weights, not images; name the folder that holds the images"
            );
            assert_eq!(refusal(&format!("{at}/{name}")), expected);
        }
        // A page that was saved as an archive cannot be unpacked.
        fs::write(dir.path().join("page.zip"), "<!DOCTYPE html>").unwrap();
        let page = refusal(&format!("{at}/page.zip"));
        assert_eq!(
            page,
            format!("{at}/page.zip is a web page, not the file itself; download the file itself")
        );
        // Folders.
        let folder = |name: &str, file: &str, content: &[u8]| {
            fs::create_dir_all(dir.path().join(name)).unwrap();
            fs::write(dir.path().join(name).join(file), content).unwrap();
            refusal(&format!("{at}/{name}"))
        };
        let idx = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2][..], &[7; 4]].concat();
        let expected = format!("{at}/m is a folder with the files of IDX; write `idx:{at}/m`");
        assert_eq!(folder("m", "train-images-idx3-ubyte", &idx), expected);
        let expected = format!("{at}/s is a folder with the files of STL-10; write `stl10:{at}/s`");
        assert_eq!(folder("s", "unlabeled_X.bin", &[0; 27_648]), expected);
        let expected = format!(
            "{at}/n/x.npz is a file of NumPy's, and its folder has no pictures; write `numpy:{at}/n/x.npz`"
        );
        assert_eq!(folder("n", "x.npz", b"PK"), expected);
    }
}
