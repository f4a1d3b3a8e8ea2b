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

/// Kerberos authentication. Each user proves its password to a KDC, such as a domain controller, and gets tickets for the
/// services it uses. Services accept them with SPNEGO (RFC 4178). Write the user as `ada@CORP.TEST`, or set the realm with
/// [`realm`](Kerberos::realm). Set the KDC with [`kdc`](Kerberos::kdc).
///
/// Requests to the KDC are counted as `kerberos AS` (two of them: the first asks for the pre-authentication method) and
/// `kerberos TGS`. Tickets are kept per user and renewed before they expire. With [`service`](Kerberos::service), there is
/// a ticket from the first request on.
///
/// Encryption is AES with 256 or 128 bits. Not supported: RC4, DES, smart cards, and tickets of other realms than the user's.
/// If the KDC rejects the user's password, account or clock, or the server rejects the ticket, the request fails with an
/// error that says so.
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

/// Kerberos authentication. Created by [`kerberos`].
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
    /// The realm of users without `@REALM`, usually in capitals.
    pub fn realm(self, realm: impl IntoText) -> Self {
        Kerberos { realm: realm.into_text(), ..self }
    }

    /// Host and port of the KDC: `dc.corp.test`, `10.0.0.1:750`. Default port: 88. The connection uses TCP.
    pub fn kdc(self, address: impl IntoText) -> Self {
        Kerberos { kdc: Some(address.into_text()), ..self }
    }

    /// The service name for tickets. A ticket is then obtained before the first request. Default: for HTTP, `HTTP/` and the host
    /// of the URL, after a challenge.
    pub fn service(self, name: impl IntoText) -> Self {
        Kerberos { service: Some(name.into_text()), ..self }
    }

    /// Compiles the mechanism for a request: parses expressions. Reports mistakes to `cx`.
    pub fn compile(&self, cx: &mut CompileContext<'_>) -> KerberosClient {
        let address = self.kdc.clone().unwrap_or_else(|| {
            cx.mistake("kerberos: no KDC is configured; add .kdc(\"host\")");
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
