//! A zip archive from an untrusted source: nothing is unpacked beyond the size that the caller allows.

use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom};

use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive, ZipReadOptions};

use super::limits::{MOST_DIRECTORY, unpacked};
use super::{TensorsError, damaged, within};

/// How the record begins that ends a zip archive.
const END: &[u8] = b"PK\x05\x06";
/// Bytes before the end of a file within which that record begins: its own 22 and the longest comment behind it.
const END_REACH: u64 = 22 + (1 << 16) - 1;
/// What is wrong with an archive without that record.
const CUT_OFF: &str = "it is cut off, as the list of contents that ends a zip archive is not there";

/// A zip archive and the reader that its bytes come from.
#[derive(Debug)]
pub(crate) struct Archive<R> {
    zip: ZipArchive<R>,
    /// Bytes that one entry may have, whatever it declares.
    most: u64,
}

/// A reader of which only so many bytes may be read.
struct Rationed<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let what = || io::Error::new(ErrorKind::QuotaExceeded, "its directory is too large");
        self.left = self.left.checked_sub(read as u64).ok_or_else(what)?;
        Ok(read)
    }
}

impl<R: Seek> Seek for Rationed<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

/// A reader of bytes whose number and checksum are known.
struct Verified<R> {
    reader: CrcReader<R>,
    /// Bytes that are still to come.
    left: u64,
    checksum: u32,
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let wrong = |what| io::Error::new(ErrorKind::InvalidData, what);
        let too_many = || wrong("File is larger than its declared uncompressed size");
        self.left = self.left.checked_sub(read as u64).ok_or_else(too_many)?;
        if read == 0 && !buffer.is_empty() && self.reader.crc().sum() != self.checksum {
            return Err(wrong("Invalid checksum"));
        }
        Ok(read)
    }
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of a file of at most `limit` bytes, which must have at most [`MOST_DIRECTORY`]: it
    /// takes memory for the entries that there are, some eight times the directory.
    pub(crate) fn open(mut reader: R, limit: u64) -> Result<Self, TensorsError> {
        let size = reader.seek(SeekFrom::End(0))?;
        within("bytes", size, limit)?;
        reader.rewind()?;
        // Once on rations and once for good: no more than was allowed is there.
        let problem = ZipArchive::new(Rationed { reader: &mut reader, left: MOST_DIRECTORY }).err();
        if let Some(problem) = problem {
            let is_whole = has_end(&mut reader, size)?;
            return Err(if is_whole { broken(problem) } else { damaged(CUT_OFF) });
        }
        reader.rewind()?;
        let zip = ZipArchive::new(reader).map_err(broken)?;
        if zip.has_duplicate_names() {
            return Err(damaged("two entries of its zip archive have the same name"));
        }
        Ok(Self { zip, most: unpacked(size) })
    }

    /// The entries' names; those that cannot be decoded are left out.
    pub(crate) fn names(&self) -> Vec<String> {
        self.zip.file_names().filter_map(|name| name.ok().map(|name| name.into_owned())).collect()
    }

    /// The unpacked size that an entry declares, in bytes; `None` when there is no such entry.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        let index = self.zip.index_for_name(name)?;
        self.zip.by_index_data(index).ok().map(|entry| entry.size())
    }

    /// An entry as it is unpacked, and how many bytes it declares. It is read through `reader`, another one of the
    /// same file, so that it needs this one no longer. Its length and checksum are verified at its end.
    pub(crate) fn entry<S: BufRead + Seek + 'static>(
        &mut self,
        name: &str,
        mut reader: S,
    ) -> Result<(impl Read + use<R, S>, u64), TensorsError> {
        let index =
            self.zip.index_for_name(name).ok_or_else(|| damaged(format!("it has no entry {name:?}")))?;
        let entry = self.zip.by_index(index).map_err(broken)?;
        reader.seek(SeekFrom::Start(entry.data_start().unwrap_or_default()))?;
        let packed = reader.take(entry.compressed_size());
        let unpacked: Box<dyn Read> = match entry.compression() {
            CompressionMethod::Stored => Box::new(packed),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
            other => {
                return Err(damaged(format!("its entry {name:?} is packed as {other}, which is not read")));
            }
        };
        let (size, checksum) = (entry.size(), entry.crc32());
        Ok((Verified { reader: CrcReader::new(unpacked), left: size, checksum }, size))
    }

    /// The unpacked bytes of an entry, of which there may be `limit`. Memory grows only with bytes that
    /// really come out, and not beyond the declared size; the checksum is verified, unless it is 0:
    /// PyTorch writes that when it was set to compute none.
    pub(super) fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, TensorsError> {
        let index =
            self.zip.index_for_name(name).ok_or_else(|| damaged(format!("it has no entry {name:?}")))?;
        let entry = self.zip.by_index_data(index).map_err(broken)?;
        let (size, checksum) = (entry.size(), entry.crc32());
        within("bytes in one entry", size, limit.min(self.most))?;
        let options = ZipReadOptions::new().ignore_crc32(checksum == 0);
        let mut content = self.zip.by_index_with_options(index, options).map_err(broken)?;
        let mut bytes = Vec::new();
        // One more than declared, so that the end is reached, the checksum compared and a lie found.
        content
            .by_ref()
            .take(size.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|problem| damaged(format!("entry {name:?} cannot be unpacked ({problem})")))?;
        if bytes.len() as u64 != size {
            let found = if bytes.len() as u64 > size { "more" } else { "fewer" };
            return Err(damaged(format!("entry {name:?} declares {size} bytes and has {found}")));
        }
        Ok(bytes)
    }
}

