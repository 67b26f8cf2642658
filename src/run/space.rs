//! How much more a disk takes.

use super::RunError;
use super::error::at;
use std::path::Path;

/// Bytes that may still be written where `dir` lies, by whoever this process belongs to. Quotas that the
/// file system keeps to itself are not in it.
///
/// # Errors
/// [`RunError::Denied`] or [`RunError::Io`] where the system does not tell.
pub fn free_space(dir: &Path) -> Result<u64, RunError> {
    fs4::available_space(dir).map_err(at("measure the free space of", dir))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_has_some_space_and_one_that_is_gone_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free_space(dir.path()).unwrap() > 0);
        let gone = dir.path().join("gone");
        assert!(free_space(&gone).unwrap_err().to_string().contains("gone"));
    }
}
