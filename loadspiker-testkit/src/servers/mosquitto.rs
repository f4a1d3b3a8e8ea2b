//! [`Mosquitto`]: Mosquitto, a broker for MQTT.

use std::ops::{Deref, DerefMut};

use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;

/// Mosquitto, which lets everybody in. See [`Running`] for what else it can do.
#[derive(Debug)]
pub struct Mosquitto(Running);

impl Mosquitto {
    /// Starts it.
    #[track_caller]
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts it with these lines in its configuration.
    #[track_caller]
    pub fn start_with(lines: &str) -> Self {
        let lines = lines.to_owned();
        let recipe = Recipe::new("mosquitto", "mosquitto", move |command, folder, port| {
            // Started by root it would become another user, who may not read the folder.
            let user = "user root";
            let configuration =
                format!("{user}\nlistener {port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n{lines}\n");
            command.arg("-c").arg(folder.write("mosquitto.conf", configuration));
        });
        Mosquitto(Running::start(Folder::new(), recipe.ready_when_it_says(" running")))
    }

    /// The address for clients.
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.0.address())
    }
}

impl Deref for Mosquitto {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

impl DerefMut for Mosquitto {
    fn deref_mut(&mut self) -> &mut Running {
        &mut self.0
    }
}
