//! The run that is shown, and those of the window's own that go on behind it.

use std::path::Path;

use super::session::Session;
use super::state::Status;

/// Runs of the window's own that are kept after their end: their logs have what no run folder keeps.
const ENDED: usize = 4;

/// Runs that are open in the window.
#[derive(Default)]
pub struct Sessions {
    shown: Option<Session>,
    behind: Vec<Session>,
    /// Runs of ours that ended and are not shown, the latest last.
    ended: Vec<Session>,
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
        match self.shown.take() {
            Some(before) if before.is_own() => self.behind.push(before),
            Some(before) if before.worker().is_some() => self.keep(before),
            _ => {}
        }
    }

    /// Keeps a run of ours that ended, unless its worker died: then its folder says how it stands.
    fn keep(&mut self, session: Session) {
        if matches!(session.lock().status, Status::Died(_)) {
            return;
        }
        self.ended.retain(|other| other.dir() != session.dir());
        self.ended.push(session);
        if self.ended.len() > ENDED {
            self.ended.remove(0);
        }
    }

    /// Shows the run in `dir` if it is one of ours that is unseen. Returns whether it is shown now.
    pub fn bring(&mut self, dir: &Path) -> bool {
        if self.shown.as_ref().is_some_and(|shown| shown.dir() == dir && shown.worker().is_some()) {
            return true;
        }
        let of_dir = |sessions: &[Session]| sessions.iter().position(|session| session.dir() == dir);
        let session = if let Some(place) = of_dir(&self.behind) {
            self.behind.remove(place)
        } else if let Some(place) = of_dir(&self.ended).filter(|_| dir.is_dir()) {
            self.ended.remove(place)
        } else {
            return false;
        };
        self.show(session);
        true
    }

    /// Lets go of unseen runs that ended, and says how each did.
    pub fn tidy(&mut self) -> Vec<(String, Status)> {
        let ended: Vec<Session> = self.behind.extract_if(.., |session| !session.is_own()).collect();
        let how = ended.iter().map(|session| (session.name(), session.lock().status.clone())).collect();
        ended.into_iter().for_each(|session| self.keep(session));
        how
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
