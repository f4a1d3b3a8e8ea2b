//! [`kerberos`]: single sign-on with a ticket, for servers that say Negotiate (RFC 4559).

mod kdc;
mod message;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::AUTHORIZATION;
use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{CompiledText, IntoText, TextArg};
use loadspiker_core::{Moment, Session, StepError};
use time::OffsetDateTime;

use self::kdc::{Exchange, Kdc};
use self::message::{Client, Greeting, Key, Ticket};
use super::offer::offer;
use super::secret::{Secret, rendered};
use super::token::Lapse;
use super::{Answered, Auth, AuthContext, AuthFuture, AuthKey, AuthRequest, AuthResponse, Authenticator};

/// So long before its end a ticket is renewed.
const BEFORE: Duration = Duration::from_secs(30);

/// Kerberos: each user proves its password to a KDC, such as a domain controller, and gets tickets for the servers that it
/// makes requests to, which say `Negotiate` (RFC 4559, with SPNEGO). The user may be written `ada@CORP.TEST`, or the realm
/// be given with [`realm`](Kerberos::realm). Where the tickets come from says [`kdc`](Kerberos::kdc).
///
/// The first request to a server is answered with 401, which is counted as `name Challenge`; then the user gets its
/// tickets, counted as `kerberos AS` (two: the first asks how the password is to be proven) and `kerberos TGS`. From
/// then on each request carries a ticket from the start, and tickets are renewed before they end. With
/// [`service`](Kerberos::service) it is so from the first request on. As a step, [`authenticate`](super::authenticate)
/// gets the first ticket there and then.
///
/// Encryption is AES with 256 or 128 bits; there are neither RC4 nor DES, nor smart cards, nor tickets of other realms
/// than the user's. A user whose password, account or clock the KDC does not accept fails the request with an error that
/// says so, as does a server that refuses the ticket.
///
/// ```
/// use loadspiker_http::HttpProtocol;
/// use loadspiker_http::auth::kerberos;
///
/// let intranet = HttpProtocol::new("http://intranet.corp.test")
///     .auth(kerberos("#{user}@CORP.TEST", "#{password}").kdc("dc.corp.test"));
/// # let _ = intranet;
/// ```
pub fn kerberos(user: impl IntoText, password: impl IntoText) -> Kerberos {
    Kerberos {
        user: user.into_text(),
        password: Secret::new(password),
        realm: "".into_text(),
        kdc: None,
        service: None,
        state: AuthKey::new(),
    }
}

/// Kerberos; made by [`kerberos`].
#[derive(Clone, Debug)]
pub struct Kerberos {
    user: TextArg,
    password: Secret,
    realm: TextArg,
    kdc: Option<TextArg>,
    service: Option<TextArg>,
    state: AuthKey,
}

impl Kerberos {
    /// The realm of users that are not written `user@REALM`, mostly in capitals.
    pub fn realm(self, realm: impl IntoText) -> Self {
        Kerberos { realm: realm.into_text(), ..self }
    }

    /// Host of the KDC, and its port if that is not 88: `dc.corp.test`, `10.0.0.1:750`. It is asked over TCP.
    pub fn kdc(self, address: impl IntoText) -> Self {
        Kerberos { kdc: Some(address.into_text()), ..self }
    }

    /// The name of the service that tickets are for, and thus a ticket from the first request on. Default: `HTTP/` and the
    /// host of the URL.
    pub fn service(self, name: impl IntoText) -> Self {
        Kerberos { service: Some(name.into_text()), ..self }
    }
}

impl Auth for Kerberos {
    fn name(&self) -> &'static str {
        "kerberos"
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Authenticator> {
        let address = self.kdc.clone().unwrap_or_else(|| {
            cx.mistake("kerberos: it is not said where tickets come from; add .kdc(\"host\")");
            "nowhere".into_text()
        });
        let (user, realm) = (self.user.compile(cx), self.realm.compile(cx));
        if let (Some(user), Some("")) = (user.as_literal(), realm.as_literal())
            && !user.contains('@')
        {
            cx.mistake("kerberos: the realm is missing; write user@REALM, or add .realm(\"REALM\")");
        }
        let address = address.compile(cx);
        Box::new(Negotiate {
            user,
            realm,
            password: self.password.compile(cx),
            service: self.service.as_ref().map(|service| service.compile(cx)),
            kdc: Kdc::compile(address, cx),
            state: self.state.clone(),
        })
    }
}

