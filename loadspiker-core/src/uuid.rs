//! Random UUIDs.

use std::fmt::Write;

/// A UUID of these bits.
#[cfg(feature = "fake")]
pub(crate) fn uuid(random: u128) -> String {
    let mut text = String::new();
    write_uuid(random, &mut text);
    text
}

/// RFC 9562, section 5.4: 122 random bits, version 4, variant 10.
pub(crate) fn write_uuid(random: u128, out: &mut String) {
    let bits = random & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let part = |shift: u32, width: u32| bits >> shift & ((1 << width) - 1);
    // Writing into a String cannot fail.
    let _ = write!(
        out,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 32),
        part(80, 16),
        part(64, 16),
        part(48, 16),
        part(0, 48)
    );
}
