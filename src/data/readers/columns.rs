//! Arrays in Fortran's order, whose first index runs fastest, read record by record.

use std::io::{self, Read};
use std::path::Path;

use crate::data::DataError;
use crate::data::limits::MAX_BY_COLUMNS;

/// The records of such an array, one after the other, each row by row; then what follows after the array.
pub(super) struct RowReader<R> {
    reader: R,
    /// The array as it lies in its file, once the first record was asked for.
    bytes: Vec<u8>,
    /// Extents, outermost first.
    shape: Vec<usize>,
    /// Bytes of a number.
    size: usize,
    /// The record that comes next.
    next: usize,
    /// The record that is being read, and how much of it was.
    record: Vec<u8>,
    done: usize,
}

impl<R: Read> RowReader<R> {
    /// Reads an array of this shape, whose numbers have `size` bytes, from the file at `path`. It is held whole, so it
    /// may have [`MAX_BY_COLUMNS`] bytes.
    pub fn new(path: &Path, reader: R, shape: &[usize], size: usize) -> Result<Self, DataError> {
        let length = shape.iter().try_fold(size, |product, &extent| product.checked_mul(extent));
        if length.is_none_or(|length| length > MAX_BY_COLUMNS) {
            let limit = MAX_BY_COLUMNS >> 20;
            return Err(DataError::damaged(
                path,
                format!(
                    "its array is in Fortran's order and over {limit} MiB; save it with numpy.ascontiguousarray"
                ),
            ));
        }
        let shape = shape.to_vec();
        Ok(Self { reader, bytes: Vec::new(), shape, size, next: 0, record: Vec::new(), done: 0 })
    }

    /// Reads the array.
    fn fill(&mut self) -> io::Result<()> {
        let length = self.shape.iter().product::<usize>() * self.size;
        self.reader.by_ref().take(length as u64).read_to_end(&mut self.bytes)?;
        if self.bytes.len() < length {
            let why = format!("it ends after {} of {length} bytes", self.bytes.len());
            return Err(io::Error::other(why));
        }
        Ok(())
    }

    /// Puts the next record together; `false` where there is none.
    fn advance(&mut self) -> bool {
        let [records, inner @ ..] = &self.shape[..] else { return false };
        if self.next >= *records {
            return false;
        }
        self.record.clear();
        self.done = 0;
        for place in 0..inner.iter().product() {
            // The last index of a record runs fastest, and slowest in the array.
            let (mut rest, mut stride, mut at) = (place, self.bytes.len() / self.size, 0);
            for extent in inner.iter().rev() {
                stride /= extent;
                at += rest % extent * stride;
                rest /= extent;
            }
            let from = (at + self.next) * self.size;
            self.record.extend(&self.bytes[from..from + self.size]);
        }
        self.next += 1;
        true
    }
}

impl<R: Read> Read for RowReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() {
            self.fill()?;
        }
        if self.done == self.record.len() && !self.advance() {
            return self.reader.read(buffer);
        }
        let part = &self.record[self.done..];
        let length = part.len().min(buffer.len());
        buffer[..length].copy_from_slice(&part[..length]);
        self.done += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn records_come_out_in_rows() {
        // numpy.arange(24).reshape(2, 3, 4) in Fortran's order, as tobytes("F") has it.
        let columns = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
        let mut rows = Vec::new();
        RowReader::new(Path::new("x"), &columns[..], &[2, 3, 4], 1).unwrap().read_to_end(&mut rows).unwrap();
        assert_eq!(rows, (0..24).collect::<Vec<u8>>());
        // Numbers of two bytes stay whole.
        let wide: Vec<u8> = [0u16, 2, 1, 3].iter().flat_map(|number| number.to_be_bytes()).collect();
        let mut rows = Vec::new();
        RowReader::new(Path::new("x"), &wide[..], &[2, 2], 2).unwrap().read_to_end(&mut rows).unwrap();
        assert_eq!(rows, [0, 0, 0, 1, 0, 2, 0, 3]);
    }

    #[test]
    fn what_is_too_large_or_cut_off_is_refused() {
        let error = |shape: &[usize]| {
            RowReader::new(Path::new("x"), &[0; 7][..], shape, 1).err().unwrap().to_string()
        };
        let mut rows = RowReader::new(Path::new("x"), &[0; 7][..], &[2, 4], 1).unwrap();
        assert_eq!(rows.read(&mut [0]).unwrap_err().to_string(), "it ends after 7 of 8 bytes");
        assert!(error(&[1 << 20, 1 << 20]).contains("ascontiguousarray"));
        assert!(error(&[usize::MAX, 2]).contains("ascontiguousarray"));
    }
}
