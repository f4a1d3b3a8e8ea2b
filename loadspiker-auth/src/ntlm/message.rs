//! The three messages of NTLM (MS-NLMP §2.2.1), and the proof of a password, NTLMv2 (§3.3.2).

use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// What both sides are to agree on (MS-NLMP §2.2.2.5): texts in UTF-16, a target name, NTLM with session security of 128
/// bits. Nothing is signed or sealed with it over HTTP.
const FLAGS: u32 = 0x2000_0000 | 0x8000_0000 | 0x0008_0000 | 0x0000_8000 | 0x0000_0200 | 0x0000_0004 | 0x0000_0001;

/// Where what follows begins in the third message: after its fields, a version that is not told, and the MIC.
const PAYLOAD: usize = 88;
const MIC: std::ops::Range<usize> = 72..88;

/// Pairs of the target information that the proof looks at (MS-NLMP §2.2.2.1).
const END: u16 = 0;
const AV_FLAGS: u16 = 6;
const TIMESTAMP: u16 = 7;
/// Of [`AV_FLAGS`]: the third message has a MIC.
const HAS_MIC: u32 = 2;

/// The first message: what the client can do.
pub(super) fn negotiate() -> Vec<u8> {
    let mut message = SIGNATURE.to_vec();
    message.extend(1_u32.to_le_bytes());
    message.extend(FLAGS.to_le_bytes());
    // Neither domain nor workstation are told: no bytes, which would begin after the message.
    for _ in 0..2 {
        message.extend([0, 0, 0, 0, 40, 0, 0, 0]);
    }
    // Nor is the version; there are servers that miss its place.
    message.extend([0; 8]);
    message
}

/// The second message: what the server wants to be proved.
pub(super) struct Challenge<'a> {
    flags: u32,
    nonce: [u8; 8],
    /// What the server tells of itself, to be part of the proof.
    target: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Challenge<'a> {
    /// `None` if the message is none.
    pub(super) fn read(whole: &'a [u8]) -> Option<Self> {
        let is_challenge = whole.starts_with(SIGNATURE) && word(whole, 8)? == 2;
        let nonce = whole.get(24..32)?.try_into().ok()?;
        // Servers of old have no target information.
        let target = if whole.len() < 48 { Some(&[][..]) } else { field(whole, 40) };
        is_challenge.then_some(Challenge { flags: word(whole, 20)?, nonce, target: target?, whole })
    }

    /// The value of a pair of the target information.
    fn pair(&self, wanted: u16) -> Option<&'a [u8]> {
        pairs(self.target).find(|(id, _)| *id == wanted).map(|(_, value)| value)
    }

    /// The target information as it is proved: as the server told it, or, if there is a MIC, with a flag that says so.
    fn proved_target(&self, has_mic: bool) -> Vec<u8> {
        if !has_mic {
            return self.target.to_vec();
        }
        let known = self.pair(AV_FLAGS).and_then(|flags| word(flags, 0)).unwrap_or(0);
        let flags = (known | HAS_MIC).to_le_bytes();
        let others = pairs(self.target).filter(|(id, _)| *id != AV_FLAGS);
        let mut target = Vec::new();
        for (id, value) in others.chain([(AV_FLAGS, &flags[..]), (END, &[])]) {
            target.extend(id.to_le_bytes());
            target.extend(length(value));
            target.extend(value);
        }
        target
    }
}

fn word(message: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(message.get(at..at + 4)?.try_into().ok()?))
}

/// The bytes that a field (length, room, offset) is about.
fn field(message: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_le_bytes(message.get(at..at + 2)?.try_into().ok()?));
    let offset = usize::try_from(word(message, at + 4)?).ok()?;
    message.get(offset..)?.get(..length)
}

/// As fields and pairs begin with it. More than 64 KB are cut, and the proof refused.
fn length(value: &[u8]) -> [u8; 2] {
    u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes()
}

/// The pairs before the end of a list.
fn pairs(mut list: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = list.split_first_chunk::<4>()?;
        let (id, length) = (u16::from_le_bytes([head[0], head[1]]), u16::from_le_bytes([head[2], head[3]]));
        let (value, rest) = rest.split_at_checked(usize::from(length))?;
        list = rest;
        (id != END).then_some((id, value))
    })
}

/// Who proves to be who.
pub(super) struct Account {
    pub(super) user: String,
    pub(super) domain: String,
    pub(super) workstation: String,
    pub(super) password: String,
}

impl Account {
    /// The key that follows from name and password: NTOWFv2.
    fn key(&self) -> [u8; 16] {
        let password: [u8; 16] = Md4::digest(utf16(&self.password)).into();
        mac(&password, &[&utf16(&(self.user.to_uppercase() + &self.domain))])
    }

