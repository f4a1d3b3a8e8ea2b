//! A table in plain text: texts to the left, numbers to the right, no wider than the screen.

use std::collections::{BTreeSet, HashMap};

use loadspiker_core::format::printable;

use crate::screen::{Screen, Tone};
use crate::width::{width_of, width_of_char};

#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    heading: &'static str,
    is_text: bool,
    /// Where there is no room the column with the highest number goes first; 0 always stays.
    dispensable: u8,
}

#[derive(Debug)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        // So that columns are as wide as what is shown.
        Cell { text: printable(&text).into_owned(), tone: Tone::Plain }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Cell {
    pub(crate) fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    fn width(&self) -> usize {
        width_of(&self.text)
    }
}

/// A column of names or other words.
pub(crate) const fn words(heading: &'static str) -> Column {
    Column { heading, is_text: true, dispensable: 0 }
}

/// A column of numbers.
pub(crate) const fn numbers(heading: &'static str) -> Column {
    Column { heading, is_text: false, dispensable: 0 }
}

impl Column {
    /// May be left out on a narrow screen; the one with the highest number goes first.
    pub(crate) const fn dispensable(mut self, order: u8) -> Self {
        self.dispensable = order;
        self
    }
}

/// Without a terminal, which has a width of its own, the first column is never wider.
pub(crate) const WIDEST: usize = 200;
/// Rather than make the first column narrower than this, others are left out.
const READABLE: usize = 24;
/// The first column is not made narrower than this; lines are cut instead.
const NARROWEST: usize = 8;
/// Before the first column, and between two.
const GAP: usize = 2;

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Table { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The heading and the rows, as they fit the screen.
    pub(crate) fn lines(&self, screen: Screen) -> Vec<String> {
        let widths: Vec<usize> = (0..self.columns.len()).map(|column| self.width(column)).collect();
        let (shown, first) = self.fit(&widths, screen.width.unwrap_or(usize::MAX));
        let names: Vec<&str> = self.rows.iter().map(|row| row.first().map_or("", |cell| &*cell.text)).collect();
        let names = shorten_all(&names, first);
        let line = |cells: &[Cell], name: &str| {
            let mut line = String::new();
            for (column, cell) in cells.iter().enumerate().filter(|(column, _)| shown.contains(column)) {
                let width = if column == 0 { first } else { widths[column] };
                let text = if column == 0 { name.to_owned() } else { cell.text.clone() };
                let space = " ".repeat(width.saturating_sub(width_of(&text)));
                let text = screen.paint(cell.tone, text);
                line.push_str(&" ".repeat(GAP));
                line.push_str(&if self.columns[column].is_text { text + &space } else { space + &text });
            }
            screen.cut(line.trim_end())
        };
        let heading: Vec<Cell> =
            self.columns.iter().map(|column| Cell::from(column.heading).tone(Tone::Faint)).collect();
        let of_heading = shorten(heading.first().map_or("", |cell| &cell.text), first);
        let rows = self.rows.iter().zip(&names).map(|(cells, name)| line(cells, name));
        std::iter::once(line(&heading, &of_heading)).chain(rows).collect()
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(Cell::width);
        cells.max().unwrap_or(0).max(self.columns[column].heading.chars().count())
    }

    /// Which columns fit, and how wide the first one is.
    fn fit(&self, widths: &[usize], limit: usize) -> (Vec<usize>, usize) {
        let natural = widths.first().copied().unwrap_or(0);
        let natural = if limit == usize::MAX { natural.min(WIDEST) } else { natural };
        let mut shown: Vec<usize> = (0..widths.len()).collect();
        loop {
            let others: usize = shown.iter().skip(1).map(|column| widths[*column] + GAP).sum();
            let room = limit.saturating_sub(others + GAP);
            let next = shown.iter().copied().filter(|column| self.columns[*column].dispensable > 0);
            match next.max_by_key(|column| self.columns[*column].dispensable) {
                Some(column) if room < natural.min(READABLE) => shown.retain(|kept| *kept != column),
                _ => return (shown, natural.min(room.max(NARROWEST))),
            }
        }
    }
}

