//! Downloading the public data sets.
//!
//! What holds: every address is HTTPS, also after a redirect, but for a mirror on this very machine; a
//! download that stops goes on where it stopped, now or at the next call; nothing gets its final name, and
//! nothing is unpacked, before its checksum was right; from an archive only the expected files are taken,
//! each of exactly its expected size, straight into the target folder. The archive is removed once unpacked.

mod download;
mod sum;
mod unpack;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use unpack::unpack;

use super::{DataError, Download, READERS, Reader, RemoteFile, Source};
use sum::PublishedSum;

/// A data set that can be downloaded, by its name such as `cifar10`.
#[derive(Clone, Copy)]
pub struct Dataset {
    /// What reads it.
    reader: &'static dyn Reader,
    download: &'static Download,
}

impl Dataset {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        READERS
            .iter()
            .flat_map(|&reader| reader.downloads().iter().map(move |download| Self { reader, download }))
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.download.name
    }

    /// What it holds and how large it is, as a phrase.
    pub fn about(&self) -> &'static str {
        self.download.about
    }

    /// The files; `base` replaces the address up to their names.
    fn files(&self, base: Option<&str>) -> Vec<Remote> {
        let base = base.map(|base| format!("{}/", base.trim_end_matches('/')));
        let remote = |file: &RemoteFile| Remote {
            base: base.clone().unwrap_or_else(|| file.base.into()),
            file: file.file.into(),
            most: file.most,
            sum: PublishedSum::Md5(file.md5.into()),
            members: file.members.iter().map(|&(name, bytes)| Member { name: name.into(), bytes }).collect(),
        };
        self.download.files.iter().map(remote).collect()
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dataset({})", self.name())
    }
}

impl PartialEq for Dataset {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl FromStr for Dataset {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let unknown = || {
            let names: Vec<String> = Self::all().map(|dataset| format!("`{}`", dataset.name())).collect();
            DataError::UnknownDataset { text: text.into(), names: names.join(", ") }
        };
        Self::all().find(|dataset| dataset.name() == text).ok_or_else(unknown)
    }
}

/// How far the download of one file is.
#[derive(Debug, Clone, Copy)]
pub struct DownloadProgress<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Bytes that are here.
    pub done: u64,
    /// Bytes in all, where the server says.
    pub total: Option<u64>,
}

/// A file to download.
struct Remote {
    /// The address up to the file's name.
    base: String,
    file: String,
    /// More bytes than it has: no server fills the disk.
    most: u64,
    sum: PublishedSum,
    /// What to take out of it; an empty list keeps the file as it is.
    members: Vec<Member>,
}

