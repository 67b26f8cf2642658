//! Naming a source of images, and loading it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::load::load_set;
use super::reader::{FoundImages, Reader, SourceKind, SourcePlace};
use super::readers::{FOLDER, READERS, TOYS, explain, forms, refuse};
use super::{DataConfig, DataError, LoadOptions, Loaded, SIDES, Split, Stream};
use crate::arch::words::quoted;

/// Where images come from: a [`Reader`] and the path that it reads. Its text form is what the user writes:
/// the reader's prefix, a colon and the path, or for a folder of images the path alone.
///
/// ```
/// use autogan::data::{DataError, Source};
///
/// let cifar: Source = "cifar10:images/cifar".parse()?;
/// assert_eq!(cifar.path(), std::path::Path::new("images/cifar"));
/// assert_eq!("toys".parse::<Source>()?, Source::toys());
/// // A folder that is called like another source.
/// assert_eq!(Source::folder("toys").to_string(), "./toys");
/// assert!(matches!("cifar11:x".parse::<Source>(), Err(DataError::UnknownSource { .. })));
/// # Ok::<(), DataError>(())
/// ```
#[derive(Clone)]
pub struct Source {
    reader: &'static dyn Reader,
    path: PathBuf,
}

impl Source {
    /// The built-in pictures.
    pub fn toys() -> Self {
        Self { reader: TOYS, path: PathBuf::new() }
    }

    /// Image files in a folder and its sub-folders.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self { reader: FOLDER, path: path.into() }
    }

    /// What `reader` finds at `path`.
    pub fn new(reader: &'static dyn Reader, path: impl Into<PathBuf>) -> Self {
        Self { reader, path: path.into() }
    }

    /// The reader and the path that a text names, which may be empty as while it is typed. `None` where the
    /// text has a prefix that no reader has.
    pub fn split(text: &str) -> Option<(&'static dyn Reader, &str)> {
        let reader = |prefix: &str, drawn: bool| {
            let mut readers = READERS.iter().map(|&reader| (reader, reader.kind()));
            readers.find(|(_, kind)| kind.prefix == prefix && (kind.place == SourcePlace::Drawn) == drawn)
        };
        if let Some((reader, _)) = reader(text, true) {
            return Some((reader, ""));
        }
        match text.split_once(':') {
            // One letter before a colon is a Windows drive; other marks belong to a path.
            Some((prefix, path)) if prefix.len() > 1 && prefix.chars().all(|c| c.is_ascii_alphanumeric()) => {
                reader(prefix, false).map(|(reader, _)| (reader, path))
            }
            _ => Some((FOLDER, text)),
        }
    }

    /// The text that names what `reader` finds at `path`.
    pub fn text(reader: &dyn Reader, path: &str) -> String {
        match (reader.kind().place, reader.kind().prefix) {
            (SourcePlace::Drawn, prefix) => prefix.to_owned(),
            (_, "") => path.to_owned(),
            (_, prefix) => format!("{prefix}:{path}"),
        }
    }

    /// What reads it.
    pub fn reader(&self) -> &'static dyn Reader {
        self.reader
    }

    /// The folder or file; empty where the reader draws its pictures itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the images in their own sizes, to be read some at a time.
    ///
    /// # Errors
    /// If there is no such source, or nothing in it.
    pub fn stream(&self, split: Split) -> Result<Stream, DataError> {
        // They are brought to no side.
        let options = DataConfig::default().options(*SIDES.start(), split);
        let new = |name, images| Stream::new(name, &self.path, images);
        self.read(&LoadOptions { is_scored: true, ..options }, new)
    }

    /// Has `then` read its images under its name, unless it is an archive or its folder holds archives only: then the
    /// error says how to unpack one.
    fn read<T>(
        &self,
        options: &LoadOptions,
        then: impl FnOnce(String, FoundImages) -> Result<T, DataError>,
    ) -> Result<T, DataError> {
        let text = |path: &Path| Self::new(self.reader, path).to_string();
        refuse(&self.path, self.reader.kind().place, text).map_err(|error| match error {
            DataError::NotAFolder(path) => {
                self.file_of_another(options).unwrap_or(DataError::NotAFolder(path))
            }
            error => error,
        })?;
        let name = self.to_string();
        let opened = self.reader.open(&name, &self.path, options);
        let read = opened.and_then(|images| then(name, images));
        read.map_err(|error| match explain(&self.path, text, error) {
            DataError::Missing(path) if self.reader.kind().prefix.is_empty() => match form_of(&path) {
                Some(form) => DataError::NamedSet { path, form },
                None => DataError::Missing(path),
            },
            error @ DataError::NoImages { .. } => {
                self.set_in(&self.path, "a folder with", options).unwrap_or(error)
            }
            error => error,
        })
    }

    /// That its path is a file in a folder with a data set of another reader, where that is so.
    fn file_of_another(&self, options: &LoadOptions) -> Option<DataError> {
        let dir = self.path.parent()?;
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        self.set_in(dir, "a file in a folder with", options)
    }

    /// That its path is `what` the files of a data set of another reader, which is in the folder `dir`, where that is
    /// so.
    fn set_in(&self, dir: &Path, what: &str, options: &LoadOptions) -> Option<DataError> {
        let found = |reader: &&'static dyn Reader| {
            let SourceKind { place, prefix, label, .. } = reader.kind();
            if place != SourcePlace::Folder || prefix.is_empty() {
                return None;
            }
            match reader.open("", dir, options) {
                Ok(_) => {
                    let source_text = quoted(&Self::new(*reader, dir).to_string());
                    let what = format!("{what} the files of {label}");
                    Some(DataError::OtherSource { path: self.path.clone(), what, source_text })
                }
                // It says how each is named.
                Err(error @ DataError::SeveralSets { .. }) => Some(error),
                Err(_) => None,
            }
        };
        READERS.iter().find_map(found)
    }
}

