//! A table in plain text: the first column to the left, numbers to the right.

use std::fmt;

use loadspiker_core::report::format::count as thousands;

#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    /// How many columns, from the left, are texts.
    texts: usize,
}

/// No column is wider, lest one long name pushes all numbers off the screen.
const WIDEST: usize = 40;

impl Table {
    pub(crate) fn new<'a>(texts: usize, heading: impl IntoIterator<Item = &'a str>) -> Self {
        Table { rows: vec![heading.into_iter().map(str::to_owned).collect()], texts }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| shorten(&cell)).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }
}

fn shorten(cell: &str) -> String {
    if cell.chars().count() <= WIDEST {
        return cell.to_owned();
    }
    // The ends tell names apart better than the beginnings alone.
    let (head, tail) = (WIDEST / 2, WIDEST - WIDEST / 2 - 1);
    let count = cell.chars().count();
    cell.chars().take(head).chain(std::iter::once('…')).chain(cell.chars().skip(count - tail)).collect()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column| {
            self.rows
                .iter()
                .filter_map(|row: &Vec<String>| row.get(column))
                .map(|cell: &String| cell.chars().count())
                .max()
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        for row in &self.rows {
            let mut line = String::from(" ");
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column < self.texts {
                    line.push_str(&format!(" {cell:<width$}"));
                } else {
                    line.push_str(&format!("  {cell:>width$}"));
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A rate: one decimal where it is small.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second < 100.0 {
        return format!("{per_second:.1}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is positive and far below u64")]
    thousands(per_second.round() as u64)
}

/// Bytes in a unit that leaves few digits; units are powers of 1000.
pub(crate) fn bytes(n: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut amount = n as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if amount < 1000.0 {
            return if unit == "B" { format!("{n} B") } else { format!("{amount:.1} {unit}") };
        }
        amount /= 1000.0;
    }
    format!("{amount:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_to_the_left_and_numbers_to_the_right() {
        let mut table = Table::new(1, ["name", "count"]);
        table.row(["a".to_owned(), "1".to_owned()]);
        table.row(["longer".to_owned(), "1,000".to_owned()]);
        assert_eq!(table.to_string(), "  name    count\n  a           1\n  longer  1,000\n");
    }

    #[test]
    fn long_names_keep_both_ends() {
        let short = shorten(&format!("begin{}end", "x".repeat(90)));
        assert_eq!(short.chars().count(), WIDEST);
        assert!(short.starts_with("begin") && short.ends_with("end"));
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            (thousands(0), thousands(999), thousands(1_234_567)),
            ("0".into(), "999".into(), "1,234,567".into())
        );
        assert_eq!((rate(0.25), rate(99.9), rate(12_345.6)), ("0.2".into(), "99.9".into(), "12,346".into()));
        assert_eq!((bytes(999), bytes(1000), bytes(2_500_000)), ("999 B".into(), "1.0 kB".into(), "2.5 MB".into()));
    }
}
