//! `response-times.hlog`: a histogram log, which the tools around HdrHistogram read. Values are microseconds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use loadspiker_core::metrics::TimeStatistics;
use loadspiker_core::report::RunReport;

/// One interval, the whole run, of all requests, and for each request with its name as the tag.
pub(super) fn log(report: &RunReport) -> String {
    let info = report.info();
    let started = format!("{}.{:03}", info.started_at_ms / 1000, info.started_at_ms % 1000);
    let mut text = format!(
        "#[Histogram log format version 1.3]\n\
         #[Response times of {} in microseconds; Interval_Max is in milliseconds]\n\
         #[StartTime: {started} (seconds since epoch)]\n\
         #[BaseTime: {started} (seconds since epoch)]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        one_line(&info.simulation)
    );
    let seconds = info.duration.as_secs_f64();
    let mut line = |tag: Option<String>, times: &TimeStatistics| {
        let Some(histogram) = encoded(times) else { return };
        let tag = tag.map(|name| format!("Tag={name},")).unwrap_or_default();
        let max = times.max().as_secs_f64() * 1e3;
        text.push_str(&format!("{tag}0.000,{seconds:.3},{max:.3},{histogram}\n"));
    };
    line(None, report.global().response_time());
    for request in report.requests() {
        line(Some(tag(&request.path())), request.statistics().response_time());
    }
    text
}

/// V2, deflated, in base64; `None` without values.
fn encoded(times: &TimeStatistics) -> Option<String> {
    let mut histogram = Histogram::<u64>::new(3).ok()?;
    for (time, count) in times.buckets() {
        histogram.record_n(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), count).ok()?;
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(&histogram, &mut bytes).ok().filter(|_| !times.is_empty())?;
    Some(STANDARD.encode(bytes))
}

/// A tag ends at a comma, a white space or the end of the line.
fn tag(name: &str) -> String {
    name.chars().map(|c| if c == ',' || c.is_whitespace() || c.is_control() { '_' } else { c }).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == ']' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_word() {
        assert_eq!(tag("shop / list, all\n"), "shop_/_list__all_");
        assert_eq!(one_line("a]\nb"), "a  b");
    }
}
