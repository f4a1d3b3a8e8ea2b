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

/// A text in the template language Jinja, for bodies with loops and conditions. It can be used wherever the DSL takes a text.
/// (Feature `templates`.)
///
/// Its variables are the attributes of the session. The template is parsed once, before the run. Syntax errors, unknown
/// filters, tests and functions, and attributes that no step sets are reported then. An attribute that is missing when the
/// template is rendered fails the request, with the line and the name. To allow missing attributes, use
/// `{% if coupon is defined %}` or `{{ coupon | default("none") }}`.
///
/// ```
/// use loadspiker_core::expression::jinja;
///
/// // With `user` = `an "odd" one` and two items in `cart`: {"user": "an \"odd\" one", "lines": [{"id": 7}, {"id": 9}]}
/// let order = jinja(
///     r#"{"user": {{ user }}, "lines": [
///         {%- for line in cart %}{"id": {{ line.id }}}{% if not loop.last %}, {% endif %}{% endfor -%}
///     ]}"#,
/// )
/// .escape_json();
/// # let _ = order;
/// ```
///
/// The engine is the crate `minijinja` with its built-in filters and tests, without macros and includes. Each rendering is
/// limited to about ten million steps.
///
/// In the imperative style, code inside a function is compiled at each call. Keep the template in a `static` with `LazyLock`:
/// its clones share the parsed template.
pub fn jinja(text: impl AsRef<str>) -> Jinja {
    Jinja::new(Source::Text(text.as_ref().into()))
}

/// Like [`jinja`], from a UTF-8 file, which is read once, before the run. The file extension, ignoring a final `.j2`, `.jinja`
/// or `.jinja2`, sets how values are escaped: as JSON for `.json`; as HTML or XML for `.html`, `.htm`, `.xhtml` and `.xml`;
/// not at all for others.
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

/// A text in the template language Jinja. Created by [`jinja`] and [`jinja_file`]. Clones share the parsed template.
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

    /// Escapes values for JSON. Outside of quotation marks, a value is written as JSON, texts with their quotation marks. Inside
    /// quotation marks, it is escaped so that it stays inside. So `{"name": {{ name }}}` and `{"name": "{{ name }}"}` give the
    /// same result. `{{ fragment | safe }}` is not escaped.
    ///
    /// This is the default for files with a JSON extension, and for HTTP bodies whose `content-type` is JSON.
    pub fn escape_json(self) -> Self {
        self.escaping(Escape::Json)
    }

    /// Escapes `&`, `<`, `>`, quotes and slashes in values for HTML and XML. `{{ fragment | safe }}` is not escaped.
    pub fn escape_html(self) -> Self {
        self.escaping(Escape::Html)
    }

    /// Writes values without escaping.
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
