//! The modules of the features. Each has a `prelude`, to be used beside the common [`prelude`](crate::prelude): it holds the
//! checks and helpers that belong to this feature alone.

/// HTTP: requests, cookies, [authentication](http::auth). See [`loadspiker_http`].
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http {
    pub use loadspiker_http::{
        AddCookie, BodySpec, Computed, FlushCookies, GetCookie, HttpError, HttpFeeder, HttpProtocol, HttpReply,
        HttpRequest, HttpRequestName, HttpResponse, IntoBody, IntoJson, JsonSpec, OfSession, Serialized, UserHttp,
        add_cookie, cookie, flush_cookies, flush_session_cookies, get_cookie, http, http_feeder,
    };

    /// Who the user is: the ways to authenticate requests. See [`loadspiker_http::auth`] for how to write another.
    pub mod auth {
        pub use loadspiker_http::auth::{
            ApiKey, Auth, AuthContext, AuthFn, AuthKey, AuthRequest, AuthResponse, Authenticate, Authenticator,
            AwsSigV4, DigestAuth, Jwt, JwtAlgorithm, OAuth2, api_key, auth_fn, authenticate, aws_sigv4, digest_auth,
            jwt, jwt_with_key_file, oauth2,
        };
        #[cfg(feature = "html")]
        #[cfg_attr(docsrs, doc(cfg(feature = "html")))]
        pub use loadspiker_http::auth::{FormLogin, form_login};
        #[cfg(feature = "kerberos")]
        #[cfg_attr(docsrs, doc(cfg(feature = "kerberos")))]
        pub use loadspiker_http::auth::{Kerberos, kerberos};
        #[cfg(feature = "ntlm")]
        #[cfg_attr(docsrs, doc(cfg(feature = "ntlm")))]
        pub use loadspiker_http::auth::{Ntlm, ntlm};
    }

    /// The checks, steps and helpers of HTTP; the common prelude has them, too.
    pub mod prelude {
        #[cfg(feature = "html")]
        #[cfg_attr(docsrs, doc(cfg(feature = "html")))]
        pub use loadspiker_http::auth::form_login;
        pub use loadspiker_http::auth::{
            JwtAlgorithm, api_key, auth_fn, authenticate, aws_sigv4, digest_auth, jwt, jwt_with_key_file, oauth2,
        };
        pub use loadspiker_http::{add_cookie, cookie, flush_cookies, flush_session_cookies, get_cookie, http_feeder};
    }
}

/// Checks on HTML.
#[cfg(feature = "html")]
#[cfg_attr(docsrs, doc(cfg(feature = "html")))]
pub mod html {
    pub use loadspiker_core::check::{css, css_attr, form};

    /// The checks on HTML; the common prelude has them, too.
    pub mod prelude {
        pub use loadspiker_core::check::{css, css_attr, form};
    }
}

/// Checks on XML.
#[cfg(feature = "xpath")]
#[cfg_attr(docsrs, doc(cfg(feature = "xpath")))]
pub mod xpath {
    pub use loadspiker_core::check::{xpath, xpath_ns};

    /// The checks on XML; the common prelude has them, too.
    pub mod prelude {
        pub use loadspiker_core::check::{xpath, xpath_ns};
    }
}

/// Windows authentication for HTTP.
#[cfg(feature = "ntlm")]
#[cfg_attr(docsrs, doc(cfg(feature = "ntlm")))]
pub mod ntlm {
    pub use loadspiker_http::auth::{Ntlm, ntlm};

    /// Windows authentication; the common prelude has it, too.
    pub mod prelude {
        pub use loadspiker_http::auth::ntlm;
    }
}

/// Kerberos for HTTP, where a server says Negotiate.
#[cfg(feature = "kerberos")]
#[cfg_attr(docsrs, doc(cfg(feature = "kerberos")))]
pub mod kerberos {
    pub use loadspiker_http::auth::{Kerberos, kerberos};

    /// Kerberos; the common prelude has it, too.
    pub mod prelude {
        pub use loadspiker_http::auth::kerberos;
    }
}

/// Texts with loops and conditions.
#[cfg(feature = "templates")]
#[cfg_attr(docsrs, doc(cfg(feature = "templates")))]
pub mod templates {
    pub use loadspiker_core::expression::{Jinja, jinja, jinja_file};

    /// Templates; the common prelude has them, too.
    pub mod prelude {
        pub use loadspiker_core::expression::{jinja, jinja_file};
    }
}

/// Made-up names, addresses, texts. See [`loadspiker_core::fake`].
#[cfg(feature = "fake")]
#[cfg_attr(docsrs, doc(cfg(feature = "fake")))]
pub mod fake {
    pub use loadspiker_core::fake::{Fake, Locale};
    pub use loadspiker_core::feeder::{FakeRecords, fake_records};

    /// Made-up data; the common prelude has it, too.
    pub mod prelude {
        pub use loadspiker_core::fake::{Fake, Locale};
        pub use loadspiker_core::feeder::fake_records;
    }
}

/// Declares the module of a database.
macro_rules! database {
    ($(#[$doc:meta])* $name:ident, $feature:literal) => {
        $(#[$doc])*
        #[cfg(feature = $feature)]
        #[cfg_attr(docsrs, doc(cfg(feature = $feature)))]
        pub mod $name {
            pub use loadspiker_sql::sql_feeder;

            /// Records of a query; the common prelude has them, too.
            pub mod prelude {
                pub use loadspiker_sql::sql_feeder;
            }
        }
    };
}

database! {
    /// PostgreSQL. See [`loadspiker_sql`].
    postgres, "postgres"
}

database! {
    /// MySQL and MariaDB. See [`loadspiker_sql`].
    mysql, "mysql"
}

database! {
    /// SQLite. See [`loadspiker_sql`].
    sqlite, "sqlite"
}

database! {
    /// All databases: PostgreSQL, MySQL and MariaDB, SQLite. See [`loadspiker_sql`].
    sql, "sql"
}
