//! The messages of Kerberos 5 (RFC 4120) that a client sends and gets, and what a web server takes of them: SPNEGO
//! (RFC 4178) around the GSS-API's token (RFC 4121).

use picky_asn1::bit_string::BitString;
use picky_asn1::date::GeneralizedTime;
use picky_asn1::restricted_string::Ia5String;
use picky_asn1::wrapper::{Asn1SequenceOf, BitStringAsn1, IntegerAsn1, OctetStringAsn1, Optional};
use picky_krb::constants::key_usages;
use picky_krb::crypto::CipherSuite;
use picky_krb::data_types::{
    Authenticator, AuthenticatorInner, Checksum, EncryptedData, EtypeInfo2, KerberosStringAsn1, KerberosTime, PaData,
    PaEncTsEnc, PrincipalName, Realm, Ticket as KrbTicket,
};
use picky_krb::messages::{
    ApReq, ApReqInner, AsRep, AsReq, EncAsRepPart, EncKdcRepPart, EncTgsRepPart, KdcRep, KdcReq, KdcReqBody, KrbError,
    TgsRep, TgsReq,
};
use serde::Serialize;
use time::OffsetDateTime;

/// A message cannot be built or read, or a password is wrong: in words of the user's.
pub(super) type Made<T> = Result<T, String>;

/// The encryption types that are offered, the best first: AES with 256 and with 128 bits (RFC 3962).
const CIPHERS: [CipherSuite; 2] = [CipherSuite::Aes256CtsHmacSha196, CipherSuite::Aes128CtsHmacSha196];

/// NT-PRINCIPAL and NT-SRV-INST, the kinds of names (RFC 4120 §6.2).
const USER: u8 = 1;
const SERVICE: u8 = 2;

/// PA-TGS-REQ, PA-ENC-TIMESTAMP and PA-ETYPE-INFO2 (RFC 4120 §7.5.2).
const TGS_REQ: u32 = 1;
const ENC_TIMESTAMP: u32 = 2;
const ETYPE_INFO2: u32 = 19;

/// KDC_ERR_PREAUTH_REQUIRED (RFC 4120 §7.5.9).
const PREAUTH_REQUIRED: u32 = 25;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) user: String,
    pub(super) realm: String,
}

impl Client {
    /// The salt of the password where nothing is said of it (RFC 4120 §4).
    pub(super) fn usual_salt(&self) -> String {
        format!("{}{}", self.realm, self.user.replace('/', ""))
    }
}

/// A key and what it is good for.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) cipher: CipherSuite,
    pub(super) bytes: Vec<u8>,
}

impl Key {
    /// Takes some milliseconds: 4,096 rounds of PBKDF2, the number that RFC 3962 has where nothing is said of it.
    pub(super) fn of_password(cipher: CipherSuite, password: &str, salt: &str) -> Made<Self> {
        let bytes = cipher.cipher().generate_key_from_password(password.as_bytes(), salt.as_bytes()).map_err(told)?;
        Ok(Key { cipher, bytes })
    }

    fn encrypt(&self, usage: i32, what: &impl Serialize) -> Made<EncryptedData> {
        let cipher = self.cipher.cipher().encrypt(&self.bytes, usage, &encoded(what)?).map_err(told)?;
        Ok(EncryptedData {
            etype: integer(u8::from(&self.cipher).into()).into(),
            kvno: Optional::from(None),
            cipher: octets(cipher).into(),
        })
    }
}

/// A ticket, and the key that is known to whom it is for.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    ticket: KrbTicket,
    key: Key,
    /// Whose it is, as the KDC writes it.
    realm: Realm,
    name: PrincipalName,
    /// When it is good no more, in seconds since 1970.
    pub(super) end: i64,
}

/// What the KDC answers to the first message.
pub(super) enum Greeting {
    /// Who asks is to prove that he knows the password, of which the key is made with this salt, or the usual one.
    Prove { cipher: CipherSuite, salt: Option<String> },
    /// A ticket for whoever can read it.
    Ticket(Box<KdcRep>),
}

/// Asks for a ticket-granting ticket. The proof is the key of the password.
pub(super) fn authentication(client: &Client, nonce: u32, proof: Option<&Key>, now: OffsetDateTime) -> Made<Vec<u8>> {
    let padata = match proof {
        Some(key) => {
            let stamp = PaEncTsEnc {
                patimestamp: at(now)?.into(),
                pausec: Optional::from(Some(integer(now.microsecond()).into())),
            };
            Some(padata(ENC_TIMESTAMP, encoded(&key.encrypt(key_usages::AS_REQ_TIMESTAMP, &stamp)?)?))
        }
        None => None,
    };
    let service = principal(SERVICE, &["krbtgt", &client.realm])?;
    let name = principal(USER, &client.user.split('/').collect::<Vec<_>>())?;
    let body = request_body(text(&client.realm)?, Some(name), service, nonce)?;
    encoded(&AsReq::from(request(AS, padata, body)))
}

