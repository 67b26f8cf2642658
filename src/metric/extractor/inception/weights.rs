//! The network's numbers: from the public files, and as they are kept.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};

use super::layout::{NUMBERS, shapes};
use crate::export::sha256;
use crate::input;
use crate::metric::extractor::ExtractorError;
use crate::metric::extractor::weights::write_cached;
use crate::tensors::{
    MOST_TENSORS, NamedArrays, PthFile, is_safetensors, open_safetensors, read_safetensors,
};

/// Name of the network with the public numbers, the only extractor whose scores are called IS and FID.
pub const INCEPTION_2015: &str = "inception-2015";
/// First digits of the SHA-256 of the public files, which are part of their names: that of pytorch-fid and
/// that of torch-fidelity hold the same numbers.
const PUBLIC: &str = "6726825d";
/// The file in the cache folder.
const CACHED: &str = "inception-2015.safetensors";
/// Key of the hash of the file they came from.
const ORIGIN: &str = "origin";
/// Bytes that a file with the numbers has at most: twice those of the numbers.
const MOST_BYTES: u64 = 8 * NUMBERS as u64;

/// The numbers of the network, by PyTorch's names.
#[derive(Clone, Debug, PartialEq)]
pub struct InceptionWeights {
    pub(super) numbers: BTreeMap<String, Vec<f32>>,
    /// SHA-256 of the file that they came from, in hexadecimal digits.
    origin: String,
}

/// Where the network's numbers are to be had.
pub fn how_to_get() -> &'static str {
    "`autogan data fetch inception` downloads them once, or give --weights a file \
     pt_inception-2015-12-05-6726825d.pth (of pytorch-fid) or weights-inception-2015-12-05-6726825d.pth (of \
     torch-fidelity) to autogan score; without them, the built-in extractor (--extractor builtin, or the setting \
     score.extractor) gives scores of its own name"
}

impl InceptionWeights {
    /// Reads a file that PyTorch wrote, or one that was kept.
    ///
    /// # Errors
    /// When it cannot be read or does not hold this network; nothing in it is ever run.
    pub fn read(path: &Path) -> Result<Self, ExtractorError> {
        let bytes = read_bounded(path)?;
        let foreign = |why: String| ExtractorError::Foreign { path: path.to_owned(), why };
        if is_safetensors(&bytes) {
            let opened = open_safetensors(&bytes, MOST_TENSORS);
            let (file, mut metadata) = opened.map_err(|error| foreign(error.to_string()))?;
            let origin = metadata.remove(ORIGIN);
            let wanted = shapes();
            let arrays = read_safetensors(&file, &|name| wanted.contains_key(name));
            let arrays = arrays.map_err(|error| foreign(error.to_string()))?;
            return Self::from_arrays(arrays, origin.unwrap_or_else(|| sha256(&bytes))).map_err(foreign);
        }
        let origin = sha256(&bytes);
        let arrays = PthFile::read(Cursor::new(bytes)).and_then(|mut file| file.tensors(&|_| true));
        Self::from_arrays(arrays.map_err(|error| foreign(error.to_string()))?, origin).map_err(foreign)
    }

    /// The numbers that `autogan data fetch inception` or an earlier use of a file left in the folder
    /// `cache`.
    ///
    /// # Errors
    /// When there are none, with what to do.
    pub fn cached(cache: &Path) -> Result<Self, ExtractorError> {
        let path = Self::place(cache);
        if path.exists() { Self::read(&path) } else { Err(ExtractorError::NoInception) }
    }

    /// Where they are kept.
    pub fn place(cache: &Path) -> PathBuf {
        cache.join(CACHED)
    }

