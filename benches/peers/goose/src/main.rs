//! What goose has to do to be compared: keep-alive GETs by so many users, for some seconds.
//!
//! Usage: `peer-goose URL USERS SECONDS`, or `peer-goose --version` for goose's version. Prints how many requests there were,
//! as a line of JSON.

use goose::config::{GooseConfiguration, GooseDefault};
use goose::prelude::*;

/// As in `Cargo.lock`.
const VERSION: &str = "0.19.0";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, users, seconds] = &arguments[..] else {
        println!("{VERSION}");
        return Ok(());
    };
    let (users, seconds): (usize, usize) = (users.parse()?, seconds.parse()?);
    let slash = url.trim_start_matches("http://").find('/').map_or(url.len(), |at| at + "http://".len());
    let (host, path) = (url[..slash].to_owned(), url[slash..].to_owned());

    // goose reads the command line of the program by itself; a configuration of ours keeps it from that.
    let configuration = GooseConfiguration::default();
    let get: TransactionFunction = std::sync::Arc::new(move |user| {
        let path = path.clone();
        Box::pin(async move {
            // To be kept alive a connection needs its response to be read.
            if let Ok(response) = user.get(&path).await?.response {
                let _ = response.bytes().await;
            }
            Ok(())
        })
    });
    let metrics = GooseAttack::initialize_with_config(configuration)?
        .register_scenario(scenario!("get").register_transaction(Transaction::new(get)))
        .set_default(GooseDefault::Host, host.as_str())?
        .set_default(GooseDefault::Users, users)?
        .set_default(GooseDefault::IncreaseRate, users.to_string().as_str())?
        .set_default(GooseDefault::RunTime, seconds)?
        .set_default(GooseDefault::NoPrintMetrics, true)?
        .set_default(GooseDefault::RunningMetrics, 0)?
        .execute()
        .await?;
    // It counts anew when all users are there, and its duration is from then on.
    let elapsed = metrics.duration;
    let (ok, failed) = metrics.requests.values().fold((0, 0), |(ok, failed), request| {
        (ok + request.success_count, failed + request.fail_count)
    });
    println!("{{\"requests\":{},\"failed\":{failed},\"seconds\":{elapsed}}}", ok + failed);
    Ok(())
}
