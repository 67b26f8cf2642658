//! Asks for files and folders: with the system's dialogs, and with the window's own where the system has none.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use eframe::egui;

use super::chooser::{ChooserState, FileChooser};
use crate::gui::dialogs::{DialogAnswer, DialogProvider, Question, SystemDialogs};
use crate::gui::session::Wake;

/// A question to the window's own dialog, and where its answer goes.
type Asked = (Question, Sender<Option<PathBuf>>);

/// The window's own dialog: the questions that wait for it, and the one that is open.
pub struct OwnDialogs {
    asked: Receiver<Asked>,
    open: Option<(FileChooser, Sender<Option<PathBuf>>)>,
    /// The folder of the last answer.
    last: Option<PathBuf>,
    wake: Wake,
}

/// What answers questions: the system's dialogs, else the window's own, which have to be shown in every frame.
pub fn dialogs(system: SystemDialogs, wake: &Wake) -> (DialogProvider, OwnDialogs) {
    let (ask, asked) = channel::<Asked>();
    let own = OwnDialogs { asked, open: None, last: None, wake: wake.clone() };
    let wake = wake.clone();
    let provider = move |question: &Question| match system(question) {
        DialogAnswer::Chosen(path) => Some(path),
        DialogAnswer::Cancelled => None,
        DialogAnswer::Missing => {
            let (answer, answered) = channel();
            ask.send((question.clone(), answer)).ok()?;
            wake();
            // A window that is closed meanwhile answers nothing.
            answered.recv().ok().flatten()
        }
    };
    (Arc::new(provider), own)
}

impl OwnDialogs {
    /// Whether a dialog is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Draws the dialog that is open, or opens the next one.
    pub fn show(&mut self, ctx: &egui::Context) {
        if self.open.is_none()
            && let Ok((question, answer)) = self.asked.try_recv()
        {
            self.open = Some((FileChooser::new(question, self.last.as_deref(), &self.wake), answer));
        }
        let Some((chooser, answer)) = &mut self.open else {
            return;
        };
        let chosen = match chooser.show(ctx, &self.wake) {
            ChooserState::Open => return,
            ChooserState::Cancelled => None,
            ChooserState::Chosen(path) => {
                self.last = path.parent().map(Into::into);
                Some(path)
            }
        };
        // Nobody may wait for it any more.
        let _ = answer.send(chosen);
        self.open = None;
    }
}