/// The text, shortened in its middle to so many columns: the ends tell names apart better than the beginnings alone.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let (head, tail) = (width / 2, (width - width / 2).saturating_sub(1));
    let end = within(text.chars(), head);
    let begin = within(text.chars().rev(), tail);
    format!("{}…{}", &text[..end], &text[text.len() - begin..])
}

/// The texts, shortened to so many columns. Where different ones would look the same, what tells them apart stays:
/// `GET /…western…/list`.
pub(crate) fn shorten_all(texts: &[&str], width: usize) -> Vec<String> {
    let mut short: Vec<String> = texts.iter().map(|text| shorten(text, width)).collect();
    if width < NARROWEST {
        // There is no room for a second ellipsis.
        return short;
    }
    let mut alike: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for (short, text) in short.iter().zip(texts) {
        alike.entry(short).or_default().insert(text);
    }
    let told_apart: Vec<Option<String>> = short
        .iter()
        .zip(texts)
        .map(|(short, text)| {
            let others = alike.get(&**short)?.iter().filter(|other| *other != text);
            others.map(|other| common(text, other)).max().map(|common| shorten_around(text, common, width))
        })
        .collect();
    for (short, told_apart) in short.iter_mut().zip(told_apart) {
        if let Some(told_apart) = told_apart {
            *short = told_apart;
        }
    }
    short
}

/// How many bytes both begin with.
fn common(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum()
}

/// A long text, shortened to so many columns: its beginning, what follows its first `common` bytes, and its end.
fn shorten_around(text: &str, common: usize, width: usize) -> String {
    let room = width.saturating_sub(2);
    let end = within(text.chars(), room / 4).min(common);
    let tail = text.len() - within(text.chars().rev(), room / 4);
    let (begin, rest) = (&text[..end], &text[end..]);
    let room = room.saturating_sub(width_of(begin) + width_of(&text[tail..]));
    // A letter or two of what is common tell where one is.
    let before = within(text[end..common].chars().rev(), room / 4);
    let middle = &rest[common - before - end..];
    let shown = within(middle.chars(), room);
    if common - before + shown >= tail {
        // The difference is near the end.
        let last = within(text.chars().rev(), width.saturating_sub(width_of(begin) + 1));
        return format!("{begin}…{}", &text[text.len() - last..]);
    }
    format!("{begin}…{}…{}", &middle[..shown], &text[tail..])
}

