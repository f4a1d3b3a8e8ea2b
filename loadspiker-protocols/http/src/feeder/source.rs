//! [`Pages`]: the pages of an endpoint as a source of records, fetched ahead by a thread of their own.

use std::sync::Arc;

use loadspiker_core::Value;
use loadspiker_core::feeder::{AsyncSource, NextRecord, parse_records};
use loadspiker_core::protocol::masked_url;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use url::Url;

use super::Settings;
use super::fetch::{Fetcher, headers, tls_mistake};
use super::page::{format_of, next_page};

/// So many records are fetched ahead.
const AHEAD: usize = 1000;

type Record = Vec<(Arc<str>, Value)>;

/// The pages of an endpoint.
pub(super) struct Pages {
    settings: Settings,
    /// What the thread has fetched, once it has been started.
    fetched: Option<Receiver<Result<Record, String>>>,
}

impl Pages {
    pub(super) fn new(settings: Settings) -> Self {
        Pages { settings, fetched: None }
    }
}

impl AsyncSource for Pages {
    fn next(&mut self) -> NextRecord<'_> {
        Box::pin(async move {
            let fetched = match &mut self.fetched {
                Some(fetched) => fetched,
                none => none.insert(start(self.settings.clone())?),
            };
            fetched.recv().await.transpose()
        })
    }

    fn is_outside(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), String> {
        let url = Url::parse(&self.settings.url);
        let url = url.map_err(|error| format!("the URL cannot be read: {error}; write http://… or https://…"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("the URL is of the scheme {}; write http://… or https://…", url.scheme()));
        }
        headers(&self.settings)?;
        tls_mistake(&self.settings).map_or(Ok(()), Err)
    }
}

/// Starts the thread that fetches. It ends with the last page, or when nobody takes records any more.
fn start(settings: Settings) -> Result<Receiver<Result<Record, String>>, String> {
    let (sender, receiver) = channel(AHEAD);
    let failed = |error: std::io::Error| format!("no thread can be started to fetch it ({error})");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let work = move || {
        runtime.block_on(async {
            if let Err(problem) = fetch_all(&settings, &sender).await {
                // Nobody listens any more if it fails.
                let _ = sender.send(Err(problem)).await;
            }
        });
    };
    std::thread::Builder::new().name("http feeder".to_owned()).spawn(work).map_err(failed)?;
    Ok(receiver)
}

/// Fetches page after page, and hands on what is in them.
async fn fetch_all(settings: &Settings, sender: &Sender<Result<Record, String>>) -> Result<(), String> {
    let first = Url::parse(&settings.url).map_err(|error| format!("the URL cannot be read: {error}"))?;
    let mut fetcher = Fetcher::new(settings, &first)?;
    loop {
        let mut number = settings.paged_by.as_ref().map_or(0, |(_, number)| *number);
        let mut url = numbered(&first, settings, number);
        let mut any = false;
        loop {
            let page = fetcher.fetch(&url).await?;
            let name = masked_url(page.url.as_str());
            let format = format_of(&page.headers, &page.body).map_err(|problem| format!("GET {name}: {problem}"))?;
            let records = parse_records(&name, format, &page.body);
            let records = records.map_err(|error| error.to_string().trim_start_matches("feeder ").to_owned())?;
            let is_empty = records.is_empty();
            any |= !is_empty;
            for record in records {
                if sender.send(Ok(record)).await.is_err() {
                    return Ok(());
                }
            }
            if settings.paged_by.is_some() {
                if is_empty {
                    break;
                }
                number += 1;
                url = numbered(&first, settings, number);
            } else {
                match next_page(&page.headers, &page.url).filter(|next| *next != page.url) {
                    Some(next) => url = next,
                    None => break,
                }
            }
        }
        // Where there is nothing, going round would never end.
        if !(settings.circular && any) {
            return Ok(());
        }
    }
}

/// The URL of a page, if they are counted.
fn numbered(first: &Url, settings: &Settings, number: u64) -> Url {
    let mut url = first.clone();
    if let Some((parameter, _)) = &settings.paged_by {
        url.query_pairs_mut().append_pair(parameter, &number.to_string());
    }
    url
}
