//! Memory for what lives within one task, kept from one task to the next.

use std::cell::RefCell;

thread_local! {
    static KEPT: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with two slices of these lengths. They hold whatever was written there before: all values that are read
/// have to be written first.
///
/// New memory would be zeroed for every few tasks, and be cold.
pub(crate) fn with_two<R>(lengths: [usize; 2], work: impl FnOnce(&mut [f32], &mut [f32]) -> R) -> R {
    // Taken away meanwhile, so that a task that begins inside of another has its own.
    let mut kept = KEPT.take();
    let total = lengths[0] + lengths[1];
    if kept.len() < total {
        kept.resize(total, 0.0);
    }
    let (one, other) = kept[..total].split_at_mut(lengths[0]);
    let result = work(one, other);
    KEPT.set(kept);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_kept_and_a_task_inside_of_another_has_its_own() {
        with_two([2, 3], |one, other| {
            assert_eq!((one.len(), other.len()), (2, 3));
            one.fill(1.0);
            other.fill(2.0);
            with_two([1, 1], |inner, _| inner.fill(3.0));
            assert_eq!((&*one, &*other), ([1.0; 2].as_slice(), [2.0; 3].as_slice()));
        });
        with_two([5, 0], |one, _| assert_eq!(one, [1.0, 1.0, 2.0, 2.0, 2.0]));
    }
}
