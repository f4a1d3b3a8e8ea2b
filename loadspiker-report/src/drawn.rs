//! [`Drawn`]: a page on a terminal that is drawn over.

use std::io;

use console::{Term, strip_ansi_codes};

use crate::width::width_of;

/// What stands at the end of a terminal, over which the next page is drawn. Where there is none, nothing is drawn.
#[derive(Debug)]
pub(crate) struct Drawn {
    term: Term,
    page: String,
}

impl Drawn {
    /// Nothing yet, on standard error.
    pub(crate) fn on_stderr() -> Self {
        Drawn { term: Term::buffered_stderr(), page: String::new() }
    }

    /// Draws this page over the one before. The same page once more would only flicker.
    pub(crate) fn draw(&mut self, page: String) {
        if page != self.page {
            self.replace("", page);
        }
    }

    /// Writes a text that stays, above the page.
    pub(crate) fn print(&mut self, text: &str) {
        let page = self.page.clone();
        self.replace(text, page);
    }

    /// Takes the page away.
    pub(crate) fn clear(&mut self) {
        self.replace("", String::new());
    }

    fn replace(&mut self, text: &str, page: String) {
        if self.term.is_term() {
            // What cannot be shown is nothing to end a run for.
            let _ = self.write(text, &page);
        }
        self.page = page;
    }

    fn write(&self, text: &str, page: &str) -> io::Result<()> {
        // Asked each time: windows change their size.
        let width = usize::from(self.term.size().1);
        self.term.clear_last_lines(rows(&self.page, width))?;
        for part in [text, page] {
            if !part.is_empty() {
                self.term.write_line(part)?;
            }
        }
        self.term.flush()
    }
}

/// The rows that a page takes on a terminal so wide, on which longer lines wrap.
fn rows(page: &str, width: usize) -> usize {
    page.lines().map(|line| width_of(&strip_ansi_codes(line)).div_ceil(width.max(1)).max(1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_too_long_take_more_rows() {
        assert_eq!(rows("", 10), 0);
        assert_eq!(rows("one\n\nthree", 10), 3);
        assert_eq!(rows("0123456789\n01234567890\n\u{1b}[31m0123456789\u{1b}[0m", 10), 4);
        assert_eq!(rows("a line where no width is known", 0), 30);
    }
}
