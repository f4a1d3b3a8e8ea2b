//! [`BodySink`]: where the body of a response goes.

use crate::failure::Failure;

/// Receives the body of a response, piece by piece, as it arrives.
pub trait BodySink {
    /// Why a body cannot be taken. It also carries what fails on the network.
    type Error: From<Failure>;

    /// Called with the status of a response, before [`begin`](Self::begin). Does nothing by default.
    #[inline]
    fn status(&mut self, code: u16) {
        let _ = code;
    }

    /// Called at the start of a response, with the length of the body, if known, and whether it is encoded (`content-encoding`).
    fn begin(&mut self, length: Option<u64>, encoded: bool);

    /// Processes a piece of the body, which is never empty.
    ///
    /// # Errors
    ///
    /// The body cannot be processed. The exchange fails with this error, and the connection cannot be used again.
    fn take(&mut self, piece: &[u8]) -> Result<(), Self::Error>;
}

/// Discards the body.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl BodySink for Discard {
    type Error = Failure;

    fn begin(&mut self, _length: Option<u64>, _encoded: bool) {}

    fn take(&mut self, _piece: &[u8]) -> Result<(), Failure> {
        Ok(())
    }
}

/// Keeps the body in memory, up to a limit.
#[derive(Clone, Debug)]
pub struct Collect {
    body: Vec<u8>,
    limit: usize,
}

impl Collect {
    /// Keeps up to `limit` bytes; a longer body is a failure.
    pub fn up_to(limit: usize) -> Self {
        Collect { body: Vec::new(), limit }
    }

    /// The body.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }
}

impl BodySink for Collect {
    type Error = Failure;

    fn begin(&mut self, _length: Option<u64>, _encoded: bool) {
        self.body.clear();
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if piece.len() > self.limit.saturating_sub(self.body.len()) {
            return Err(Failure::protocol(format!("body is larger than {} bytes", self.limit)));
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }
}
