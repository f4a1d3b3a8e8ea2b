//! Parsing a [`Query`] from its text: the grammar of RFC 9535, and its rules of types.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};
use serde_json::{Number, Value as Json};

use super::query::{Comparison, Condition, Operand, Query, Segment, Selector, TextPattern};
use crate::check::pattern;

/// # Errors
///
/// Where the text is no path, and why.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    pattern::refuse_deep(text, pattern::NESTED)?;
    let mut parser = Parser { text, at: 0 };
    parser.path().map_err(|why| format!("at character {}: {why}", text[..parser.at].chars().count() + 1))
}

/// A regular expression by RFC 9485, of which the `regex` crate understands a superset.
///
/// # Errors
///
/// If it is none.
pub(super) fn regex(text: &str, whole: bool) -> Result<Regex, regex::Error> {
    let pattern = if whole { Cow::Owned(format!(r"\A(?:{text})\z")) } else { Cow::Borrowed(text) };
    // A dot stands for no end of a line: neither \n nor \r.
    RegexBuilder::new(&pattern).crlf(true).build()
}

/// The least and the greatest integer of I-JSON.
const INTEGERS: std::ops::RangeInclusive<i64> = -((1 << 53) - 1)..=(1 << 53) - 1;

const FUNCTIONS: &str = "length(…), count(…), value(…), match(…), search(…)";

/// A mistake is one at the place where the parser stands then.
type Parsed<T> = Result<T, String>;

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

