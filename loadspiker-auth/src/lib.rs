//! Authentication mechanisms for the protocols of LoadSpiker, independent of any protocol.
//!
//! | mechanism | written as | compiled to | what a protocol does for it |
//! |---|---|---|---|
//! | JSON Web Token (RFC 7519) | [`jwt`], [`jwt_with_key_file`] | [`JwtSigner`] | sends the token |
//! | OAuth 2.0 (RFC 6749) | [`oauth2`] | [`TokenSource`] | exchanges forms for JSON ([`TokenEndpoint`]), sends the token |
//! | AWS Signature Version 4 | [`aws_sigv4`] | [`SigV4Signer`] | adds the headers that it gets for a [`SigningRequest`] |
//! | NTLM (MS-NLMP), feature `ntlm` | `ntlm` | `NtlmAccounts` | carries the three messages, keeps the connection |
//! | Kerberos 5 (RFC 4120), feature `kerberos` | `kerberos` | `KerberosClient` | opens connections to the KDC (`KdcLink`), sends tokens |
//!
//! Each mechanism is a plain value with expressions in its texts, which a protocol accepts in its own `auth(…)`. The protocol
//! compiles it together with the action that uses it, and calls the compiled form during the run. How credentials are sent
//! (a header, a SASL exchange, a message property), when they are requested again, and what counts as a challenge, is up to
//! the protocol. For HTTP, see `loadspiker-http`.
//!
//! A mechanism stores what it obtains under an [`AuthKey`], per user, per shard or per run ([`AuthStates`]). All protocols
//! share this state: a user with a token for HTTP uses the same one for gRPC, if both were given clones of the same value.
//! Passwords and keys are [`Secret`]s, which `Debug` does not show.
//!
//! A protocol whose calls carry a token:
//!
//! ```
//! use loadspiker_auth::{Jwt, JwtAlgorithm, JwtSigner, jwt};
//! use loadspiker_core::compile::{CompileContext, RequestName};
//! use loadspiker_core::dsl::{Chain, Simulation, Steps, exec, scenario};
//! use loadspiker_core::inject::at_once_users;
//! use loadspiker_core::protocol::{Action, ActionBuilder, ActionContext, ActionFuture};
//!
//! struct Call(Jwt);
//!
//! impl ActionBuilder for Call {
//!     fn describe(&self) -> String {
//!         "call".to_owned()
//!     }
//!     fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
//!         Box::new(Calling { name: cx.request_name("call"), signer: self.0.compile(cx) })
//!     }
//! }
//!
//! struct Calling {
//!     name: RequestName,
//!     signer: JwtSigner,
//! }
//!
//! impl Action for Calling {
//!     fn name(&self) -> &RequestName {
//!         &self.name
//!     }
//!     fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
//!         Box::pin(async move {
//!             // A real one sends the token with the call, and records a sample of it.
//!             let token = self.signer.token(cx).unwrap();
//!             assert!(token.ends_with("._WUDxqbmQQOMXC1oOmMzLUTcQaSLDc_Yd5dB_nPL5z4"));
//!         })
//!     }
//! }
//!
//! let call = Call(jwt(JwtAlgorithm::Hs256, "secret").claim("sub", "ada"));
//! let report = Simulation::new("calls")
//!     .with(scenario("Call").exec(Chain::action(call)).inject([at_once_users(1)]))
//!     .run()?;
//! assert_eq!((report.users_started(), report.panics()), (1, 0));
//! # Ok::<(), loadspiker_core::Error>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod encode;
mod jwt;
#[cfg(feature = "kerberos")]
mod kerberos;
#[cfg(feature = "ntlm")]
mod ntlm;
mod oauth2;
mod secret;
mod sigv4;
mod state;
mod token;

pub use jwt::{Jwt, JwtAlgorithm, JwtSigner, jwt, jwt_with_key_file};
#[cfg(feature = "kerberos")]
#[cfg_attr(docsrs, doc(cfg(feature = "kerberos")))]
pub use kerberos::{KdcLink, Kerberos, KerberosClient, kerberos};
#[cfg(feature = "ntlm")]
#[cfg_attr(docsrs, doc(cfg(feature = "ntlm")))]
pub use ntlm::{Ntlm, NtlmAccount, NtlmAccounts, ntlm};
#[cfg(feature = "login")]
#[cfg_attr(docsrs, doc(cfg(feature = "login")))]
pub use oauth2::{CompiledLoginFields, LoginFields, LoginVisit};
pub use oauth2::{OAuth2, TokenEndpoint, TokenForm, TokenReply, TokenSource, oauth2};
pub use secret::{Secret, rendered};
pub use sigv4::{AwsSigV4, SigV4Signer, SigningRequest, aws_sigv4};
pub use state::{AuthKey, AuthStates};