/// How many bytes the first characters take that have room in so many columns.
fn within(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let (mut used, mut bytes) = (0, 0);
    for c in characters {
        used += width_of_char(c);
        if used > columns {
            break;
        }
        bytes += c.len_utf8();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Screen = Screen { width: None, coloured: false };

    fn narrow(width: usize) -> Screen {
        Screen { width: Some(width), coloured: false }
    }

    fn table(name: &str) -> Table {
        let columns = [words("name"), numbers("count"), numbers("p75").dispensable(2), numbers("p99").dispensable(1)];
        let mut table = Table::new(columns);
        table.row([name, "1", "750 ms", "990 ms"].map(Cell::from));
        table.row(["longer", "1,000", "7.50 s", "9.90 s"].map(Cell::from));
        table
    }

    #[test]
    fn texts_stand_to_the_left_and_numbers_to_the_right() {
        let expected =
            ["  name    count     p75     p99", "  a           1  750 ms  990 ms", "  longer  1,000  7.50 s  9.90 s"];
        assert_eq!(table("a").lines(PLAIN), expected);
    }

    #[test]
    fn where_there_is_no_room_columns_are_left_out_in_their_order() {
        let width = |lines: Vec<String>| lines.iter().map(|line| line.chars().count()).max();
        let heading = |at: usize| table("a").lines(narrow(at)).remove(0);
        assert_eq!(heading(31), "  name    count     p75     p99");
        assert_eq!(heading(30), "  name    count     p99");
        assert_eq!(heading(22), "  name    count");
        for limit in 5..40 {
            assert!(width(table("a").lines(narrow(limit))) <= Some(limit), "{limit}");
        }
    }

    #[test]
    fn without_a_terminal_names_have_up_to_200_characters() {
        let name = |length: usize| format!("begin{}end", "x".repeat(length - 8));
        let line = |length| table(&name(length)).lines(PLAIN).remove(1);
        assert!(line(200).starts_with(&format!("  {}  ", name(200))), "{}", line(200));
        assert!(line(5000).starts_with("  beginxxx") && line(5000).contains("xxxend  "), "{}", line(5000));
        assert_eq!(line(5000).chars().count(), line(200).chars().count());
    }

    #[test]
    fn what_is_harmful_in_a_name_breaks_no_table() {
        let lines = table("a\nb\u{1b}[31m漢").lines(PLAIN);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("  a\\nb\\u{1b}[31m漢  "), "{}", lines[1]);
        assert_eq!(width_of(&lines[1]), width_of(&lines[2]));
    }

    #[test]
    fn a_wide_terminal_shows_long_names_in_full() {
        let name = format!("begin{}end", "x".repeat(90));
        let lines = table(&name).lines(narrow(250));
        assert!(lines[1].contains(&name) && lines[1].ends_with("990 ms"), "{}", lines[1]);
    }

    #[test]
    fn a_long_name_is_shortened_before_it_costs_a_column_and_keeps_both_ends() {
        let name = format!("begin{}end", "x".repeat(90));
        let line = |screen| table(&name).lines(screen).remove(1);
        let narrow = line(narrow(2 + READABLE + 7 + 8 + 8));
        assert!(narrow.starts_with("  beginxxxxxxx…xxxxxxxxend ") && narrow.ends_with("990 ms"), "{narrow}");
    }

    #[test]
    fn long_names_that_differ_in_their_middle_do_not_look_the_same() {
        let names = [
            "GET /api/v1/customers/by-region/europe/central/orders/closed/list",
            "GET /api/v1/customers/by-region/europe/western/orders/closed/list",
            "GET /api/v1/customers/by-region/africa/western/orders/closed/list",
            "GET /api/v1/customers/by-region/europe/central/orders/ended/a/list",
        ];
        for width in 16..70 {
            let short = shorten_all(&names, width);
            let different: BTreeSet<&String> = short.iter().collect();
            assert_eq!(different.len(), names.len(), "{width}: {short:#?}");
            assert!(short.iter().all(|name| width_of(name) <= width), "{width}: {short:#?}");
        }
        assert_eq!(shorten_all(&names[..2], 24), ["GET /…pe/central/o…/list", "GET /…pe/western/o…/list"]);
        // What is the same in full looks the same.
        assert_eq!(shorten_all(&[names[0], names[0]], 24), vec![shorten(names[0], 24); 2]);
    }

    #[test]
    fn names_of_any_length_and_width_fit_any_column() {
        let texts = ["漢字漢字漢字漢字a漢字漢字漢字漢字", "漢字漢字漢字漢字b漢字漢字漢字漢字", "", "x", "xy"];
        for width in 0..40 {
            assert!(shorten_all(&texts, width).iter().all(|text| width_of(text) <= width.max(1)), "{width}");
        }
    }

    #[test]
    fn colours_do_not_shift_columns() {
        let mut table = Table::new([words("name"), numbers("failed")]);
        table.row(["a".into(), Cell::from("5").tone(Tone::Bad)]);
        let screen = Screen { width: None, coloured: true };
        let lines: Vec<String> = table.lines(screen).iter().map(|line| screen.finish(line)).collect();
        assert_eq!(lines[1], "  a          \u{1b}[31m5\u{1b}[0m");
        assert_eq!(console::measure_text_width(&lines[0]), console::measure_text_width(&lines[1]));
    }
}
