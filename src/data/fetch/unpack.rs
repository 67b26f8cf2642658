//! Taking the expected files out of a `.tar.gz`.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::super::DataError;
use super::Member;

/// What an archive may hold beyond the expected files: headers, notes, lists of classes.
const SLACK: u64 = 64 << 20;

/// Writes every one of `members` from `archive` into `to`, whatever folder it has in the archive; all
/// other entries are left alone. The paths in the archive are never used, only the expected names.
///
/// # Errors
/// [`DataError::Read`] when there is no such file, [`DataError::Damaged`] when it is no such archive, lacks
/// a member or has one of another size, [`DataError::Write`].
pub fn unpack(archive: &Path, members: &[Member], to: &Path) -> Result<(), DataError> {
    let damaged = |error: io::Error| DataError::damaged(archive, error.to_string());
    let file = File::open(archive).map_err(|error| DataError::read(archive, error))?;
    let most = members.iter().map(|member| member.bytes).sum::<u64>() + SLACK;
    let plain = MultiGzDecoder::new(BufReader::new(file)).take(most);
    let mut archive_reader = tar::Archive::new(plain);
    let mut missing: Vec<&Member> = members.iter().collect();
    // Long names, which may have any length, are not put together: no expected file has one.
    for entry in archive_reader.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let expected = missing.iter().position(|member| member.name == name);
        let Some(index) = expected.filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let member = missing.swap_remove(index);
        if entry.size() != member.bytes {
            let why = format!("{} in it has {} bytes instead of {}", member.name, entry.size(), member.bytes);
            return Err(DataError::damaged(archive, why));
        }
        let part = to.join(format!("{}.part", member.name));
        let target = to.join(&member.name);
        let mut out = File::create(&part).map_err(|error| DataError::write(&part, error))?;
        copy(&mut entry, &mut out, archive, &part)?;
        out.sync_all()
            .and_then(|()| fs::rename(&part, &target))
            .map_err(|error| DataError::write(&target, error))?;
    }
    match missing.first() {
        Some(member) => Err(DataError::damaged(archive, format!("{} is not in it", member.name))),
        None => Ok(()),
    }
}

/// Copies, telling errors of the archive from errors of the disk.
fn copy(from: &mut impl Read, to: &mut File, archive: &Path, part: &Path) -> Result<(), DataError> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => io::Write::write_all(to, &buffer[..n]).map_err(|error| DataError::write(part, error))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(DataError::damaged(archive, error.to_string())),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A `.tar.gz` of (path, content) pairs; paths are written as they are, even hostile ones.
    pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut builder = tar::Builder::new(encoder);
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    /// Unpacks `bytes` in a fresh folder below another, expecting a.bin (5 bytes) and b.bin (2).
    fn try_unpack(bytes: &[u8]) -> (tempfile::TempDir, Result<(), DataError>) {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("to");
        fs::create_dir(&to).unwrap();
        let path = dir.path().join("x.tar.gz");
        fs::write(&path, bytes).unwrap();
        let members = [("a.bin", 5), ("b.bin", 2)].map(|(name, bytes)| Member { name: name.into(), bytes });
        let result = unpack(&path, &members, &to);
        (dir, result)
    }

    #[test]
    fn hostile_paths_and_unexpected_files_go_nowhere() {
        let (dir, result) = try_unpack(&archive(&[
            ("../../evil.txt", b"evil"),
            ("../a.bin", b"12345"),
            ("/deep/er/b.bin", b"ok"),
            ("other.bin", b"no"),
        ]));
        result.unwrap();
        let mut names: Vec<_> =
            fs::read_dir(dir.path().join("to")).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.bin", "b.bin"]);
        assert!(!dir.path().join("a.bin").exists() && !dir.path().join("evil.txt").exists());
    }

    /// An entry that is the name of the next one, a gigabyte long, and a gigabyte of something else.
    #[test]
    fn bombs_are_passed_over_in_bounded_memory() {
        use crate::input::measure::process;
        for kind in ["name", "pax", "other"] {
            let process = process("data::fetch::unpack::tests::bomb_process", kind);
            assert!(process.outcome.contains("x.tar.gz is damaged"), "{kind}: {process:?}");
            process.within(32);
        }
    }

    /// Not a test but the process of the one before.
    #[test]
    fn bomb_process() {
        crate::input::measure::in_process(|kind| {
            let mut builder =
                tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
            let mut header = tar::Header::new_gnu();
            header.set_path("other.bin").unwrap();
            header.set_entry_type(match kind {
                "name" => tar::EntryType::GNULongName,
                "pax" => tar::EntryType::XHeader,
                _ => tar::EntryType::Regular,
            });
            header.set_size(1 << 30);
            header.set_cksum();
            builder.append(&header, io::repeat(b'x').take(1 << 30)).unwrap();
            try_unpack(&builder.into_inner().unwrap().finish().unwrap()).1.unwrap_err().to_string()
        });
    }

    #[test]
    fn wrong_sizes_missing_files_and_cut_archives_are_named() {
        let message = |bytes: &[u8]| try_unpack(bytes).1.unwrap_err().to_string();
        let wrong = message(&archive(&[("a.bin", b"123456"), ("b.bin", b"ok")]));
        assert!(wrong.contains("a.bin in it has 6 bytes instead of 5"), "{wrong}");
        let missing = message(&archive(&[("a.bin", b"12345")]));
        assert!(missing.contains("b.bin is not in it"), "{missing}");
        let whole = archive(&[("a.bin", b"12345"), ("b.bin", b"ok")]);
        assert!(message(&whole[..whole.len() / 2]).contains("x.tar.gz is damaged"));
        assert!(message(b"not an archive at all").contains("x.tar.gz is damaged"));
    }
}
