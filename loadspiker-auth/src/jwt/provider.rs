//! ring as what jsonwebtoken signs with.
//!
//! The implementations that jsonwebtoken brings itself need aws-lc, or some 35 crates more; ring is in the tree in any
//! case, for TLS.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, new_error};
use jsonwebtoken::signature::{Error, Signer};
use jsonwebtoken::{Algorithm, EncodingKey};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaEncoding, RsaKeyPair};

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        let pair = Pair::read(*algorithm, key).map_err(|error| new_error(ErrorKind::Provider(error)))?;
        Ok(Box::new(RingSigner { algorithm: *algorithm, pair }))
    },
    // Tokens are signed here; servers verify them.
    verifier_factory: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has jsonwebtoken sign with ring, unless the program has chosen another implementation, which then signs.
pub(super) fn install() {
    if CryptoProvider::try_get_default().is_none() {
        // Another thread may have been quicker, with an implementation that does as well.
        let _ = RING.install_default();
    }
}

/// A key, and how it signs.
pub(super) enum Pair {
    Secret(hmac::Key),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    /// Reads a key for an algorithm. The error says why it does not fit, without the key.
    pub(super) fn read(algorithm: Algorithm, key: &EncodingKey) -> Result<Self, String> {
        let key = key.as_bytes();
        let secret = |digest| Ok(Pair::Secret(hmac::Key::new(digest, key)));
        let rsa = |padding: &'static dyn RsaEncoding| match RsaKeyPair::from_der(key) {
            Ok(pair) => Ok(Pair::Rsa(pair, padding)),
            Err(error) => Err(error.to_string()),
        };
        let ecdsa = |curve| match EcdsaKeyPair::from_pkcs8(curve, key, &SystemRandom::new()) {
            Ok(pair) => Ok(Pair::Ecdsa(pair)),
            Err(error) => Err(error.to_string()),
        };
        match algorithm {
            Algorithm::HS256 => secret(hmac::HMAC_SHA256),
            Algorithm::HS384 => secret(hmac::HMAC_SHA384),
            Algorithm::HS512 => secret(hmac::HMAC_SHA512),
            Algorithm::RS256 => rsa(&signature::RSA_PKCS1_SHA256),
            Algorithm::RS384 => rsa(&signature::RSA_PKCS1_SHA384),
            Algorithm::RS512 => rsa(&signature::RSA_PKCS1_SHA512),
            Algorithm::PS256 => rsa(&signature::RSA_PSS_SHA256),
            Algorithm::PS384 => rsa(&signature::RSA_PSS_SHA384),
            Algorithm::PS512 => rsa(&signature::RSA_PSS_SHA512),
            Algorithm::ES256 => ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::EdDSA => {
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).map(Pair::Ed25519).map_err(|error| error.to_string())
            }
            other => Err(format!("{other:?} is not supported")),
        }
    }
}

/// Signs tokens with ring.
struct RingSigner {
    algorithm: Algorithm,
    pair: Pair,
}

impl Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |_| Error::new();
        match &self.pair {
            Pair::Secret(key) => Ok(hmac::sign(key, message).as_ref().to_vec()),
            Pair::Rsa(pair, padding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*padding, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => Ok(pair.sign(&SystemRandom::new(), message).map_err(failed)?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
