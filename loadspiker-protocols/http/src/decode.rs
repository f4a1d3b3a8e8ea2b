//! [`decode`]: undoes the content encodings of a body, for checks.

use std::io::{self, Read};
use std::sync::Arc;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use crate::body_memory::{BodyMemory, Share};
use crate::error::HttpError;

/// The body as it was before it was encoded (RFC 9110 §8.4): gzip, deflate, br, zstd, and several of them in a row.
/// An encoding that is not known leaves the body as it is. `memory` bounds what comes out of each. What follows the end of
/// an encoded body, such as padding, is ignored.
pub(crate) fn decode(body: Bytes, headers: &HeaderMap, memory: &Arc<BodyMemory>) -> Result<Bytes, HttpError> {
    if body.is_empty() || !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut body = body;
    for name in names.iter().rev() {
        let name = name.to_ascii_lowercase();
        body = match name.as_str() {
            "gzip" | "x-gzip" => gzip(&body, memory)?,
            "deflate" if is_zlib(&body) => read("deflate", ZlibDecoder::new(&*body), memory)?,
            "deflate" => read("deflate", DeflateDecoder::new(&*body), memory)?,
            "br" => read("br", brotli_decompressor::Decompressor::new(&*body, 4096), memory)?,
            "zstd" => zstd(&body, memory)?,
            "identity" | "" => body,
            _ => return Ok(body),
        };
    }
    Ok(body)
}

/// Whether data has a zlib header (RFC 1950 §2.2). "deflate" means zlib, but some servers send it raw (RFC 9110
/// §8.4.1.2).
fn is_zlib(data: &[u8]) -> bool {
    match data {
        [first, second, ..] => first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0,
        _ => false,
    }
}

fn read(encoding: &'static str, decoder: impl Read, memory: &Arc<BodyMemory>) -> Result<Bytes, HttpError> {
    let mut decoded = Decoded::new(memory);
    decoded.append(encoding, decoder)?;
    Ok(decoded.into_bytes())
}

/// What has been decoded of a body.
struct Decoded {
    bytes: Vec<u8>,
    share: Share,
}

impl Decoded {
    fn new(memory: &Arc<BodyMemory>) -> Self {
        Decoded { bytes: Vec::new(), share: Share::of(memory) }
    }

    fn append(&mut self, encoding: &'static str, decoder: impl Read) -> Result<(), HttpError> {
        let left = self.share.largest().saturating_sub(self.bytes.len());
        let bound = u64::try_from(left).map_or(u64::MAX, |left| left.saturating_add(1));
        match decoder.take(bound).read_to_end(&mut self.bytes) {
            Ok(_) => self.share.grow_to(self.bytes.len()),
            Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                Err(HttpError::TooLarge(self.share.memory().each()))
            }
            Err(_) => Err(HttpError::Corrupt(encoding)),
        }
    }

    fn into_bytes(self) -> Bytes {
        self.share.hold(self.bytes)
    }
}

/// A body may hold several members (RFC 1952 §2.2).
fn gzip(mut rest: &[u8], memory: &Arc<BodyMemory>) -> Result<Bytes, HttpError> {
    let mut decoded = Decoded::new(memory);
    loop {
        decoded.append("gzip", GzDecoder::new(&mut rest))?;
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Ok(decoded.into_bytes());
        }
    }
}

/// A body may hold several frames, and frames to be skipped (RFC 8878 §3.1).
fn zstd(mut rest: &[u8], memory: &Arc<BodyMemory>) -> Result<Bytes, HttpError> {
    let mut decoded = Decoded::new(memory);
    loop {
        match StreamingDecoder::new(&mut rest) {
            Ok(decoder) => decoded.append("zstd", decoder)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                rest = rest.get(length..).ok_or(HttpError::Corrupt("zstd"))?;
            }
            Err(_) => return Err(HttpError::Corrupt("zstd")),
        }
        if !begins_frame(rest) {
            return Ok(decoded.into_bytes());
        }
    }
}

