//! Bytes that Python 3 pickled by Python 2's protocol.

use std::io::{self, ErrorKind, Read};

/// The bytes that the letters of a text in UTF-8 stand for, by Latin-1: one each.
pub(crate) struct LatinReader<R> {
    text: R,
    /// The first byte of a letter of two.
    first: Option<u8>,
}

impl<R> LatinReader<R> {
    /// Of a text from its beginning on.
    pub(crate) fn new(text: R) -> Self {
        Self { text, first: None }
    }
}

impl<R: Read> Read for LatinReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut letters = 0;
        // Half a letter is not yet a byte, and no byte would be the end.
        while letters == 0 {
            let count = self.text.read(buffer)?;
            if count == 0 {
                break;
            }
            for place in 0..count {
                let byte = buffer[place];
                buffer[letters] = match self.first.take() {
                    None if byte < 0x80 => byte,
                    None if matches!(byte, 0xc2 | 0xc3) => {
                        self.first = Some(byte);
                        continue;
                    }
                    Some(first) if byte & 0xc0 == 0x80 => first << 6 | byte & 0x3f,
                    _ => {
                        return Err(io::Error::new(
                            ErrorKind::InvalidData,
                            "it has a letter that is no byte",
                        ));
                    }
                };
                letters += 1;
            }
        }
        Ok(letters)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1);
            self.0.read(&mut buffer[..count])
        }
    }

    #[test]
    fn every_byte_comes_out_of_its_letter() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        let mut read = Vec::new();
        LatinReader::new(text.as_bytes()).read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
        read.clear();
        LatinReader::new(Slow(text.as_bytes())).read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
        for other in ["\u{100}", "a€"] {
            assert!(LatinReader::new(other.as_bytes()).read_to_end(&mut read).is_err(), "{other}");
        }
    }
}
