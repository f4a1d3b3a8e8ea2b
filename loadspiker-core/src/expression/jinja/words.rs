//! [`words`]: the filters, tests and functions that a template names, found without understanding it whole.

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Filter,
    Test,
    Function,
}

/// A name in a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) kind: Kind,
    pub(super) name: &'t str,
    /// From 1.
    pub(super) line: usize,
}

/// The filters, tests and functions named in a template, each once. Within `{{ … }}` and `{% … %}` a name behind `|` or
/// the statement `filter` is a filter, one behind `is` a test, and one in front of `(` a function, unless it belongs to
/// a value (`a.b()`).
pub(super) fn words(template: &str) -> Vec<Word<'_>> {
    let mut found: Vec<Word<'_>> = Vec::new();
    let (mut rest, mut line) = (template, 1);
    let mut raw = false;
    while let Some(start) = rest.find('{') {
        line += breaks(&rest[..start]);
        rest = &rest[start..];
        let (end, code) = match rest.as_bytes().get(1) {
            Some(b'{') if !raw => ("}}", true),
            Some(b'%') => ("%}", true),
            Some(b'#') if !raw => ("#}", false),
            _ => {
                rest = &rest[1..];
                continue;
            }
        };
        let length = if code { length(&rest[2..], end) } else { rest[2..].find(end).unwrap_or(rest.len() - 2) };
        let inside = &rest[2..2 + length];
        let statement = inside.trim_matches(['-', '+', ' ', '\t', '\n']);
        match (end, statement) {
            ("%}", "raw") => raw = true,
            ("%}", "endraw") => raw = false,
            _ if code && !raw => look_through(inside, end == "%}", line, &mut found),
            _ => {}
        }
        line += breaks(inside);
        rest = rest.get(2 + length + end.len()..).unwrap_or_default();
    }
    found
}

fn breaks(text: &str) -> usize {
    text.matches('\n').count()
}

/// How far it is to `end`, texts in quotation marks left out.
fn length(code: &str, end: &str) -> usize {
    let mut at = 0;
    while let Some(character) = code[at..].chars().next() {
        if code[at..].starts_with(end) {
            return at;
        }
        at += match character {
            '"' | '\'' => text_length(&code[at..]),
            other => other.len_utf8(),
        };
    }
    code.len()
}

/// The length of the text in quotation marks with which the code begins.
fn text_length(code: &str) -> usize {
    let mut characters = code.char_indices();
    let quote = characters.next().map(|(_, quote)| quote);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            _ if Some(character) == quote => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn look_through<'t>(code: &'t str, is_statement: bool, first_line: usize, found: &mut Vec<Word<'t>>) {
    let mut at = 0;
    // What came right before: a mark, or the last word.
    let mut before = if is_statement { "%" } else { "" };
    while let Some(character) = code[at..].chars().next() {
        let length = match character {
            '"' | '\'' => text_length(&code[at..]),
            c if c.is_alphanumeric() || c == '_' => {
                code[at..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(code.len() - at)
            }
            other => other.len_utf8(),
        };
        let token = &code[at..at + length];
        if character.is_alphabetic() || character == '_' {
            let called = code[at + length..].trim_start().starts_with('(');
            let kind = match before {
                "|" | "% filter" => Some(Kind::Filter),
                "is" if token != "not" => Some(Kind::Test),
                "." => None,
                _ if called && !KEYWORDS.contains(&token) => Some(Kind::Function),
                _ => None,
            };
            if let Some(kind) = kind
                && found.iter().all(|word| (word.kind, word.name) != (kind, token))
            {
                found.push(Word { kind, name: token, line: first_line + breaks(&code[..at]) });
            }
            before = match (before, token) {
                ("is", "not") => "is",
                ("%", "filter") => "% filter",
                (_, word) => word,
            };
        } else if !(character.is_whitespace() || before == "%" && matches!(character, '-' | '+')) {
            before = token;
        }
        at += length;
    }
}

/// Words of the language that may stand before a parenthesis and call nothing. `loop(…)` goes into a recursive loop.
const KEYWORDS: [&str; 15] =
    ["and", "or", "not", "in", "is", "if", "else", "elif", "for", "set", "with", "loop", "recursive", "filter", "do"];
