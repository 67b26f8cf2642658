//! Numbers and columns for people.

/// A size in memory: `146.5 MiB`.
pub(super) fn mebibytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// Rows as lines with columns as wide as their widest entry. The first column is flush left and the
/// others are flush right. All rows have as many entries.
pub(super) fn lines<R: AsRef<[String]>>(rows: &[R]) -> Vec<String> {
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let width =
        |column: usize| rows.iter().map(|row| row.as_ref()[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &R| {
        let cells = row.as_ref().iter().zip(&widths).enumerate();
        let cells: Vec<String> = cells
            .map(|(column, (text, &width))| match column {
                0 => format!("{text:width$}"),
                _ => format!("{text:>width$}"),
            })
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_unit() {
        assert_eq!(mebibytes(153_600_000), "146.5 MiB");
    }

    #[test]
    fn columns_are_aligned() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(lines(&[row("é", "1"), row("long", "100")]), ["é       1", "long  100"]);
        assert_eq!(lines::<[String; 2]>(&[]), Vec::<String>::new());
    }
}
