//! [`Screen`]: how much room there is to print on, and whether in colours.

use std::fmt::Display;

use console::Term;
use loadspiker_core::format::printable;

use crate::width::{width_of, width_of_char};

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

    /// The text in the colour of its tone, if there are colours here. What it gives is for a line that is
    /// [finished](Self::finish) later: colours are marked, and not yet what a terminal understands.
    pub(crate) fn paint(self, tone: Tone, text: impl Display) -> String {
        match (self.coloured, tone.mark()) {
            (true, Some(mark)) => format!("{mark}{text}{END}"),
            _ => text.to_string(),
        }
    }

    /// The line as it is printed. This is the one place through which all lines of pages and tables go: whatever is
    /// [harmful](printable) in it, from whatever name or error, is written as an escape.
    pub(crate) fn finish(self, line: &str) -> String {
        let safe = printable(line);
        if !safe.contains(is_mark) {
            return safe.into_owned();
        }
        let mut finished = String::with_capacity(safe.len() + 16);
        let mut is_painted = false;
        for c in safe.chars() {
            match Tone::marked(c) {
                Some(tone) if self.coloured => {
                    finished.push_str(tone.code());
                    is_painted = true;
                }
                None if c == END && is_painted => {
                    finished.push_str(RESET);
                    is_painted = false;
                }
                None if !is_mark(c) => finished.push(c),
                _ => {}
            }
        }
        if is_painted {
            finished.push_str(RESET);
        }
        finished
    }

    /// The line, cut where it would wrap.
    pub(crate) fn cut(self, line: &str) -> String {
        let line = printable(line);
        let Some(limit) = self.width.filter(|limit| width_of(&line) > *limit) else { return line.into_owned() };
        let mut cut = String::new();
        let mut room = limit.saturating_sub(1);
        let mut is_full = false;
        for c in line.chars() {
            let width = width_of_char(c);
            is_full |= width > room;
            // What closes a colour is kept.
            if is_mark(c) || !is_full {
                cut.push(c);
                room = room.saturating_sub(width);
            }
        }
        if limit > 0 {
            let end = cut.trim_end_matches(is_mark).len();
            cut.insert(end, '…');
        }
        cut
    }

    /// The line as the lines it takes: where it is too long it is broken between words, and goes on below where its text
    /// begins.
    pub(crate) fn wrap(self, line: &str) -> Vec<String> {
        let line = printable(line);
        let Some(limit) = self.width.filter(|limit| width_of(&line) > *limit) else { return vec![line.into_owned()] };
        let indent = indent_of(&line).min(limit / 3);
        let mut lines = Vec::new();
        let mut current = String::new();
        let mut painted = None;
        for word in line.split_inclusive(' ') {
            let width = width_of(word.trim_end_matches(' '));
            let used = width_of(&current);
            if used > indent && used + width > limit {
                push_broken(&mut lines, &mut current, painted, indent);
            }
            for c in word.chars() {
                if width_of(&current) + width_of_char(c) > limit && c != ' ' {
                    // A word that is longer than a line.
                    push_broken(&mut lines, &mut current, painted, indent);
                }
                match Tone::marked(c) {
                    Some(_) => painted = Some(c),
                    None if c == END => painted = None,
                    None => {}
                }
                current.push(c);
            }
        }
        lines.push(current.trim_end().to_owned());
        lines
    }
}

/// Ends a line and begins the next one in the same colour.
fn push_broken(lines: &mut Vec<String>, current: &mut String, painted: Option<char>, indent: usize) {
    let begin = " ".repeat(indent) + &painted.map(String::from).unwrap_or_default();
    let mut line = std::mem::replace(current, begin);
    line.truncate(line.trim_end().len());
    line.extend(painted.map(|_| END));
    lines.push(line);
}

/// Where the text of a line begins: behind its label, if it has one, which two spaces set apart.
fn indent_of(line: &str) -> usize {
    let plain: String = line.chars().filter(|c| !is_mark(*c)).collect();
    let label = plain.len() - plain.trim_start().len();
    let behind = plain[label..].match_indices("  ").find_map(|(gap, _)| {
        let text = plain[label + gap..].trim_start();
        (!text.is_empty()).then(|| width_of(&plain[..plain.len() - text.len()]))
    });
    behind.filter(|column| *column <= 24).unwrap_or(label + 4)
}

