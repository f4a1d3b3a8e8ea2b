use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use ring::signature::{self, KeyPair, UnparsedPublicKey, VerificationAlgorithm};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;

use super::*;

fn part(token: &str, index: usize) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()
}

/// RFC 7515, appendix A.1.
#[test]
fn a_signature_is_that_of_the_standard() {
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = SigningKey::parse(JwtAlgorithm::Hs256, &URL_SAFE_NO_PAD.decode(secret).unwrap()).unwrap();
    let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    assert_eq!(
        sign(message.as_bytes(), key.encoding_key(), Algorithm::HS256).unwrap(),
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

fn verified(algorithm: JwtAlgorithm, pem: &str, by: &'static dyn VerificationAlgorithm, public: &[u8]) {
    let key = SigningKey::parse(algorithm, pem.as_bytes()).unwrap();
    let token = compact(map(json!({"alg": algorithm.name()})), &map(json!({"sub": "ada"})), &key).unwrap();
    let (message, _) = token.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(by, public).verify(message.as_bytes(), &part(&token, 2)).unwrap();
    assert_eq!(part(&token, 1), br#"{"sub":"ada"}"#);
}

#[test]
fn keys_of_all_kinds_sign_what_others_can_verify() {
    let pair = |algorithm| rcgen::KeyPair::generate_for(algorithm).unwrap();
    let p256 = pair(&rcgen::PKCS_ECDSA_P256_SHA256);
    verified(JwtAlgorithm::Es256, &p256.serialize_pem(), &signature::ECDSA_P256_SHA256_FIXED, p256.public_key_raw());
    let p384 = pair(&rcgen::PKCS_ECDSA_P384_SHA384);
    verified(JwtAlgorithm::Es384, &p384.serialize_pem(), &signature::ECDSA_P384_SHA384_FIXED, p384.public_key_raw());
    let ed = pair(&rcgen::PKCS_ED25519);
    verified(JwtAlgorithm::EdDsa, &ed.serialize_pem(), &signature::ED25519, ed.public_key_raw());
    let rsa = include_str!("rsa-for-tests.pem");
    let der = match PrivateKeyDer::from_pem_slice(rsa.as_bytes()).unwrap() {
        PrivateKeyDer::Pkcs8(key) => key.secret_pkcs8_der().to_vec(),
        other => panic!("{other:?}"),
    };
    let pkcs1 = SigningKey::parse(JwtAlgorithm::Rs256, rsa.as_bytes()).unwrap();
    let body = base64::engine::general_purpose::STANDARD.encode(pkcs1.encoding_key().as_bytes());
    let pkcs1 = format!("-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n");
    let public = signature::RsaKeyPair::from_pkcs8(&der).unwrap().public_key().as_ref().to_vec();
    for (algorithm, by) in [
        (JwtAlgorithm::Rs256, &signature::RSA_PKCS1_2048_8192_SHA256 as &'static dyn VerificationAlgorithm),
        (JwtAlgorithm::Rs384, &signature::RSA_PKCS1_2048_8192_SHA384),
        (JwtAlgorithm::Rs512, &signature::RSA_PKCS1_2048_8192_SHA512),
        (JwtAlgorithm::Ps256, &signature::RSA_PSS_2048_8192_SHA256),
        (JwtAlgorithm::Ps384, &signature::RSA_PSS_2048_8192_SHA384),
        (JwtAlgorithm::Ps512, &signature::RSA_PSS_2048_8192_SHA512),
    ] {
        verified(algorithm, rsa, by, &public);
        verified(algorithm, &pkcs1, by, &public);
    }
}

#[test]
fn keys_that_do_not_fit_are_told_without_showing_them() {
    let p256 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_pem();
    let sec1 = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
    for (algorithm, key, why) in [
        (JwtAlgorithm::Hs256, "", "the secret for HS256 is empty"),
        (JwtAlgorithm::Rs256, "leak", "must be a private key in PEM format"),
        (JwtAlgorithm::Rs256, &p256, "the key is not valid for RS256"),
        (JwtAlgorithm::Es384, &p256, "the key is not valid for ES384"),
        (JwtAlgorithm::EdDsa, &p256, "the key is not valid for EdDSA"),
        (JwtAlgorithm::Es256, sec1, "must be in PKCS #8 format"),
    ] {
        let error = SigningKey::parse(algorithm, key.as_bytes()).err().unwrap();
        assert!(error.contains(why) && !error.contains("leak"), "{error}");
    }
}

#[test]
fn a_token_is_signed_again_if_it_says_something_else_or_is_about_to_lapse() {
    let signer = |lifetime| Signer {
        algorithm: JwtAlgorithm::Hs256,
        key: Key::Fixed(SigningKey::parse(JwtAlgorithm::Hs256, b"secret").unwrap()),
        header: Vec::new(),
        claims: Vec::new(),
        lifetime,
    };
    let at = |seconds| Moment::START + Duration::from_secs(seconds);
    let session = Session::detached("s", []);
    let (signed, brief) = (Signed::default(), signer(Some(Duration::from_secs(100))));
    let token = brief.sign(&signed, &session, at(0)).unwrap();
    let claims: Value = serde_json::from_slice(&part(&token, 1)).unwrap();
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 100);
    // Who looks at the mark sees whether it was signed again, be it within the same second.
    let mark = |signed: &Signed| signed.0.borrow_mut().as_mut().unwrap().token = "marked".to_owned();
    mark(&signed);
    assert_eq!(brief.sign(&signed, &session, at(69)).unwrap(), "marked");
    assert_ne!(brief.sign(&signed, &session, at(70)).unwrap(), "marked");
    mark(&signed);
    let other = Signer { algorithm: JwtAlgorithm::Hs512, ..signer(Some(Duration::from_secs(100))) };
    assert_ne!(other.sign(&signed, &session, at(71)).unwrap(), "marked");
    let signed = Signed::default();
    let endless = signer(None);
    endless.sign(&signed, &session, at(0)).unwrap();
    mark(&signed);
    assert_eq!(endless.sign(&signed, &session, Moment::NEVER).unwrap(), "marked");
}

#[test]
fn a_header_has_registered_and_other_parameters() {
    let key = SigningKey::parse(JwtAlgorithm::Hs256, b"secret").unwrap();
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": "k1", "z-own": "2", "a-own": "1"});
    let token = compact(map(header.clone()), &Map::new(), &key).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&part(&token, 0)).unwrap(), header);
    assert_eq!(token, compact(map(header), &Map::new(), &key).unwrap(), "the order is always the same");
    let error = compact(map(json!({"alg": "HS256", "crit": "exp"})), &Map::new(), &key).unwrap_err();
    assert!(error.to_string().starts_with("a parameter of the header is not valid: "), "{error}");
}
