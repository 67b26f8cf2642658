//! SHA-256 sums of what is too long for the memory.

use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Bytes that are read at a time.
pub(super) const CHUNK: usize = 64 << 10;

/// Adds the next `bytes` bytes that `from` gives.
///
/// # Errors
/// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) where there are fewer, else where it cannot be read.
pub(super) fn add(hasher: &mut Sha256, mut from: impl Read, bytes: u64) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut left = bytes;
    while left > 0 {
        let wanted = left.min(CHUNK as u64) as usize;
        from.read_exact(&mut chunk[..wanted])?;
        hasher.update(&chunk[..wanted]);
        left -= wanted as u64;
    }
    Ok(())
}

/// A sum as it is written.
pub(super) fn words(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