/// How the source of a public data set is written that is called so.
fn form_of(name: &Path) -> Option<String> {
    let name = name.file_name()?.to_str()?.to_lowercase().replace(['-', '_'], "");
    let prefix = if name.ends_with("mnist") { "idx" } else { &*name };
    let is_meant = |kind: &SourceKind| !prefix.is_empty() && kind.prefix == prefix;
    READERS.iter().map(|reader| reader.kind()).find(is_meant).map(|kind| kind.form())
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.reader.kind().prefix == other.reader.kind().prefix && self.path == other.path
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({self})")
    }
}

impl FromStr for Source {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let unknown = || DataError::UnknownSource { text: text.into(), forms: forms() };
        let (reader, path) = Self::split(text).ok_or_else(unknown)?;
        if path.trim().is_empty() && reader.kind().place != SourcePlace::Drawn {
            return Err(unknown());
        }
        Ok(Self::new(reader, path))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Self::text(self.reader, &self.path.display().to_string());
        // A folder that is called like another source keeps its meaning.
        let same = |(reader, _): (&dyn Reader, &str)| reader.kind().prefix == self.reader.kind().prefix;
        if !Self::split(&text).is_some_and(same) {
            f.write_str("./")?;
        }
        f.write_str(&text)
    }
}

/// Loads a source: square RGB images of `options.side`, in an order that depends on nothing but the
/// source and the options.
///
/// # Errors
/// Any [`DataError`] but those of batches and downloads: a missing or damaged source, one without
/// images, a split it does not have, a side outside [`SIDES`], a limit of 0.
///
/// ```
/// use autogan::data::{DataConfig, Source, Split, load};
///
/// let config = DataConfig { limit: Some(20), ..DataConfig::default() };
/// let loaded = load(&Source::toys(), &config.options(16, Split::Train))?;
/// assert_eq!((loaded.set.len(), loaded.set.side(), loaded.set.classes().len()), (20, 16, 10));
/// assert!(loaded.report.skipped.is_empty());
/// // As networks take them: `[2, 3, 16, 16]`, from -1 to 1.
/// let batch = loaded.set.batch_f32(&[0, 19]);
/// assert!(batch.len() == 2 * 3 * 16 * 16 && batch.iter().all(|value| value.abs() <= 1.0));
/// # Ok::<(), autogan::data::DataError>(())
/// ```
pub fn load(source: &Source, options: &LoadOptions) -> Result<Loaded, DataError> {
    if !SIDES.contains(&options.side) {
        return Err(DataError::Side(options.side));
    }
    if options.limit == Some(0) {
        return Err(DataError::EmptyLimit);
    }
    source.read(options, |name, images| load_set(name, &source.path, images, options))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::DataConfig;

    #[test]
    fn every_text_form_goes_there_and_back() {
        for (text, prefix, path) in [
            ("toys", "toys", ""),
            ("pictures/cats", "", "pictures/cats"),
            ("C:\\pictures", "", "C:\\pictures"),
            ("./a:b", "", "./a:b"),
            ("cifar10:/data/c", "cifar10", "/data/c"),
            ("stl10:C:\\s", "stl10", "C:\\s"),
            ("idx:fashion", "idx", "fashion"),
        ] {
            let source = text.parse::<Source>().unwrap();
            assert_eq!((source.reader().kind().prefix, source.path()), (prefix, Path::new(path)));
            assert_eq!(source.to_string(), text);
        }
        let folder = Source::folder("toys");
        assert_eq!(folder.to_string(), "./toys");
        assert_eq!("./toys".parse::<Source>().unwrap(), Source::folder("./toys"));
    }

    #[test]
    fn a_text_that_is_being_typed_has_a_reader() {
        let split = |text| Source::split(text).map(|(reader, path)| (reader.kind().prefix, path));
        assert_eq!(split(""), Some(("", "")));
        assert_eq!(split("idx:"), Some(("idx", "")));
        assert_eq!(split("idx"), Some(("", "idx")));
        assert_eq!(split("toys:x"), None);
    }

    #[test]
    fn anything_else_is_refused_with_what_is_allowed() {
        for text in ["", "  ", "mnist:dir", "cifar10:", "imagenet:x"] {
            let error = text.parse::<Source>().unwrap_err().to_string();
            assert!(error.contains("`idx:DIR`") && error.contains("`toys`"), "{error}");
        }
    }

    #[test]
    fn a_data_set_that_is_only_named_says_how_it_is_written() {
        for (name, form) in [
            ("mnist-that-is-nowhere", None),
            ("no/MNIST", Some("idx:DIR")),
            ("data/cifar100", Some("cifar100:DIR")),
            ("Fashion-MNIST", Some("idx:DIR")),
            ("cifar-10", Some("cifar10:DIR")),
            ("STL10", Some("stl10:DIR")),
            ("numpy", Some("numpy:FILE")),
            ("", None),
            ("pets", None),
        ] {
            assert_eq!(form_of(Path::new(name)).as_deref(), form, "{name}");
        }
        let error = Source::folder("Fashion-MNIST").stream(Split::Train).err().unwrap().to_string();
        let expected = "there is no folder Fashion-MNIST; that data set is written as `idx:DIR`";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn impossible_options_are_refused() {
        let config = DataConfig::default();
        let toys = Source::toys();
        assert!(matches!(load(&toys, &config.options(7, Split::Train)), Err(DataError::Side(7))));
        assert!(matches!(load(&toys, &config.options(512, Split::Train)), Err(DataError::Side(512))));
        let none = DataConfig { limit: Some(0), ..config };
        assert!(matches!(load(&toys, &none.options(8, Split::Train)), Err(DataError::EmptyLimit)));
    }
}
