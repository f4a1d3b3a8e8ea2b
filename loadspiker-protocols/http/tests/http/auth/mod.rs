//! Ways to authenticate, against servers that verify.

mod custom;
mod digest;
