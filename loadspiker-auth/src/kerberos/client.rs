//! [`KerberosClient`]: obtains tickets from the KDC and builds tokens from them.

use std::rc::Rc;
use std::time::Duration;

use loadspiker_core::expression::CompiledText;
use loadspiker_core::protocol::ActionContext;
use loadspiker_core::{Session, StepError};
use time::OffsetDateTime;

use super::kdc::{Exchange, Kdc, KdcLink};
use super::message::{self, Client, Greeting, Key, Ticket};
use super::wallet::{StoredTicket, Wallet};
use crate::token::Lapse;
use crate::{AuthKey, AuthStates, rendered};

/// So long before its end a ticket is renewed.
const BEFORE: Duration = Duration::from_secs(30);

/// A compiled [`Kerberos`](super::Kerberos), which obtains tickets and builds tokens from them.
///
/// A protocol calls [`want`](Self::want) when a service needs a ticket. Before each request, it checks
/// [`is_due`](Self::is_due), awaits [`obtain`](Self::obtain) if so, and sends the [`token`](Self::token) of the service, if
/// there is one.
pub struct KerberosClient {
    pub(super) states: AuthStates,
    pub(super) state: AuthKey,
    pub(super) user: CompiledText,
    pub(super) realm: CompiledText,
    pub(super) password: CompiledText,
    pub(super) service: Option<CompiledText>,
    pub(super) kdc: Kdc,
}

impl KerberosClient {
    fn client(&self, session: &Session) -> Result<Client, StepError> {
        let user = rendered(&self.user, session)?;
        let (user, realm) = match user.rsplit_once('@') {
            Some((user, realm)) => (user.to_owned(), realm.to_owned()),
            None => (user, rendered(&self.realm, session)?),
        };
        if user.is_empty() || realm.is_empty() {
            return Err(StepError::new("the user has no name or no realm; write user@REALM"));
        }
        Ok(Client { user, realm })
    }

    /// What the user has, if it is still the same; with a place for the ticket of the service that is set.
    fn wallet(&self, cx: &mut ActionContext) -> Result<Rc<Wallet>, StepError> {
        let wallet = self.states.of_user::<Wallet>(cx, &self.state);
        wallet.belong_to(self.client(cx.session())?);
        if let Some(service) = &self.service {
            wallet.want(rendered(service, cx.session())?);
        }
        Ok(wallet)
    }

    /// The service name for tickets: the configured name, or `usual`.
    ///
    /// # Errors
    ///
    /// An expression fails.
    pub fn service(&self, usual: impl FnOnce() -> String, session: &Session) -> Result<String, StepError> {
        self.service.as_ref().map_or_else(|| Ok(usual()), |service| rendered(service, session))
    }

    /// Requests a ticket for this service, and discards the user's present one.
    ///
    /// # Errors
    ///
    /// An expression fails, or the user has no name or no realm.
    pub fn want(&self, service: &str, cx: &mut ActionContext) -> Result<(), StepError> {
        let wallet = self.wallet(cx)?;
        wallet.want(service.to_owned());
        wallet.put(&self.client(cx.session())?, service, None);
        Ok(())
    }

    /// Whether a ticket is missing or about to expire.
    ///
    /// # Errors
    ///
    /// An expression fails, or the user has no name or no realm.
    pub fn is_due(&self, cx: &mut ActionContext) -> Result<bool, StepError> {
        Ok(self.wallet(cx)?.missing(cx.now()).is_some())
    }

