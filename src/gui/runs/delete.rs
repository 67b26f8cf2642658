//! Moves runs to the trash: asks first, works on a thread of its own, loses nothing where it fails.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use eframe::egui;

use crate::gui::session::Wake;
use crate::gui::theme;
use crate::run::{self, run_name};

/// Names that are shown when it is asked.
const NAMED: usize = 8;

/// Moves a folder to the trash, or says why it stays where it is.
pub type Trash = Arc<dyn Fn(&Path) -> Result<(), String> + Send + Sync>;

/// The trash of the system.
pub fn native() -> Trash {
    Arc::new(|dir| trash::delete(dir).map_err(|error| error.to_string()))
}

/// The result for one run: its folder, and why it is still there.
pub type Moved = (PathBuf, Result<(), String>);

/// Runs on their way to the trash.
pub struct Delete {
    trash: Trash,
    wake: Wake,
    asking: Option<Vec<PathBuf>>,
    moving: Vec<Receiver<Moved>>,
}

impl Delete {
    /// Nothing to be moved yet.
    pub fn new(trash: Trash, wake: Wake) -> Self {
        Self { trash, wake, asking: None, moving: Vec::new() }
    }

    /// Asks whether these runs shall go.
    pub fn confirm(&mut self, dirs: Vec<PathBuf>) {
        self.asking = Some(dirs);
    }

    /// Draws the question, if there is one.
    pub fn show(&mut self, ctx: &egui::Context) {
        let Some(dirs) = &self.asking else { return };
        let modal = egui::Modal::new(egui::Id::unique("delete runs")).show(ctx, |ui| {
            ui.set_width(420.0);
            ui.heading(match dirs.len() {
                1 => "Move this run to the trash?".to_owned(),
                count => format!("Move {count} runs to the trash?"),
            });
            for dir in dirs.iter().take(NAMED) {
                ui.label(egui::RichText::new(run_name(dir)).strong())
                    .on_hover_text(dir.display().to_string());
            }
            if dirs.len() > NAMED {
                ui.label(format!("and {} more", dirs.len() - NAMED));
            }
            ui.label("All files of the run folder are moved: checkpoints, pictures, exported weights");
            ui.label("They can be restored from the trash until it is emptied");
            ui.add_space(theme::GAP);
            ui.horizontal(|ui| {
                let go = ui.button("Move to the trash").clicked();
                let stay = ui.button("Cancel").clicked();
                (go, stay)
            })
            .inner
        });
        let (go, stay) = modal.inner;
        if go && let Some(dirs) = self.asking.take() {
            self.move_away(dirs);
        } else if stay || modal.should_close() {
            self.asking = None;
        }
    }

    fn move_away(&mut self, dirs: Vec<PathBuf>) {
        let (send, moved) = channel();
        let (trash, wake) = (self.trash.clone(), self.wake.clone());
        thread::spawn(move || {
            for dir in dirs {
                let outcome = move_one(&trash, &dir);
                // The window may be gone.
                let _ = send.send((dir, outcome));
                wake();
            }
        });
        self.moving.push(moved);
    }

    /// The results since the last call.
    pub fn moved(&mut self) -> Vec<Moved> {
        let mut all = Vec::new();
        self.moving.retain(|moved| {
            loop {
                match moved.try_recv() {
                    Ok(outcome) => all.push(outcome),
                    Err(TryRecvError::Empty) => return true,
                    Err(TryRecvError::Disconnected) => return false,
                }
            }
        });
        all
    }
}

fn move_one(trash: &Trash, dir: &Path) -> Result<(), String> {
    // It may have been started since it was asked.
    match run::summarize(dir.to_owned()) {
        None => Err(format!("{} is not a run any more, so nothing was moved", run_name(dir))),
        Some(run) if run.running => Err(format!("{} is running; stop it before you delete it", run.name)),
        Some(run) => trash(dir).map_err(|why| {
            format!("{} could not be moved to the trash ({why}); it stays where it is", run.name)
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::{RunFolder, RunInfo};

    #[test]
    fn a_running_run_is_never_moved_and_a_failure_is_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("run");
        let info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
        let run = RunFolder::create(&dir, &info, "").unwrap();
        let remove: Trash = Arc::new(|dir| std::fs::remove_dir_all(dir).map_err(|error| error.to_string()));
        let full: Trash = Arc::new(|_| Err("disk full".to_owned()));
        assert!(move_one(&remove, &dir).unwrap_err().contains("running"));
        drop(run);
        let sentence = move_one(&full, &dir).unwrap_err();
        assert!(sentence.contains("disk full") && sentence.contains("stays"), "{sentence}");
        // A folder of something else is left alone.
        assert!(move_one(&remove, folder.path()).unwrap_err().contains("not a run"));
        assert!(dir.exists());
        move_one(&remove, &dir).unwrap();
        assert!(!dir.exists());
    }
}
