//! Arrays of PostgreSQL in their text form, `{1,2,NULL,"a b",{3}}`, as its documentation says in "Array Input and Output
//! Syntax".

use loadspiker_core::Value;

/// The elements of an array, each made by `element`; `None` if the text is not an array.
pub(super) fn parse(text: &str, element: &dyn Fn(&str) -> Value) -> Option<Value> {
    // An array that does not begin at 1 says so before: `[0:1]={1,2}`.
    let text = if text.starts_with('[') { text.split_once('=')?.1 } else { text };
    let mut rest = text.chars().peekable();
    let list = list(&mut rest, element)?;
    rest.next().is_none().then_some(list)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn list(rest: &mut Rest<'_>, element: &dyn Fn(&str) -> Value) -> Option<Value> {
    if rest.next()? != '{' {
        return None;
    }
    let mut items = Vec::new();
    if rest.next_if_eq(&'}').is_some() {
        return Some(Value::from(items));
    }
    loop {
        items.push(match rest.peek()? {
            '{' => list(rest, element)?,
            '"' => element(&quoted(rest)?),
            _ => {
                let mut plain = String::new();
                while let Some(character) = rest.next_if(|character| !",}".contains(*character)) {
                    plain.push(character);
                }
                if plain.eq_ignore_ascii_case("null") { Value::Null } else { element(&plain) }
            }
        });
        match rest.next()? {
            ',' => {}
            '}' => return Some(Value::from(items)),
            _ => return None,
        }
    }
}

fn quoted(rest: &mut Rest<'_>) -> Option<String> {
    rest.next();
    let mut text = String::new();
    loop {
        match rest.next()? {
            '"' => return Some(text),
            '\\' => text.push(rest.next()?),
            character => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_lists() {
        let text = |text: &str| parse(text, &|element| element.into()).map(|list| list.to_string());
        assert_eq!(text("{a,NULL,\"b, \\\"c\\\"\"}").as_deref(), Some(r#"["a",null,"b, \"c\""]"#));
        assert_eq!(text("{}").as_deref(), Some("[]"));
        assert_eq!(text("[0:1]={{a},{b}}").as_deref(), Some(r#"[["a"],["b"]]"#));
        assert_eq!(text("{a"), None);
        assert_eq!(text("a"), None);
    }
}
