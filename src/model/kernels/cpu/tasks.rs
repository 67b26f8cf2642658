//! How large the tasks of a parallel loop are: by the shapes alone, so that any number of threads gives the same bits.

/// A loop has a multiple of so many tasks where it has work for them, so that most numbers of cores end together.
const TASKS: usize = 8;

/// Multiplications that are worth a task, some microseconds of a core.
const WORK: usize = 1 << 18;

/// Items of a task, of `items` in all: at most `most`, and so few that there are enough tasks, but not below `least`.
pub(crate) fn items_each(items: usize, most: usize, least: usize) -> usize {
    let needed = items.div_ceil(most.max(1));
    let wanted = needed.next_multiple_of(TASKS).min(items / least.max(1));
    items.div_ceil(needed.max(wanted).max(1)).max(1)
}

/// Items that are worth a task, if each is so many multiplications.
pub(crate) fn worth(multiplications: usize) -> usize {
    WORK.div_ceil(multiplications.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_many_and_even_where_there_is_work() {
        // 512 rows by 15 at most are 35 tasks, and so 40.
        assert_eq!(items_each(512, 15, 4), 13);
        assert_eq!(items_each(64, 64, 8), 8);
        // Not worth more than three, or than one.
        assert_eq!(items_each(64, 64, 20), 22);
        assert_eq!(items_each(64, 64, 100), 64);
        // What a task can hold counts more than what it is worth.
        assert_eq!(items_each(64, 4, 100), 4);
        assert_eq!((items_each(0, 4, 1), items_each(5, 0, 0)), (1, 1));
    }

    #[test]
    fn small_work_is_not_worth_many_tasks() {
        assert_eq!((worth(32 * 32), worth(9 * 128 * 128), worth(0)), (256, 2, 1 << 18));
    }
}
