//! [`Ntlm`] over HTTP (MS-NTHT): three messages in headers, and connections that belong to an account.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::AUTHORIZATION;
use loadspiker_auth::{Ntlm, NtlmAccounts};
use loadspiker_core::StepError;
use loadspiker_core::compile::CompileContext;

use super::offer::offer;
use super::{Answered, Auth, AuthContext, AuthRequest, AuthResponse, Authenticator};
use crate::protocol::HttpProtocol;

/// What servers call it. Where both are offered, the first is the one that is sure to be NTLM.
const SCHEMES: [&str; 2] = ["NTLM", "Negotiate"];

impl Auth for Ntlm {
    fn name(&self) -> &'static str {
        "ntlm"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        if !cx.protocol(HttpProtocol::without_base).1.keep_alive {
            cx.mistake("ntlm: NTLM authenticates connections, which must be kept alive; remove keep_alive(false)");
        }
        Box::new(Windows(Ntlm::compile(self, cx)))
    }
}

/// [`Ntlm`], compiled. How far a request has come is in its note: nothing at first, then the scheme that the server
/// offers, then scheme and challenge.
struct Windows(NtlmAccounts);

impl Authenticator for Windows {
    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let account = self.0.account(cx.session())?;
        request.bind_connection(&account.identity());
        let Some(note) = request.note() else { return Ok(()) };
        let (scheme, message) = match note.split_once(' ') {
            None => (note, account.negotiate()),
            Some((scheme, challenge)) => {
                let challenge = STANDARD.decode(challenge).unwrap_or_default();
                (scheme, account.authenticate(&challenge, cx.session())?)
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
                response.leave_note(scheme.ok_or("the server answered 401 and offers neither NTLM nor Negotiate")?);
                Ok(Answered::SendAgain)
            }
            Some(scheme) if !scheme.contains(' ') => {
                let challenge = offer(response.headers(), scheme).filter(|challenge| !challenge.is_empty());
                let challenge =
                    challenge.ok_or_else(|| format!("the server offers {scheme}, but does not accept NTLM for it"))?;
                response.leave_note(format!("{scheme} {challenge}"));
                Ok(Answered::SendAgainHere)
            }
            Some(_) => Err(StepError::new("the server rejected the user name, its domain or the password")),
        }
    }
}
