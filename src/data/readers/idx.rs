//! IDX, the format of MNIST and its successors: <http://yann.lecun.com/exdb/mnist/>.
//!
//! Two zero bytes, the type (8: unsigned byte, 12: big-endian 32-bit integer), the rank, each dimension as a
//! big-endian `u32`, then the values. Images are `[n, h, w]` (grey), `[n, h, w, c]` or `[n, c, h, w]` with 1 or 3
//! channels; labels are `[n]`, or `[n, columns]` of integers, whose first column is the class. Each file may be
//! gzipped, which its first bytes show.

mod file;
mod names;

use std::path::Path;

use self::file::IdxFile;
use self::names::{FoundSet, find};
use super::records::{RecordClasses, RecordFile, RecordFormat, RecordLabels, found_records, without_labels};
use crate::data::reader::{Download, FoundImages, Reader, RemoteFile, SourceKind, SourcePlace};
use crate::data::{DataError, LoadOptions};

/// A file of Fashion-MNIST at an address of the publisher's with HTTPS; the one that is published has none.
const fn fashion(file: &'static str, md5: &'static str) -> RemoteFile {
    let base = "https://fashion-mnist.s3.eu-central-1.amazonaws.com/";
    RemoteFile { base, file, most: 40_000_000, md5, members: &[] }
}

static DOWNLOADS: [Download; 1] = [Download {
    name: "fashion-mnist",
    about: "70,000 grey images of 28 x 28, 30 MB to download",
    files: &[
        fashion("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        fashion("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        fashion("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        fashion("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ],
}];

/// Reads the files with the names of MNIST, EMNIST or QMNIST in a folder.
pub(super) struct Idx;

impl Reader for Idx {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: "idx",
            label: "IDX",
            about: "The folder with the files of MNIST, Fashion-MNIST, EMNIST or QMNIST",
            place: SourcePlace::Folder,
        }
    }

    fn downloads(&self) -> &'static [Download] {
        &DOWNLOADS
    }

    fn open(&self, _: &str, path: &Path, options: &LoadOptions) -> Result<FoundImages, DataError> {
        let found_set = find(path, options.split)?;
        let FoundSet { set, images: path, .. } = &found_set;
        let set = *set;
        let images = IdxFile::open(path)?;
        let layout = images.layout()?;
        let count = images.dims[0];
        let classes = match found_set.labels(options.split) {
            Some(path) => {
                let (labels, names, note) = set.classify(IdxFile::open(&path)?.labels(count)?);
                let labels = RecordLabels::Listed(labels);
                RecordClasses { labels, names, notes: note.into_iter().collect() }
            }
            None => {
                let prefix = set.prefix(options.split);
                RecordClasses::none([without_labels(&format!("{prefix}-labels-idx1-ubyte"))])
            }
        };
        let format = RecordFormat {
            bytes: layout.bytes(),
            size: set.turned([layout.width, layout.height]),
            decode: Box::new(move |record| Ok(set.upright(layout.rgb(record), layout.width))),
        };
        let files = vec![RecordFile::new(path, count, images.reader, true)];
        Ok(found_records(files, format, classes, found_set.notes(), options))
    }
}

#[cfg(test)]
mod tests;
