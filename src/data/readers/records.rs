//! Files of many equal records, read as a stream: only the target images are held in memory.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::columns::RowReader;
use crate::data::limits::{MAX_RECORD_PIXELS, MAX_RECORDS, MAX_SIDE};
use crate::data::resize::Fit;
use crate::data::{DataError, LoadOptions};
use crate::input;

/// Bytes that are read at a time, and that they become at most.
const CHUNK: usize = 8 << 20;

/// The file at `path`, buffered.
pub(super) fn open(path: &Path) -> Result<BufReader<File>, DataError> {
    let (file, _) = input::open(path).map_err(|error| DataError::read(path, error))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// How many records of `bytes` bytes the file at `path` holds: whole ones, at least 1, at most `most`.
pub(super) fn count(path: &Path, bytes: usize, most: usize) -> Result<usize, DataError> {
    let (_, length) = input::open(path).map_err(|error| DataError::read(path, error))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length == 0 {
        return Err(DataError::damaged(path, "it is empty"));
    }
    if !length.is_multiple_of(bytes) {
        return Err(DataError::damaged(
            path,
            format!(
                "its {length} bytes are not whole records of {bytes} bytes, so it is cut off or no such file"
            ),
        ));
    }
    if length / bytes > most {
        return Err(DataError::damaged(
            path,
            format!("it holds {} records where at most {most} belong", length / bytes),
        ));
    }
    Ok(length / bytes)
}

/// A file of records, or a part of one.
#[derive(Debug)]
pub(super) struct RecordFile {
    pub path: PathBuf,
    /// Bytes of the file that are before the first record.
    pub start: u64,
    /// How many records.
    pub count: usize,
    /// Whether the bytes of all records of one place follow each other, as in Fortran's arrays.
    pub by_columns: bool,
}

impl RecordFile {
    /// The whole file at `path`: whole records of `bytes` bytes, at least 1, at most `most`.
    pub fn whole(path: PathBuf, bytes: usize, most: usize) -> Result<Self, DataError> {
        let count = count(&path, bytes, most)?;
        Ok(Self { path, start: 0, count, by_columns: false })
    }

    /// Its records of `bytes` bytes, one after the other.
    fn open(&self, bytes: usize) -> Result<Box<dyn Read>, DataError> {
        let mut file = open(&self.path)?;
        file.seek(SeekFrom::Start(self.start)).map_err(|error| DataError::read(&self.path, error))?;
        if self.by_columns {
            return Ok(Box::new(RowReader::read(&self.path, file, &[self.count, bytes], 1)?));
        }
        Ok(Box::new(file))
    }
}

/// The chosen images of some files.
pub(super) struct ChosenRecords {
    /// How many records the files have.
    pub found: usize,
    /// Which of them were chosen, ascending, counted over all files.
    pub chosen: Vec<usize>,
    /// `[chosen, side, side, 3]`, at the target side.
    pub pixels: Vec<u8>,
    /// One label for each chosen image, as the decoder gave it.
    pub labels: Vec<u16>,
}

/// Reads records of `bytes` bytes, each an image of `side` x `side`, out of all files. `decode` turns one into its
/// label and its pixels (`[side, side, 3]`), or says what is wrong with it.
pub(super) fn read_records(
    files: &[RecordFile],
    side: usize,
    bytes: usize,
    options: &LoadOptions,
    decode: impl Fn(&[u8]) -> Result<(u16, Vec<u8>), String> + Sync,
) -> Result<ChosenRecords, DataError> {
    let found = files.iter().map(|file| file.count).sum();
    options.fits_memory(options.kept_of(found))?;
    let chosen = options.choose(found);
    let mut collector = Collector::new(side, side, found, &chosen, options);
    for file in files {
        collector.take(&file.path, &mut file.open(bytes)?, file.count, bytes, &decode)?;
    }
    let Collector { pixels, labels, .. } = collector;
    Ok(ChosenRecords { found, chosen, pixels, labels })
}

/// Collects the chosen images of one or more files, brought to their target side.
pub(super) struct Collector<'a> {
    fit: Fit,
    /// Width and height of the images in the files.
    size: [usize; 2],
    /// Which images to keep, ascending, counted over all files.
    chosen: &'a [usize],
    read: usize,
    total: usize,
    options: &'a LoadOptions<'a>,
    /// `[kept, side, side, 3]`.
    pub pixels: Vec<u8>,
    /// One label for each kept image, as the decoder gave it.
    pub labels: Vec<u16>,
}

impl<'a> Collector<'a> {
    /// For `total` images of `width` x `height`, of which the `chosen` ones are kept.
    pub fn new(
        width: usize,
        height: usize,
        total: usize,
        chosen: &'a [usize],
        options: &'a LoadOptions<'a>,
    ) -> Self {
        Self {
            fit: Fit::new(width, height, options.side),
            size: [width, height],
            chosen,
            read: 0,
            total,
            options,
            pixels: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Reads `count` records of `bytes` bytes from `reader`. `decode` turns one into its label and its
    /// pixels (`[height, width, 3]`), or says what is wrong with it.
    pub fn take(
        &mut self,
        path: &Path,
        reader: &mut impl Read,
        count: usize,
        bytes: usize,
        decode: impl Fn(&[u8]) -> Result<(u16, Vec<u8>), String> + Sync,
    ) -> Result<(), DataError> {
        let mut buffer = Vec::new();
        let mut done = 0;
        let square = 3 * self.options.side * self.options.side;
        if self.options.own.is_some() {
            self.options.fits_memory_in_own_size(self.chosen.len(), self.size)?;
        }
        // Images of a pixel each become a million times as large.
        let largest = bytes.max(square);
        let chunk = (CHUNK / largest).max(1);
        while done < count {
            self.options.go_on()?;
            let records = chunk.min(count - done);
            buffer.clear();
            // Grows with what the file really holds, whatever its header declares.
            reader
                .take((records * bytes) as u64)
                .read_to_end(&mut buffer)
                .map_err(|error| DataError::damaged(path, error.to_string()))?;
            if buffer.len() < records * bytes {
                let whole = done + buffer.len() / bytes;
                return Err(DataError::damaged(path, format!("it ends after {whole} of {count} images")));
            }
            let (first, end) = (self.read, self.read + records);
            let from = self.chosen.partition_point(|&i| i < first);
            let to = self.chosen.partition_point(|&i| i < end);
            let images = self.chosen[from..to]
                .par_iter()
                .map(|&i| {
                    let (label, image) = decode(&buffer[(i - first) * bytes..(i - first + 1) * bytes])?;
                    Ok((label, if self.options.own.is_some() { image } else { self.fit.apply(&image) }))
                })
                .collect::<Result<Vec<_>, String>>()
                .map_err(|why| DataError::damaged(path, why))?;
            for (label, image) in images {
                self.labels.push(label);
                if let Some(own) = self.options.own {
                    own.push(self.size, &image);
                    self.pixels.resize(self.pixels.len() + square, 0);
                } else {
                    self.pixels.extend(image);
                }
            }
            done += records;
            self.read = end;
            (self.options.progress)(self.read, self.total);
        }
        Ok(())
    }
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
            _ => return Err(format!("its dimensions {dims:?} are not those of grey or colour images")),
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
