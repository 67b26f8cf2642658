//! SHA-256 sums, also of what is too long for the memory.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// Bytes that are read at a time.
pub(super) const CHUNK: usize = 64 << 10;

/// Length and SHA-256 sum of some bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

impl Sum {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { sha256: hex(Sha256::new_with_prefix(bytes)), bytes: bytes.len() as u64 }
    }
}

/// Files by name, each with the sum of its content, or of a log's up to that length.
pub(super) type FileSums = BTreeMap<String, Sum>;

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

/// A finished sum in hexadecimal digits.
pub(super) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