/// Asks for a ticket for `service`, such as `HTTP/intranet.test`.
pub(super) fn ticket(granting: &Ticket, service: &str, nonce: u32, now: OffsetDateTime) -> Made<Vec<u8>> {
    let parts: Vec<&str> = service.split('/').collect();
    let body = request_body(granting.realm.clone(), None, principal(SERVICE, &parts)?, nonce)?;
    let usage = key_usages::TGS_REQ_PA_DATA_AP_REQ_AUTHENTICATOR_CKSUM;
    let hasher = granting.key.cipher.cipher().checksum_type();
    let sum = hasher.hasher().checksum(&granting.key.bytes, usage, &encoded(&body)?).map_err(told)?;
    let checksum = Checksum { cksumtype: integer(u32::from(&hasher)).into(), checksum: octets(sum).into() };
    let usage = key_usages::TGS_REQ_PA_DATA_AP_REQ_AUTHENTICATOR;
    let proof = application(granting, checksum, usage, now)?;
    encoded(&TgsReq::from(request(TGS, Some(padata(TGS_REQ, proof)), body)))
}

/// The token that authenticates a request, made of a ticket for its server. It is good for one request.
pub(super) fn token(ticket: &Ticket, now: OffsetDateTime) -> Made<Vec<u8>> {
    // RFC 4121 §4.1.1: no channel is bound; confidentiality and integrity are there if wanted.
    const FLAGS: u32 = 0x30;
    let mut bindings = 16_u32.to_le_bytes().to_vec();
    bindings.extend([0; 16]);
    bindings.extend(FLAGS.to_le_bytes());
    let checksum = Checksum { cksumtype: integer(0x8003).into(), checksum: octets(bindings).into() };
    let request = application(ticket, checksum, key_usages::AP_REQ_AUTHENTICATOR, now)?;
    // 1.2.840.113554.1.2.2 and 1.3.6.1.5.5.2.
    let kerberos = tagged(0x06, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02]]);
    let spnego = tagged(0x06, &[&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02]]);
    let token = tagged(0x60, &[&kerberos, &[1, 0], &request]);
    let mechanisms = tagged(0xa0, &[&tagged(0x30, &[&kerberos])]);
    let token = tagged(0xa2, &[&tagged(0x04, &[&token])]);
    Ok(tagged(0x60, &[&spnego, &tagged(0xa0, &[&tagged(0x30, &[&mechanisms, &token])])]))
}

/// Reads the answer to a first message, or to one with a proof.
pub(super) fn greeting(answer: &[u8]) -> Made<Greeting> {
    let error = match Answer::read(answer)? {
        Answer::Reply(reply) => return Ok(Greeting::Ticket(reply)),
        Answer::Error(error) => error,
    };
    if error.0.error_code.0 != PREAUTH_REQUIRED {
        return Err(refusal(&error));
    }
    let data = error.0.e_data.0.as_ref().map(|data| data.0.0.as_slice()).unwrap_or_default();
    let methods: Asn1SequenceOf<PaData> = decoded(data)?;
    let infos = methods.0.iter().find(|method| number(&method.padata_type.0) == Some(ETYPE_INFO2));
    let infos: EtypeInfo2 = infos.map_or(Ok(Asn1SequenceOf(Vec::new())), |info| decoded(&info.padata_data.0.0))?;
    for info in &infos.0 {
        if let Some(cipher) = number(&info.etype.0).and_then(cipher) {
            let salt = info.salt.0.as_ref().map(|salt| salt.0.0.as_utf8().to_owned());
            return Ok(Greeting::Prove { cipher, salt });
        }
    }
    Err("the KDC requires encryption other than AES with 128 or 256 bits".to_owned())
}

