//! [`Device`]: the grant for devices (RFC 8628).

use std::time::Duration;

use loadspiker_core::StepError;
use loadspiker_core::expression::CompiledText;

use super::client::Client;
use super::endpoint::TokenEndpoint;
#[cfg(feature = "login")]
use super::login::{CompiledLoginFields, LoginVisit};
use super::reply::DeviceReply;
use crate::token::Token;

/// How much longer to wait each time the server wants it slower (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);

pub(super) struct Device {
    pub(super) url: CompiledText,
    /// What the user fills in to agree, if it does so itself.
    #[cfg(feature = "login")]
    pub(super) login: Option<CompiledLoginFields>,
}

impl Device {
    pub(super) async fn token<E: TokenEndpoint>(
        &self,
        client: &Client<CompiledText>,
        endpoint: &mut E,
    ) -> Result<Token, StepError> {
        let session = endpoint.context().session();
        let mut pairs = Vec::new();
        client.add_scope(&mut pairs, session)?;
        let form = client.form(format!("{} device", client.name), &self.url, pairs, session)?;
        let asked = endpoint.context().now();
        let device = DeviceReply::read(&endpoint.exchange(form).await?.body)?;
        #[cfg(feature = "login")]
        if let Some(fields) = &self.login {
            let visit = LoginVisit {
                name: format!("{} login", client.name),
                silent: client.silent,
                url: device.verification_uri.clone(),
                goal: None,
                fields,
                extra: vec![("user_code".to_owned(), device.user_code.clone())],
            };
            endpoint.log_in(visit).await?;
        }
        let mut interval = device.interval;
        loop {
            if endpoint.context().now() + interval > asked + device.lifetime {
                return Err(StepError::new("the device code expired before the user approved it"));
            }
            endpoint.context().sleep(interval).await;
            let pairs = vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
                ("device_code", device.device_code.clone()),
            ];
            match client.poll(pairs, endpoint).await? {
                Ok(token) => return Ok(token),
                Err(error) if error == "slow_down" => interval += SLOWER,
                Err(_) => {}
            }
        }
    }
}
