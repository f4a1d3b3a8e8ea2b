//! [`Database`]: which database a URL means.

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
    #[cfg(feature = "mysql")]
    MySql,
}

impl Database {
    /// The database that a URL means.
    ///
    /// # Errors
    ///
    /// The scheme is none of those that are known, or the feature for its database is off.
    pub(crate) fn of(url: &str) -> Result<Self, String> {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme);
        match scheme.map(str::to_ascii_lowercase).as_deref() {
            #[cfg(feature = "sqlite")]
            Some("sqlite") => Ok(Database::Sqlite),
            #[cfg(not(feature = "sqlite"))]
            Some("sqlite") => Err(is_off("SQLite", "sqlite")),
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => Ok(Database::Postgres),
            #[cfg(not(feature = "postgres"))]
            Some("postgres" | "postgresql") => Err(is_off("PostgreSQL", "postgres")),
            #[cfg(feature = "mysql")]
            Some("mysql" | "mariadb") => Ok(Database::MySql),
            #[cfg(not(feature = "mysql"))]
            Some("mysql" | "mariadb") => Err(is_off("MySQL", "mysql")),
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

/// Why a database that is known cannot be read.
#[cfg(not(all(feature = "postgres", feature = "mysql", feature = "sqlite")))]
fn is_off(database: &str, feature: &str) -> String {
    format!("{database} needs the feature `{feature}`; add it to the features of loadspiker in Cargo.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(feature = "postgres", feature = "mysql", feature = "sqlite"))]
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
    }

    #[test]
    fn a_scheme_of_no_database_is_named_with_those_that_are_known() {
        let error = Database::of("oracle://h/d").unwrap_err();
        assert!(error.starts_with("unsupported database scheme \"oracle\"; a URL begins with sqlite:"), "{error}");
        assert!(Database::of("shop.db").unwrap_err().starts_with("the URL has no scheme; "));
    }

    #[test]
    #[cfg(not(feature = "mysql"))]
    fn a_database_whose_feature_is_off_is_named_with_the_feature() {
        assert_eq!(
            Database::of("mariadb://h/d"),
            Err("MySQL needs the feature `mysql`; add it to the features of loadspiker in Cargo.toml".into())
        );
    }
}
