//! Parsing a [`Query`] from its text: the grammar of RFC 9535, and its rules of types.

mod filter;
mod text;

use super::query::{Query, Segment, Selector};
use crate::check::pattern;
pub(super) use filter::regex;
use text::{Parsed, Parser};

/// # Errors
///
/// Where the text is not a valid path, and why.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    pattern::refuse_deep(text, pattern::NESTED)?;
    let mut parser = Parser { text, at: 0 };
    parser.path().map_err(|why| format!("at character {}: {why}", text[..parser.at].chars().count() + 1))
}

impl Parser<'_> {
    fn path(&mut self) -> Parsed<Query> {
        if !self.eat("$") {
            return Err("a path begins with $".to_owned());
        }
        let segments = self.segments()?;
        if self.at < self.text.len() {
            let what = self.shown();
            return Err(format!("unexpected {what} in the path; expected .name, ..name or […]"));
        }
        Ok(Query { from_root: true, segments })
    }

    fn segments(&mut self) -> Parsed<Box<[Segment]>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.blanks();
            let descends = self.eat("..");
            let selectors = if self.eat("[") {
                self.bracketed()?
            } else if descends || self.eat(".") {
                [self.shorthand()?].into()
            } else {
                self.at = before;
                return Ok(segments.into());
            };
            segments.push(Segment { descends, selectors });
        }
    }

    /// What follows a dot.
    fn shorthand(&mut self) -> Parsed<Selector> {
        let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
        if self.eat("*") {
            return Ok(Selector::Wildcard);
        }
        if self.peek().is_some_and(|c| c.is_ascii_digit() || !in_name(c)) || self.rest().is_empty() {
            let what = self.shown();
            return Err(format!("a name or * is expected after the dot, not {what}; other names are written ['…']"));
        }
        Ok(Selector::Name(self.take_while(in_name).into()))
    }

    /// What follows an opening bracket, with the closing one.
    fn bracketed(&mut self) -> Parsed<Box<[Selector]>> {
        let mut selectors = Vec::new();
        loop {
            self.blanks();
            selectors.push(self.selector()?);
            if !self.comes(",") {
                break;
            }
        }
        self.expect("]", "or a comma")?;
        Ok(selectors.into())
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('*') if self.eat("*") => Ok(Selector::Wildcard),
            Some('?') if self.eat("?") => self.any().map(Selector::Filter),
            Some(quote @ ('\'' | '"')) => self.quoted(quote).map(|name| Selector::Name(name.into())),
            Some('-' | ':' | '0'..='9') => self.places(),
            _ => Err(format!("'name', *, a number, a slice or ?filter is expected here, not {}", self.shown())),
        }
    }

    /// An index or a slice.
    fn places(&mut self) -> Parsed<Selector> {
        let start = self.integer()?;
        let before = self.at;
        if !self.comes(":") {
            self.at = before;
            return start.map(Selector::Index).ok_or_else(|| "a number is expected here".to_owned());
        }
        self.blanks();
        let end = self.integer()?;
        let step = if self.comes(":") {
            self.blanks();
            self.integer()?
        } else {
            None
        };
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }
}