/// [`Kerberos`], compiled.
struct Negotiate {
    user: CompiledText,
    realm: CompiledText,
    password: CompiledText,
    service: Option<CompiledText>,
    kdc: Kdc,
    state: AuthKey,
}

/// A ticket, and how long it is good.
#[derive(Clone)]
struct Held {
    ticket: Rc<Ticket>,
    lapse: Lapse,
}

/// What a user has.
#[derive(Default)]
struct Wallet(RefCell<Option<Pockets>>);

struct Pockets {
    client: Client,
    granting: Option<Held>,
    /// By the names of services that want one.
    tickets: Vec<(String, Option<Held>)>,
}

impl Negotiate {
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

    /// What the user has, if it is still the same; with a place for the ticket of this service.
    fn wallet(&self, cx: &mut AuthContext<'_>, service: Option<String>) -> Result<Rc<Wallet>, StepError> {
        let client = self.client(cx.session())?;
        let wallet = cx.user_state::<Wallet>(&self.state);
        let mut pockets = wallet.0.borrow_mut();
        if pockets.as_ref().is_none_or(|pockets| pockets.client != client) {
            *pockets = Some(Pockets { client, granting: None, tickets: Vec::new() });
        }
        let given = self.service.as_ref().map(|service| rendered(service, cx.session())).transpose()?;
        if let (Some(service), Some(pockets)) = (given.or(service), pockets.as_mut())
            && !pockets.tickets.iter().any(|(known, _)| *known == service)
        {
            pockets.tickets.push((service, None));
        }
        drop(pockets);
        Ok(wallet)
    }

    /// The name of the service of this origin.
    fn service(&self, origin: &str, session: &Session) -> Result<String, StepError> {
        if let Some(service) = &self.service {
            return rendered(service, session);
        }
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        let host = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((host, _)) => host,
            None => host.split_once(':').map_or(host, |(host, _)| host),
        };
        Ok(format!("HTTP/{host}"))
    }

    /// Gets the tickets that are missing, each once: what the KDC gives is taken, however short it is good.
    async fn fetch(&self, cx: &mut AuthContext<'_>, wallet: &Wallet) -> Result<(), StepError> {
        let Some((client, services)) = wallet.missing(cx.now()) else { return Ok(()) };
        for service in services {
            let granting = match wallet.granting(cx.now()) {
                Some(granting) => granting,
                None => {
                    let granting = self.log_in(cx, &client).await?;
                    wallet.change(&client, |pockets| pockets.granting = Some(granting.clone()));
                    granting.ticket
                }
            };
            let (nonce, now) = (nonce(cx), OffsetDateTime::now_utc());
            let message = message::ticket(&granting, &service, nonce, now).map_err(StepError::new)?;
            let read = |answer: &[u8]| message::issued(answer, &granting, nonce);
            let ticket = self.kdc.ask(cx, Exchange::Ticket, &message, read).await?;
            wallet.put(&client, &service, Some(held(ticket, cx)));
        }
        Ok(())
    }

    /// Gets a ticket-granting ticket for the password.
    async fn log_in(&self, cx: &mut AuthContext<'_>, client: &Client) -> Result<Held, StepError> {
        let password = rendered(&self.password, cx.session())?;
        let ask = Exchange::Authentication;
        let number = nonce(cx);
        let message =
            message::authentication(client, number, None, OffsetDateTime::now_utc()).map_err(StepError::new)?;
        let reply = match self.kdc.ask(cx, ask, &message, message::greeting).await? {
            Greeting::Ticket(reply) => {
                let (cipher, salt) = message::sealed_with(&reply).map_err(StepError::new)?;
                let key = key_of(cipher, password, salt.unwrap_or_else(|| client.usual_salt())).await?;
                message::granted(*reply, &key, number)
            }
            Greeting::Prove { cipher, salt } => {
                let key = key_of(cipher, password, salt.unwrap_or_else(|| client.usual_salt())).await?;
                let (number, now) = (nonce(cx), OffsetDateTime::now_utc());
                let message = message::authentication(client, number, Some(&key), now).map_err(StepError::new)?;
                let read = |answer: &[u8]| match message::greeting(answer)? {
                    Greeting::Ticket(reply) => message::granted(*reply, &key, number),
                    Greeting::Prove { .. } => Err("the KDC wants another proof than a password".to_owned()),
                };
                return Ok(held(self.kdc.ask(cx, ask, &message, read).await?, cx));
            }
        };
        Ok(held(reply.map_err(StepError::new)?, cx))
    }
}

