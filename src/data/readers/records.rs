//! Files of many equal records, each an image, read as a stream.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use crate::data::decode::Decoded;
use crate::data::limits::{MAX_RECORD_PIXELS, MAX_RECORDS, MAX_SIDE};
use crate::data::reader::{FoundImages, ImageLabels, OwnImages, UndecodedImage};
use crate::data::{DataError, LoadOptions};
use crate::input::{self, StandIn};

/// The file at `path`, buffered.
pub(super) fn open(path: &Path) -> Result<BufReader<File>, DataError> {
    let (file, _) = input::open(path).map_err(|error| DataError::read(path, error))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// Makes sure that nothing follows, and that an archive's own checksum holds.
pub(super) fn end(path: &Path, reader: &mut impl Read) -> Result<(), DataError> {
    match reader.read(&mut [0]) {
        Ok(0) => Ok(()),
        Ok(_) => Err(DataError::damaged(path, "bytes follow after its declared end")),
        Err(error) => Err(DataError::damaged(path, error.to_string())),
    }
}

/// A file of records, or a part of one, from its first record on.
pub(super) struct RecordFile {
    path: Arc<Path>,
    /// How many records.
    pub count: usize,
    /// How many were read.
    done: usize,
    pub reader: Box<dyn Read>,
    /// Whether nothing may follow after the records.
    is_whole: bool,
}

impl RecordFile {
    /// The `count` records of the file at `path` that `reader` reads, with nothing behind them if it `is_whole`.
    pub fn new(path: &Path, count: usize, reader: Box<dyn Read>, is_whole: bool) -> Self {
        Self { path: path.into(), count, done: 0, reader, is_whole }
    }

    /// The whole file at `path`: whole records of `bytes` bytes, at least 1, at most `most`.
    pub fn open(path: &Path, bytes: usize, most: usize) -> Result<Self, DataError> {
        let (file, length) = input::open(path).map_err(|error| DataError::read(path, error))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length == 0 {
            return Err(DataError::StandIn { path: path.into(), what: StandIn::Empty });
        }
        if !length.is_multiple_of(bytes) {
            return Err(DataError::damaged(
                path,
                format!(
                    "its {length} bytes are not whole records of {bytes} bytes, so it is cut off or no such file"
                ),
            ));
        }
        let count = length / bytes;
        if count > most {
            let why = format!("it holds {count} records where at most {most} belong");
            return Err(DataError::damaged(path, why));
        }
        Ok(Self::new(path, count, Box::new(BufReader::with_capacity(1 << 16, file)), false))
    }

    /// The next record of `bytes` bytes.
    fn read(&mut self, bytes: usize) -> Result<Vec<u8>, DataError> {
        let mut record = Vec::with_capacity(bytes);
        let read = (&mut self.reader).take(bytes as u64).read_to_end(&mut record);
        self.advance(1, bytes, read.map(|read| read as u64))?;
        Ok(record)
    }

    /// Passes over so many records of `bytes` bytes.
    fn pass(&mut self, records: usize, bytes: usize) -> Result<(), DataError> {
        let mut passed = (&mut self.reader).take(records as u64 * bytes as u64);
        let passed = io::copy(&mut passed, &mut io::sink());
        self.advance(records, bytes, passed)
    }

    /// Counts so many records, of which so much was `read`.
    fn advance(&mut self, records: usize, bytes: usize, read: io::Result<u64>) -> Result<(), DataError> {
        let read = read.map_err(|error| DataError::damaged(&self.path, error.to_string()))?;
        let read = (read / bytes as u64) as usize;
        self.done += read;
        if read < records {
            let why = format!("it ends after {} of {} images", self.done, self.count);
            return Err(DataError::damaged(&self.path, why));
        }
        Ok(())
    }
}

/// Makes a record to pixels, `[height, width, 3]`, or says what is wrong with it.
type RecordDecoder = Box<dyn Fn(&[u8]) -> Result<Vec<u8>, String> + Send + Sync>;
/// Reads the label in a record, or says what is wrong with it.
type LabelReader = Box<dyn Fn(&[u8]) -> Result<u16, String>>;

/// How an image lies in its record.
pub(super) struct RecordFormat {
    /// Bytes of a record.
    pub bytes: usize,
    /// Width and height of the image.
    pub size: [usize; 2],
    pub decode: RecordDecoder,
}

/// The classes of records.
pub(super) struct RecordClasses {
    pub labels: RecordLabels,
    pub names: Vec<String>,
    /// What a person should know of them, who cares for classes.
    pub notes: Vec<String>,
}

impl RecordClasses {
    /// No classes, with notes on why.
    pub fn none(notes: impl IntoIterator<Item = String>) -> Self {
        Self { labels: RecordLabels::None, names: Vec::new(), notes: notes.into_iter().collect() }
    }
}

/// Where the labels of records are.
pub(super) enum RecordLabels {
    None,
    /// One for each record.
    Listed(Vec<u16>),
    /// In each record.
    Within(LabelReader),
}

/// The chosen ones of the images in `files`, with their classes. `notes` say what else a person should know.
pub(super) fn found_records(
    files: Vec<RecordFile>,
    format: RecordFormat,
    classes: RecordClasses,
    notes: Vec<String>,
    options: &LoadOptions,
) -> FoundImages {
    let found = files.iter().map(|file| file.count).sum();
    let chosen = options.choose(found);
    let count = chosen.len();
    let RecordClasses { labels, names, notes: of_classes } = classes;
    let (labels, label) = match labels {
        RecordLabels::None => (None, None),
        RecordLabels::Listed(all) => (Some(chosen.iter().map(|&number| all[number]).collect()), None),
        RecordLabels::Within(label) => (Some(Vec::new()), Some(label)),
    };
    let labels = ImageLabels { labels, classes: names, notes: of_classes, skipped: Vec::new() };
    let (files, chosen) = (files.into(), chosen.into_iter());
    let images = Box::new(Records { files, chosen, next: 0, format: Arc::new(format), labels, label });
    FoundImages { found, count, all_usable: true, skipped: Vec::new(), notes, images }
}

/// The chosen records of some files.
struct Records {
    /// Those that are not at their end.
    files: VecDeque<RecordFile>,
    /// Numbers of the records that are still to be handed out, ascending, counted over all files.
    chosen: std::vec::IntoIter<usize>,
    /// The number of the record that comes next in the files.
    next: usize,
    format: Arc<RecordFormat>,
    labels: ImageLabels,
    label: Option<LabelReader>,
}

impl Records {
    /// Passes over the records before `number`, and over the ends of files before it.
    fn pass_to(&mut self, number: usize) -> Result<(), DataError> {
        while let Some(file) = self.files.front_mut() {
            let left = file.count - file.done;
            let passed = left.min(number - self.next);
            file.pass(passed, self.format.bytes)?;
            self.next += passed;
            if passed < left {
                break;
            }
            if file.is_whole {
                end(&file.path, &mut file.reader)?;
            }
            self.files.pop_front();
        }
        Ok(())
    }

    /// The record of this number; none where the files have none.
    fn read(&mut self, number: usize) -> Result<Option<UndecodedImage>, DataError> {
        self.pass_to(number)?;
        let Some(file) = self.files.front_mut() else { return Ok(None) };
        let record = file.read(self.format.bytes)?;
        self.next += 1;
        let path = Arc::clone(&file.path);
        if let (Some(labels), Some(label)) = (&mut self.labels.labels, &self.label) {
            labels.push(label(&record).map_err(|why| DataError::damaged(&path, why))?);
        }
        // The rest is read with the last one, so that damage there is found without asking for more.
        if self.chosen.len() == 0 {
            self.pass_to(usize::MAX)?;
        }
        let (bytes, format) = (record.len(), Arc::clone(&self.format));
        let decode = move || {
            let pixels = (format.decode)(&record).map_err(|why| DataError::unread(&path, why))?;
            Ok(Decoded { pixels, size: format.size.map(|extent| extent as u32) })
        };
        Ok(Some(UndecodedImage::Data { bytes, decode: Box::new(decode) }))
    }
}

impl Iterator for Records {
    type Item = Result<UndecodedImage, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.chosen.next()?;
        self.read(number).transpose()
    }
}

