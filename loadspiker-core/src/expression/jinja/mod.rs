//! [`jinja`] and [`jinja_file`]: texts with loops and conditions, in the template language Jinja.

mod attributes;
mod output;
mod parsed;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::{fmt, io};

use crate::expression::Symbols;
use crate::expression::{EvalError, IntoText, TextArg};
use crate::session::{Session, Slot};
use parsed::Parsed;

/// A text in the template language Jinja, wherever a text of the DSL may stand: for bodies with loops and conditions.
/// (Feature `templates`.)
///
/// The attributes of the session are its variables, nothing else. It is parsed once, before the run; a mistake in it, a
/// filter, a test or a function that does not exist, and an attribute that no step sets, are told then. An attribute that
/// is not there when it is rendered fails the request, with the line and the name; `{% if coupon is defined %}` and
/// `{{ coupon | default("none") }}` ask first.
///
/// ```
/// use loadspiker_core::expression::jinja;
///
/// // With `user` being `an "odd" one` and `cart` a list of two: {"user": "an \"odd\" one", "lines": [{"id": 7}, {"id": 9}]}
/// let order = jinja(
///     r#"{"user": {{ user }}, "lines": [
///         {%- for line in cart %}{"id": {{ line.id }}}{% if not loop.last %}, {% endif %}{% endfor -%}
///     ]}"#,
/// )
/// .escape_json();
/// # let _ = order;
/// ```
///
/// The language is that of the crate `minijinja` with its built-in filters and tests; there are no macros, and no
/// templates within templates. Each rendering may take some ten million steps.
///
/// In the imperative style, where what is written in a function is compiled each time, keep it in a `static` with
/// `LazyLock`: clones are parsed once for all.
pub fn jinja(text: impl AsRef<str>) -> Jinja {
    Jinja::new(Source::Text(text.as_ref().into()))
}

/// As [`jinja`], from a file in UTF-8, which is read once, before the run. How values are escaped follows from its name,
/// with `.j2`, `.jinja` or `.jinja2` at the end or without: as JSON in `.json`, as HTML and XML in `.html`, `.htm`,
/// `.xhtml` and `.xml`, not at all in others.
///
/// ```
/// use loadspiker_core::expression::jinja_file;
///
/// let order = jinja_file("templates/order.json.j2");
/// # let _ = order;
/// ```
pub fn jinja_file(path: impl Into<PathBuf>) -> Jinja {
    Jinja::new(Source::File(path.into()))
}

/// A text in the template language Jinja; made by [`jinja`] and [`jinja_file`]. Clones share what is parsed.
#[derive(Clone)]
#[must_use = "a template does nothing until it is a text of a step, such as the body of a request"]
pub struct Jinja {
    source: Source,
    escape: Option<Escape>,
    /// One for each way to escape.
    parsed: Arc<[OnceLock<Outcome>; 3]>,
}

/// A template, or its mistakes.
type Outcome = Result<Arc<Parsed>, Vec<String>>;

#[derive(Clone)]
enum Source {
    Text(Arc<str>),
    File(PathBuf),
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    Nothing,
    Json,
    Html,
}

/// Why the file of a template cannot be had.
fn unreadable(name: &str, path: &Path, error: &io::Error) -> String {
    if error.kind() != io::ErrorKind::NotFound || path.is_absolute() {
        return format!("template {name}: {error}");
    }
    let folder = std::env::current_dir().unwrap_or_default();
    format!(
        "template {name}: no such file in {}; a path is relative to the folder in which the program is started",
        folder.display()
    )
}

impl Jinja {
    fn new(source: Source) -> Self {
        Jinja { source, escape: None, parsed: Arc::default() }
    }

    fn escaping(mut self, escape: Escape) -> Self {
        self.escape = Some(escape);
        self
    }

    /// It is JSON: a value is written as JSON, texts with their quotation marks; between quotation marks of the template
    /// it is escaped to stay between them. So `{"name": {{ name }}}` and `{"name": "{{ name }}"}` are the same.
    /// `{{ fragment | safe }}` is written as it is.
    ///
    /// This is the default for files whose name says so, and for bodies of HTTP whose `content-type` does.
    pub fn escape_json(self) -> Self {
        self.escaping(Escape::Json)
    }

    /// It is HTML or XML: `&`, `<`, `>`, quotes and slashes in values are escaped. `{{ fragment | safe }}` is written as
    /// it is.
    pub fn escape_html(self) -> Self {
        self.escaping(Escape::Html)
    }

    /// Values are written as they are.
    pub fn escape_nothing(self) -> Self {
        self.escaping(Escape::Nothing)
    }

    /// What the text is called in the plan and in messages.
    pub(crate) fn label(&self) -> String {
        match &self.source {
            Source::Text(_) => "jinja(…)".to_owned(),
            Source::File(path) => format!("jinja_file {}", path.display()),
        }
    }

    /// Parses it, unless that has been done; `presumed` is how to escape where nothing says so.
    pub(crate) fn compile(&self, presumed: Escape, cx: &mut Symbols<'_>) -> Option<CompiledJinja> {
        let escape = self.escape.or_else(|| self.escape_of_name()).unwrap_or(presumed);
        let parsed = self.parsed[escape as usize].get_or_init(|| {
            let (name, text) = match &self.source {
                Source::Text(text) => ("jinja(…)".to_owned(), text.to_string()),
                Source::File(path) => {
                    let name = path.display().to_string();
                    let bytes = std::fs::read(path).map_err(|error| vec![unreadable(&name, path, &error)])?;
                    let text =
                        String::from_utf8(bytes).map_err(|_| vec![format!("template {name}: it is not in UTF-8")])?;
                    (name, text)
                }
            };
            Parsed::parse(name, text, escape).map(Arc::new)
        });
        match parsed {
            Ok(parsed) => {
                let attributes = parsed.variables().iter().map(|name| (name.clone(), cx.read(name))).collect();
                Some(CompiledJinja { parsed: parsed.clone(), attributes })
            }
            Err(mistakes) => {
                mistakes.iter().for_each(|mistake| cx.mistake(mistake));
                None
            }
        }
    }

    fn escape_of_name(&self) -> Option<Escape> {
        let Source::File(path) = &self.source else { return None };
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = [".j2", ".jinja2", ".jinja"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "json" => Some(Escape::Json),
            "html" | "htm" | "xhtml" | "xml" => Some(Escape::Html),
            _ => None,
        }
    }
}

impl fmt::Debug for Jinja {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

// A message is the same with this feature and without.
#[diagnostic::do_not_recommend]
impl IntoText for Jinja {
    fn into_text(self) -> TextArg {
        TextArg::jinja(self)
    }
}

/// A template ready for the run.
#[derive(Clone)]
pub(crate) struct CompiledJinja {
    parsed: Arc<Parsed>,
    /// The variables that it reads.
    attributes: Arc<[(Arc<str>, Slot)]>,
}

impl CompiledJinja {
    /// Appends the text for this session to `out`; after an error `out` is as it was.
    pub(crate) fn render(&self, session: &Session, out: &mut String) -> Result<(), EvalError> {
        let start = out.len();
        self.parsed.render(&self.attributes, session, out).map_err(|message| {
            out.truncate(start);
            EvalError::Template(message)
        })
    }
}

impl fmt::Debug for CompiledJinja {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.parsed.name())
    }
}
