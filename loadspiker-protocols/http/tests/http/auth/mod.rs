//! Ways to authenticate, against servers that verify.

mod api_key;
mod custom;
mod digest;
