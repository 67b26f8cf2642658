//! A recorded run that comes with the program, to look at before one has a run of one's own.
//!
//! It is the preset `quick` as it was searched, without checkpoints and with some of its pictures; the test
//! `the_example_is_packed` makes the file. It is unpacked into the folder of caches when it is looked at first.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::export::sha256;
use crate::run::RunView;

/// The run folder in a compressed archive.
const PACKED: &[u8] = include_bytes!("../../assets/example.tar.gz");
/// What it takes on the disk at most, in bytes: a bound, since an archive can grow without limit.
const MOST: u64 = 32 << 20;
/// The name of the run, and of the folder of all its versions.
const NAME: &str = "example";

/// Whether a run folder is the example: it is no run of the person's own.
pub fn is_example(dir: &Path, cache: Option<&Path>) -> bool {
    cache.is_some_and(|cache| dir.starts_with(cache.join(NAME)))
}

/// Unpacks the run into the folder `cache` where it does not lie there yet. Returns its folder.
///
/// # Errors
///
/// If it cannot be written there, in a sentence.
pub fn unpacked(cache: &Path) -> Result<PathBuf, String> {
    unpack(PACKED, cache).map_err(|error| {
        format!("The example cannot be unpacked into {} ({error}); make room there", cache.display())
    })
}

fn unpack(packed: &[u8], cache: &Path) -> io::Result<PathBuf> {
    let all = cache.join(NAME);
    // That of another version of the program is another run.
    let place = all.join(&sha256(packed)[..12]);
    let dir = place.join(NAME);
    let is_there = || RunView::open(&dir).is_ok();
    if is_there() {
        return Ok(dir);
    }
    std::fs::create_dir_all(&all)?;
    // Written beside its place and renamed, so that one that is there is whole.
    let draft = tempfile::Builder::new().prefix("unpacking-").tempdir_in(&all)?;
    let plain = GzDecoder::new(packed).take(MOST);
    let mut archive = tar::Archive::new(plain);
    archive.set_preserve_mtime(false);
    let inner = draft.path().join(NAME);
    std::fs::create_dir(&inner)?;
    for entry in archive.entries()? {
        if !entry?.unpack_in(&inner)? {
            return Err(io::Error::new(ErrorKind::InvalidData, "it names a file outside of its folder"));
        }
    }
    match std::fs::remove_dir_all(&place) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match std::fs::rename(draft.path(), &place) {
        // Another window may have been faster.
        Err(error) if !is_there() => Err(error),
        _ => Ok(dir),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::{Duration, Instant};

    use super::*;
    use crate::config::RunConfig;
    use crate::run::{RunStatus, summarize};

    #[test]
    fn the_example_is_small_whole_and_there_in_a_second() {
        assert!(PACKED.len() <= 2_000_000, "{} bytes", PACKED.len());
        let cache = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let dir = unpacked(cache.path()).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        let run = summarize(dir.clone()).unwrap();
        assert_eq!((run.name.as_str(), run.status()), (NAME, RunStatus::Finished), "{:?}", run.problem);
        let view = RunView::open(&dir).unwrap();
        let pictures = view.samples().unwrap();
        assert!(pictures.len() >= 10, "{}", pictures.len());
        RunConfig::from_toml(&view.config().unwrap(), "config.toml").unwrap();
        // Every picture that its log names is there.
        let log = std::fs::read_to_string(dir.join("events.jsonl")).unwrap();
        let logged = log.lines().filter(|line| line.contains("\"event\":\"samples\"")).count();
        assert_eq!(logged, pictures.len());
        assert!(dir.join("export/winner.safetensors").is_file() && dir.join("export/winner.png").is_file());
        assert!(is_example(&dir, Some(cache.path())) && !is_example(cache.path(), Some(cache.path())));
    }

    #[test]
    fn it_is_unpacked_once_and_again_where_it_was_damaged() {
        let cache = tempfile::tempdir().unwrap();
        let dir = unpacked(cache.path()).unwrap();
        std::fs::write(dir.join("log.txt"), "mine").unwrap();
        assert_eq!(unpacked(cache.path()).unwrap(), dir);
        assert_eq!(std::fs::read_to_string(dir.join("log.txt")).unwrap(), "mine", "it was left as it is");
        std::fs::remove_file(dir.join("run.json")).unwrap();
        assert_eq!(unpacked(cache.path()).unwrap(), dir);
        assert!(RunView::open(&dir).is_ok());
        // Nothing else is left behind.
        assert_eq!(std::fs::read_dir(cache.path().join(NAME)).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_unpacked_is_said_and_leaves_nothing() {
        let cache = tempfile::tempdir().unwrap();
        assert!(unpack(&PACKED[..PACKED.len() / 2], cache.path()).is_err());
        assert_eq!(std::fs::read_dir(cache.path().join(NAME)).unwrap().count(), 0);
        let file = cache.path().join("file");
        std::fs::write(&file, "").unwrap();
        let sentence = unpacked(&file).unwrap_err();
        assert!(sentence.starts_with("The example cannot be unpacked into "), "{sentence}");
    }
}
