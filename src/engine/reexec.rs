//! Replacing this process by a new one of the same program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

/// The program that a new process runs.
///
/// # Errors
///
/// Why there can be none, as a part of a sentence.
pub(super) fn program() -> Result<PathBuf, String> {
    if !cfg!(unix) {
        return Err("this system replaces no process by another".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| format!("the program is not found: {error}"))?;
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!("the program was moved or replaced: {}", program.display()))
    }
}

/// Replaces this process by a new one of the same program, with its number, its pipes and its environment beside
/// these `variables`. Comes back only where that cannot be done.
pub fn reexec(arguments: &[OsString], variables: &[(&str, &OsStr)]) -> io::Error {
    let program = match program() {
        Ok(program) => program,
        Err(reason) => return io::Error::other(reason),
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments).envs(variables.iter().copied());
    #[cfg(unix)]
    return std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    return io::ErrorKind::Unsupported.into();
}
