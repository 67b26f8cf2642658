//! What the fuzz targets share: a limit on memory, a folder, and ways to wrap an input.

pub mod seeds;

use std::alloc::System;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use autogan::data::{DataConfig, DataError, Loaded, Source, Split, load};
use autogan::tensors::{Limits, NamedArrays, PthFile};
use cap::Cap;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Counts what the program under test holds. libFuzzer's own limit on allocations needs a sanitizer.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// The side that images are brought to.
pub const SIDE: usize = 16;

/// Begins a target: writes the inputs it starts from into the folder that `fuzz/run` names, and allows
/// `mebibytes` of memory from now on. An allocation beyond them fails, so that the process aborts and
/// libFuzzer keeps the input.
pub fn begin(target: &str, mebibytes: usize) {
    if let Some(folder) = std::env::var_os("AUTOGAN_FUZZ_SEEDS") {
        for (number, seed) in seeds::of(target).into_iter().enumerate() {
            fs::write(Path::new(&folder).join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
    MEMORY.set_limit(MEMORY.allocated() + (mebibytes << 20)).unwrap();
}

/// An empty folder, alone in another one. The one that the call before made is gone.
pub fn folder() -> PathBuf {
    static ROOT: OnceLock<tempfile::TempDir> = OnceLock::new();
    let dir = ROOT.get_or_init(|| tempfile::tempdir().unwrap()).path().join("alone");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir(&dir).unwrap();
    dir
}

/// The names in a folder, sorted.
pub fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The first byte, which chooses among the forms of an input, and the rest.
pub fn choice(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}

/// The two parts of an input, which a line `--` divides; all of it twice where there is none.
pub fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    const MARK: &[u8] = b"\n--\n";
    match data.windows(MARK.len()).position(|window| window == MARK) {
        Some(at) => (&data[..at], &data[at + MARK.len()..]),
        None => (data, data),
    }
}

/// A zip archive with good sums around entries that may be anything: an input that has to hit a checksum
/// first would reach nothing behind it.
pub fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Packed as gzip.
pub fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The source that a reader's prefix and a folder name.
pub fn source(prefix: &str, dir: &Path) -> Source {
    format!("{prefix}:{}", dir.display()).parse().unwrap()
}

/// Loads one split of a source, and checks what holds for every set of images. Of more than a hundred images
/// a choice is taken: what many images take in memory they take rightly.
pub fn load_images(source: &Source, split: Split) -> Result<Loaded, DataError> {
    let config = DataConfig { limit: Some(100), ..DataConfig::default() };
    let loaded = load(source, &config.options(SIDE, split))?;
    let set = &loaded.set;
    assert!(!set.is_empty());
    assert_eq!(set.pixels().len(), set.len() * SIDE * SIDE * 3);
    assert_eq!(loaded.report.used, set.len());
    if let Some(labels) = set.labels() {
        assert_eq!(labels.len(), set.len());
        assert!(labels.iter().all(|&label| usize::from(label) < set.classes().len()));
    }
    Ok(loaded)
}

/// Reads a PyTorch file, some of its tensors and all, and checks what holds for them. A few bytes may rightly
/// stand for as many numbers as the limit allows, since tensors share storages: so it is lower here.
pub fn read_pth(bytes: &[u8]) {
    let limits = Limits { values: 1 << 22, ..Limits::default() };
    let Ok(mut file) = PthFile::read_within(Cursor::new(bytes), limits) else { return };
    let (Ok(list), Ok(tables)) = (file.list(), file.tables()) else { return };
    assert!(!list.is_empty() && tables.len() <= list.len());
    let check = |tensors: NamedArrays| {
        for (name, tensor) in tensors {
            assert!(name.len() <= 1000);
            assert_eq!(tensor.shape.iter().product::<usize>(), tensor.values.len());
            assert!(list.iter().any(|listed| listed.name == name && listed.shape.as_ref() == Some(&tensor.shape)));
        }
    };
    let first = list[0].name.clone();
    file.tensors(&|name| name == first).map(&check).unwrap_or_default();
    file.tensors(&|_| true).map(&check).unwrap_or_default();
}
