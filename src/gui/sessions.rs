//! The run that is shown, and those of the window's own that go on behind it.

use std::path::Path;

use super::session::Session;
use super::state::Status;

/// Runs that are open in the window.
#[derive(Default)]
pub struct Sessions {
    shown: Option<Session>,
    behind: Vec<Session>,
}

impl Sessions {
    /// The run that is shown.
    pub fn shown(&self) -> Option<&Session> {
        self.shown.as_ref()
    }

    /// The run that is shown, for sending it commands.
    pub fn shown_mut(&mut self) -> Option<&mut Session> {
        self.shown.as_mut()
    }

    /// Runs of ours that go on unseen.
    pub fn behind(&self) -> &[Session] {
        &self.behind
    }

    /// Shows a run; the one before goes on unseen if it is ours.
    pub fn show(&mut self, session: Session) {
        self.hide();
        self.shown = Some(session);
    }

    /// Shows no run any more.
    pub fn hide(&mut self) {
        if let Some(before) = self.shown.take()
            && before.is_own()
        {
            self.behind.push(before);
        }
    }

    /// Shows the run in `dir` if it is one of those unseen. Returns whether it is shown now.
    pub fn bring(&mut self, dir: &Path) -> bool {
        if self.shown.as_ref().is_some_and(|shown| shown.dir() == dir && shown.is_own()) {
            return true;
        }
        let Some(place) = self.behind.iter().position(|session| session.dir() == dir) else {
            return false;
        };
        let session = self.behind.remove(place);
        self.show(session);
        true
    }

    /// Lets go of unseen runs that ended, and says how each did.
    pub fn tidy(&mut self) -> Vec<(String, Status)> {
        let ended: Vec<Session> = self.behind.extract_if(.., |session| !session.is_own()).collect();
        ended.into_iter().map(|session| (session.name(), session.lock().status.clone())).collect()
    }

    /// The number of this window's runs that go on.
    pub fn live(&self) -> usize {
        self.behind.len() + usize::from(self.shown.as_ref().is_some_and(Session::is_own))
    }

    /// Ends all of ours with a checkpoint and waits for it.
    pub fn close(&mut self) {
        self.shown.take().into_iter().chain(self.behind.drain(..)).for_each(Session::close);
    }

    /// Lets all of ours go on without the window.
    pub fn leave(&mut self) {
        self.shown.take().into_iter().chain(self.behind.drain(..)).for_each(Session::leave);
    }
}