/// A file that is expected in an archive.
pub struct Member {
    /// Its name, without folders: a plain name of this program's own choice.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// Downloads `dataset` into the folder `to`, which is made when missing, checks and unpacks it. What
/// is there already is not fetched again. `base_url` replaces the address up to the files' names, for
/// a mirror. Returns the source to load it by.
///
/// # Errors
/// [`DataError::Download`] when network or server fail (the next call goes on from there),
/// [`DataError::Checksum`] or [`DataError::Damaged`] when something else arrived, [`DataError::Write`].
pub fn fetch(
    dataset: Dataset,
    to: &Path,
    base_url: Option<&str>,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<Source, DataError> {
    fetch_files(&dataset.files(base_url), to, progress)?;
    Ok(Source::new(dataset.reader, to))
}

/// Where pytorch-fid publishes the Inception network's weights.
const INCEPTION: &str = "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/";
const INCEPTION_FILE: &str = "pt_inception-2015-12-05-6726825d.pth";
/// Its SHA-256, of which the publisher has put the first digits into the name.
const INCEPTION_SUM: &str = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2";
const MEGABYTE: u64 = 1_000_000;

/// Downloads the weights of the Inception network of 2015 (96 MB) into the folder `to` and returns the file.
/// `base_url` replaces the address up to the file's name, for a mirror.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_inception(
    to: &Path,
    base_url: Option<&str>,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<PathBuf, DataError> {
    let base =
        base_url.map_or_else(|| INCEPTION.to_owned(), |base| format!("{}/", base.trim_end_matches('/')));
    let (file, sum) = (INCEPTION_FILE.into(), PublishedSum::Sha256(INCEPTION_SUM.into()));
    let remote = Remote { base, file, most: 120 * MEGABYTE, sum, members: Vec::new() };
    fetch_files(&[remote], to, progress)?;
    Ok(to.join(INCEPTION_FILE))
}

fn fetch_files(
    files: &[Remote],
    to: &Path,
    progress: &mut dyn FnMut(DownloadProgress),
) -> Result<(), DataError> {
    fs::create_dir_all(to).map_err(|error| DataError::write(to, error))?;
    for remote in files {
        if is_there(remote, to)? {
            continue;
        }
        let target = to.join(&remote.file);
        if !target.is_file() || !remote.sum.fits(&target)? {
            download::download(remote, &target, progress)?;
        }
        if !remote.members.is_empty() {
            unpack(&target, &remote.members, to)?;
            fs::remove_file(&target).map_err(|error| DataError::write(&target, error))?;
        }
    }
    Ok(())
}

/// Whether an earlier call brought all of `remote`.
fn is_there(remote: &Remote, to: &Path) -> Result<bool, DataError> {
    if remote.members.is_empty() {
        let target = to.join(&remote.file);
        return Ok(target.is_file() && remote.sum.fits(&target)?);
    }
    Ok(remote
        .members
        .iter()
        .all(|member| fs::metadata(to.join(&member.name)).is_ok_and(|file| file.len() == member.bytes)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::download::server::{Reply, serve};
    use super::*;

    /// A remote file at `base` with the right sum for `bytes`.
    fn remote(base: &str, file: &str, bytes: &[u8], members: Vec<Member>) -> Remote {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, bytes).unwrap();
        let sum = PublishedSum::Md5(PublishedSum::Md5("0".repeat(32)).of(&path).unwrap());
        Remote { base: base.into(), file: file.into(), most: 1 << 20, sum, members }
    }

    #[test]
    fn an_archive_is_fetched_unpacked_and_not_fetched_again() {
        let members = || vec![Member { name: "a.bin".into(), bytes: 5 }];
        let archive = unpack::tests::archive(&[("x/a.bin", b"12345"), ("x/readme", b"hello")]);
        let served = archive.clone();
        let base = serve(move |request| match request.count {
            0 => Reply::whole(&served),
            _ => Reply::status(500),
        });
        let dir = tempfile::tempdir().unwrap();
        let files = [remote(&base, "a.tar.gz", &archive, members())];
        for _ in 0..2 {
            fetch_files(&files, dir.path(), &mut |_| {}).unwrap();
        }
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["a.bin"]);
        assert_eq!(fs::read(dir.path().join("a.bin")).unwrap(), b"12345");
    }

    /// The archive would unpack well.
    #[test]
    fn what_has_another_sum_is_never_unpacked() {
        let archive = unpack::tests::archive(&[("x/a.bin", b"12345")]);
        let served = archive.clone();
        let base = serve(move |_| Reply::whole(&served));
        let dir = tempfile::tempdir().unwrap();
        let members = vec![Member { name: "a.bin".into(), bytes: 5 }];
        let wrong =
            Remote { sum: PublishedSum::Md5("0".repeat(32)), ..remote(&base, "a.tar.gz", &archive, members) };
        for there in [false, true] {
            if there {
                fs::write(dir.path().join("a.tar.gz"), &archive).unwrap();
            }
            let error = fetch_files(std::slice::from_ref(&wrong), dir.path(), &mut |_| {}).unwrap_err();
            assert!(matches!(error, DataError::Checksum { .. }), "{error}");
            assert!(!dir.path().join("a.bin").exists());
        }
    }

    #[test]
    fn names_and_mirrors() {
        for dataset in Dataset::all() {
            assert_eq!(dataset.name().parse::<Dataset>().unwrap(), dataset);
            for remote in dataset.files(None) {
                assert!(remote.sum.digits().len() == 32 && remote.base.ends_with('/'));
                assert!(remote.base.starts_with("https://"), "{}", remote.base);
            }
        }
        let error = "mnist".parse::<Dataset>().unwrap_err().to_string();
        assert!(error.contains("fashion-mnist"), "{error}");
        // Any file of a mirror with other content is refused.
        let base = serve(|_| Reply::whole(b"something else"));
        let dir = tempfile::tempdir().unwrap();
        let mirror = base.trim_end_matches('/');
        let error =
            fetch("fashion-mnist".parse().unwrap(), dir.path(), Some(mirror), &mut |_| {}).unwrap_err();
        assert!(matches!(error, DataError::Checksum { .. }), "{error}");
        let error = fetch_inception(dir.path(), Some(mirror), &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains("SHA-256") && error.contains(INCEPTION_SUM), "{error}");
        assert!(INCEPTION.starts_with("https://") && INCEPTION_FILE.contains(&INCEPTION_SUM[..8]));
    }
}
