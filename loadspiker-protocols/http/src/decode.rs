//! [`decode`]: undoes the content encodings of a body, for checks.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use ruzstd::decoding::StreamingDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};

use crate::error::HttpError;

/// The body as it was before it was encoded (RFC 9110 §8.4): gzip, deflate, br, zstd, and several of them in a row.
/// An encoding that is not known leaves the body as it is. `limit` bounds what comes out of each.
pub(crate) fn decode(body: Bytes, headers: &HeaderMap, limit: usize) -> Result<Bytes, HttpError> {
    if body.is_empty() || !headers.contains_key(CONTENT_ENCODING) {
        return Ok(body);
    }
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut body = body;
    for name in names.iter().rev() {
        let name = name.to_ascii_lowercase();
        body = match name.as_str() {
            "gzip" | "x-gzip" => read("gzip", MultiGzDecoder::new(&*body), limit)?,
            "deflate" if is_zlib(&body) => read("deflate", ZlibDecoder::new(&*body), limit)?,
            "deflate" => read("deflate", DeflateDecoder::new(&*body), limit)?,
            "br" => read("br", brotli_decompressor::Decompressor::new(&*body, 4096), limit)?,
            "zstd" => zstd(&body, limit)?,
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

fn read(encoding: &'static str, decoder: impl Read, limit: usize) -> Result<Bytes, HttpError> {
    let mut decoded = Vec::new();
    append(encoding, decoder, limit, &mut decoded)?;
    Ok(decoded.into())
}

fn append(encoding: &'static str, decoder: impl Read, limit: usize, decoded: &mut Vec<u8>) -> Result<(), HttpError> {
    let room = limit.saturating_sub(decoded.len());
    let bound = u64::try_from(room).map_or(u64::MAX, |room| room.saturating_add(1));
    match decoder.take(bound).read_to_end(decoded) {
        Ok(_) if decoded.len() > limit => Err(HttpError::TooLarge(limit)),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => Err(HttpError::TooLarge(limit)),
        Err(_) => Err(HttpError::Corrupt(encoding)),
    }
}

/// A body may hold several frames, and frames to be skipped (RFC 8878 §3.1).
fn zstd(mut rest: &[u8], limit: usize) -> Result<Bytes, HttpError> {
    let mut decoded = Vec::new();
    while !rest.is_empty() {
        match StreamingDecoder::new(&mut rest) {
            Ok(decoder) => append("zstd", decoder, limit, &mut decoded)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                rest = rest.get(length..).ok_or(HttpError::Corrupt("zstd"))?;
            }
            Err(_) => return Err(HttpError::Corrupt("zstd")),
        }
    }
    Ok(decoded.into())
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
        decode(body.into(), &headers(encoding), 1000)
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
        assert_eq!(decode(Bytes::from_static(b"abc"), &HeaderMap::new(), 1000).unwrap(), "abc");
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
    fn a_bomb_stops_at_the_limit() {
        let zeros = vec![0; 100_000];
        for (name, body) in [("gzip", gzip(&zeros)), ("deflate", zlib(&zeros)), ("zstd", zstandard(&zeros))] {
            assert_eq!(decoded(body, name), Err(HttpError::TooLarge(1000)), "{name}");
        }
    }
}
