//! Filters: conditions, comparisons and functions.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use super::text::{Parsed, Parser};
use crate::check::json::path::query::{Comparison, Condition, Literal, Operand, Query, TextPattern};

/// A regular expression by RFC 9485, of which the `regex` crate understands a superset.
///
/// # Errors
///
/// If it is none.
pub(in crate::check::json::path) fn regex(text: &str, whole: bool) -> Result<Regex, regex::Error> {
    let pattern = if whole { Cow::Owned(format!(r"\A(?:{text})\z")) } else { Cow::Borrowed(text) };
    // A dot stands for no end of a line: neither \n nor \r.
    RegexBuilder::new(&pattern).crlf(true).build()
}

const FUNCTIONS: &str = "length(…), count(…), value(…), match(…), search(…)";

/// What stands in a filter, before it is known what it is for.
enum Term {
    Operand(Operand),
    /// A path that may lead to several nodes.
    Nodes(Query),
    /// What is true or false by itself.
    Test(Condition),
}

impl Parser<'_> {
    /// Conditions with || between them.
    pub(super) fn any(&mut self) -> Parsed<Condition> {
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
            Term::Operand(_) => self.wrong_at(from, "this is a value, not a condition; compare it: == …"),
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
            Some(quote @ ('\'' | '"')) => literal(Literal::Text(self.quoted(quote)?.into())),
            Some('-' | '0'..='9') => literal(Literal::Number(self.number()?)),
            Some(from @ ('$' | '@')) => {
                self.at += 1;
                let query = Query { from_root: from == '$', segments: self.segments()? };
                Ok(if query.is_singular() { Term::Operand(Operand::Node(query)) } else { Term::Nodes(query) })
            }
            _ => {
                let from = self.at;
                match self.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                    "true" => literal(Literal::Bool(true)),
                    "false" => literal(Literal::Bool(false)),
                    "null" => literal(Literal::Null),
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

    /// A call of the function that began at `from`, after its opening parenthesis.
    fn function(&mut self, name: &str, from: usize) -> Parsed<Term> {
        let taken = match name {
            "length" | "count" | "value" => 1,
            "match" | "search" => 2,
            _ => return self.wrong_at(from, format!("unknown function {name}(…); known functions: {FUNCTIONS}")),
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
            Operand::Literal(Literal::Text(pattern)) => match regex(&pattern, whole) {
                Ok(regex) => TextPattern::Ready(regex),
                Err(_) => return self.wrong_at(from, format!("\"{pattern}\" is not a valid regular expression")),
            },
            other => TextPattern::Found(other),
        };
        Ok(Term::Test(Condition::Matches { text, pattern, whole }))
    }
}
