//! The user's cache folder and the tuning results in it.

use std::path::{Path, PathBuf};

use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};
use burn::cubecl::environment;
use directories::ProjectDirs;

use super::DeviceError;

/// Names another folder than the operating system's.
const VARIABLE: &str = "AUTOGAN_CACHE_DIR";

/// The folder for what can be made again: tuning results, trained extractors. It is made if it is
/// not there.
///
/// # Errors
///
/// If the operating system knows no such folder or it cannot be made.
pub fn cache_dir() -> Result<PathBuf, DeviceError> {
    let path = match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => {
            let folders = ProjectDirs::from("", "", "autogan").ok_or(DeviceError::NoCacheFolder)?;
            folders.cache_dir().to_owned()
        }
    };
    match std::fs::create_dir_all(&path) {
        Ok(()) => Ok(path),
        Err(source) => Err(DeviceError::CacheFolder { path, source }),
    }
}

/// Makes cubecl keep its tuning results for this adapter in `folder`, in a file of its own: cubecl
/// itself does not tell adapters apart that are handed to it opened.
pub(super) fn keep_tuning(folder: &Path, adapter: &str) {
    // Reading the configuration sets cubecl's own folder, so it comes first. It also takes in
    // `CUBECL_AUTOTUNE_LEVEL` and the like.
    CubeClRuntimeConfig::get();
    environment::set_root(folder.join("tuning"));
    environment::activate(adapter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_adapter_has_a_tuning_file_of_its_own() {
        let folder = Path::new("/cache");
        keep_tuning(folder, "NVIDIA RTX 3060 #1");
        let first = environment::path();
        assert!(first.starts_with("/cache/tuning"), "{}", first.display());
        keep_tuning(folder, "NVIDIA RTX 3060 #2");
        assert_ne!(environment::path(), first);
    }
}
