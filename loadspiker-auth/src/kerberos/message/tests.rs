use std::sync::LazyLock;

use picky_krb::data_types::{EtypeInfo2Entry, TicketInner};
use picky_krb::gss_api::{ApplicationTag0, GssApiNegInit, KrbMessage};
use picky_krb::messages::KrbErrorInner;
use proptest::prelude::*;

use super::*;

fn key() -> Key {
    // Without optimisation it takes long.
    static KEY: LazyLock<Key> = LazyLock::new(|| Key::of_password(CIPHERS[1].clone(), "secret", "TESTada").unwrap());
    KEY.clone()
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
}

fn error(code: u32, data: Option<Vec<u8>>) -> Vec<u8> {
    encoded(&KrbError::from(KrbErrorInner {
        pvno: integer(5).into(),
        msg_type: integer(30).into(),
        ctime: Optional::from(None),
        cusec: Optional::from(None),
        stime: at(now()).unwrap().into(),
        susec: integer(0).into(),
        error_code: code.into(),
        crealm: Optional::from(None),
        cname: Optional::from(None),
        realm: text("TEST").unwrap().into(),
        sname: principal(SERVICE, &["krbtgt", "TEST"]).unwrap().into(),
        e_text: Optional::from(Some(text("as it is").unwrap().into())),
        e_data: Optional::from(data.map(|data| octets(data).into())),
    }))
    .unwrap()
}

fn sealed() -> EncryptedData {
    key().encrypt(1, &integer(7)).unwrap()
}

fn reply() -> Vec<u8> {
    encoded(&AsRep::from(KdcRep {
        pvno: integer(5).into(),
        msg_type: integer(11).into(),
        padata: Optional::from(None),
        crealm: text("TEST").unwrap().into(),
        cname: principal(USER, &["ada"]).unwrap().into(),
        ticket: KrbTicket::from(TicketInner {
            tkt_vno: integer(5).into(),
            realm: text("TEST").unwrap().into(),
            sname: principal(SERVICE, &["krbtgt", "TEST"]).unwrap().into(),
            enc_part: sealed().into(),
        })
        .into(),
        enc_part: sealed().into(),
    }))
    .unwrap()
}

fn ticket_in(reply: KdcRep) -> Ticket {
    Ticket { ticket: reply.ticket.0, key: key(), realm: reply.crealm.0, name: reply.cname.0, end: 0 }
}

fn wants_proof(etype: u32) -> Vec<u8> {
    let entry = EtypeInfo2Entry {
        etype: integer(etype).into(),
        salt: Optional::from(Some(text("salt").unwrap().into())),
        s2kparams: Optional::from(None),
    };
    let infos = encoded(&Asn1SequenceOf(vec![entry])).unwrap();
    error(PREAUTH_REQUIRED, Some(encoded(&Asn1SequenceOf(vec![padata(ETYPE_INFO2, infos)])).unwrap()))
}

#[test]
fn refusals_are_told_in_words() {
    let told = |code: u32| greeting(&error(code, None)).err().unwrap();
    assert_eq!(told(24), "the password is wrong");
    assert_eq!(told(37), "the clocks of the KDC and of this machine differ too much");
    assert_eq!(told(60), "the KDC answers error 60 as it is");
    assert_eq!(told(PREAUTH_REQUIRED), "the KDC's answer is not a Kerberos message");
    assert_eq!(
        greeting(&wants_proof(23)).err().unwrap(),
        "the KDC requires encryption other than AES with 128 or 256 bits"
    );
}

#[test]
fn a_proof_is_made_with_the_salt_that_the_kdc_names_or_with_the_usual_one() {
    let Ok(Greeting::Prove { cipher, salt }) = greeting(&wants_proof(18)) else { panic!("no proof wanted") };
    assert_eq!((cipher, salt.as_deref()), (CIPHERS[0].clone(), Some("salt")));
    let Ok(Greeting::Ticket(reply)) = greeting(&reply()) else { panic!("no ticket") };
    assert_eq!(sealed_with(&reply).unwrap(), (CIPHERS[1].clone(), None));
    let ada = |user: &str| Client { user: user.to_owned(), realm: "TEST".to_owned() };
    assert_eq!((&*ada("ada").usual_salt(), &*ada("ada/admin").usual_salt()), ("TESTada", "TESTadaadmin"));
}

/// RFC 4178 and RFC 4121: who reads the token finds the ticket and the proof in it.
#[test]
fn what_is_shown_is_a_token_of_spnego_around_one_of_kerberos() {
    let Ok(Greeting::Ticket(reply)) = greeting(&reply()) else { panic!("no ticket") };
    let ticket = ticket_in(*reply);
    let token = token(&ticket, now()).unwrap();
    let init: ApplicationTag0<GssApiNegInit> = decoded(&token).unwrap();
    let token = &init.0.neg_token_init.0.mech_token.0.as_ref().unwrap().0.0;
    let inner = KrbMessage::<ApReq>::decode_application_krb_message(token).unwrap().0;
    assert_eq!(inner.krb5_token_id, [1, 0]);
    let request = inner.krb_msg.0;
    assert_eq!(request.ticket.0, ticket.ticket);
    let usage = key_usages::AP_REQ_AUTHENTICATOR;
    let proof = key().cipher.cipher().decrypt(&key().bytes, usage, &request.authenticator.0.cipher.0.0).unwrap();
    let proof: Authenticator = decoded(&proof).unwrap();
    assert_eq!(proof.0.crealm.0, text("TEST").unwrap());
    assert_eq!(number(&proof.0.cksum.0.as_ref().unwrap().cksumtype.0), Some(0x8003));
}

#[test]
fn lengths_are_those_of_der() {
    for (len, head) in [(5, vec![4, 5]), (127, vec![4, 127]), (128, vec![4, 0x81, 128]), (300, vec![4, 0x82, 1, 44])] {
        let bytes = tagged(4, &[&vec![0; len - 1], &[0]]);
        assert_eq!((&bytes[..head.len()], bytes.len()), (&head[..], head.len() + len));
    }
}

proptest! {
    /// Whatever a server sends, it is read or told to be wrong.
    #[test]
    fn no_answer_is_too_strange(
        which in 0..3_usize,
        cut in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = [reply(), error(6, None), wants_proof(18)][which].clone();
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(Greeting::Ticket(reply)) = greeting(&bytes) {
            let _ = sealed_with(&reply);
            let _ = granted(*reply, &key(), 7);
        }
        let granting = ticket_in(decoded::<AsRep>(&reply()).unwrap().0);
        let _ = issued(&bytes, &granting, 7);
    }
}
