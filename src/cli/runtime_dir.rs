//! Keeps libraries quiet that look for a window system where there is none.
//!
//! On Linux, Mesa asks the Wayland compositor which GPU is its own whenever adapters are listed, and libwayland
//! prints "error: XDG_RUNTIME_DIR is invalid or not set in the environment." once or twice where the variable is
//! missing, as it is on servers and in containers. Whoever begins a run there would take it for an error of the run.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::device::cache_dir;
use crate::engine;

/// The variable that names the folder of a session's sockets.
const VARIABLE: &str = "XDG_RUNTIME_DIR";

/// Where the variable is missing, replaces this process by one that has it. To be called before anything else is
/// done; comes back where nothing is to be done, or where it cannot be.
pub(super) fn provide() {
    let found = std::env::var_os(VARIABLE);
    if let Some(folder) = replacement(found.as_deref(), cache_dir().ok()) {
        let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
        // The lines are no reason to fail: without a new process, they are printed.
        let error = engine::reexec(&arguments, &[(VARIABLE, folder.as_os_str())]);
        tracing::debug!("{VARIABLE} stays as it is: {error}");
    }
}

/// The folder to name instead of what was `found`: one of our own, where no compositor has its socket, so that all
/// else is as it was without the variable.
fn replacement(found: Option<&OsStr>, cache: Option<PathBuf>) -> Option<PathBuf> {
    let is_usable = found.is_some_and(|folder| folder.as_encoded_bytes().starts_with(b"/"));
    let folder = cache.filter(|_| cfg!(target_os = "linux") && !is_usable)?;
    std::path::absolute(folder).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_session_keeps_its_folder_and_without_one_it_is_ours() {
        let ours = || Some(PathBuf::from("/home/a/.cache/autogan"));
        assert_eq!(replacement(Some(OsStr::new("/run/user/1000")), ours()), None);
        for unusable in [None, Some(OsStr::new("")), Some(OsStr::new("run"))] {
            assert_eq!(replacement(unusable, ours()), ours());
            assert_eq!(replacement(unusable, None), None);
        }
        let relative = replacement(None, Some("cache".into())).unwrap();
        assert!(relative.is_absolute() && relative.ends_with("cache"), "{}", relative.display());
    }
}
