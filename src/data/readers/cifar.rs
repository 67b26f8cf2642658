//! The files of CIFAR-10 and CIFAR-100: <https://www.cs.toronto.edu/~kriz/cifar.html>.
//!
//! The binary version has records: the labels, then the red, green and blue planes of 32 x 32 pixels, row by row. The
//! Python version has pickled dictionaries: the same pixels as an array `data` `[n, 3072]`, the labels as a list.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::columns::RowReader;
use super::packed::missing;
use super::records::{
    self, RecordClasses, RecordFile, RecordFormat, RecordLabels, found_records, interleave,
};
use crate::data::reader::{Download, FoundImages, Reader, SourceKind, SourcePlace};
use crate::data::{DataError, LoadOptions, Split};
use crate::input::{self, StandIn, shown};
use crate::tensors::{LatinReader, PickledTable};

/// Width and height of every image.
pub(super) const SIDE: usize = 32;
/// Bytes of an image.
pub(super) const PIXELS: usize = 3 * SIDE * SIDE;
/// Bytes of an image and of what other arrays of a file may have of it, such as its labels.
const MOST_BYTES: usize = PIXELS + 64;
/// Longest name of a class, in bytes.
const LONGEST_NAME: usize = 100;
/// Largest file with the names of classes, in bytes.
const MOST_NAMES: u64 = 1 << 20;

/// Reads one of both data sets: what it is called, and how it lies in its files.
pub(super) struct CifarReader {
    /// As in [`SourceKind`].
    pub prefix: &'static str,
    /// As in [`SourceKind`].
    pub label: &'static str,
    pub downloads: &'static [Download],
    /// The usual names of its classes.
    pub classes: &'static [&'static str],
    /// Bytes before the pixels of a record, the last of which is the label.
    pub labels: usize,
    /// The key of the labels in a pickled dictionary, and of the classes' names.
    pub keys: [&'static str; 2],
    /// The most images of a file.
    pub most: usize,
    pub binary: CifarVersion,
    pub python: CifarVersion,
}

/// The names of one version's files.
pub(super) struct CifarVersion {
    /// The folder in its archive.
    pub folder: &'static str,
    pub train: &'static [&'static str],
    pub test: &'static str,
    /// The file with the classes' names.
    pub names: &'static str,
}

impl CifarVersion {
    fn files(&self, split: Split) -> &[&'static str] {
        match split {
            Split::Train => self.train,
            Split::Test => std::slice::from_ref(&self.test),
        }
    }
}

impl Reader for CifarReader {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: self.prefix,
            label: self.label,
            about: "The folder with the files of the binary or the Python version",
            place: SourcePlace::Folder,
        }
    }

    fn downloads(&self) -> &'static [Download] {
        self.downloads
    }

    /// Opens the files in a folder, or in the folder of one of the archives in it.
    fn open(&self, _: &str, path: &Path, options: &LoadOptions) -> Result<FoundImages, DataError> {
        let (dir, is_python) = self.find(path, options.split)?;
        let version = if is_python { &self.python } else { &self.binary };
        let paths = version.files(options.split).iter().map(|file| dir.join(file));
        let (files, start, labels) = if is_python {
            let (mut files, mut labels) = (Vec::new(), Vec::new());
            for path in paths {
                let (file, of_file) = self.pickled(&path)?;
                files.push(file);
                labels.extend(of_file);
            }
            (files, 0, RecordLabels::Listed(labels))
        } else {
            let open = |path: PathBuf| RecordFile::open(&path, self.labels + PIXELS, self.most);
            let (classes, place) = (self.classes.len(), self.labels - 1);
            let label = move |record: &[u8]| check(record[place].into(), classes);
            (paths.map(open).collect::<Result<_, _>>()?, self.labels, RecordLabels::Within(Box::new(label)))
        };
        let decode = Box::new(move |record: &[u8]| Ok(interleave(&record[start..])));
        let format = RecordFormat { bytes: start + PIXELS, size: [SIDE; 2], decode };
        let (names, note) = self.names(&dir.join(version.names), is_python);
        let classes = RecordClasses { labels, names, notes: note.into_iter().collect() };
        Ok(found_records(files, format, classes, Vec::new(), options))
    }
}

