//! [`Script`]: what a peer does on a connection, step by step.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

use crate::gate::Gate;
use crate::peer::Peer;

/// What a server does on a connection, step by step. At the end of the script it closes the connection.
///
/// If the client goes before the end, the rest is left out. Run it with [`TcpServer::scripted`](crate::TcpServer::scripted).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Script {
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Expect(Vec<u8>),
    ReadUntil(Vec<u8>),
    Read(usize),
    Send(Vec<u8>),
    Trickle(Vec<u8>, Duration),
    Repeat(Script),
    Wait(Arc<Gate>),
    StartTls(Arc<ServerConfig>),
    Endless(Vec<u8>),
    Stall,
    Reset,
    Close,
}

impl Script {
    /// A script that closes the connection at once.
    pub fn new() -> Self {
        Script::default()
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Reads exactly these bytes. If others come, the script ends and the server panics when it is dropped.
    pub fn expect(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Expect(bytes.as_ref().to_vec()))
    }

    /// Reads up to and including `end`.
    pub fn read_until(self, end: impl AsRef<[u8]>) -> Self {
        self.step(Step::ReadUntil(end.as_ref().to_vec()))
    }

    /// Reads so many bytes, whatever they are.
    pub fn read(self, bytes: usize) -> Self {
        self.step(Step::Read(bytes))
    }

    /// Sends these bytes.
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Send(bytes.as_ref().to_vec()))
    }

    /// Sends byte by byte, with a pause before each.
    pub fn trickle(self, bytes: impl AsRef<[u8]>, pause: Duration) -> Self {
        self.step(Step::Trickle(bytes.as_ref().to_vec(), pause))
    }

    /// Does these steps again and again until the client goes.
    pub fn repeat(self, script: Script) -> Self {
        self.step(Step::Repeat(script))
    }

    /// Waits until the test opens the gate.
    pub fn wait(self, gate: &Arc<Gate>) -> Self {
        self.step(Step::Wait(gate.clone()))
    }

    /// Starts TLS. As the first step, the connection is over TLS from the beginning.
    pub fn start_tls(self, config: &Arc<ServerConfig>) -> Self {
        self.step(Step::StartTls(config.clone()))
    }

    /// Sends these bytes over and over until the client goes.
    pub fn endless(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Endless(bytes.as_ref().to_vec()))
    }

    /// Says nothing more until the client goes.
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// Throws the connection away, so that the client sees a reset.
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Closes the connection, as the end of the script does.
    pub fn close(self) -> Self {
        self.step(Step::Close)
    }

    /// Plays the script.
    ///
    /// # Errors
    ///
    /// A text about bytes that the script does not expect.
    pub(crate) fn play(&self, peer: Peer) -> Result<(), String> {
        match self.steps_on(peer) {
            // The client is gone, which is its right.
            Ok(_) | Err(Stop::Gone) => Ok(()),
            Err(Stop::Unexpected(text)) => Err(text),
        }
    }

    /// The peer, if the connection is open afterwards.
    fn steps_on(&self, mut peer: Peer) -> Result<Option<Peer>, Stop> {
        for step in &self.steps {
            match step {
                Step::Expect(bytes) => expect(&mut peer, bytes)?,
                Step::ReadUntil(end) => drop(peer.read_until(end)?),
                Step::Read(count) => drop(peer.read_bytes(*count)?),
                Step::Send(bytes) => peer.write_all(bytes).and_then(|()| peer.flush())?,
                Step::Trickle(bytes, pause) => peer.trickle(bytes, *pause)?,
                Step::Repeat(script) => loop {
                    match script.steps_on(peer)? {
                        Some(open) => peer = open,
                        None => return Ok(None),
                    }
                },
                Step::Wait(gate) => gate.pass(),
                Step::StartTls(config) => peer = peer.secure(config),
                Step::Endless(bytes) => {
                    peer.endless(bytes);
                    return Ok(None);
                }
                Step::Stall => {
                    peer.stall();
                    return Ok(None);
                }
                Step::Reset => {
                    peer.reset();
                    return Ok(None);
                }
                Step::Close => return Ok(None),
            }
        }
        Ok(Some(peer))
    }
}

/// Why a script ends early.
enum Stop {
    Gone,
    Unexpected(String),
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Stop::Gone
    }
}

fn expect(peer: &mut Peer, expected: &[u8]) -> Result<(), Stop> {
    let mut found = Vec::new();
    while found.len() < expected.len() {
        match peer.read_bytes(1) {
            Ok(byte) => found.extend(byte),
            // A client that goes between two exchanges is no surprise.
            Err(_) if found.is_empty() => return Err(Stop::Gone),
            Err(_) => break,
        }
        if !expected.starts_with(&found) {
            break;
        }
    }
    if found == expected {
        return Ok(());
    }
    let number = peer.number();
    let [expected, found] = [expected, &found].map(|bytes| bytes.escape_ascii().to_string());
    Err(Stop::Unexpected(format!("connection {number}: the script expects \"{expected}\", but \"{found}\" came")))
}
