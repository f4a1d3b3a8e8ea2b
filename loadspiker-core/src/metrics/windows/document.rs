//! How [`Windows`] are written and read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::io::{Read, Write};

use super::cell::{Cell, put, take};
use super::{Scale, Slot, Windows};
use crate::metrics::key::{Groups, RequestPath};

/// The version of what is written here.
const VERSION: u32 = 1;

/// More than any run can have; what claims to be longer is no histogram of ours.
const MOST_BYTES: u64 = 64 << 20;

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    step_secs: u64,
    seconds: u64,
    buckets_per_doubling: u64,
    requests: Vec<WrittenRequest>,
    groups: Vec<WrittenGroup>,
}

#[derive(Serialize, Deserialize)]
struct WrittenRequest {
    #[serde(flatten)]
    path: RequestPath,
    response_time: String,
}

#[derive(Serialize, Deserialize)]
struct WrittenGroup {
    path: Groups,
    duration: String,
    response_time: String,
}

impl Serialize for Windows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |slots: &[Slot]| pack(slots).map(|bytes| STANDARD.encode(bytes)).map_err(ser::Error::custom);
        let requests = self.requests.iter().map(|(path, slots)| {
            let response_time = text(slots)?;
            Ok(WrittenRequest { path: path.clone(), response_time })
        });
        let groups = self.groups.iter().map(|(path, [durations, times])| {
            Ok(WrittenGroup { path: path.clone(), duration: text(durations)?, response_time: text(times)? })
        });
        let written = Written {
            version: VERSION,
            step_secs: self.step,
            seconds: self.seconds,
            buckets_per_doubling: self.scale.buckets(),
            requests: requests.collect::<Result<_, S::Error>>()?,
            groups: groups.collect::<Result<_, S::Error>>()?,
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Windows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        written.windows().map_err(de::Error::custom)
    }
}

impl Written {
    fn windows(self) -> Result<Windows, String> {
        let Written { version, step_secs: step, seconds, buckets_per_doubling: buckets, requests, groups } = self;
        if version != VERSION {
            return Err(format!("its windows have version {version}, this LoadSpiker reads version {VERSION}"));
        }
        let scale = Scale::with_buckets(buckets).filter(|_| step > 0);
        let scale =
            scale.ok_or_else(|| format!("there are no windows of {step} s with {buckets} buckets per doubling"))?;
        let windows = seconds.div_ceil(step);
        let read = |text: &str| unpack(text, scale, windows);
        let requests = requests.into_iter().map(|request| Ok((request.path, read(&request.response_time)?)));
        let groups =
            groups.into_iter().map(|group| Ok((group.path, [read(&group.duration)?, read(&group.response_time)?])));
        Ok(Windows {
            step,
            seconds,
            scale,
            requests: requests.collect::<Result<_, String>>()?,
            groups: groups.collect::<Result<_, String>>()?,
        })
    }
}

impl Windows {
    /// About how many bytes its histograms take in a report.
    pub(super) fn written(&self) -> usize {
        self.all().map(|slots| pack(slots).map_or(0, |bytes| bytes.len().div_ceil(3) * 4)).sum()
    }
}

/// Deflated: for each window in which there is something, how many lie between it and the last one; then what ended
/// well, and what failed.
fn pack(slots: &[Slot]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut next = 0;
    for slot in slots {
        put(&mut bytes, slot.window - next);
        next = slot.window + 1;
        slot.ok.put(&mut bytes);
        slot.failed.put(&mut bytes);
    }
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(&bytes).and_then(|()| deflated.finish()).map_err(|error| error.to_string())
}

fn unpack(text: &str, scale: Scale, windows: u64) -> Result<Vec<Slot>, String> {
    let deflated =
        STANDARD.decode(text).map_err(|error| format!("the histograms of windows are not base64: {error}"))?;
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(&*deflated).take(MOST_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| format!("the histograms of windows are not deflated: {error}"))?;
    let (mut bytes, mut next) = (bytes.as_slice(), 0_u64);
    let mut slots = Vec::new();
    while !bytes.is_empty() {
        let slot = take(&mut bytes).and_then(|gap| {
            let window = next.checked_add(gap).filter(|window| *window < windows)?;
            Some(Slot { window, ok: Cell::take(&mut bytes, scale)?, failed: Cell::take(&mut bytes, scale)? })
        });
        let slot = slot.ok_or("what should be the histograms of windows is something else")?;
        next = slot.window + 1;
        slots.push(slot);
    }
    Ok(slots)
}
