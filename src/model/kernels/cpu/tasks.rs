//! How large the tasks of a parallel loop are: by the shapes alone, so that any number of threads gives the same bits.

/// A loop has a multiple of so many tasks where it has work for them, so that most numbers of cores end together.
const TASKS: usize = 8;

/// Multiplications that are worth a task, some microseconds of a core.
const WORK: usize = 1 << 18;

/// Rows of a product below which it is slow.
const LEAST: usize = 32;

/// Rows of a map for a task, of `rows` in all that have `width` pixels each: about `most` pixels, and fewer only where
/// there would be too few tasks. A pixel is a row of a product and takes so many multiplications.
pub(crate) fn rows_each(rows: usize, width: usize, most: usize, multiplications: usize) -> usize {
    let (width, least) = (width.max(1), worth(multiplications).max(LEAST));
    items_each(rows, most.div_ceil(width), least.div_ceil(width))
}

/// Items of a task, of `items` in all: at most `most`, and so few that there are enough tasks, but not below `least`.
fn items_each(items: usize, most: usize, least: usize) -> usize {
    let needed = items.div_ceil(most.max(1));
    let wanted = needed.next_multiple_of(TASKS).min(items / least.max(1));
    items.div_ceil(needed.max(wanted).max(1)).max(1)
}

/// Items that are worth a task, if each is so many multiplications.
fn worth(multiplications: usize) -> usize {
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
    fn rows_of_a_task_are_whole_and_their_pixels_enough() {
        // 32 maps of 4x4 pixels, 32 to 32 channels: eight tasks of a 3x3 kernel, but two of a 1x1 kernel.
        assert_eq!(rows_each(128, 4, 227, 9 * 32 * 32), 16);
        assert_eq!(rows_each(128, 4, 1024, 32 * 32), 64);
        assert_eq!(rows_each(0, 0, 64, 0), 1);
    }

    #[test]
    fn small_work_is_not_worth_many_tasks() {
        assert_eq!((worth(32 * 32), worth(9 * 128 * 128), worth(0)), (256, 2, 1 << 18));
    }
}