/// Marks of colours: noncharacters, which stand in no text. The worst that one from outside can do is to colour a line.
const MARKS: [(char, Tone, &str); 5] = [
    ('\u{fdd8}', Tone::Strong, "\u{1b}[1m"),
    ('\u{fdd9}', Tone::Faint, "\u{1b}[2m"),
    ('\u{fdda}', Tone::Good, "\u{1b}[32m"),
    ('\u{fddb}', Tone::Bad, "\u{1b}[31m"),
    ('\u{fddc}', Tone::Warning, "\u{1b}[33m"),
];
/// Ends a colour.
const END: char = '\u{fddd}';
const RESET: &str = "\u{1b}[0m";

/// Whether the character marks a colour, and takes no room.
pub(crate) fn is_mark(c: char) -> bool {
    matches!(c, '\u{fdd8}'..=END)
}

impl Tone {
    fn mark(self) -> Option<char> {
        MARKS.iter().find(|(_, tone, _)| *tone == self).map(|(mark, ..)| *mark)
    }

    fn marked(mark: char) -> Option<Tone> {
        if !is_mark(mark) {
            return None;
        }
        MARKS.iter().find(|(known, ..)| *known == mark).map(|(_, tone, _)| *tone)
    }

    fn code(self) -> &'static str {
        MARKS.iter().find(|(_, tone, _)| *tone == self).map_or("", |(.., code)| *code)
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
        let shown = |screen: Screen, tone| screen.finish(&screen.paint(tone, "x"));
        assert_eq!(shown(Screen::default(), Tone::Bad), "x");
        assert_eq!(shown(coloured, Tone::Bad), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(shown(coloured, Tone::Plain), "x");
    }

    #[test]
    fn nothing_from_outside_reaches_the_terminal_as_it_is() {
        for coloured in [false, true] {
            let screen = Screen { width: Some(80), coloured };
            let text = format!("{} {}", screen.paint(Tone::Bad, "\u{1b}[2J"), "a\nb\u{202e}\u{9b}31m");
            let line = screen.finish(&screen.cut(&text));
            let ours = if coloured { ["\u{1b}[31m", "\u{1b}[0m"] } else { ["", ""] };
            assert_eq!(line, format!("{}\\u{{1b}}[2J{} a\\nb\\u{{202e}}\\u{{9b}}31m", ours[0], ours[1]));
        }
        let marked = Screen::default().finish("\u{fddb}x");
        assert_eq!(marked, "x", "not even a colour");
    }

    #[test]
    fn a_line_is_cut_by_what_is_seen_of_it() {
        let screen = Screen { width: Some(6), coloured: true };
        let cut = |line: &str| screen.finish(&screen.cut(line));
        assert_eq!(cut("123456"), "123456");
        assert_eq!(cut("1234567"), "12345…");
        assert_eq!(cut("漢字漢字"), "漢字…");
        let red = screen.paint(Tone::Bad, "123456");
        assert_eq!(cut(&red), "\u{1b}[31m123456\u{1b}[0m");
        assert_eq!(cut(&screen.paint(Tone::Bad, "1234567")), "\u{1b}[31m12345…\u{1b}[0m");
        assert_eq!(Screen::default().cut("1234567"), "1234567");
    }

    #[test]
    fn a_long_line_is_broken_between_words_and_goes_on_where_its_text_begins() {
        let screen = Screen { width: Some(30), coloured: true };
        let line = format!("  label     one two three {} and so on", screen.paint(Tone::Bad, "four five six seven"));
        let lines: Vec<String> = screen.wrap(&line).iter().map(|line| screen.finish(line)).collect();
        let (red, end) = ("\u{1b}[31m", "\u{1b}[0m");
        let expected = [
            format!("  label     one two three {red}four{end}"),
            format!("          {red}five six seven{end} and"),
            "          so on".to_owned(),
        ];
        assert_eq!(lines.iter().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>(), expected);
        assert_eq!(screen.wrap("short"), ["short"]);
        assert_eq!(Screen::default().wrap(&line).len(), 1, "without a terminal lines stay whole");
        let word = "x".repeat(70);
        assert!(screen.wrap(&word).iter().all(|line| width_of(line) <= 30));
        assert_eq!(screen.wrap(&word).concat().matches('x').count(), 70);
    }
}
