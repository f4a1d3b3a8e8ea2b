//! The connections of this crate: those of [`loadspiker_net::http1`], with a [`Sink`] for the body.

use loadspiker_net::http1::BodySink;
pub(crate) use loadspiker_net::http1::{
    Answer, Buffers, Connection, Head, LeftOut, Request, RequestHead, Unanswered, exchange,
};

use crate::body::Sink;
use crate::error::HttpError;

impl BodySink for Sink {
    type Error = HttpError;

    fn status(&mut self, code: u16) {
        Sink::status(self, code);
    }

    fn begin(&mut self, length: Option<u64>, encoded: bool) {
        Sink::begin(self, length, encoded);
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), HttpError> {
        Sink::take(self, piece)
    }
}
