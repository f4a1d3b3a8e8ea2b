//! [`SigningKey`]: a key, and how it signs.

use std::fmt::Display;
use std::sync::Arc;

use loadspiker_core::StepError;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use ring::{hmac, signature::RsaEncoding};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::JwtAlgorithm;

/// A key, and how it signs.
#[derive(Clone)]
pub(super) enum SigningKey {
    Secret(hmac::Key),
    Rsa(Arc<RsaKeyPair>, &'static dyn RsaEncoding),
    Ecdsa(Arc<EcdsaKeyPair>),
    Ed25519(Arc<Ed25519KeyPair>),
}

impl SigningKey {
    /// The key for an algorithm: the secret as it is, or a private key in PEM format. A message says what is wrong, without
    /// the key.
    pub(super) fn parse(algorithm: JwtAlgorithm, text: &[u8]) -> Result<Self, String> {
        let secret = |digest| Ok(SigningKey::Secret(hmac::Key::new(digest, text)));
        match algorithm {
            JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 if text.is_empty() => {
                Err(format!("the secret for {algorithm} is empty"))
            }
            JwtAlgorithm::Hs256 => secret(hmac::HMAC_SHA256),
            JwtAlgorithm::Hs384 => secret(hmac::HMAC_SHA384),
            JwtAlgorithm::Hs512 => secret(hmac::HMAC_SHA512),
            JwtAlgorithm::Rs256 => rsa(algorithm, text, &signature::RSA_PKCS1_SHA256),
            JwtAlgorithm::Rs384 => rsa(algorithm, text, &signature::RSA_PKCS1_SHA384),
            JwtAlgorithm::Rs512 => rsa(algorithm, text, &signature::RSA_PKCS1_SHA512),
            JwtAlgorithm::Ps256 => rsa(algorithm, text, &signature::RSA_PSS_SHA256),
            JwtAlgorithm::Ps384 => rsa(algorithm, text, &signature::RSA_PSS_SHA384),
            JwtAlgorithm::Ps512 => rsa(algorithm, text, &signature::RSA_PSS_SHA512),
            JwtAlgorithm::Es256 => ecdsa(algorithm, text, &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            JwtAlgorithm::Es384 => ecdsa(algorithm, text, &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            JwtAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8(algorithm, text)?);
                pair.map(|pair| SigningKey::Ed25519(Arc::new(pair))).map_err(|error| unfit(algorithm, &error))
            }
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, StepError> {
        let failed = |_| StepError::new("the token cannot be signed");
        match self {
            SigningKey::Secret(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            SigningKey::Rsa(pair, padding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*padding, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            SigningKey::Ecdsa(pair) => Ok(pair.sign(&SystemRandom::new(), message).map_err(failed)?.as_ref().to_vec()),
            SigningKey::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

fn rsa(algorithm: JwtAlgorithm, text: &[u8], padding: &'static dyn RsaEncoding) -> Result<SigningKey, String> {
    let pair = match private_key(algorithm, text)? {
        PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
        _ => return Err(format!("the key for {algorithm} is no RSA key")),
    };
    pair.map(|pair| SigningKey::Rsa(Arc::new(pair), padding)).map_err(|error| unfit(algorithm, &error))
}

fn ecdsa(
    algorithm: JwtAlgorithm,
    text: &[u8],
    curve: &'static signature::EcdsaSigningAlgorithm,
) -> Result<SigningKey, String> {
    let pair = EcdsaKeyPair::from_pkcs8(curve, &pkcs8(algorithm, text)?, &SystemRandom::new());
    pair.map(|pair| SigningKey::Ecdsa(Arc::new(pair))).map_err(|error| unfit(algorithm, &error))
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
    format!("the key does not fit {algorithm}: {error}")
}
