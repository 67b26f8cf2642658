//! What every reader of images can do.

use std::path::{Path, PathBuf};

use super::decode::{Decoded, decode, decode_small};
use super::{DataError, LoadOptions, Skipped};

/// What stands behind a reader's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourcePlace {
    /// Nothing: the program draws the pictures itself.
    Drawn,
    /// A folder.
    Folder,
    /// A file, whose name ends with one of these.
    File(&'static [&'static str]),
}

/// A kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceKind {
    /// What the user writes before the colon, such as `cifar10`, or instead of everything where the place is
    /// [`SourcePlace::Drawn`]. Empty for a folder of images, whose path stands alone.
    pub prefix: &'static str,
    /// The name in the window's form.
    pub label: &'static str,
    /// What is read, as a phrase for help and tooltips.
    pub about: &'static str,
    /// What stands behind the prefix.
    pub place: SourcePlace,
}

impl SourceKind {
    /// How such a source is written, such as `cifar10:DIR`; for a folder of images, in words.
    pub fn form(&self) -> String {
        match (self.place, self.prefix) {
            (SourcePlace::Drawn, prefix) => prefix.to_owned(),
            (SourcePlace::Folder, "") => "a folder".to_owned(),
            (SourcePlace::Folder, prefix) => format!("{prefix}:DIR"),
            (SourcePlace::File(_), prefix) => format!("{prefix}:FILE"),
        }
    }
}

/// What reads images of one [`SourceKind`]. It is a file in `data/readers/` and a line in
/// [`READERS`](super::readers::READERS); the text form of a source, its errors, the help of the command line
/// and the window's form follow from what it says of itself.
pub trait Reader: Sync {
    /// What it is called and what it reads.
    fn kind(&self) -> SourceKind;

    /// Finds the images at `path`, which are handed out in their own size afterwards; `name` is the source's text
    /// form.
    ///
    /// # Errors
    /// If one of the files is missing, or what it declares is damaged or beyond the limits.
    fn open(&self, name: &str, path: &Path, options: &LoadOptions) -> Result<FoundImages, DataError>;

    /// Public data sets of this kind that can be downloaded.
    fn downloads(&self) -> &'static [Download] {
        &[]
    }
}

/// The images of a source before they are read.
pub struct FoundImages {
    /// Images, or in a folder files, that the source holds.
    pub(super) found: usize,
    /// How many of them are handed out: all, or as many as the limit chooses.
    pub(super) count: usize,
    /// Whether each of these can be used, unless the source is damaged, so that their memory is known before.
    pub(super) all_usable: bool,
    /// What is left out.
    pub(super) skipped: Vec<Skipped>,
    /// What else a person should know, a sentence each.
    pub(super) notes: Vec<String>,
    pub(super) images: Box<dyn OwnImages>,
}

/// Images in their own size, one after the other. Nothing is read before it is asked for, and none is held.
pub(super) trait OwnImages: Iterator<Item = Result<UndecodedImage, DataError>> {
    /// Whether others follow in place of those that were handed out and cannot be used; all but the `used` ones, which
    /// are numbers as in [`labels`](OwnImages::labels).
    fn hand_out_more(&mut self, _used: &[usize]) -> bool {
        false
    }

    /// Looks for files that cannot be read, before anything is computed of them.
    ///
    /// # Errors
    /// If there are some, with their number and the first of them.
    fn check(&self) -> Result<(), DataError> {
        Ok(())
    }

    /// The labels of those that are `used`, which are numbers in the order in which all were handed out.
    fn labels(self: Box<Self>, used: &[usize]) -> ImageLabels;
}

/// The labels of images.
#[derive(Default)]
pub(super) struct ImageLabels {
    /// One index into the classes for each image; none where they have no labels.
    pub labels: Option<Vec<u16>>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// What a person should know of them, a sentence each.
    pub notes: Vec<String>,
    /// What is left out for the sake of the classes.
    pub skipped: Vec<Skipped>,
}

/// An image that is decoded by the thread that needs its pixels.
pub(super) enum UndecodedImage {
    /// A file, which may turn out to be no picture.
    File(PathBuf),
    /// Another image.
    Data {
        /// Bytes that it takes until it is decoded.
        bytes: usize,
        decode: Box<dyn Fn() -> Result<Decoded, DataError> + Send + Sync>,
    },
}

impl UndecodedImage {
    /// Decodes it over `background` and has `then` use it, large files one at a time. Inside, a file that is no
    /// picture.
    ///
    /// # Errors
    /// If its source is damaged.
    pub fn decode<T>(
        &self,
        background: [u8; 3],
        then: impl FnOnce(Decoded) -> T,
    ) -> Result<Result<T, Skipped>, DataError> {
        match self {
            Self::File(path) => Ok(decode(path, background, then).map_err(|cause| Skipped::new(path, cause))),
            Self::Data { decode, .. } => Ok(Ok(then(decode()?))),
        }
    }

    /// Decodes it over `background`, unless it is a large file: then there is nothing yet.
    ///
    /// # Errors
    /// If it is no picture, or its source is damaged.
    pub fn decode_small(&self, background: [u8; 3]) -> Result<Option<Decoded>, DataError> {
        match self {
            Self::File(path) => {
                decode_small(path, background).map_err(|cause| not_an_image(Skipped::new(path, cause)))
            }
            Self::Data { decode, .. } => decode().map(Some),
        }
    }
}

/// The error of a file where none may be left out.
pub(super) fn not_an_image(file: Skipped) -> DataError {
    DataError::NotAnImage { path: file.path, why: file.reason }
}

/// A public data set that can be downloaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Download {
    /// What `autogan data fetch` calls it.
    pub name: &'static str,
    /// What it holds and how large it is, as a phrase.
    pub about: &'static str,
    /// Its files.
    pub files: &'static [RemoteFile],
}

/// A file of a public data set.
#[derive(Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// The address up to the file's name.
    pub base: &'static str,
    /// The file's name.
    pub file: &'static str,
    /// A number of bytes that it has less than, so that no server fills the disk.
    pub most: u64,
    /// The MD5 sum that its publisher gives.
    pub md5: &'static str,
    /// Names and sizes of what to take out of it; an empty list keeps the file as it is.
    pub members: &'static [(&'static str, u64)],
}
