//! Ways to authenticate, against servers that verify.

mod api_key;
mod custom;
mod digest;
#[cfg(feature = "html")]
mod form_login;
mod jwt;
#[cfg(feature = "html")]
mod oauth2;
mod sigv4;