impl CifarReader {
    /// The folder with a split's files, and whether they are of the Python version.
    fn find(&self, path: &Path, split: Split) -> Result<(PathBuf, bool), DataError> {
        let versions = [(&self.binary, false), (&self.python, true)];
        for (version, is_python) in versions {
            for dir in [path.join(version.folder), path.to_owned()] {
                let absent = |file: &&&str| !dir.join(file).exists();
                let files = version.files(split);
                let lacking: Vec<&str> = files.iter().filter(absent).copied().collect();
                if lacking.is_empty() {
                    return Ok((dir, is_python));
                }
                if lacking.len() < files.len() {
                    return Err(missing(&dir, lacking.join(", ")));
                }
            }
        }
        let [binary, python] = [&self.binary, &self.python].map(|version| version.files(split).join(", "));
        Err(missing(path, format!("{binary} (nor {python}, as the Python version has them)")))
    }

    /// The images of a pickled batch, and their labels.
    fn pickled(&self, path: &Path) -> Result<(RecordFile, Vec<u16>), DataError> {
        let damaged = |why: String| DataError::damaged(path, why);
        let (_, length) = input::open(path).map_err(|error| DataError::read(path, error))?;
        if length == 0 {
            return Err(DataError::StandIn { path: path.into(), what: StandIn::Empty });
        }
        let of_file = |error| DataError::of_file(path, error);
        let table = PickledTable::read(&mut records::open(path)?, (self.most * MOST_BYTES) as u64)
            .map_err(of_file)?;
        let array = table.bytes("data").map_err(of_file)?;
        let array = array.ok_or_else(|| damaged(format!("it has no key \"data\", but {}", table.keys())))?;
        let [count, PIXELS] = array.shape[..] else {
            let shape = &array.shape;
            return Err(damaged(format!("its data has the shape {shape:?}, and images are [n, {PIXELS}]")));
        };
        if count == 0 || count > self.most {
            return Err(damaged(format!("it holds {count} images where 1 to {} belong", self.most)));
        }
        let [key, _] = self.keys;
        let labels = table.whole_numbers(key, self.most, &mut records::open(path)?).map_err(of_file)?;
        let labels = labels.ok_or_else(|| damaged(format!("it has no key {key:?}, but {}", table.keys())))?;
        if labels.len() != count {
            return Err(damaged(format!("it holds {} labels for {count} images", labels.len())));
        }
        let labels = labels.into_iter().map(|label| check(label, self.classes.len()));
        let labels = labels.collect::<Result<_, _>>().map_err(damaged)?;
        let mut reader = records::open(path)?;
        reader.seek(SeekFrom::Start(array.start)).map_err(|error| DataError::read(path, error))?;
        let reader: Box<dyn Read> =
            if array.is_text { Box::new(LatinReader::new(reader)) } else { Box::new(reader) };
        let reader: Box<dyn Read> =
            if array.by_columns { Box::new(RowReader::new(path, reader, &array.shape, 1)?) } else { reader };
        Ok((RecordFile::new(path, count, reader, false), labels))
    }

    /// The classes' names from their file; where there is none the usual ones, and a note where it cannot be used.
    fn names(&self, path: &Path, is_python: bool) -> (Vec<String>, Option<String>) {
        let usual = || self.classes.iter().map(|&name| name.to_owned()).collect();
        if !path.exists() {
            return (usual(), None);
        }
        match self.read_names(path, is_python) {
            Ok(names) => (names, None),
            Err(why) => {
                let path = shown(path);
                (usual(), Some(format!("{path} is not used ({why}): the classes have their usual names")))
            }
        }
    }

    fn read_names(&self, path: &Path, is_python: bool) -> Result<Vec<String>, String> {
        let names: Vec<String> = if is_python {
            let bytes = input::read(path, MOST_NAMES).map_err(|error| error.to_string())?;
            if bytes.is_empty() {
                return Err("it is empty".to_owned());
            }
            let [_, key] = self.keys;
            let table = PickledTable::read(&mut &bytes[..], MOST_NAMES);
            let names = table.and_then(|table| table.texts(key)).map_err(|error| error.to_string())?;
            names.ok_or_else(|| format!("it has no key {key:?}"))?
        } else {
            let text = input::read_text(path).map_err(|error| error.to_string())?;
            text.lines().map(|line| line.trim().to_owned()).filter(|name| !name.is_empty()).collect()
        };
        if names.len() != self.classes.len() {
            return Err(format!("it has {} names for {} classes", names.len(), self.classes.len()));
        }
        let plain = |name: &String| name.len() <= LONGEST_NAME && !name.chars().any(char::is_control);
        if names.iter().all(plain) { Ok(names) } else { Err("its names are no plain texts".to_owned()) }
    }
}

/// A label that has a class.
fn check(label: i64, classes: usize) -> Result<u16, String> {
    let fits = u16::try_from(label).ok().filter(|&label| usize::from(label) < classes);
    fits.ok_or_else(|| format!("a record has the label {label}, which is not below {classes}"))
}

#[cfg(test)]
mod tests;
