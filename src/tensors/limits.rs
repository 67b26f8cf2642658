//! How much of a file is accepted. Everything here is checked before memory is taken for it.

/// Most tensors in a file of weights; the shared generator of six cells has under 500.
pub const MOST_TENSORS: usize = 4_096;
/// Most tensors in a checkpoint, which holds several networks, their optimisers' moments and their averages: a
/// search in six cells comes to under 5,000.
pub const MOST_SAVED: usize = 16_384;
/// Largest header of a safetensors file, in bytes: 250 for each tensor of a checkpoint.
pub const MOST_HEADER: u64 = 4 << 20;
/// Most entries of a safetensors file's metadata.
pub(super) const MOST_METADATA: usize = 1_024;
/// Most dimensions of a tensor; PyTorch's and NumPy's own limit.
pub(super) const MOST_DIMENSIONS: u64 = 64;
/// Most bytes that are read of a zip archive's directory. In memory they become eight times as many. An entry
/// takes 46 bytes and its name, so there are at most 91,000.
pub(super) const MOST_DIRECTORY: u64 = 4 << 20;
/// Bytes that may come out of any file.
const FREE: u64 = 24 << 20;
/// Where it is more than [`FREE`], as many times the file's size may come out: a file of halves becomes twice as
/// large, and packing makes weights hardly smaller.
const GROWTH: u64 = 2;

/// How many bytes may come out of a file of `size` bytes.
pub(super) fn unpacked(size: u64) -> u64 {
    size.saturating_mul(GROWTH).max(FREE)
}
