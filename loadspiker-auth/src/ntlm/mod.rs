//! [`ntlm`]: Windows authentication with a user name and a password, NTLM (MS-NLMP).

mod message;

use std::time::{SystemTime, UNIX_EPOCH};

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::{Session, StepError};

use self::message::{Account, Challenge};
use crate::{Secret, rendered};

/// From 1601, when the time of Windows begins, to 1970, in seconds.
const BEFORE_1970: u64 = 11_644_473_600;

/// Windows authentication with NTLM version 2 (MS-NLMP, MS-NTHT). Write the user as `DOMAIN\user`, or set the domain with
/// [`domain`](Ntlm::domain).
///
/// Not supported: NTLM version 1 and channel binding ("extended protection"). For Kerberos, use `kerberos`.
///
/// NTLM authenticates connections, with three messages: the client states its capabilities, the server sends a challenge,
/// and the client proves the password. From then on, the connection belongs to this account. The protocol carries the
/// messages and tracks which connection belongs to which account.
///
/// ```
/// use loadspiker_auth::ntlm;
///
/// let account = ntlm("#{user}", "#{password}").domain("CORP");
/// # let _ = account;
/// ```
pub fn ntlm(user: impl IntoText, password: impl IntoText) -> Ntlm {
    Ntlm {
        user: user.into_text(),
        password: Secret::new(password),
        domain: "".into_text(),
        workstation: "".into_text(),
    }
}

/// Windows authentication. Created by [`ntlm`].
#[derive(Clone, Debug)]
pub struct Ntlm {
    user: TextArg,
    password: Secret,
    domain: TextArg,
    workstation: TextArg,
}

impl Ntlm {
    /// The domain of users without `DOMAIN\`. Default: none, for local accounts of the server.
    pub fn domain(self, domain: impl IntoText) -> Self {
        Ntlm { domain: domain.into_text(), ..self }
    }

    /// The name of the user's workstation. Default: not sent.
    pub fn workstation(self, name: impl IntoText) -> Self {
        Ntlm { workstation: name.into_text(), ..self }
    }

    /// Compiles the mechanism for a request. Reports mistakes to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> NtlmAccounts {
        let user = self.user.compile(cx);
        if user.as_literal().is_some_and(|user| user.contains("#{")) {
            cx.mistake("ntlm: in the user name, a backslash escapes #{; use .domain(…) instead");
        }
        NtlmAccounts {
            user,
            password: self.password.compile(cx),
            domain: self.domain.compile(cx),
            workstation: self.workstation.compile(cx),
        }
    }
}

/// A compiled [`Ntlm`]: the accounts of the users.
pub struct NtlmAccounts {
    user: CompiledText,
    password: CompiledText,
    domain: CompiledText,
    workstation: CompiledText,
}

impl NtlmAccounts {
    /// The account of this user.
    ///
    /// # Errors
    ///
    /// An expression fails.
    pub fn account(&self, session: &Session) -> Result<NtlmAccount, StepError> {
        let user = rendered(&self.user, session)?;
        let (domain, user) = match user.split_once('\\') {
            Some((domain, user)) => (domain.to_owned(), user.to_owned()),
            None => (rendered(&self.domain, session)?, user),
        };
        let workstation = rendered(&self.workstation, session)?;
        Ok(NtlmAccount(Account { user, domain, workstation, password: rendered(&self.password, session)? }))
    }
}

/// The account of a user, which creates the client's messages.
pub struct NtlmAccount(Account);

impl NtlmAccount {
    /// A text that identifies this account, including its password. Never show it.
    pub fn identity(&self) -> String {
        let Account { user, domain, workstation, password } = &self.0;
        [domain, user, workstation, password].map(String::as_str).join("\0")
    }

    /// The first message, which asks for a challenge.
    pub fn negotiate(&self) -> Vec<u8> {
        message::negotiate()
    }

    /// The third message, which proves the password to the server that sent this challenge. Random parts come from the user's
    /// random numbers, so the same seed gives the same messages.
    ///
    /// # Errors
    ///
    /// The challenge is not an NTLM message.
    pub fn authenticate(&self, challenge: &[u8], session: &Session) -> Result<Vec<u8>, StepError> {
        let challenge = Challenge::read(challenge).ok_or("the server's challenge is not an NTLM message")?;
        let nonce = session.random(|random| random.u64(..)).to_le_bytes();
        Ok(self.0.authenticate(&challenge, now(), nonce))
    }
}

/// In tenths of microseconds since 1601 (MS-DTYP §2.3.3).
fn now() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since_1970.as_secs() + BEFORE_1970) * 10_000_000 + u64::from(since_1970.subsec_nanos() / 100)
}
