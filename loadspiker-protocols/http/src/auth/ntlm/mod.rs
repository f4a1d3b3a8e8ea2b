//! [`ntlm`]: Windows authentication with a user name and a password, NTLM (MS-NLMP), also where the server calls it
//! Negotiate.

mod message;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::AUTHORIZATION;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::{Session, StepError};

use self::message::{Account, Challenge};
use super::offer::offer;
use super::secret::{Secret, rendered};
use super::{Answered, Auth, AuthContext, AuthRequest, AuthResponse, Authenticator};
use crate::protocol::HttpProtocol;

/// From 1601, when the time of Windows begins, to 1970, in seconds.
const BEFORE_1970: u64 = 11_644_473_600;

/// What servers call it. Where both are offered, the first is the one that is sure to be NTLM.
const SCHEMES: [&str; 2] = ["NTLM", "Negotiate"];

/// Windows authentication: NTLM, version 2 (MS-NLMP, MS-NTHT). The user may be written `DOMAIN\user`, or the domain be
/// given with [`domain`](Ntlm::domain).
///
/// It answers servers that offer `NTLM`, and those that offer `Negotiate` and take NTLM for it. There is neither NTLM of
/// the first version nor channel binding ("extended protection"); for Kerberos there is a way of its own, `kerberos`.
///
/// NTLM authenticates connections. The first request of an account over a connection is answered with a challenge, and
/// so is the second, which asks for it; the third proves the password. The two are counted as `name Challenge`, and all
/// three go over that connection, which from then on carries the requests of this account alone, without more ado.
/// Requests that are not authenticated in this way, or as another account, have other connections, also of a pool that
/// users share.
///
/// A server that refuses the password, or offers none of the two, fails the request with an error that says so.
///
/// ```
/// use loadspiker_http::HttpProtocol;
/// use loadspiker_http::auth::ntlm;
///
/// let intranet = HttpProtocol::new("http://intranet.test").auth(ntlm("#{user}", "#{password}").domain("CORP"));
/// # let _ = intranet;
/// ```
pub fn ntlm(user: impl IntoText, password: impl IntoText) -> Ntlm {
    Ntlm {
        user: user.into_text(),
        password: Secret::new(password),
        domain: "".into_text(),
        workstation: "".into_text(),
    }
}

/// Windows authentication; made by [`ntlm`].
#[derive(Clone, Debug)]
pub struct Ntlm {
    user: TextArg,
    password: Secret,
    domain: TextArg,
    workstation: TextArg,
}

impl Ntlm {
    /// The domain of users that are not written `DOMAIN\user`. Default: none, for accounts of the server's own.
    pub fn domain(self, domain: impl IntoText) -> Self {
        Ntlm { domain: domain.into_text(), ..self }
    }

    /// The name of the workstation that the user sits at. Default: it is not told.
    pub fn workstation(self, name: impl IntoText) -> Self {
        Ntlm { workstation: name.into_text(), ..self }
    }
}

impl Auth for Ntlm {
    fn name(&self) -> &'static str {
        "ntlm"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        if !cx.protocol(HttpProtocol::without_base).1.keep_alive {
            cx.mistake("ntlm: it authenticates connections, which have to be kept; take keep_alive(false) away");
        }
        let user = self.user.compile(cx);
        if user.as_literal().is_some_and(|user| user.contains("#{")) {
            cx.mistake("ntlm: in the name of the user, a backslash takes the meaning of #{ away; write .domain(…)");
        }
        Box::new(Windows {
            user,
            password: self.password.compile(cx),
            domain: self.domain.compile(cx),
            workstation: self.workstation.compile(cx),
        })
    }
}

/// [`Ntlm`], compiled. How far a request has come is in its note: nothing at first, then the scheme that the server
/// offers, then scheme and challenge.
struct Windows {
    user: CompiledText,
    password: CompiledText,
    domain: CompiledText,
    workstation: CompiledText,
}

impl Windows {
    fn account(&self, session: &Session) -> Result<Account, StepError> {
        let user = rendered(&self.user, session)?;
        let (domain, user) = match user.split_once('\\') {
            Some((domain, user)) => (domain.to_owned(), user.to_owned()),
            None => (rendered(&self.domain, session)?, user),
        };
        let workstation = rendered(&self.workstation, session)?;
        Ok(Account { user, domain, workstation, password: rendered(&self.password, session)? })
    }
}

impl Authenticator for Windows {
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let account = self.account(cx.session())?;
        let Account { user, domain, workstation, password } = &account;
        request.bind_connection(&[domain, user, workstation, password].map(String::as_str).join("\0"));
        let Some(note) = request.note() else { return Ok(()) };
        let (scheme, message) = match note.split_once(' ') {
            None => (note, message::negotiate()),
            Some((scheme, challenge)) => {
                let challenge = STANDARD.decode(challenge).unwrap_or_default();
                let challenge =
                    Challenge::read(&challenge).ok_or("the challenge of the server is no message of NTLM")?;
                // From the user's own source, so that the same seed makes the same requests.
                let nonce = cx.session().random(|random| random.u64(..)).to_le_bytes();
                (scheme, account.authenticate(&challenge, now(), nonce))
            }
        };
        request.set_header(AUTHORIZATION.as_str(), &format!("{scheme} {}", STANDARD.encode(message)))
    }

    fn answered(&self, response: &AuthResponse<'_>, _: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(Answered::Accept);
        }
        match response.note() {
            None => {
                let scheme = SCHEMES.into_iter().find(|scheme| offer(response.headers(), scheme).is_some());
                response.leave_note(scheme.ok_or("the server answers 401 and offers neither NTLM nor Negotiate")?);
                Ok(Answered::SendAgain)
            }
            Some(scheme) if !scheme.contains(' ') => {
                let challenge = offer(response.headers(), scheme).filter(|challenge| !challenge.is_empty());
                let challenge =
                    challenge.ok_or_else(|| format!("the server offers {scheme}, but takes no NTLM for it"))?;
                response.leave_note(format!("{scheme} {challenge}"));
                Ok(Answered::SendAgainHere)
            }
            Some(_) => Err(StepError::new("the server refuses the user name, its domain or the password")),
        }
    }
}

/// In tenths of microseconds since 1601 (MS-DTYP §2.3.3).
fn now() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since_1970.as_secs() + BEFORE_1970) * 10_000_000 + u64::from(since_1970.subsec_nanos() / 100)
}
