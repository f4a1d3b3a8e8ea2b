//! [`Device`]: the grant for devices (RFC 8628).

use std::time::Duration;

use loadspiker_core::StepError;
use loadspiker_core::expression::CompiledText;

use super::client::Client;
use super::reply::DeviceReply;
use crate::auth::AuthContext;
#[cfg(feature = "html")]
use crate::auth::forms::Forms;
use crate::auth::token::Token;

/// How much longer to wait each time the server wants it slower (RFC 8628 §3.5).
const SLOWER: Duration = Duration::from_secs(5);

pub(super) struct Device {
    pub(super) url: CompiledText,
    /// What the user fills in to agree, if it does so itself.
    #[cfg(feature = "html")]
    pub(super) login: Option<Forms>,
}

impl Device {
    pub(super) async fn token(
        &self,
        client: &Client<CompiledText>,
        cx: &mut AuthContext<'_>,
    ) -> Result<Token, StepError> {
        let mut pairs = Vec::new();
        client.add_scope(&mut pairs, cx.session())?;
        let asked = cx.now();
        let request = client.post(format!("{} device", client.name), &self.url, pairs, cx.session())?;
        let device = DeviceReply::read(cx.send(request).await?.body())?;
        #[cfg(feature = "html")]
        if let Some(login) = &self.login {
            let start = (&*format!("{} login", client.name), device.verification_uri.clone());
            let code = [("user_code", device.user_code.clone())];
            login.walk(cx, &|request| client.make(request), start, None, &code).await?;
        }
        let mut interval = device.interval;
        loop {
            if cx.now() + interval > asked + device.lifetime {
                return Err(StepError::new("the device code has lapsed before the user agreed"));
            }
            cx.sleep(interval).await;
            let pairs = vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
                ("device_code", device.device_code.clone()),
            ];
            match client.poll(pairs, cx).await? {
                Ok(token) => return Ok(token),
                Err(error) if error == "slow_down" => interval += SLOWER,
                Err(_) => {}
            }
        }
    }
}
