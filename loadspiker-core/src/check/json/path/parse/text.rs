//! [`Parser`]: a place in the text of a path, and what stands there: names, numbers, texts.

use serde_json::Number;

use crate::value::find_big_integer;

/// The least and the greatest integer of I-JSON.
const INTEGERS: std::ops::RangeInclusive<i64> = -((1 << 53) - 1)..=(1 << 53) - 1;

/// A mistake is one at the place where the parser stands then.
pub(super) type Parsed<T> = Result<T, String>;

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn eat(&mut self, what: &str) -> bool {
        let there = self.rest().starts_with(what);
        self.at += if there { what.len() } else { 0 };
        there
    }

    /// What is next in the text, while it is of this kind.
    pub(super) fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !is(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub(super) fn blanks(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    /// Eats `what` after blanks.
    pub(super) fn comes(&mut self, what: &str) -> bool {
        self.blanks();
        self.eat(what)
    }

    pub(super) fn expect(&mut self, what: &str, purpose: &str) -> Parsed<()> {
        if self.comes(what) { Ok(()) } else { Err(format!("{what} is expected here, {purpose}, not {}", self.shown())) }
    }

    /// What is next, for a message.
    pub(super) fn shown(&self) -> String {
        self.peek().map_or("the end".to_owned(), |c| format!("{c:?}"))
    }

    /// Goes back to `place`, where the mistake is.
    pub(super) fn wrong_at<T>(&mut self, place: usize, why: impl Into<String>) -> Parsed<T> {
        self.at = place;
        Err(why.into())
    }

    /// An integer, if there is one.
    pub(super) fn integer(&mut self) -> Parsed<Option<i64>> {
        let from = self.at;
        self.eat("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        let text = &self.text[from..self.at];
        match text.parse() {
            _ if text.is_empty() => Ok(None),
            _ if digits.is_empty() || text == "-0" || digits.len() > 1 && digits.starts_with('0') => {
                self.wrong_at(from, format!("{text} is not a valid integer; write it as 0, 1, -1 and so on"))
            }
            Ok(integer) if INTEGERS.contains(&integer) => Ok(Some(integer)),
            _ => self.wrong_at(from, format!("{text} is not between -(2^53 - 1) and 2^53 - 1")),
        }
    }

    /// A text in quotes.
    pub(super) fn quoted(&mut self, quote: char) -> Parsed<String> {
        let from = self.at;
        self.at += quote.len_utf8();
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != quote && c != '\\' && c >= ' '));
            let before = self.at;
            match self.peek() {
                Some('\\') => {
                    self.at += 1;
                    let Some(c) = self.escaped(quote) else {
                        let what = self.text[before..].chars().take(2).collect::<String>();
                        return self.wrong_at(before, format!("{what} is not a valid escape; \\\\ is a backslash"));
                    };
                    text.push(c);
                }
                Some(c) if c == quote => {
                    self.at += quote.len_utf8();
                    return Ok(text);
                }
                Some(c) => return Err(format!("{c:?} must be escaped in a text")),
                None => return self.wrong_at(from, format!("the {quote} here is not closed")),
            }
        }
    }

    /// What follows a backslash.
    fn escaped(&mut self, quote: char) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '/' | '\\' => c,
            'u' => {
                let first = self.hexadecimal()?;
                if (0xd800..0xdc00).contains(&first) && self.eat("\\u") {
                    return char::decode_utf16([first, self.hexadecimal()?]).next()?.ok();
                }
                char::from_u32(first.into())?
            }
            c if c == quote => c,
            _ => return None,
        })
    }

    fn hexadecimal(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    /// A number as JSON has them.
    pub(super) fn number(&mut self) -> Parsed<Number> {
        let from = self.at;
        let text = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        if find_big_integer(text.as_bytes(), |_| true).is_some() {
            return self
                .wrong_at(from, format!("{text} has more than 64 bits, so nothing can be compared with it exactly"));
        }
        match serde_json::from_str(text) {
            Ok(number) => Ok(number),
            Err(_) => self.wrong_at(from, format!("{text} is not a valid JSON number")),
        }
    }
}
