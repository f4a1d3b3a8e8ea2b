//! [`Database`]: which database a URL means.

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
    MySql,
}

impl Database {
    /// The database that a URL means.
    ///
    /// # Errors
    ///
    /// The scheme is none of those that are known.
    pub(crate) fn of(url: &str) -> Result<Self, String> {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        match scheme.map(str::to_ascii_lowercase).as_deref() {
            Some("sqlite") => Ok(Database::Sqlite),
            Some("postgres" | "postgresql") => Ok(Database::Postgres),
            Some("mysql" | "mariadb") => Ok(Database::MySql),
            found => Err(format!(
                "{}; a URL begins with sqlite:, postgres:// or mysql:// (or postgresql://, mariadb://)",
                match found {
                    Some(scheme) => format!("unsupported database scheme \"{scheme}\""),
                    None => "the URL has no scheme".to_owned(),
                }
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_says_which_database_it_is() {
        for (url, database) in [
            ("sqlite:shop.db", Database::Sqlite),
            ("postgres://h/d", Database::Postgres),
            ("PostgreSQL://h/d", Database::Postgres),
            ("mysql://h/d", Database::MySql),
            ("mariadb://h/d", Database::MySql),
        ] {
            assert_eq!(Database::of(url), Ok(database), "{url}");
        }
        let error = Database::of("oracle://h/d").unwrap_err();
        assert!(error.starts_with("unsupported database scheme \"oracle\"; a URL begins with sqlite:"), "{error}");
        assert!(Database::of("shop.db").unwrap_err().starts_with("the URL has no scheme; "));
    }
}
