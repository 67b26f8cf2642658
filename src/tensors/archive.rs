//! A zip archive from an untrusted source: nothing is unpacked beyond the size that the caller allows.

use std::io::{Read, Seek, SeekFrom};

use zip::result::ZipError;
use zip::{ZipArchive, ZipReadOptions};

use super::{TensorsError, damaged, within};

/// Most entries an archive may have: each of PyTorch's tensors is one.
const MOST_ENTRIES: u64 = 200_000;

/// A zip archive and the reader that its bytes come from.
#[derive(Debug)]
pub(super) struct Archive<R> {
    zip: ZipArchive<R>,
}

impl<R: Read + Seek> Archive<R> {
    /// Reads the directory of a file of at most `limit` bytes. That takes memory for the entries that there
    /// are: at most some eight times the file.
    pub(super) fn open(mut reader: R, limit: u64) -> Result<Self, TensorsError> {
        within("bytes", reader.seek(SeekFrom::End(0))?, limit)?;
        reader.rewind()?;
        let zip = ZipArchive::new(reader).map_err(broken)?;
        within("entries", zip.len() as u64, MOST_ENTRIES)?;
        if zip.has_duplicate_names() {
            return Err(damaged("two entries of its zip archive have the same name"));
        }
        Ok(Self { zip })
    }

    /// The entries' names; those that cannot be decoded are left out.
    pub(super) fn names(&self) -> Vec<String> {
        self.zip.file_names().filter_map(|name| name.ok().map(|name| name.into_owned())).collect()
    }

    /// The unpacked size that an entry declares, in bytes; `None` when there is no such entry.
    pub(super) fn size(&self, name: &str) -> Option<u64> {
        let index = self.zip.index_for_name(name)?;
        self.zip.by_index_data(index).ok().map(|entry| entry.size())
    }

    /// The unpacked bytes of an entry, of which there may be `limit`. Memory grows only with bytes that
    /// really come out, and not beyond the declared size; the checksum is verified, unless it is 0:
    /// PyTorch writes that when it is told to compute none.
    pub(super) fn read(&mut self, name: &str, limit: u64) -> Result<Vec<u8>, TensorsError> {
        let index =
            self.zip.index_for_name(name).ok_or_else(|| damaged(format!("it has no entry {name:?}")))?;
        let entry = self.zip.by_index_data(index).map_err(broken)?;
        let (size, checksum) = (entry.size(), entry.crc32());
        within("bytes in one entry", size, limit)?;
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

fn broken(problem: ZipError) -> TensorsError {
    match problem {
        ZipError::Io(problem) if problem.kind() != std::io::ErrorKind::UnexpectedEof => problem.into(),
        problem => damaged(format!("its zip archive cannot be read ({problem})")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

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
    fn a_bomb_is_refused_by_its_declared_and_by_its_real_size() {
        let bomb = zipped(&[("a", &vec![0; 10_000_000])], CompressionMethod::Deflated);
        assert!(bomb.len() < 20_000);
        assert!(error(bomb.clone(), 1_000_000).contains("10000000 bytes in one entry"));
        // The same with a smaller size in both headers.
        let mut liar = bomb;
        let (real, told) = (10_000_000u32.to_le_bytes(), 1000u32.to_le_bytes());
        let places: Vec<usize> = (0..liar.len() - 4).filter(|&at| liar[at..at + 4] == real).collect();
        assert!(!places.is_empty());
        places.into_iter().for_each(|at| liar[at..at + 4].copy_from_slice(&told));
        let refusal = error(liar, 1_000_000);
        assert!(refusal.contains("larger than its declared"), "{refusal}");
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
