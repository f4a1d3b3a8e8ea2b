//! Ways to authenticate, against servers that verify.

mod api_key;
mod custom;
mod digest;
#[cfg(feature = "html")]
mod form_login;
mod jwt;
#[cfg(feature = "ntlm")]
mod ntlm;
#[cfg(feature = "html")]
mod oauth2;
#[cfg(feature = "html")]
mod saml;
mod sigv4;