impl OwnImages for Records {
    fn labels(self: Box<Self>, _: &[usize]) -> ImageLabels {
        self.labels
    }
}

/// The note on images without labels; `lacking` is what would have them.
pub(super) fn without_labels(lacking: &str) -> String {
    format!("there is no {lacking}: the images have no labels")
}

/// Interleaves three planes of one byte a pixel: `[3, n]` to `[n, 3]`.
pub(super) fn interleave(planes: &[u8]) -> Vec<u8> {
    let n = planes.len() / 3;
    (0..n).flat_map(|i| [planes[i], planes[n + i], planes[2 * n + i]]).collect()
}

/// How one image lies in its record.
pub(super) struct RecordLayout {
    pub height: usize,
    pub width: usize,
    channels: usize,
    /// Channels come last, not first.
    interleaved: bool,
}

impl RecordLayout {
    /// Of an array of images with these dimensions: `[n, h, w]` (grey), `[n, h, w, c]` or `[n, c, h, w]` with 1
    /// or 3 channels; or why it is none that is accepted.
    pub fn of(dims: &[usize]) -> Result<Self, String> {
        let (height, width, channels, interleaved) = match *dims {
            [_, height, width] => (height, width, 1, true),
            [_, height, width, channels @ (1 | 3)] => (height, width, channels, true),
            [_, channels @ (1 | 3), height, width] => (height, width, channels, false),
            [_, _, _, channels @ 2..=4] | [_, channels @ 2..=4, _, _] => {
                return Err(format!("its images have {channels} channels; save them with 1 or 3"));
            }
            _ => {
                return Err(format!(
                    "its dimensions {dims:?} are not those of images, [n, height, width] or [n, height, width, 3]; reshape it"
                ));
            }
        };
        if height.max(width) > MAX_SIDE as usize || height * width > MAX_RECORD_PIXELS {
            return Err(format!(
                "images of {width} x {height} are larger than the limit of {MAX_SIDE} pixels a side and 4 megapixels"
            ));
        }
        if dims[0] > MAX_RECORDS {
            return Err(format!("it declares {} images, and at most {MAX_RECORDS} are accepted", dims[0]));
        }
        Ok(Self { height, width, channels, interleaved })
    }

    /// Bytes of an image.
    pub fn bytes(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// A record's pixels, `[height, width, 3]`.
    pub fn rgb(&self, record: &[u8]) -> Vec<u8> {
        match (self.channels, self.interleaved) {
            (1, _) => record.iter().flat_map(|&grey| [grey; 3]).collect(),
            (_, true) => record.to_vec(),
            (_, false) => interleave(record),
        }
    }
}
