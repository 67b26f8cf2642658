//! What can go wrong between a source of images and a batch.

use std::io;
use std::path::{Path, PathBuf};

use crate::input::{StandIn, shown};
use crate::tensors::TensorsError;

/// Why images could not be loaded, downloaded or batched. Every message is one sentence that says
/// what happened, where, and what to do next.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The text names no source.
    #[error("{}; write {forms}", no_source(text))]
    UnknownSource {
        /// The text.
        text: String,
        /// How sources are written, as a part of a sentence.
        forms: String,
    },
    /// The text names no data set that can be downloaded.
    #[error("`{text}` cannot be downloaded; name one of {names}")]
    UnknownDataset {
        /// The text.
        text: String,
        /// The data sets, as a part of a sentence.
        names: String,
    },
    /// The folder or file is not there.
    #[error("there is no {}; check the path, or see `autogan data check --help` for what else a source can be", shown(.0))]
    Missing(PathBuf),
    /// A public data set was named in place of a folder with its files.
    #[error("there is no folder {}; that data set is written as `{form}`, with the folder of its files, and `autogan data fetch` lists those that it brings", shown(.path))]
    NamedSet {
        /// What was named.
        path: PathBuf,
        /// How its source is written.
        form: String,
    },
    /// A data set's folder lacks one of its files.
    #[error("there is no {}; get the data set with `autogan data fetch` or name its folder", shown(.0))]
    MissingFile(PathBuf),
    /// A data set's folder holds other files than its own.
    #[error("there is no {expected} in {}, which holds {there}; get the data set with `autogan data fetch` or name its folder", shown(.dir))]
    MissingFiles {
        /// The folder.
        dir: PathBuf,
        /// What belongs there, as a part of a sentence.
        expected: String,
        /// What is there instead, as a part of a sentence.
        there: String,
    },
    /// A folder holds several data sets of one kind.
    #[error("{} holds {names}; name one of them, as in {example}", shown(.dir))]
    SeveralSets {
        /// The folder.
        dir: PathBuf,
        /// The data sets, as a part of a sentence.
        names: String,
        /// How one of them is named.
        example: String,
    },
    /// The source is an archive, or its folder holds archives only.
    #[error("{} is an archive, and images are read unpacked; {how}, then write `{unpacked}`", shown(.path))]
    Packed {
        /// The archive.
        path: PathBuf,
        /// How it is unpacked on this system, as a part of a sentence.
        how: String,
        /// The source to write then.
        unpacked: String,
    },
    /// A folder was expected.
    #[error("{} is a file, not a folder; name the folder that holds the images", shown(.0))]
    NotAFolder(PathBuf),
    /// The operating system refused to read.
    #[error("cannot read {}: {source}; check that you may read it", shown(.path))]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system refused to write.
    #[error("cannot write {}: {source}; check that the disk has space and that you may write there", shown(.path))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The folder holds no image that could be used.
    #[error("no usable image in {}: {why}; put files in one of the formats {formats} there", shown(.path), formats = super::reason::FORMATS)]
    NoImages {
        /// The folder.
        path: PathBuf,
        /// What was found instead.
        why: String,
    },
    /// A file among images is none.
    #[error(
        "{} cannot be read as an image ({why}); take it out of the folder, since to leave it out would change what is measured",
        shown(.path)
    )]
    NotAnImage {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Several files among images are none.
    #[error(
        "{count} of {found} files cannot be read as images, the first of them {} ({why}); take them out of the folder, \
         since to leave them out would change what is measured",
        shown(.path)
    )]
    NotImages {
        /// How many.
        count: usize,
        /// Of how many.
        found: usize,
        /// The first of them.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A data set's file is truncated, too long or not of the format at all.
    #[error("{} is damaged: {why}; {}", shown(.path), again(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A whole file holds something that is not read.
    #[error("{} cannot be used: {why}", shown(.path))]
    Unread {
        /// The file.
        path: PathBuf,
        /// What it holds and what to do, as the end of a sentence.
        why: String,
    },
    /// Something else lies in a file's place.
    #[error("{} is {}", shown(.path), .what.words())]
    StandIn {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: StandIn,
    },
    /// The file or folder is read by another reader.
    #[error("{} is {what}; write `{source_text}`", shown(.path))]
    OtherSource {
        /// The file or folder.
        path: PathBuf,
        /// What it is.
        what: String,
        /// The source to write.
        source_text: String,
    },
    /// A file of weights was named in place of images.
    #[error("{} is a file of weights, not images; name the folder that holds the images", shown(.0))]
    Weights(PathBuf),
    /// The source has no such split.
    #[error("{0} has no test split; use its training images or hold some of them out")]
    NoTestSplit(String),
    /// The side is outside the range that a generator can have.
    #[error("images of side {0} are not possible; choose a side from 8 to 256")]
    Side(usize),
    /// Pixels, labels and classes do not fit each other.
    #[error(
        "the image set `{name}` is inconsistent: {why}; this is an error in the loader, please report it"
    )]
    Inconsistent {
        /// The set's name.
        name: String,
        /// What does not fit.
        why: String,
    },
    /// Zero or too many toys were asked for.
    #[error("toys_count = {0} is not possible; choose 1 to {max}", max = super::limits::MAX_TOYS)]
    ToysCount(usize),
    /// Zero images were asked for.
    #[error("a limit of 0 images leaves nothing to train on; set a limit of at least 1 or none")]
    EmptyLimit,
    /// The images take more memory than there is.
    #[error(
        "{images} images of {side} px would take {bytes} bytes and this machine has {memory} bytes of memory; set data.limit to fewer images or choose a smaller side"
    )]
    TooLarge {
        /// How many images, or at least how many.
        images: usize,
        /// Their side in pixels.
        side: usize,
        /// Bytes that they take.
        bytes: u64,
        /// Bytes that there are.
        memory: u64,
    },
    /// A folder holds more than any set of images does.
    #[error("{} holds over {limit} files and folders, perhaps by links that lead to each other; name a folder that holds images only", shown(.0), limit = super::limits::MAX_ENTRIES)]
    TooManyFiles(PathBuf),
    /// The caller wanted no more of it.
    #[error("the reading of images was stopped; start it again")]
    Stopped,
    /// A batch needs more images than there are.
    #[error(
        "a batch of {batch} needs at least as many images, but there are only {images}; lower the batch size or add images"
    )]
    TooFewImages {
        /// Images in the set.
        images: usize,
        /// Images in a batch.
        batch: usize,
    },
    /// A batch of zero images was asked for.
    #[error("a batch of 0 images is not possible; choose a batch size of at least 1")]
    EmptyBatch,
    /// A download failed.
    #[error("cannot download {url}: {why}; run the same command again, it goes on where it stopped")]
    Download {
        /// The address.
        url: String,
        /// What the network or the server said.
        why: String,
    },
    /// A download is complete but not what it should be.
    #[error("{} has the {kind} {found} instead of {expected} and was removed; run the same command again, and if it fails again the file at the source has changed", shown(.path))]
    Checksum {
        /// The downloaded file.
        path: PathBuf,
        /// Which sum: `MD5 sum`, `SHA-256`.
        kind: &'static str,
        /// The published sum.
        expected: String,
        /// The sum of what arrived.
        found: String,
    },
}