    /// The third message: the proof. `now` is in tenths of microseconds since 1601, `nonce` is drawn anew for each.
    pub(super) fn authenticate(&self, challenge: &Challenge<'_>, now: u64, nonce: [u8; 8]) -> Vec<u8> {
        let key = self.key();
        // A server that tells its time wants the messages bound together by a MIC, and does not look at the older proof.
        let server_time: Option<[u8; 8]> = challenge.pair(TIMESTAMP).and_then(|time| time.try_into().ok());
        let time = server_time.unwrap_or(now.to_le_bytes());
        let target = challenge.proved_target(server_time.is_some());
        let proved = [&[1, 1, 0, 0, 0, 0, 0, 0], &time[..], &nonce, &[0; 4], &target, &[0; 4]].concat();
        let proof = mac(&key, &[&challenge.nonce, &proved]);
        let older = match server_time {
            Some(_) => vec![0; 24],
            None => [&mac(&key, &[&challenge.nonce, &nonce])[..], &nonce].concat(),
        };
        let [domain, user, workstation] = [&self.domain, &self.user, &self.workstation].map(|text| utf16(text));
        let fields = [older, [&proof[..], &proved].concat(), domain, user, workstation, Vec::new()];
        let mut message = SIGNATURE.to_vec();
        message.extend(3_u32.to_le_bytes());
        let mut offset = PAYLOAD;
        for field in &fields {
            message.extend([length(field), length(field)].concat());
            message.extend(u32::try_from(offset).unwrap_or(u32::MAX).to_le_bytes());
            offset += field.len();
        }
        message.extend((challenge.flags & FLAGS).to_le_bytes());
        message.resize(PAYLOAD, 0);
        message.extend(fields.concat());
        if server_time.is_some() {
            let session = mac(&key, &[&proof]);
            let mic = mac(&session, &[&negotiate(), challenge.whole, &message]);
            message[MIC].copy_from_slice(&mic);
        }
        message
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(key) else { return [0; 16] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    fn account() -> Account {
        let [user, domain, workstation, password] = ["User", "Domain", "COMPUTER", "Password"].map(str::to_owned);
        Account { user, domain, workstation, password }
    }

    /// The challenge of MS-NLMP §4.2.4.3, with these pairs before the end of its list.
    fn challenge(more: &[u8]) -> Vec<u8> {
        let mut list = bytes("02000c0044006f006d00610069006e0001000c00530065007200760065007200");
        list.extend(more);
        list.extend([0; 4]);
        let mut message = bytes("4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000");
        message.extend([length(&list), length(&list)].concat());
        message.extend(bytes("44000000060070170000000f530065007200760065007200"));
        message.extend(list);
        message
    }

    /// MS-NLMP §4.2.4.1 and §4.2.4.2.
    #[test]
    fn the_published_proof_is_reproduced() {
        assert_eq!(account().key().to_vec(), bytes("0c868a403bfd7a93a3001ef22ef02e3f"));
        let challenge = challenge(&[]);
        let challenge = Challenge::read(&challenge).unwrap();
        let message = account().authenticate(&challenge, 0, [0xaa; 8]);
        assert_eq!(field(&message, 12).unwrap(), bytes("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"));
        assert_eq!(field(&message, 20).unwrap()[..16], bytes("68cd0ab851e51c96aabc927bebef6a1c"));
        let session = mac(&account().key(), &[&bytes("68cd0ab851e51c96aabc927bebef6a1c")]);
        assert_eq!(session.to_vec(), bytes("8de40ccadbc14a82f15cb0ad0de95ca3"));
        assert_eq!(field(&message, 28).unwrap(), utf16("Domain"));
        assert_eq!(field(&message, 36).unwrap(), utf16("User"));
        assert_eq!(field(&message, 44).unwrap(), utf16("COMPUTER"));
        assert_eq!(message[MIC], [0; 16]);
    }

    #[test]
    fn where_the_server_tells_its_time_the_messages_are_bound_together() {
        let time = 0x01d0_1234_5678_9abc_u64.to_le_bytes();
        let challenge = challenge(&[&[7, 0, 8, 0], &time[..], &[6, 0, 4, 0, 1, 0, 0, 0]].concat());
        let message = account().authenticate(&Challenge::read(&challenge).unwrap(), 0, [0xaa; 8]);
        let response = field(&message, 20).unwrap();
        assert_eq!(response[24..32], time);
        let flags = pairs(&response[44..]).find(|(id, _)| *id == AV_FLAGS);
        assert_eq!(flags, Some((AV_FLAGS, &[3, 0, 0, 0][..])));
        assert_eq!(field(&message, 12).unwrap(), [0; 24]);
        let mut blank = message.clone();
        blank[MIC].fill(0);
        let session = mac(&account().key(), &[&response[..16]]);
        assert_eq!(message[MIC], mac(&session, &[&negotiate(), &challenge, &blank]));
    }

    #[test]
    fn what_is_no_challenge_is_not_read() {
        let whole = challenge(&[]);
        assert!(Challenge::read(&whole).is_some());
        for cut in 0..whole.len() {
            // One that ends before the target information is one of old.
            assert_eq!(Challenge::read(&whole[..cut]).is_some(), (32..48).contains(&cut), "{cut}");
        }
        assert!(Challenge::read(&negotiate()).is_none());
        let mut far = whole.clone();
        far[44..48].fill(0xff);
        assert!(Challenge::read(&far).is_none());
    }
}
