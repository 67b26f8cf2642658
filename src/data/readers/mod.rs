//! The readers of images, one file each. A new one is such a file, and a module and a line in [`READERS`].

mod cifar;
mod cifar10;
mod cifar100;
mod columns;
mod folder;
mod folder_parts;
mod idx;
mod layout;
mod numpy;
mod packed;
mod records;
mod stl10;
mod toys;
mod walk;

pub use packed::is_archive;
pub(super) use packed::{explain, refuse};

use super::reader::{Reader, SourceKind};

/// All of them, in the order in which help and the window list them.
///
/// ```
/// let forms: Vec<String> = autogan::data::READERS.iter().map(|reader| reader.kind().form()).collect();
/// assert_eq!(forms[..2], ["toys", "a folder"]);
/// assert_eq!(forms[2..], ["cifar10:DIR", "cifar100:DIR", "stl10:DIR", "idx:DIR", "numpy:FILE"]);
/// ```
pub const READERS: &[&dyn Reader] =
    &[TOYS, FOLDER, &cifar10::CIFAR10, &cifar100::CIFAR100, &stl10::Stl10, &idx::Idx, &numpy::Numpy];

/// The built-in pictures, which a run learns from unless it is given others.
pub(super) const TOYS: &dyn Reader = &toys::Toys;
/// A folder of image files: what a text without a prefix names.
pub(super) const FOLDER: &dyn Reader = &folder::Folder;

/// How a source is written with each of them, as a part of a sentence: `toys`, a folder of images, ….
pub(super) fn forms() -> String {
    let form = |kind: SourceKind| match kind.prefix {
        "" => "a folder of images".to_owned(),
        _ => format!("`{}`", kind.form()),
    };
    let forms: Vec<String> = READERS.iter().map(|reader| form(reader.kind())).collect();
    match forms.split_last() {
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reader_has_a_prefix_of_its_own_and_says_what_it_reads() {
        let prefixes: BTreeSet<&str> = READERS.iter().map(|reader| reader.kind().prefix).collect();
        assert_eq!(prefixes.len(), READERS.len());
        for reader in READERS {
            let plain = reader.kind().prefix.chars().all(|c| c.is_ascii_alphanumeric());
            assert!(
                plain && reader.kind().prefix.len() != 1,
                "one letter is a drive: {}",
                reader.kind().prefix
            );
            assert!(
                !reader.kind().label.is_empty() && !reader.kind().about.is_empty(),
                "{}",
                reader.kind().prefix
            );
            for download in reader.downloads() {
                assert!(!download.files.is_empty() && !download.about.is_empty(), "{}", download.name);
            }
        }
        assert!(forms().starts_with("`toys`, a folder of images, `cifar10:DIR`"), "{}", forms());
    }
}