/// Which key reads this reply to a first message: its cipher and the salt for the password, unless it is the usual one.
pub(super) fn sealed_with(reply: &KdcRep) -> Made<(CipherSuite, Option<String>)> {
    let cipher = number(&reply.enc_part.0.etype.0).and_then(cipher);
    let cipher = cipher.ok_or("the KDC uses encryption other than AES with 128 or 256 bits")?;
    let infos = reply.padata.0.iter().flat_map(|padata| &padata.0.0);
    for info in infos.filter(|info| number(&info.padata_type.0) == Some(ETYPE_INFO2)) {
        let infos: EtypeInfo2 = decoded(&info.padata_data.0.0)?;
        if let Some(salt) = infos.0.iter().find_map(|info| info.salt.0.as_ref()) {
            return Ok((cipher, Some(salt.0.0.as_utf8().to_owned())));
        }
    }
    Ok((cipher, None))
}

/// The ticket-granting ticket in a reply, read with the key of the password.
pub(super) fn granted(reply: KdcRep, key: &Key, nonce: u32) -> Made<Ticket> {
    let part = open(&reply, key, key_usages::AS_REP_ENC).map_err(|_| "the password is wrong".to_owned())?;
    // Some servers put the tag of the other reply on it (RFC 4120 §5.4.2).
    let part = decoded::<EncAsRepPart>(&part)
        .map(|part| part.0)
        .or_else(|_| decoded::<EncTgsRepPart>(&part).map(|part| part.0))?;
    opened(reply, &part, nonce)
}

/// The ticket for a service in the KDC's answer.
pub(super) fn issued(answer: &[u8], granting: &Ticket, nonce: u32) -> Made<Ticket> {
    let reply = match Answer::read(answer)? {
        Answer::Reply(reply) => reply,
        Answer::Error(error) => return Err(refusal(&error)),
    };
    let part = open(&reply, &granting.key, key_usages::TGS_REP_ENC_SESSION_KEY)?;
    let part: EncTgsRepPart = decoded(&part)?;
    opened(*reply, &part.0, nonce)
}

fn open(reply: &KdcRep, key: &Key, usage: i32) -> Made<Vec<u8>> {
    key.cipher.cipher().decrypt(&key.bytes, usage, &reply.enc_part.0.cipher.0.0).map_err(told)
}

fn opened(reply: KdcRep, part: &EncKdcRepPart, nonce: u32) -> Made<Ticket> {
    if number(&part.nonce.0) != Some(nonce) {
        return Err("the KDC's answer does not match the request".to_owned());
    }
    let cipher = number(&part.key.0.key_type.0).and_then(cipher);
    let cipher = cipher.ok_or("the KDC's session key is not for AES with 128 or 256 bits")?;
    let end = OffsetDateTime::try_from(part.end_time.0.0.clone()).map_err(told)?.unix_timestamp();
    let bytes = part.key.0.key_value.0.0.clone();
    let (realm, name) = (reply.crealm.0, reply.cname.0);
    Ok(Ticket { ticket: reply.ticket.0, key: Key { cipher, bytes }, realm, name, end })
}

/// AS-REQ and TGS-REQ, the types of messages.
const AS: u32 = 10;
const TGS: u32 = 12;

fn request(kind: u32, padata: Option<PaData>, body: KdcReqBody) -> KdcReq {
    KdcReq {
        pvno: integer(5).into(),
        msg_type: integer(kind).into(),
        padata: Optional::from(padata.map(|padata| Asn1SequenceOf(vec![padata]).into())),
        req_body: body.into(),
    }
}

fn request_body(realm: Realm, name: Option<PrincipalName>, service: PrincipalName, nonce: u32) -> Made<KdcReqBody> {
    // As long as the KDC likes.
    let till = GeneralizedTime::new(2037, 9, 13, 2, 48, 5).ok_or("no time")?;
    Ok(KdcReqBody {
        kdc_options: BitStringAsn1::from(BitString::with_bytes(vec![0; 4])).into(),
        cname: Optional::from(name.map(Into::into)),
        realm: realm.into(),
        sname: Optional::from(Some(service.into())),
        from: Optional::from(None),
        till: KerberosTime::from(till).into(),
        rtime: Optional::from(None),
        nonce: integer(nonce).into(),
        etype: Asn1SequenceOf(CIPHERS.iter().map(|cipher| integer(u8::from(cipher).into())).collect()).into(),
        addresses: Optional::from(None),
        enc_authorization_data: Optional::from(None),
        additional_tickets: Optional::from(None),
    })
}

