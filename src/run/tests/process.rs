//! Other processes on the same run folder: this very test binary, started again.

use super::*;
use crate::run::{default_dir, list, now};
use std::env;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// What the other process does, and where.
const ROLE: &str = "AUTOGAN_TEST_RUN_ROLE";
const PLACE: &str = "AUTOGAN_TEST_RUN_PLACE";
/// Begins what it says, among what the test harness says.
const SAID: &str = "said: ";

/// Not a test but the other process of the others.
#[test]
fn other_process() {
    let (Ok(role), Some(place)) = (env::var(ROLE), env::var_os(PLACE)) else {
        return;
    };
    let place = PathBuf::from(place);
    match role.as_str() {
        "hold" => hold(RunFolder::resume(&place).map(|resumed| resumed.folder)),
        "create" => {
            await_line();
            hold(RunFolder::create(&place, &info(), CONFIG_TOML));
        }
        "zone" => {
            say(default_dir(&place, "x", now()).file_name().unwrap().to_str().unwrap());
            say(&list(&place).unwrap().iter().map(|run| run.name.as_str()).collect::<Vec<_>>().join(" "));
        }
        #[cfg(target_os = "linux")]
        "powerless" => super::hands::powerless(&place),
        #[cfg(target_os = "linux")]
        measured => super::memory::measure(measured, &place),
        #[cfg(not(target_os = "linux"))]
        other => panic!("{other} is done on Linux only"),
    }
}

fn hold(folder: Result<RunFolder, RunError>) {
    say(&match &folder {
        Ok(_) => "mine".to_owned(),
        Err(error) => error.to_string(),
    });
    await_line();
}

pub(super) fn say(words: &str) {
    // Not captured, as `println!` would be.
    writeln!(std::io::stdout(), "\n{SAID}{words}").unwrap();
}

/// Waits for a line or the end of the other side.
fn await_line() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// Another process, killed when dropped.
pub(super) struct Other {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    pub(super) fn start(role: &str, place: &Path, change: impl FnOnce(&mut Command)) -> Self {
        // Not by its path, which another user may not be able to reach.
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            env::current_exe().unwrap()
        };
        let (_, module) = module_path!().split_once("::").unwrap();
        let mut command = Command::new(program);
        command.args([&format!("{module}::other_process"), "--exact", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).env(PLACE, place);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn go(&mut self) {
        writeln!(self.child.stdin.as_mut().unwrap()).unwrap();
    }

    /// What it says next.
    pub(super) fn says(&mut self) -> String {
        for line in self.lines.by_ref() {
            if let Some(words) = line.unwrap().strip_prefix(SAID) {
                return words.to_owned();
            }
        }
        let mut problem = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut problem).unwrap();
        panic!("the other process ended without a word: {problem}");
    }

    pub(super) fn kill(&mut self) {
        // SIGKILL on Unix.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
