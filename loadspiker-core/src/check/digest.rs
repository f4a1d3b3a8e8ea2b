//! [`md5()`], [`sha1()`], [`sha256()`] and [`body_length`]: checks that do not need the body in memory.

use std::fmt::Write;

use sha2::Digest;

use super::absorb::{Absorb, Absorber};
use super::builder::Check;
use super::extract::{Extract, ExtractError, Extractor, Found, Subject};
use crate::expression::Symbols;
use crate::session::Session;
use crate::value::Value;

/// The MD5 digest of the body (after decompression), as 32 lowercase hexadecimal digits.
///
/// The digest is computed while the body arrives. The body is not kept in memory unless another check needs it.
///
/// ```
/// use loadspiker_core::check::md5;
///
/// let check = md5().is("d41d8cd98f00b204e9800998ecf8427e"); // of nothing
/// # let _ = check;
/// ```
pub fn md5() -> Check {
    Check::from_extractor(Fed { label: "md5", absorber: Absorber::new("md5", start::<md5::Md5>) })
}

/// The SHA-1 digest of the body (after decompression), as 40 lowercase hexadecimal digits. Computed like [`md5()`].
///
/// ```
/// use loadspiker_core::check::sha1;
///
/// let check = sha1().is("da39a3ee5e6b4b0d3255bfef95601890afd80709"); // of nothing
/// # let _ = check;
/// ```
pub fn sha1() -> Check {
    Check::from_extractor(Fed { label: "sha1", absorber: Absorber::new("sha1", start::<sha1::Sha1>) })
}

/// The SHA-256 digest of the body (after decompression), as 64 lowercase hexadecimal digits. Computed like [`md5()`].
///
/// ```
/// use loadspiker_core::check::sha256;
///
/// let check = sha256().is("#{digest}"); // known from a feeder, or from an earlier response
/// # let _ = check;
/// ```
pub fn sha256() -> Check {
    Check::from_extractor(Fed { label: "sha256", absorber: Absorber::new("sha256", start::<sha2::Sha256>) })
}

/// The length of the body in bytes (after decompression), an integer. The body is not kept in memory unless another check
/// needs it.
pub fn body_length() -> Check {
    Check::from_extractor(Fed { label: "body length", absorber: Absorber::new("body length", || Box::new(Length(0))) })
}

fn start<D: Digest + 'static>() -> Box<dyn Absorb> {
    Box::new(Hash(D::new()))
}

struct Hash<D>(D);

impl<D: Digest> Absorb for Hash<D> {
    fn absorb(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    fn finish(self: Box<Self>) -> Value {
        let mut hex = String::new();
        for byte in self.0.finalize() {
            // Writing into a string does not fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex.into()
    }
}

struct Length(usize);

impl Absorb for Length {
    fn absorb(&mut self, piece: &[u8]) {
        self.0 += piece.len();
    }

    fn finish(self: Box<Self>) -> Value {
        self.0.into()
    }
}

#[derive(Clone, Copy, Debug)]
struct Fed {
    label: &'static str,
    absorber: Absorber,
}

impl Extractor for Fed {
    fn label(&self) -> String {
        self.label.to_owned()
    }

    fn absorber(&self) -> Option<Absorber> {
        Some(self.absorber)
    }

    fn compile(&self, _: &mut Symbols<'_>) -> Box<dyn Extract> {
        Box::new(*self)
    }
}

impl Extract for Fed {
    fn extract(&self, from: &Subject<'_>, _: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
        found.offer(|| from.absorbed(self.absorber));
        Ok(())
    }
}
