//! The parser of expressions, and rendering: `cargo +nightly fuzz run expression`.

#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|text: &str| bodies::expression(text));
