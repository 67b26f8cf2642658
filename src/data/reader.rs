//! What every reader of images can do.

use std::path::Path;

use super::limits::SIDES;
use super::options::{DataConfig, LoadOptions, Loaded};
use super::stream::OwnSizes;
use super::{DataError, Split, Stream};

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

/// What loads images of one [`SourceKind`]. It is a file in `data/readers/` and a line in
/// [`READERS`](super::readers::READERS); the text form of a source, its errors, the help of the command line
/// and the window's form follow from what it says of itself.
pub trait Reader: Sync {
    /// What it is called and what it reads.
    fn kind(&self) -> SourceKind;

    /// Loads the images at `path` as square RGB images of `options.side`; `name` is the source's text form.
    ///
    /// # Errors
    /// If there are none, or one of the files is missing or damaged.
    fn load(&self, name: String, path: &Path, options: &LoadOptions) -> Result<Loaded, DataError>;

    /// Opens the images at `path` in their own sizes. Unless a reader does better, all are held in memory.
    ///
    /// # Errors
    /// As [`load`](Reader::load).
    fn stream(&self, name: String, path: &Path, split: Split) -> Result<Stream, DataError> {
        let own = OwnSizes::default();
        // What is brought to a side is not looked at.
        let options = DataConfig::default().options(*SIDES.start(), split);
        let Loaded { report, .. } = self.load(name, path, &LoadOptions { own: Some(&own), ..options })?;
        Ok(Stream::of_images(report.counts(), own))
    }

    /// Public data sets of this kind that can be downloaded.
    fn downloads(&self) -> &'static [Download] {
        &[]
    }
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
