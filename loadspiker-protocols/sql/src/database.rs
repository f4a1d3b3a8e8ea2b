//! [`Database`]: which database a URL means, and the URL as it may be shown.

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
                    Some(scheme) => format!("there is no database for the scheme \"{scheme}\""),
                    None => "the URL has no scheme".to_owned(),
                }
            )),
        }
    }
}

/// The URL without its password, in whichever place that is.
pub(crate) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return mask_parameters(url) };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // A password may hold an @ that should have been escaped, and even a slash: whatever is before the last @ of all is
    // not shown then.
    let (authority, path) = match (authority.rfind('@'), path.rfind('@')) {
        (None, Some(at)) if !path[..at].contains('?') => (format!("***{}", &path[at..]), ""),
        (Some(at), _) => {
            let (user, host) = authority.split_at(at);
            let user = user.split_once(':').map_or(user.to_owned(), |(user, _)| format!("{user}:***"));
            (user + host, path)
        }
        (None, _) => (authority.to_owned(), path),
    };
    mask_parameters(&format!("{scheme}://{authority}{path}"))
}

/// The values of parameters that are named like a secret.
fn mask_parameters(url: &str) -> String {
    let Some((before, parameters)) = url.split_once('?') else { return url.to_owned() };
    let shown = parameters.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if ["password", "sslpassword", "key"].contains(&name.to_ascii_lowercase().as_str()) => {
            format!("{name}=***")
        }
        _ => parameter.to_owned(),
    });
    format!("{before}?{}", shown.collect::<Vec<_>>().join("&"))
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
        assert!(
            error.starts_with("there is no database for the scheme \"oracle\"; a URL begins with sqlite:"),
            "{error}"
        );
        assert!(Database::of("shop.db").unwrap_err().starts_with("the URL has no scheme; "));
    }

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("postgres://shop:s3cret@db:5432/shop", "postgres://shop:***@db:5432/shop"),
            ("postgres://shop:a@b@db/shop", "postgres://shop:***@db/shop"),
            ("mysql://shop:a/b@db/shop", "mysql://***@db/shop"),
            ("mysql://shop@db/shop", "mysql://shop@db/shop"),
            ("postgres://db/shop?user=a&password=s3cret", "postgres://db/shop?user=a&password=***"),
            ("sqlite:shop.db?mode=ro", "sqlite:shop.db?mode=ro"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }
}
