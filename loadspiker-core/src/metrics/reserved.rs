//! [`Reserved`]: keeps the paths of requests and groups apart, if their names are made during the run.

use std::sync::Arc;

use super::key::{Groups, SEPARATOR};

/// The paths of fixed names that hold a [`SEPARATOR`] themselves. Compilation has refused those that clash with other fixed
/// names; what is named during the run keeps out of their way.
///
/// Nearly always empty, and only looked at when a request or group occurs for the first time.
#[derive(Debug, Default)]
pub(crate) struct Reserved(Vec<(String, Groups)>);

impl Reserved {
    pub(crate) fn new(paths: impl IntoIterator<Item = Vec<Arc<str>>>) -> Self {
        Reserved(paths.into_iter().map(|path| (path.join(SEPARATOR), path.into())).collect())
    }

    /// What `name` is called in the groups `outer`: as it is, but that a separator in a name made during the run is written
    /// as `/`, and that a path which is taken gets a `(2)`.
    pub(crate) fn segment(&self, outer: &[Arc<str>], name: &Arc<str>) -> Arc<str> {
        // Also what a protocol calls requests that come of it, such as "name Redirect 1".
        let is = |path: &Groups| {
            let (last, before) = path.split_last()?;
            let rest = name.strip_prefix(&**last).filter(|_| before == outer)?;
            (rest.is_empty() || rest.starts_with(' ') && !rest.contains(SEPARATOR)).then_some(())
        };
        if self.0.iter().any(|(_, path)| is(path).is_some()) {
            return name.clone();
        }
        let name = match name.contains(SEPARATOR) {
            true => Arc::from(name.replace(SEPARATOR, "/")),
            false => name.clone(),
        };
        if self.0.is_empty() {
            return name;
        }
        let path = [outer, std::slice::from_ref(&name)].concat().join(SEPARATOR);
        match self.0.iter().any(|(text, _)| *text == path) {
            true => format!("{name} (2)").into(),
            false => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(segments: &[&str]) -> Vec<Arc<str>> {
        segments.iter().map(|segment| Arc::from(*segment)).collect()
    }

    fn segment(reserved: &Reserved, outer: &[&str], name: &str) -> String {
        reserved.segment(&path(outer), &name.into()).to_string()
    }

    #[test]
    fn a_separator_in_a_name_made_during_the_run_is_written_without_spaces() {
        let none = Reserved::default();
        assert_eq!(segment(&none, &[], "a / b"), "a/b");
        assert_eq!(segment(&none, &["a"], "b"), "b");
        assert_eq!(segment(&none, &[], "GET /"), "GET /");
    }

    #[test]
    fn a_fixed_path_is_left_to_the_name_that_was_written() {
        let reserved = Reserved::new([path(&["a / b"]), path(&["g", "x / y"])]);
        assert_eq!(segment(&reserved, &[], "a / b"), "a / b");
        assert_eq!(segment(&reserved, &[], "a / b Redirect 1"), "a / b Redirect 1");
        assert_eq!(segment(&reserved, &[], "a / b / c"), "a/b/c");
        assert_eq!(segment(&reserved, &["a"], "b"), "b (2)");
        assert_eq!(segment(&reserved, &["a"], "c"), "c");
        assert_eq!(segment(&reserved, &["g", "x"], "y"), "y (2)");
        // Elsewhere it is a name like any other.
        assert_eq!(segment(&reserved, &["other"], "a / b"), "a/b");
    }
}