/// AP-REQ: a ticket, and the proof of knowing its key.
fn application(ticket: &Ticket, checksum: Checksum, usage: i32, now: OffsetDateTime) -> Made<Vec<u8>> {
    let authenticator = Authenticator::from(AuthenticatorInner {
        authenticator_vno: integer(5).into(),
        crealm: ticket.realm.clone().into(),
        cname: ticket.name.clone().into(),
        cksum: Optional::from(Some(checksum.into())),
        cusec: integer(now.microsecond()).into(),
        ctime: at(now)?.into(),
        subkey: Optional::from(None),
        seq_number: Optional::from(None),
        authorization_data: Optional::from(None),
    });
    encoded(&ApReq::from(ApReqInner {
        pvno: integer(5).into(),
        msg_type: integer(14).into(),
        ap_options: BitStringAsn1::from(BitString::with_bytes(vec![0; 4])).into(),
        ticket: ticket.ticket.clone().into(),
        authenticator: ticket.key.encrypt(usage, &authenticator)?.into(),
    }))
}

/// An answer.
enum Answer {
    Reply(Box<KdcRep>),
    Error(Box<KrbError>),
}

impl Answer {
    fn read(bytes: &[u8]) -> Made<Self> {
        const ERROR: u8 = 0x7e;
        const AS_REPLY: u8 = 0x6b;
        Ok(match bytes.first() {
            Some(&ERROR) => Answer::Error(Box::new(decoded(bytes)?)),
            Some(&AS_REPLY) => Answer::Reply(Box::new(decoded::<AsRep>(bytes)?.0)),
            _ => Answer::Reply(Box::new(decoded::<TgsRep>(bytes)?.0)),
        })
    }
}

/// What the KDC has against it (RFC 4120 §7.5.9).
fn refusal(error: &KrbError) -> String {
    let known = match error.0.error_code.0 {
        6 => "the KDC knows no such user in this realm",
        7 => "the KDC knows no such service",
        14 => "the KDC shares no encryption type: AES with 128 or 256 bits is required",
        18 => "the account is locked, disabled or expired",
        23 => "the password has expired",
        24 => "the password is wrong",
        37 => "the clocks of the KDC and of this machine differ too much",
        68 => "this KDC does not serve the realm",
        code => {
            let text = error.0.e_text.0.as_ref().map(|text| text.0.0.as_utf8()).unwrap_or_default();
            return format!("the KDC answers error {code} {text}").trim_end().to_owned();
        }
    };
    known.to_owned()
}

fn padata(kind: u32, data: Vec<u8>) -> PaData {
    PaData { padata_type: integer(kind).into(), padata_data: octets(data).into() }
}

fn principal(kind: u8, parts: &[&str]) -> Made<PrincipalName> {
    let parts = parts.iter().map(|part| text(part)).collect::<Made<Vec<_>>>()?;
    Ok(PrincipalName { name_type: integer(kind.into()).into(), name_string: Asn1SequenceOf(parts).into() })
}

fn text(text: &str) -> Made<KerberosStringAsn1> {
    let made = Ia5String::from_string(text.to_owned()).map(KerberosStringAsn1::from);
    made.map_err(|_| format!("\"{text}\" has characters that names in Kerberos cannot have; they are ASCII"))
}

fn at(time: OffsetDateTime) -> Made<KerberosTime> {
    let year = u16::try_from(time.year()).ok();
    let date = year.and_then(|year| {
        GeneralizedTime::new(year, time.month().into(), time.day(), time.hour(), time.minute(), time.second())
    });
    date.map(KerberosTime::from).ok_or_else(|| "the clock of this machine is far off".to_owned())
}

fn integer(number: u32) -> IntegerAsn1 {
    IntegerAsn1::from_bytes_be_unsigned(number.to_be_bytes().to_vec())
}

fn number(integer: &IntegerAsn1) -> Option<u32> {
    let bytes = integer.as_unsigned_bytes_be();
    (bytes.len() <= 4).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn octets(bytes: Vec<u8>) -> OctetStringAsn1 {
    bytes.into()
}

fn cipher(number: u32) -> Option<CipherSuite> {
    CIPHERS.into_iter().find(|cipher| u32::from(cipher) == number)
}

/// A tag of DER, the length, and what it holds.
fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(len @ ..0x80) => bytes.push(len),
        _ => {
            let len = content.len().to_be_bytes();
            let len = &len[len.iter().take_while(|byte| **byte == 0).count()..];
            bytes.push(0x80 | u8::try_from(len.len()).unwrap_or_default());
            bytes.extend(len);
        }
    }
    bytes.extend(content);
    bytes
}

fn encoded(what: &impl Serialize) -> Made<Vec<u8>> {
    picky_asn1_der::to_vec(what).map_err(told)
}

fn decoded<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Made<T> {
    picky_asn1_der::from_bytes(bytes).map_err(|_| "the KDC's answer is not a Kerberos message".to_owned())
}

fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests;
