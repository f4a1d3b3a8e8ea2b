//! The readers of JSON, JSON lines and sitemaps: `cargo +nightly fuzz run records`.

#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::records(data));
