//! [`SigningKey`]: a private key or a secret, checked against its algorithm.

use std::fmt::Display;

use jsonwebtoken::EncodingKey;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::JwtAlgorithm;
use super::provider::{self, Pair};

/// A private key or a secret that fits its algorithm.
#[derive(Clone)]
pub(super) struct SigningKey(EncodingKey);

impl SigningKey {
    /// The key for an algorithm: the secret as it is, or a private key in PEM format. A message says what is wrong,
    /// without the key.
    pub(super) fn parse(algorithm: JwtAlgorithm, text: &[u8]) -> Result<Self, String> {
        use JwtAlgorithm::{EdDsa, Es256, Es384, Hs256, Hs384, Hs512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        let key = match algorithm {
            Hs256 | Hs384 | Hs512 => {
                EncodingKey::from_secret(text).map_err(|_| format!("the secret for {algorithm} is empty"))?
            }
            Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512 => EncodingKey::from_rsa_der(&pkcs1(algorithm, text)?),
            Es256 | Es384 => EncodingKey::from_ec_der(&pkcs8(algorithm, text)?),
            EdDsa => EncodingKey::from_ed_der(&pkcs8(algorithm, text)?),
        };
        Pair::read(algorithm.of_library(), &key).map_err(|error| unfit(algorithm, &error))?;
        provider::install();
        Ok(SigningKey(key))
    }

    pub(super) fn encoding_key(&self) -> &EncodingKey {
        &self.0
    }
}

/// The RSA key in PKCS #1 format, which every implementation for jsonwebtoken takes.
fn pkcs1(algorithm: JwtAlgorithm, text: &[u8]) -> Result<Vec<u8>, String> {
    match private_key(algorithm, text)? {
        PrivateKeyDer::Pkcs1(key) => Ok(key.secret_pkcs1_der().to_vec()),
        PrivateKeyDer::Pkcs8(key) => inner_key(key.secret_pkcs8_der())
            .map(<[u8]>::to_vec)
            .ok_or_else(|| unfit(algorithm, &"it is not a key in PKCS #8 format")),
        _ => Err(format!("the key for {algorithm} is not an RSA key")),
    }
}

fn pkcs8(algorithm: JwtAlgorithm, text: &[u8]) -> Result<Vec<u8>, String> {
    match private_key(algorithm, text)? {
        PrivateKeyDer::Pkcs8(key) => Ok(key.secret_pkcs8_der().to_vec()),
        _ => Err(format!(
            "the key for {algorithm} must be in PKCS #8 format; convert it with `openssl pkcs8 -topk8 -nocrypt`"
        )),
    }
}

fn private_key(algorithm: JwtAlgorithm, text: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(text)
        .map_err(|_| format!("the key for {algorithm} must be a private key in PEM format, not encrypted"))
}

fn unfit(algorithm: JwtAlgorithm, error: &impl Display) -> String {
    format!("the key is not valid for {algorithm}: {error}")
}

/// The key inside `PrivateKeyInfo` (RFC 5208 §5): behind the version and the name of the algorithm.
fn inner_key(der: &[u8]) -> Option<&[u8]> {
    const INTEGER: u8 = 0x02;
    const OCTETS: u8 = 0x04;
    const SEQUENCE: u8 = 0x30;
    let (info, _) = element(der, SEQUENCE)?;
    let (_, rest) = element(info, INTEGER)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    element(rest, OCTETS).map(|(key, _)| key)
}

/// The content of the DER element with this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length).filter(|_| *found == tag)
}
