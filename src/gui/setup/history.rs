//! Undo and redo over whole values.

/// What a value was and, after an undo, what it will be again.
pub struct UndoHistory<T> {
    past: Vec<T>,
    future: Vec<T>,
    /// The value as last noted.
    now: T,
}

/// Steps that can be taken back.
const DEPTH: usize = 200;

impl<T: Clone + PartialEq> UndoHistory<T> {
    /// Begins with a value.
    pub fn new(now: T) -> Self {
        Self { past: Vec::new(), future: Vec::new(), now }
    }

    /// Notes a value if it changed.
    pub fn note(&mut self, value: &T) {
        if self.now == *value {
            return;
        }
        self.past.push(std::mem::replace(&mut self.now, value.clone()));
        self.future.clear();
        if self.past.len() > DEPTH {
            self.past.remove(0);
        }
    }

    /// Notes a value as a part of the last change, which is taken back together with it.
    pub fn amend(&mut self, value: &T) {
        self.now.clone_from(value);
    }

    /// The newest noted value that is such a one; the value as it is comes first.
    pub fn newest(&self, is_such: impl Fn(&T) -> bool) -> Option<&T> {
        std::iter::once(&self.now).chain(self.past.iter().rev()).find(|value| is_such(value))
    }

    /// Whether there is something to take back, with the value as it is.
    pub fn can_undo(&self, value: &T) -> bool {
        !self.past.is_empty() || self.now != *value
    }

    /// Whether something was taken back.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Takes the last change back.
    pub fn undo(&mut self, value: &mut T) {
        self.note(value);
        if let Some(before) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.now, before));
            value.clone_from(&self.now);
        }
    }

    /// Makes the last change again that was taken back.
    pub fn redo(&mut self, value: &mut T) {
        if let Some(after) = self.future.pop() {
            self.past.push(std::mem::replace(&mut self.now, after));
            value.clone_from(&self.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_change_is_taken_back_with_it() {
        let mut value = 1;
        let mut history = UndoHistory::new(value);
        value = 2;
        history.note(&value);
        value = 20;
        history.amend(&value);
        assert!(history.can_undo(&value));
        history.undo(&mut value);
        assert_eq!(value, 1);
        history.redo(&mut value);
        assert_eq!(value, 20);
        // What follows anew after an undo keeps what can be made again.
        history.undo(&mut value);
        value = 10;
        history.amend(&value);
        assert!(!history.can_undo(&value) && history.can_redo());
    }

    #[test]
    fn changes_are_taken_back_one_by_one_and_made_again() {
        let mut value = 1;
        let mut history = UndoHistory::new(value);
        assert!(!history.can_undo(&value));
        for next in [2, 3] {
            value = next;
            history.note(&value);
        }
        // Not noted yet, and not lost.
        value = 4;
        for expected in [3, 2, 1, 1] {
            history.undo(&mut value);
            assert_eq!(value, expected);
        }
        for expected in [2, 3, 4, 4] {
            history.redo(&mut value);
            assert_eq!(value, expected);
        }
        assert_eq!(history.newest(|value| value % 2 == 1), Some(&3));
        assert_eq!(history.newest(|value| *value > 4), None);
        history.undo(&mut value);
        value = 9;
        history.note(&value);
        assert!(!history.can_redo(), "a new change ends what was taken back");
        history.undo(&mut value);
        assert_eq!(value, 3);
    }
}
