//! Errors after which the same write may succeed, so that a run waits instead of ending.

use std::time::Duration;

use crate::input::shown;
use crate::run::RunError;

/// Time between two attempts.
pub(super) const RETRY_EVERY: Duration = Duration::from_secs(2);

/// Why a run waits, in words, where `error` may not come again: always a full disk, and where the run is
/// `attended` by somebody who can see to it any other refusal of the file system, too.
pub(super) fn retriable(error: &anyhow::Error, attended: bool) -> Option<String> {
    match error.downcast_ref::<RunError>()? {
        RunError::Full { action, path, reason } => {
            let place = shown(path);
            Some(format!(
                "no space left to {action} {place} ({reason}); the run waits and goes on by itself when there is space"
            ))
        }
        RunError::Denied { action, path, reason } | RunError::Io { action, path, reason } if attended => {
            let place = shown(path);
            Some(format!(
                "cannot {action} {place} ({reason}); the run waits and goes on by itself when it can, or stop it and resume it from its last checkpoint"
            ))
        }
        RunError::Replaced { dir } if attended => {
            let place = shown(dir);
            Some(format!(
                "the run folder {place} was moved, deleted or replaced; put it back in its place and the run goes on by itself, or stop the run"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::{Error, ErrorKind};

    #[test]
    fn a_full_disk_is_waited_for_and_others_only_where_somebody_can_say_that_they_are_over() {
        let (action, path) = ("write", std::path::PathBuf::from("/runs/a b/LATEST"));
        let reason = || Error::from(ErrorKind::StorageFull);
        let full = || anyhow::Error::from(RunError::Full { action, path: path.clone(), reason: reason() });
        let io = || anyhow::Error::from(RunError::Io { action, path: path.clone(), reason: reason() });
        for attended in [false, true] {
            assert!(retriable(&full(), attended).unwrap().contains("write /runs/a b/LATEST"));
            assert_eq!(retriable(&io(), attended).is_some(), attended);
            assert_eq!(retriable(&anyhow::anyhow!("another"), attended), None);
        }
        // A wrapped one is the same one.
        assert!(retriable(&full().context("the checkpoint"), false).is_some());
    }
}