/// Whether the record that ends each zip archive stands where it can be, in a file of `size` bytes.
fn has_end(reader: &mut (impl Read + Seek), size: u64) -> io::Result<bool> {
    reader.seek(SeekFrom::Start(size.saturating_sub(END_REACH)))?;
    let mut last = Vec::new();
    reader.take(END_REACH).read_to_end(&mut last)?;
    Ok(last.windows(END.len()).any(|bytes| bytes == END))
}

fn broken(problem: ZipError) -> TensorsError {
    match problem {
        ZipError::Io(problem) if problem.kind() == ErrorKind::QuotaExceeded => damaged(format!(
            "the directory of its zip archive has more than {MOST_DIRECTORY} bytes, as no file of weights does"
        )),
        ZipError::Io(problem) if problem.kind() != ErrorKind::UnexpectedEof => problem.into(),
        problem => damaged(format!("its zip archive cannot be read ({problem})")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::input::measure::{in_process, process};

    /// An archive of the given entries, packed or not.
    pub(in crate::tensors) fn zipped(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            let options = SimpleFileOptions::default().compression_method(method);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn open(bytes: Vec<u8>) -> Result<Archive<Cursor<Vec<u8>>>, TensorsError> {
        Archive::open(Cursor::new(bytes), 1 << 20)
    }

    fn error(bytes: Vec<u8>, limit: u64) -> String {
        let read = open(bytes).and_then(|mut archive| archive.read("a", limit));
        read.unwrap_err().to_string()
    }

    #[test]
    fn entries_come_back_stored_and_packed() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let mut archive = open(zipped(&[("a", b"one"), ("b", b"")], method)).unwrap();
            assert_eq!(archive.names(), ["a", "b"]);
            assert_eq!(archive.size("a"), Some(3));
            assert_eq!(archive.read("a", 3).unwrap(), b"one");
            assert_eq!(archive.read("b", 3).unwrap(), b"");
            assert!(archive.read("c", 3).unwrap_err().to_string().contains("no entry \"c\""));
        }
    }

    #[test]
    fn an_archive_without_its_end_is_called_cut_off() {
        let whole = zipped(&[("a", &[7; 1000])], CompressionMethod::Stored);
        for length in [whole.len() / 2, whole.len() - 22] {
            let said = error(whole[..length].to_vec(), 1000);
            let expected = "the file is damaged: it is cut off, as the list of contents that ends a zip archive is not \
                            there; download it or save it again";
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn an_entry_is_read_bit_by_bit_and_verified_at_its_end() {
        let content: Vec<u8> = (0..100_000u32).map(|place| (place % 241) as u8).collect();
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let entries: [(&str, &[u8]); 2] = [("first", b"x"), ("a", &content)];
            let bytes = zipped(&entries, method);
            let read = |bytes: &[u8]| {
                let mut archive = open(bytes.to_vec()).unwrap();
                let (mut entry, size) = archive.entry("a", Cursor::new(bytes.to_vec())).unwrap();
                // The archive is not needed any more.
                drop(archive);
                let (mut start, mut rest) = ([0; 1_000], Vec::new());
                entry.read_exact(&mut start).unwrap();
                let end = entry.read_to_end(&mut rest).map_err(|error| error.to_string());
                end.map(|_| (size, [&start[..], &rest].concat()))
            };
            assert_eq!(read(&bytes).unwrap(), (100_000, content.clone()));
            // The checksums in both headers.
            let mut sum = CrcReader::new(&content[..]);
            io::copy(&mut sum, &mut io::sink()).unwrap();
            let sum = sum.crc().sum().to_le_bytes();
            let mut changed = bytes.clone();
            let places: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == sum).collect();
            places.iter().for_each(|&at| changed[at] ^= 1);
            assert_eq!((places.len(), read(&changed)), (2, Err("Invalid checksum".to_owned())));
        }
    }

    #[test]
    fn a_bomb_is_refused_by_its_declared_and_by_its_real_size() {
        let bomb = zipped(&[("a", &vec![0; 10_000_000])], CompressionMethod::Deflated);
        assert!(bomb.len() < 20_000);
        assert!(error(bomb.clone(), 1_000_000).contains("10000000 bytes in one entry"));
        // The same with a smaller size in both headers.
        let mut liar = bomb;
        let (real, declared) = (10_000_000u32.to_le_bytes(), 1000u32.to_le_bytes());
        let places: Vec<usize> = (0..liar.len() - 4).filter(|&at| liar[at..at + 4] == real).collect();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| liar[at..at + 4].copy_from_slice(&declared));
        let refusal = error(liar, 1_000_000);
        assert!(refusal.contains("larger than its declared"), "{refusal}");
    }

    /// Not a test but the process of the next one.
    #[test]
    fn opening_process() {
        in_process(|path| {
            let opened = Archive::open(std::fs::File::open(path).unwrap(), 1 << 30);
            opened.map_or_else(|error| error.to_string(), |archive| archive.names().len().to_string())
        });
    }

    /// What a directory costs is bounded: by its size, and where it has none, by how far it is searched for.
    #[test]
    fn hostile_directories_cost_little() {
        let entry = |name: &str| {
            let mut header = b"PK\x01\x02".to_vec();
            header.resize(46, 0);
            header[28..30].copy_from_slice(&(name.len() as u16).to_le_bytes());
            [header, name.into()].concat()
        };
        let directory =
            |count: usize| -> Vec<u8> { (0..count).flat_map(|i| entry(&i.to_string())).collect() };
        let end = |entries: usize, size: usize, comment: &[u8]| {
            let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
            [entries as u16; 2].iter().for_each(|count| end.extend(count.to_le_bytes()));
            [size as u32, 0].iter().for_each(|word| end.extend(word.to_le_bytes()));
            end.extend((comment.len() as u16).to_le_bytes());
            [&end, comment].concat()
        };
        let many = directory(65_000);
        let zeros = vec![0; 256 << 20];
        let commented = b"PK\x05\x06".repeat(16_000);
        for (what, bytes, outcome) in [
            ("small entries", [many.clone(), end(65_000, many.len(), b"")].concat(), "65000"),
            ("no directory", [zeros.clone(), end(65_000, 0, b"")].concat(), "damaged"),
            ("nothing at all", zeros, "damaged"),
            ("ends without number", [many.clone(), end(65_000, many.len(), &commented)].concat(), ""),
            (
                "one name for all",
                [entry("x").repeat(65_000), end(65_000, 47 * 65_000, b"")].concat(),
                "the same name",
            ),
            (
                "long names",
                {
                    let long = entry(&"x".repeat(60_000)).repeat(1_000);
                    [long.clone(), end(1_000, long.len(), b"")].concat()
                },
                "directory of its zip archive has more than",
            ),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();
            let process = process("tensors::archive::tests::opening_process", file.path().to_str().unwrap());
            assert!(process.outcome.contains(outcome), "{what}: {process:?}");
            process.within(64);
        }
    }

    #[test]
    fn a_changed_byte_and_a_cut_are_found() {
        let whole = zipped(&[("a", b"twelve bytes")], CompressionMethod::Stored);
        let at = whole.windows(6).position(|part| part == b"twelve").unwrap();
        let mut changed = whole.clone();
        changed[at] = b'T';
        assert!(error(changed, 100).contains("cannot be unpacked"));
        for length in 0..whole.len() {
            assert!(error(whole[..length].to_vec(), 100).starts_with("the file is damaged"), "{length}");
        }
    }
}