/// Whether a frame of zstd begins here, or one to be skipped (RFC 8878 §3.1).
fn begins_frame(data: &[u8]) -> bool {
    matches!(data, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &str = "spider, spider, spider, spider, spider, spider";

    /// `hello` in brotli: a window of 64 KB, one block of 5 bytes stored as they are, an empty last block (RFC 7932 §9).
    const BROTLI: &[u8] = b"\x0b\x02\x80hello\x03";

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, http::HeaderValue::from_static(encoding))])
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn raw(data: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn zstandard(data: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn decoded(body: impl Into<Bytes>, encoding: &'static str) -> Result<Bytes, HttpError> {
        decode(body.into(), &headers(encoding), &BodyMemory::new(1000, usize::MAX))
    }

    #[test]
    fn every_encoding_is_undone() {
        assert_eq!(decoded(gzip(TEXT.as_bytes()), "gzip").unwrap(), TEXT);
        assert_eq!(decoded(gzip(TEXT.as_bytes()), "X-GZIP").unwrap(), TEXT);
        assert_eq!(decoded(zlib(TEXT.as_bytes()), "deflate").unwrap(), TEXT);
        assert_eq!(decoded(raw(TEXT.as_bytes()), "deflate").unwrap(), TEXT);
        assert_eq!(decoded(zstandard(TEXT.as_bytes()), "zstd").unwrap(), TEXT);
        assert_eq!(decoded(BROTLI, "br").unwrap(), "hello");
    }

    #[test]
    fn several_encodings_are_undone_from_the_last_to_the_first() {
        let body = zstandard(&gzip(TEXT.as_bytes()));
        assert_eq!(decoded(body, "gzip, zstd").unwrap(), TEXT);
    }

    #[test]
    fn several_members_are_one_body() {
        let halves = [gzip(&TEXT.as_bytes()[..10]), gzip(&TEXT.as_bytes()[10..])].concat();
        assert_eq!(decoded(halves, "gzip").unwrap(), TEXT);
        let halves = [zstandard(&TEXT.as_bytes()[..10]), zstandard(&TEXT.as_bytes()[10..])].concat();
        assert_eq!(decoded(halves, "zstd").unwrap(), TEXT);
    }

    #[test]
    fn an_unknown_encoding_leaves_the_body_alone() {
        assert_eq!(decoded("abc", "rot13").unwrap(), "abc");
        assert_eq!(decoded("abc", "identity").unwrap(), "abc");
        assert_eq!(decode(Bytes::from_static(b"abc"), &HeaderMap::new(), &BodyMemory::new(1000, 1000)).unwrap(), "abc");
    }

    #[test]
    fn corrupt_and_truncated_bodies_are_errors() {
        for (name, body) in [
            ("gzip", gzip(TEXT.as_bytes())),
            ("deflate", zlib(TEXT.as_bytes())),
            ("br", BROTLI.to_vec()),
            ("zstd", zstandard(TEXT.as_bytes())),
        ] {
            assert_eq!(decoded(body[..body.len() / 2].to_vec(), name), Err(HttpError::Corrupt(name)), "{name}");
            assert_eq!(decoded(vec![0xff; 40], name), Err(HttpError::Corrupt(name)), "{name}");
        }
    }

    #[test]
    fn padding_after_an_encoded_body_is_ignored() {
        for (name, body) in [
            ("gzip", gzip(TEXT.as_bytes())),
            ("deflate", zlib(TEXT.as_bytes())),
            ("deflate", raw(TEXT.as_bytes())),
            ("zstd", zstandard(TEXT.as_bytes())),
        ] {
            for padding in [&[0; 100][..], b"\0", b"\r\n", b"garbage"] {
                assert_eq!(decoded([&body[..], padding].concat(), name).unwrap(), TEXT, "{name} {padding:?}");
            }
        }
        assert_eq!(decoded([BROTLI, &[0; 100]].concat(), "br").unwrap(), "hello");
        // Another member is no padding.
        let second = gzip(TEXT.as_bytes());
        let cut = [gzip(TEXT.as_bytes()), second[..second.len() / 2].to_vec()].concat();
        assert_eq!(decoded(cut, "gzip"), Err(HttpError::Corrupt("gzip")));
    }

    #[test]
    fn what_is_decoded_counts_to_the_memory_of_the_shard() {
        let memory = BodyMemory::new(1000, 60);
        let body = |data: &[u8]| decode(gzip(data).into(), &headers("gzip"), &memory);
        let first = body(TEXT.as_bytes()).unwrap();
        assert_eq!(body(TEXT.as_bytes()), Err(HttpError::CheckedMemory(60)));
        assert_eq!(body(&[0; 100_000]), Err(HttpError::CheckedMemory(60)));
        drop(first);
        assert_eq!(body(TEXT.as_bytes()).unwrap(), TEXT);
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0; 100_000];
        for (name, body) in [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("zstd", zstandard(&zeros))] {
            assert_eq!(decoded(body, name), Err(HttpError::TooLarge(1000)), "{name}");
        }
    }
}