/// What stands in a filter, before it is known what it is for.
enum Term {
    Operand(Operand),
    /// A path that may lead to several nodes.
    Nodes(Query),
    /// What is true or false by itself.
    Test(Condition),
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, what: &str) -> bool {
        let there = self.rest().starts_with(what);
        self.at += if there { what.len() } else { 0 };
        there
    }

    /// What is next in the text, while it is of this kind.
    fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !is(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn blanks(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    /// Eats `what` after blanks.
    fn comes(&mut self, what: &str) -> bool {
        self.blanks();
        self.eat(what)
    }

    fn expect(&mut self, what: &str, purpose: &str) -> Parsed<()> {
        if self.comes(what) { Ok(()) } else { Err(format!("{what} is expected here, {purpose}, not {}", self.shown())) }
    }

    /// What is next, for a message.
    fn shown(&self) -> String {
        self.peek().map_or("the end".to_owned(), |c| format!("{c:?}"))
    }

    /// Goes back to `place`, where the mistake is.
    fn wrong_at<T>(&mut self, place: usize, why: impl Into<String>) -> Parsed<T> {
        self.at = place;
        Err(why.into())
    }

    fn path(&mut self) -> Parsed<Query> {
        if !self.eat("$") {
            return Err("a path begins with $".to_owned());
        }
        let segments = self.segments()?;
        if self.at < self.text.len() {
            let what = self.shown();
            return Err(format!("{what} continues no path; .name, ..name and […] do"));
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

    /// An integer, if there is one.
    fn integer(&mut self) -> Parsed<Option<i64>> {
        let from = self.at;
        self.eat("-");
        let digits = self.take_while(|c| c.is_ascii_digit());
        let text = &self.text[from..self.at];
        match text.parse() {
            _ if text.is_empty() => Ok(None),
            _ if digits.is_empty() || text == "-0" || digits.len() > 1 && digits.starts_with('0') => {
                self.wrong_at(from, format!("{text} is no integer; they are written 0, 1, -1 and so on"))
            }
            Ok(integer) if INTEGERS.contains(&integer) => Ok(Some(integer)),
            _ => self.wrong_at(from, format!("{text} is not between -(2^53 - 1) and 2^53 - 1")),
        }
    }

    /// A text in quotes.
    fn quoted(&mut self, quote: char) -> Parsed<String> {
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
                        return self.wrong_at(before, format!("{what} begins no escape; \\\\ is a backslash"));
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

    /// Conditions with || between them.
    fn any(&mut self) -> Parsed<Condition> {
        self.joined("||", Self::all, Condition::Any)
    }

    fn all(&mut self) -> Parsed<Condition> {
        self.joined("&&", Self::condition, Condition::All)
    }

    fn joined(
        &mut self,
        by: &str,
        one: impl Fn(&mut Self) -> Parsed<Condition>,
        several: impl FnOnce(Box<[Condition]>) -> Condition,
    ) -> Parsed<Condition> {
        let first = one(self)?;
        let mut conditions = vec![first];
        while self.comes(by) {
            conditions.push(one(self)?);
        }
        match conditions.len() {
            1 => Ok(conditions.swap_remove(0)),
            _ => Ok(several(conditions.into())),
        }
    }

    fn condition(&mut self) -> Parsed<Condition> {
        self.blanks();
        let from = self.at;
        if self.eat("!") {
            self.blanks();
            let inner = if self.eat("(") {
                self.in_parentheses()?
            } else {
                self.term().and_then(|term| self.test(term, from))?
            };
            return Ok(Condition::Not(inner.into()));
        }
        if self.eat("(") {
            return self.in_parentheses();
        }
        let left = self.term()?;
        let before = self.at;
        self.blanks();
        let operators = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let Some((_, comparison)) = operators.into_iter().find(|(text, _)| self.eat(text)) else {
            self.at = before;
            return self.test(left, from);
        };
        let left = self.operand(left, from)?;
        self.blanks();
        let from = self.at;
        let right = self.term()?;
        Ok(Condition::Compare(left, comparison, self.operand(right, from)?))
    }

    fn in_parentheses(&mut self) -> Parsed<Condition> {
        let inner = self.any()?;
        self.expect(")", "which closes the parenthesis")?;
        Ok(inner)
    }

    /// What is true or false. The term began at `from`.
    fn test(&mut self, term: Term, from: usize) -> Parsed<Condition> {
        match term {
            Term::Test(condition) => Ok(condition),
            Term::Nodes(query) | Term::Operand(Operand::Node(query)) => Ok(Condition::Exists(query)),
            Term::Operand(_) => self.wrong_at(from, "this is a value, and neither true nor false; compare it: == …"),
        }
    }

    /// What has a value. The term began at `from`.
    fn operand(&mut self, term: Term, from: usize) -> Parsed<Operand> {
        match term {
            Term::Operand(operand) => Ok(operand),
            Term::Nodes(_) => self.wrong_at(from, "this path may lead to several nodes, which cannot be compared"),
            Term::Test(_) => self.wrong_at(from, "this is true or false by itself and cannot be compared"),
        }
    }

    fn term(&mut self) -> Parsed<Term> {
        let literal = |literal| Ok(Term::Operand(Operand::Literal(literal)));
        match self.peek() {
            Some(quote @ ('\'' | '"')) => literal(self.quoted(quote)?.into()),
            Some('-' | '0'..='9') => literal(self.number()?),
            Some(from @ ('$' | '@')) => {
                self.at += 1;
                let query = Query { from_root: from == '$', segments: self.segments()? };
                Ok(if query.is_singular() { Term::Operand(Operand::Node(query)) } else { Term::Nodes(query) })
            }
            _ => {
                let from = self.at;
                match self.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                    "true" => literal(Json::Bool(true)),
                    "false" => literal(Json::Bool(false)),
                    "null" => literal(Json::Null),
                    name if !name.is_empty() && self.eat("(") => self.function(name, from),
                    _ => {
                        self.at = from;
                        let what = self.shown();
                        Err(format!(
                            "@, $, a number, a text, true, false, null or a function is expected here, not {what}"
                        ))
                    }
                }
            }
        }
    }

    /// A number as JSON has them.
    fn number(&mut self) -> Parsed<Json> {
        let from = self.at;
        let text = self.take_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        match serde_json::from_str::<Number>(text) {
            Ok(number) => Ok(number.into()),
            Err(_) => self.wrong_at(from, format!("{text} is no number as JSON has them")),
        }
    }

    /// A call of the function that began at `from`, after its opening parenthesis.
    fn function(&mut self, name: &str, from: usize) -> Parsed<Term> {
        let taken = match name {
            "length" | "count" | "value" => 1,
            "match" | "search" => 2,
            _ => return self.wrong_at(from, format!("there is no function {name}(…); those there are: {FUNCTIONS}")),
        };
        let mut arguments = Vec::new();
        if !self.comes(")") {
            loop {
                self.blanks();
                let from = self.at;
                arguments.push((self.term()?, from));
                if !self.comes(",") {
                    break;
                }
            }
            self.expect(")", "which closes the function")?;
        }
        let given = arguments.len();
        let mut arguments = arguments.into_iter();
        let (Some(first), second, true) = (arguments.next(), arguments.next(), given == taken) else {
            let plural = if taken == 1 { "" } else { "s" };
            return self.wrong_at(from, format!("{name}(…) takes {taken} argument{plural}, not {given}"));
        };
        let (first, from) = first;
        if name == "count" || name == "value" {
            return match first {
                Term::Nodes(query) | Term::Operand(Operand::Node(query)) => Ok(Term::Operand(match name {
                    "count" => Operand::Count(query),
                    _ => Operand::Value(query),
                })),
                _ => self.wrong_at(from, format!("{name}(…) takes a path, as {name}(@.items)")),
            };
        }
        let text = self.operand(first, from)?;
        let Some((second, from)) = second else { return Ok(Term::Operand(Operand::Length(text.into()))) };
        let whole = name == "match";
        let pattern = match self.operand(second, from)? {
            Operand::Literal(Json::String(pattern)) => match regex(&pattern, whole) {
                Ok(regex) => TextPattern::Ready(regex),
                Err(_) => return self.wrong_at(from, format!("\"{pattern}\" is no regular expression")),
            },
            other => TextPattern::Found(other),
        };
        Ok(Term::Test(Condition::Matches { text, pattern, whole }))
    }
}
