//! Opening a file as it lies on the disk: plain, `.gz` or `.zip`.
//!
//! Both the name and the first bytes count: a file that begins like a packed one is unpacked whatever it is called, and
//! one that is called packed and is not is refused.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use super::error::FeederError;

enum Packing {
    Plain,
    Gzip,
    Zip,
}

/// The contents of the file, unpacked.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read + Send>, FeederError> {
    let mut file = open_file(path)?;
    Ok(match packing(path, &mut file)? {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(Unpacked { kind: "gzip", reader: MultiGzDecoder::new(BufReader::new(file)) }),
        Packing::Zip => {
            let member = only_member(path)?;
            file.seek(SeekFrom::Start(member.start)).map_err(|error| unreadable(path, &error))?;
            let data = BufReader::new(file.take(member.length));
            let reader: Box<dyn Read + Send> =
                if member.deflated { Box::new(DeflateDecoder::new(data)) } else { Box::new(data) };
            Box::new(Unpacked { kind: "zip", reader: Verified { reader, checksum: Crc::new(), member } })
        }
    })
}

/// How many bytes there are, unpacked. Of a large gzip file only the last 32 bits of it are known; then it is at least
/// the size on the disk.
pub(super) fn size(path: &Path) -> Result<u64, FeederError> {
    let mut file = open_file(path)?;
    let failed = |error: io::Error| unreadable(path, &error);
    match packing(path, &mut file)? {
        Packing::Plain => file.metadata().map(|data| data.len()).map_err(failed),
        Packing::Gzip => {
            let packed = file.metadata().map_err(failed)?.len();
            // RFC 1952, section 2.3.1: the last field is the size, modulo 2^32.
            let mut last = [0; 4];
            if packed >= 4 {
                file.seek(SeekFrom::End(-4)).and_then(|_| file.read_exact(&mut last)).map_err(failed)?;
            }
            let unpacked = u64::from(u32::from_le_bytes(last));
            // Deflate packs 1032 bytes into one at most: these four bytes are no size, as the file is cut off.
            Ok(if unpacked / 1032 > packed { packed } else { packed.max(unpacked) })
        }
        Packing::Zip => Ok(only_member(path)?.unpacked),
    }
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> FeederError {
    FeederError::Read { path: path.display().to_string(), cause: error.to_string() }
}

fn open_file(path: &Path) -> Result<File, FeederError> {
    File::open(path).map_err(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            return unreadable(path, &error);
        }
        let start = std::env::current_dir().unwrap_or_default();
        let folder = if path.is_absolute() { path.parent().unwrap_or(path) } else { &start };
        FeederError::NotFound { path: path.display().to_string(), folder: folder.display().to_string() }
    })
}

/// Looks at the first bytes, and goes back to the beginning.
fn packing(path: &Path, file: &mut File) -> Result<Packing, FeederError> {
    let mut first = Vec::with_capacity(4);
    let looked = file.take(4).read_to_end(&mut first).and_then(|_| file.rewind());
    looked.map_err(|error| unreadable(path, &error))?;
    let named = |extension: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
    let wrong = |kind: &str| FeederError::Invalid {
        feeder: path.display().to_string(),
        problem: format!("its name ends in .{kind}, but it holds no {kind} data; pack it or rename it"),
    };
    match first[..] {
        [0x1f, 0x8b, ..] => Ok(Packing::Gzip),
        // The second is an archive without any file in it.
        [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6] => Ok(Packing::Zip),
        _ if named("gz") => Err(wrong("gz")),
        _ if named("zip") => Err(wrong("zip")),
        _ => Ok(Packing::Plain),
    }
}

/// Where the data of a file in an archive lie, and what they have to be.
struct Member {
    start: u64,
    length: u64,
    deflated: bool,
    unpacked: u64,
    checksum: u32,
}

/// The one file that is in the archive.
fn only_member(path: &Path) -> Result<Member, FeederError> {
    let damaged = |error: rawzip::Error| FeederError::Read {
        path: path.display().to_string(),
        cause: format!("the zip archive is damaged or cut off ({error})"),
    };
    let refused = |problem: String| FeederError::Invalid { feeder: path.display().to_string(), problem };
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(open_file(path)?, &mut buffer).map_err(damaged)?;
    let mut found = Vec::new();
    let mut entries = archive.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(damaged)? {
        let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        // macOS puts a folder with notes of its own into each archive.
        if entry.is_dir() || name.starts_with("__MACOSX/") {
            continue;
        }
        let (unpacked, checksum) = (entry.uncompressed_size_hint(), entry.crc32());
        found.push((name, entry.wayfinder(), entry.compression_method(), entry.flags(), unpacked, checksum));
    }
    let [(name, wayfinder, method, flags, unpacked, checksum)] = &found[..] else {
        let names: Vec<&str> = found.iter().take(5).map(|(name, ..)| name.as_str()).collect();
        return Err(refused(match names[..] {
            [] => "the zip archive is empty; add a file".to_owned(),
            _ => format!(
                "the zip archive holds {} files ({}); put only one file into each archive",
                found.len(),
                names.join(", ")
            ),
        }));
    };
    if flags.is_encrypted() {
        return Err(refused(format!("{name} in the zip archive is encrypted; pack it without a password")));
    }
    if ![CompressionMethod::STORE, CompressionMethod::DEFLATE].contains(method) {
        let method = method.name().map_or_else(|| format!("method {}", method.as_u16()), str::to_owned);
        return Err(refused(format!("{name} in the zip archive is packed with {method}; pack it with deflate")));
    }
    let entry = archive.get_entry(*wayfinder).map_err(damaged)?;
    let (start, end) = entry.compressed_data_range();
    Ok(Member {
        start,
        length: end.saturating_sub(start),
        deflated: *method == CompressionMethod::DEFLATE,
        unpacked: *unpacked,
        checksum: *checksum,
    })
}

/// What comes out of an archive, checked at its end.
struct Verified<R> {
    reader: R,
    checksum: Crc,
    member: Member,
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(out)?;
        self.checksum.update(&out[..count]);
        if count == 0 && !out.is_empty() && self.checksum.sum() != self.member.checksum {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum is wrong"));
        }
        Ok(count)
    }
}

/// A reader whose errors say what it reads.
struct Unpacked<R> {
    kind: &'static str,
    reader: R,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.reader.read(out).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("the {} data are damaged or cut off ({error})", self.kind)),
        })
    }
}