impl DataError {
    /// Wraps an error of reading `path`; a missing one becomes [`DataError::MissingFile`].
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::MissingFile(path.into()),
            _ => Self::Read { path: path.into(), source },
        }
    }

    /// Wraps an error of writing `path`.
    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.into(), source }
    }

    /// That some of `found` files among images are none: where they lie, and what is wrong with each. None without any.
    pub(super) fn not_images(found: usize, wrong: Vec<(PathBuf, String)>) -> Option<Self> {
        let count = wrong.len();
        let (path, why) = wrong.into_iter().next()?;
        Some(match count {
            1 => Self::NotAnImage { path, why },
            _ => Self::NotImages { count, found, path, why },
        })
    }

    /// `path` is not what a file of its format should be.
    pub(super) fn damaged(path: &Path, why: impl Into<String>) -> Self {
        Self::Damaged { path: path.into(), why: why.into() }
    }

    /// `path` is whole and holds what is not read.
    pub(super) fn unread(path: &Path, why: impl Into<String>) -> Self {
        Self::Unread { path: path.into(), why: why.into() }
    }

    /// Wraps an error of reading what another program wrote to `path`.
    pub(super) fn of_file(path: &Path, error: TensorsError) -> Self {
        let why = match error {
            TensorsError::Io(source) => return Self::read(path, source),
            TensorsError::Damaged(why) => why,
            TensorsError::Unsupported(why) => {
                let it = if why.starts_with("its ") { "" } else { "it " };
                return Self::unread(path, format!("{it}{why}; save it again in NumPy's usual form"));
            }
            TensorsError::Foreign(name) => {
                format!("it refers to `{name}`, which no data set needs; nothing of it was run")
            }
            TensorsError::TooLarge { what, found, limit } => {
                format!("it has {found} {what}, and at most {limit} are accepted")
            }
            other => other.to_string(),
        };
        Self::damaged(path, why)
    }
}

/// How a damaged file is replaced, as the end of a sentence. NumPy's files are a person's own.
fn again(path: &Path) -> &'static str {
    let is_numpy = path
        .extension()
        .is_some_and(|own| ["npy", "npz"].iter().any(|ending| own.eq_ignore_ascii_case(ending)));
    if is_numpy { "copy it or save it again" } else { "get it again, for example with `autogan data fetch`" }
}

/// That a text names no source, or that there is none.
fn no_source(text: &str) -> String {
    match text.trim() {
        "" => "no source of images was given".to_owned(),
        _ => format!("`{text}` names no source of images"),
    }
}