    /// Obtains the missing tickets, each once, and accepts them however short their lifetime is.
    ///
    /// # Errors
    ///
    /// The reason why a ticket cannot be obtained.
    ///
    /// # Cancel safety
    ///
    /// Tickets obtained before the future is dropped are kept.
    pub async fn obtain<L: KdcLink>(&self, link: &mut L) -> Result<(), StepError> {
        let wallet = self.wallet(link.context_mut())?;
        let Some((client, services)) = wallet.missing(link.context().now()) else { return Ok(()) };
        for service in services {
            let granting = match wallet.granting(link.context().now()) {
                Some(granting) => granting,
                None => {
                    let granting = self.log_in(link, &client).await?;
                    wallet.change(&client, |pockets| pockets.granting = Some(granting.clone()));
                    granting.ticket
                }
            };
            let (nonce, now) = (nonce(link.context().session()), OffsetDateTime::now_utc());
            let message = message::ticket(&granting, &service, nonce, now).map_err(StepError::new)?;
            let read = |answer: &[u8]| message::issued(answer, &granting, nonce);
            let ticket = self.kdc.ask(link, Exchange::Ticket, &message, read).await?;
            wallet.put(&client, &service, Some(held(ticket, link.context())));
        }
        Ok(())
    }

    /// Gets a ticket-granting ticket for the password.
    async fn log_in<L: KdcLink>(&self, link: &mut L, client: &Client) -> Result<StoredTicket, StepError> {
        let session = link.context().session();
        let password = rendered(&self.password, session)?;
        let (ask, number) = (Exchange::Authentication, nonce(session));
        let now = OffsetDateTime::now_utc();
        let message = message::authentication(client, number, None, now).map_err(StepError::new)?;
        let reply = match self.kdc.ask(link, ask, &message, message::greeting).await? {
            Greeting::Ticket(reply) => {
                let (cipher, salt) = message::sealed_with(&reply).map_err(StepError::new)?;
                let key = key_of(cipher, password, salt.unwrap_or_else(|| client.usual_salt())).await?;
                message::granted(*reply, &key, number)
            }
            Greeting::Prove { cipher, salt } => {
                let key = key_of(cipher, password, salt.unwrap_or_else(|| client.usual_salt())).await?;
                let (number, now) = (nonce(link.context().session()), OffsetDateTime::now_utc());
                let message = message::authentication(client, number, Some(&key), now).map_err(StepError::new)?;
                let read = |answer: &[u8]| match message::greeting(answer)? {
                    Greeting::Ticket(reply) => message::granted(*reply, &key, number),
                    Greeting::Prove { .. } => {
                        Err("the KDC requires pre-authentication other than a password".to_owned())
                    }
                };
                let ticket = self.kdc.ask(link, ask, &message, read).await?;
                return Ok(held(ticket, link.context()));
            }
        };
        Ok(held(reply.map_err(StepError::new)?, link.context()))
    }

    /// The token that authenticates one request to this service: SPNEGO (RFC 4178) with the ticket and a fresh authenticator.
    /// `None` if the user has no ticket for it.
    ///
    /// # Errors
    ///
    /// The token cannot be built.
    pub fn token(&self, service: &str, cx: &mut ActionContext) -> Result<Option<Vec<u8>>, StepError> {
        let Some(ticket) = self.states.of_user::<Wallet>(cx, &self.state).ticket(service) else { return Ok(None) };
        message::token(&ticket, OffsetDateTime::now_utc()).map(Some).map_err(StepError::new)
    }

    /// Discards all tickets of this user.
    pub fn forget(&self, cx: &mut ActionContext) {
        self.states.of_user::<Wallet>(cx, &self.state).clear();
    }
}

/// In a thread beside the shard, whose other users need not wait for it.
async fn key_of(cipher: picky_krb::crypto::CipherSuite, password: String, salt: String) -> Result<Key, StepError> {
    let made = tokio::task::spawn_blocking(move || Key::of_password(cipher, &password, &salt)).await;
    made.map_err(|error| StepError::new(error.to_string()))?.map_err(StepError::new)
}

fn held(ticket: Ticket, cx: &ActionContext) -> StoredTicket {
    let left = ticket.end - OffsetDateTime::now_utc().unix_timestamp();
    let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
    StoredTicket { ticket: Rc::new(ticket), lapse: Lapse::after(cx.now(), left, BEFORE) }
}

/// A number that tells an answer from others. From the user's own source, so that the same seed makes the same requests.
fn nonce(session: &Session) -> u32 {
    session.random(|random| random.u32(1..1 << 31))
}