    /// Keeps them in the folder `cache`.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep(&self, cache: &Path) -> Result<PathBuf, ExtractorError> {
        let path = Self::place(cache);
        write_cached(&path, &self.to_bytes())?;
        Ok(path)
    }

    /// As the bytes of a safetensors file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let shapes = shapes();
        let bytes: BTreeMap<&String, Vec<u8>> = self
            .numbers
            .iter()
            .map(|(name, values)| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let views = bytes.iter().map(|(name, bytes)| {
            let view = TensorView::new(Dtype::F32, shapes[*name].clone(), bytes);
            (*name, view.unwrap_or_else(|error| unreachable!("shapes were checked: {error}")))
        });
        let metadata = [(ORIGIN.to_owned(), self.origin.clone())].into();
        safetensors::serialize(views, Some(metadata))
            .unwrap_or_else(|error| unreachable!("shapes were checked: {error}"))
    }

    /// The numbers of these tensors; tensors that are not needed are passed over. `origin` is the SHA-256 of
    /// the file that they are from.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape, in words that list them.
    pub fn from_arrays(arrays: NamedArrays, origin: String) -> Result<Self, String> {
        let numbers = arrays.into_iter().map(|(name, array)| (name, (array.shape, array.values)));
        Self::checked(numbers.collect(), origin)
    }

    fn checked(mut found: BTreeMap<String, (Vec<usize>, Vec<f32>)>, origin: String) -> Result<Self, String> {
        let mut numbers = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, wanted) in shapes() {
            match found.remove(&name) {
                None => problems.push(format!("{name} is missing")),
                Some((shape, _)) if shape != wanted => {
                    problems.push(format!("{name} has shape {shape:?} instead of {wanted:?}"));
                }
                Some((_, values)) if values.iter().all(|value| value.is_finite()) => {
                    numbers.insert(name, values);
                }
                Some(_) => problems.push(format!("{name} holds NaN or infinity")),
            }
        }
        let Some(first) = problems.first() else {
            return Ok(Self { numbers, origin });
        };
        let others = problems.len() - 1;
        let others = if others == 0 { String::new() } else { format!(", and {others} more such problems") };
        Err(format!("it is not the Inception network of 2015: {first}{others}"))
    }

    /// The name that scores carry: that of the 2015 network only for the public numbers, which alone give
    /// IS and FID.
    pub fn name(&self) -> String {
        if self.origin.starts_with(PUBLIC) {
            INCEPTION_2015.to_owned()
        } else {
            format!("inception-{}", self.origin.get(..8).unwrap_or(&self.origin))
        }
    }

    /// Whether they are the public ones.
    pub fn is_public(&self) -> bool {
        self.name() == INCEPTION_2015
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, ExtractorError> {
    let unreadable =
        |error: std::io::Error| ExtractorError::Read { path: path.to_owned(), why: error.to_string() };
    let (file, size) = input::open(path).map_err(unreadable)?;
    if size > MOST_BYTES {
        let why = format!("it has {size} bytes, and the network's numbers have {}", MOST_BYTES / 2);
        return Err(ExtractorError::Foreign { path: path.to_owned(), why });
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tensors::Array;

    fn zeros() -> NamedArrays {
        let array = |shape: Vec<usize>| Array { values: vec![0.0; shape.iter().product()], shape };
        shapes().into_iter().map(|(name, shape)| (name, array(shape))).collect()
    }

    #[test]
    fn the_numbers_are_kept_and_only_the_public_ones_have_the_public_name() {
        let mut arrays = zeros();
        arrays.insert("fc.num_batches_tracked".to_owned(), Array { shape: vec![], values: vec![1.0] });
        let origin = format!("{PUBLIC}0123");
        let weights = InceptionWeights::from_arrays(arrays, origin.clone()).unwrap();
        assert!(weights.is_public() && weights.name() == INCEPTION_2015);
        let cache = tempfile::tempdir().unwrap();
        assert!(matches!(InceptionWeights::cached(cache.path()), Err(ExtractorError::NoInception)));
        let path = weights.keep(cache.path()).unwrap();
        assert_eq!(InceptionWeights::cached(cache.path()).unwrap(), weights, "its origin, too");
        let other = InceptionWeights { origin: "ab".repeat(32), ..weights };
        assert_eq!(other.name(), "inception-abababab");
        let cut = std::fs::read(&path).unwrap();
        std::fs::write(&path, &cut[..cut.len() / 2]).unwrap();
        let error = InceptionWeights::cached(cache.path()).unwrap_err().to_string();
        assert!(error.contains("cannot be used as weights"), "{error}");
    }

    #[test]
    fn what_is_another_network_is_refused_with_what_is_wrong() {
        let none = InceptionWeights::from_arrays(NamedArrays::new(), String::new()).unwrap_err();
        assert!(none.contains("Conv2d_1a_3x3.bn.bias is missing, and 471 more"), "{none}");
        let mut arrays = zeros();
        arrays.insert("fc.weight".to_owned(), Array { shape: vec![1000, 2048], values: Vec::new() });
        let shape = InceptionWeights::from_arrays(arrays, String::new()).unwrap_err();
        assert!(shape.ends_with("fc.weight has shape [1000, 2048] instead of [1008, 2048]"), "{shape}");
        let mut arrays = zeros();
        arrays.get_mut("fc.bias").unwrap().values[3] = f32::NAN;
        let number = InceptionWeights::from_arrays(arrays, String::new()).unwrap_err();
        assert!(number.contains("fc.bias holds NaN or infinity"), "{number}");
    }

    #[test]
    fn files_that_are_too_large_or_something_else_are_refused_before_they_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large.pth");
        std::fs::File::create(&path).unwrap().set_len(MOST_BYTES + 1).unwrap();
        let error = InceptionWeights::read(&path).unwrap_err().to_string();
        assert!(error.contains("large.pth") && error.contains("bytes"), "{error}");
        std::fs::write(&path, b"cos\nsystem\n(S'touch hacked'\ntR.").unwrap();
        let error = InceptionWeights::read(&path).unwrap_err().to_string();
        assert!(error.contains("cannot be used as weights"), "{error}");
        assert!(!Path::new("hacked").exists());
        let missing = InceptionWeights::read(&dir.path().join("none.pth")).unwrap_err().to_string();
        assert!(missing.contains("none.pth"), "{missing}");
    }
}
