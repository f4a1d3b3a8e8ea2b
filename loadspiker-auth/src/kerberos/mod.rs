//! [`kerberos`]: single sign-on with tickets of Kerberos 5 (RFC 4120).

mod client;
mod kdc;
mod message;
mod wallet;

use loadspiker_core::compile::CompileContext;
use loadspiker_core::expression::{IntoText, TextArg};

pub use self::client::KerberosClient;
use self::kdc::Kdc;
pub use self::kdc::KdcLink;
use crate::{AuthKey, AuthStates, Secret};

/// Kerberos: each user proves its password to a KDC, such as a domain controller, and gets tickets for the services that it
/// makes requests to, which take them in SPNEGO (RFC 4178). The user may be written `ada@CORP.TEST`, or the realm be given
/// with [`realm`](Kerberos::realm). Where the tickets come from says [`kdc`](Kerberos::kdc).
///
/// What is asked of the KDC is counted as `kerberos AS` (two: the first asks how the password is to be proven) and
/// `kerberos TGS`. Tickets are kept per user and renewed before they end. With [`service`](Kerberos::service) there is a
/// ticket from the first request on.
///
/// Encryption is AES with 256 or 128 bits; there are neither RC4 nor DES, nor smart cards, nor tickets of other realms
/// than the user's. A user whose password, account or clock the KDC does not accept fails the request with an error that
/// says so, as does a server that refuses the ticket.
///
/// ```
/// use loadspiker_auth::kerberos;
///
/// let sign_on = kerberos("#{user}@CORP.TEST", "#{password}").kdc("dc.corp.test");
/// # let _ = sign_on;
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

    /// The name of the service that tickets are for, and thus a ticket from the first request on. Default: for HTTP,
    /// `HTTP/` and the host of the URL.
    pub fn service(self, name: impl IntoText) -> Self {
        Kerberos { service: Some(name.into_text()), ..self }
    }

    /// Prepares it for a request: expressions are parsed. Mistakes are reported to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> KerberosClient {
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
        KerberosClient {
            states: AuthStates::compile(cx),
            state: self.state.clone(),
            user,
            realm,
            password: self.password.compile(cx),
            service: self.service.as_ref().map(|service| service.compile(cx)),
            kdc: Kdc::compile(address, cx),
        }
    }
}
