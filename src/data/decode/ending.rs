//! A PNG file whose last chunk is missing.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// The chunk that says that nothing follows.
const END: [u8; 12] = *b"\0\0\0\0IEND\xae\x42\x60\x82";

/// A file with the chunk behind it that ends a PNG file. Where that was left out or cut off, the pixels are whole.
pub struct WithEnd<F> {
    file: F,
    /// Bytes of the file.
    length: u64,
    position: u64,
}

impl<F: Read + Seek + Copy> WithEnd<F> {
    /// A file of `length` bytes, without whatever it may have of that chunk: each way to see it, the likeliest first.
    pub fn all(mut file: F, length: u64) -> io::Result<Vec<Self>> {
        let mut last = Vec::new();
        file.seek(SeekFrom::Start(length.saturating_sub(END.len() as u64)))?;
        file.take(END.len() as u64).read_to_end(&mut last)?;
        let parts = (0..END.len()).rev().filter(|&part| last.ends_with(&END[..part]));
        Ok(parts.map(|part| Self { file, length: length - part as u64, position: 0 }).collect())
    }
}

impl<F: Read + Seek> Read for WithEnd<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position < self.length {
            // Others may have read the same file.
            self.file.seek(SeekFrom::Start(self.position))?;
        }
        let count = match self.length.checked_sub(self.position) {
            Some(left @ 1..) => (&mut self.file).take(left).read(buffer)?,
            _ => {
                let past = usize::try_from(self.position - self.length).unwrap_or(usize::MAX);
                END.get(past..).unwrap_or_default().read(buffer)?
            }
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl<F> Seek for WithEnd<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => (self.length + END.len() as u64).checked_add_signed(by),
        };
        let place = place.ok_or(ErrorKind::InvalidInput)?;
        self.position = place;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_chunk_follows_the_file_wherever_reading_begins() {
        let mut lacking = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut lacking, b"abc").unwrap();
        let [mut file] = <[_; 1]>::try_from(WithEnd::all(&lacking, 3).unwrap()).ok().unwrap();
        let whole = [&b"abc"[..], &END].concat();
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, whole);
        for (to, place) in [(SeekFrom::Start(1), 1), (SeekFrom::End(-4), 11), (SeekFrom::Current(-14), 1)] {
            file.seek(to).unwrap();
            read.clear();
            file.read_to_end(&mut read).unwrap();
            assert_eq!(read, whole[place..]);
        }
        assert!(file.seek(SeekFrom::Current(-16)).is_err());
        assert_eq!(file.seek(SeekFrom::Start(u64::MAX)).unwrap(), u64::MAX);
        assert_eq!(file.read(&mut [0]).unwrap(), 0);
        // The last byte may be one of the chunk or of what is before it.
        let mut zero = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut zero, b"ab\0").unwrap();
        let ways = WithEnd::all(&zero, 3).unwrap().into_iter().map(|mut way| {
            let mut read = Vec::new();
            way.read_to_end(&mut read).unwrap();
            read
        });
        assert_eq!(ways.collect::<Vec<_>>(), [[&b"ab"[..], &END].concat(), [&b"ab\0"[..], &END].concat()]);
    }
}