impl Wallet {
    /// The services for which there is no fresh ticket; `None` if there is one for each.
    fn missing(&self, now: Moment) -> Option<(Client, Vec<String>)> {
        let pockets = self.0.borrow();
        let pockets = pockets.as_ref()?;
        let stale =
            pockets.tickets.iter().filter(|(_, held)| !held.as_ref().is_some_and(|held| held.lapse.is_fresh(now)));
        let services: Vec<String> = stale.map(|(service, _)| service.clone()).collect();
        (!services.is_empty()).then(|| (pockets.client.clone(), services))
    }

    /// The ticket-granting ticket, if it is fresh.
    fn granting(&self, now: Moment) -> Option<Rc<Ticket>> {
        let pockets = self.0.borrow();
        let held = pockets.as_ref()?.granting.as_ref()?;
        held.lapse.is_fresh(now).then(|| held.ticket.clone())
    }

    fn ticket(&self, service: &str) -> Option<Rc<Ticket>> {
        let pockets = self.0.borrow();
        let (_, held) = pockets.as_ref()?.tickets.iter().find(|(name, _)| name == service)?;
        Some(held.as_ref()?.ticket.clone())
    }

    /// Puts what this client has for a service into its place.
    fn put(&self, client: &Client, service: &str, ticket: Option<Held>) {
        self.change(client, |pockets| {
            if let Some((_, place)) = pockets.tickets.iter_mut().find(|(known, _)| known == service) {
                *place = ticket;
            }
        });
    }

    /// Changes what this client has, unless the user has become another.
    fn change(&self, client: &Client, change: impl FnOnce(&mut Pockets)) {
        self.0.borrow_mut().as_mut().filter(|pockets| pockets.client == *client).map(change);
    }
}

impl Authenticator for Negotiate {
    fn obtain<'a>(&'a self, cx: &'a mut AuthContext<'_>) -> Option<AuthFuture<'a>> {
        let wallet = match self.wallet(cx, None) {
            Ok(wallet) => wallet,
            Err(error) => return Some(Box::pin(async { Err(error) })),
        };
        wallet.missing(cx.now())?;
        Some(Box::pin(async move { self.fetch(cx, &wallet).await }))
    }

    fn apply(&self, request: &mut AuthRequest<'_>, cx: &mut AuthContext<'_>) -> Result<(), StepError> {
        let service = self.service(&request.origin(), cx.session())?;
        let Some(ticket) = cx.user_state::<Wallet>(&self.state).ticket(&service) else { return Ok(()) };
        let token = message::token(&ticket, OffsetDateTime::now_utc()).map_err(StepError::new)?;
        request.set_header(AUTHORIZATION.as_str(), &format!("Negotiate {}", STANDARD.encode(token)))
    }

    fn answered(&self, response: &AuthResponse<'_>, cx: &mut AuthContext<'_>) -> Result<Answered, StepError> {
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(Answered::Accept);
        }
        let service = self.service(&response.origin(), cx.session())?;
        if response.attempt() > 0 {
            return Err(StepError::new(format!("the server refuses the ticket for {service}")));
        }
        if offer(response.headers(), "Negotiate").is_none() {
            return Err(StepError::new("the server answers 401 and does not offer Negotiate"));
        }
        // One that it had is good no more.
        let wallet = self.wallet(cx, Some(service.clone()))?;
        wallet.put(&self.client(cx.session())?, &service, None);
        Ok(Answered::SendAgain)
    }

    fn forget(&self, cx: &mut AuthContext<'_>) {
        cx.user_state::<Wallet>(&self.state).0.replace(None);
    }
}

/// In a thread beside the shard, whose other users need not wait for it.
async fn key_of(cipher: picky_krb::crypto::CipherSuite, password: String, salt: String) -> Result<Key, StepError> {
    let made = tokio::task::spawn_blocking(move || Key::of_password(cipher, &password, &salt)).await;
    made.map_err(|error| StepError::new(error.to_string()))?.map_err(StepError::new)
}

fn held(ticket: Ticket, cx: &AuthContext<'_>) -> Held {
    let left = ticket.end - OffsetDateTime::now_utc().unix_timestamp();
    let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
    Held { ticket: Rc::new(ticket), lapse: Lapse::after(cx.now(), left, BEFORE) }
}

/// A number that tells an answer from others. From the user's own source, so that the same seed makes the same requests.
fn nonce(cx: &AuthContext<'_>) -> u32 {
    cx.session().random(|random| random.u32(1..1 << 31))
}
