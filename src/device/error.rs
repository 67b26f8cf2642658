//! Why there is no device to compute on.

use std::path::PathBuf;

use thiserror::Error;

/// Why a device could not be chosen or opened.
#[derive(Debug, Error)]
pub enum DeviceError {
    /// No adapter has such a name.
    #[error("there is no device named \"{wanted}\"; there are: {known}")]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// Everything that can be asked for.
        known: String,
    },
    /// Several adapters have such a name.
    #[error("\"{wanted}\" fits more than one device ({found}); give more of the name")]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The adapters that it fits.
        found: String,
    },
    /// The driver refused.
    #[error(
        "{name} could not be opened ({message}); update its driver, or compute on another device, such as --device cpu"
    )]
    Open {
        /// The adapter.
        name: String,
        /// What the driver or burn said.
        message: String,
    },
    /// Tuning results of two adapters would mix.
    #[error("this process computes on {open} already; start another one for {wanted}")]
    Taken {
        /// The adapter in use.
        open: String,
        /// The adapter that was asked for.
        wanted: String,
    },
    /// The operating system names no folder.
    #[error("there is no home folder to keep the cache in; set AUTOGAN_CACHE_DIR to a folder")]
    NoCacheFolder,
    /// The cache folder cannot be made.
    #[error("the cache folder {path} could not be made ({source}); set AUTOGAN_CACHE_DIR to another one")]
    CacheFolder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}
