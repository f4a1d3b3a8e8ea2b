//! [`Screen`]: how much room there is to print on, and whether in colours.

use std::fmt::Display;

use console::{Style, Term, truncate_str};

/// Where a page is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Characters in a line; `None` if there is no limit, as in a file.
    pub(crate) width: Option<usize>,
    pub(crate) coloured: bool,
}

/// What a colour says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Warning,
}

impl Screen {
    /// Standard output as it is: a file, a pipe or a terminal.
    pub(crate) fn stdout() -> Self {
        Screen { width: width(&Term::stdout()), coloured: console::colors_enabled() }
    }

    /// Standard error as it is.
    pub(crate) fn stderr() -> Self {
        Screen { width: width(&Term::stderr()), coloured: console::colors_enabled_stderr() }
    }

    /// The text in the colour of its tone, if there are colours here.
    pub(crate) fn paint(self, tone: Tone, text: impl Display) -> String {
        let style = Style::new().force_styling(true);
        let style = match tone {
            _ if !self.coloured => return text.to_string(),
            Tone::Plain => return text.to_string(),
            Tone::Strong => style.bold(),
            Tone::Faint => style.dim(),
            Tone::Good => style.green(),
            Tone::Bad => style.red(),
            Tone::Warning => style.yellow(),
        };
        style.apply_to(text).to_string()
    }

    /// The line, cut where it would wrap.
    pub(crate) fn cut(self, line: &str) -> String {
        match self.width {
            Some(width) => truncate_str(line, width, "…").into_owned(),
            None => line.to_owned(),
        }
    }
}

fn width(term: &Term) -> Option<usize> {
    term.is_term().then(|| usize::from(term.size().1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_there_only_where_they_are_wanted() {
        let coloured = Screen { coloured: true, ..Screen::default() };
        assert_eq!(Screen::default().paint(Tone::Bad, "x"), "x");
        assert_eq!(coloured.paint(Tone::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(coloured.paint(Tone::Plain, "x"), "x");
    }

    #[test]
    fn a_line_is_cut_by_what_is_seen_of_it() {
        let screen = Screen { width: Some(6), coloured: true };
        assert_eq!(screen.cut("123456"), "123456");
        assert_eq!(screen.cut("1234567"), "12345…");
        let red = screen.paint(Tone::Bad, "123456");
        assert_eq!(screen.cut(&red), red);
        assert_eq!(Screen::default().cut("1234567"), "1234567");
    }
}
