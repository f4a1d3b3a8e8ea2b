//! A server that records requests and answers as a test tells it to, and shortcuts for simulations.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use loadspiker_core::dsl::{Chain, Simulation, Steps, scenario};
use loadspiker_core::engine::{Observer, RunOptions};
use loadspiker_core::inject::at_once_users;
use loadspiker_core::report::RunReport;
use loadspiker_http::HttpProtocol;

/// A request, as a server got it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The connection it came over, from 0.
    pub(crate) connection: usize,
    /// How many came before it over this connection.
    pub(crate) turn: usize,
}

impl Seen {
    /// Method and path.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap().trim_end_matches(" HTTP/1.1")
    }

    pub(crate) fn path(&self) -> &str {
        self.line().split(' ').nth(1).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| line.split_once(": ").filter(|(n, _)| *n == name).map(|(_, v)| v))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// What a server does with a request.
pub(crate) enum Reply {
    /// Answers and goes on.
    Answer(Vec<u8>),
    /// Answers and closes.
    Last(Vec<u8>),
    /// Throws the connection away.
    Reset,
    /// Leaves the client waiting.
    Stall,
}

/// A response with this status and body.
pub(crate) fn reply(status: u16, body: &str) -> Reply {
    reply_with(status, &[], body)
}

/// A response with headers.
pub(crate) fn reply_with(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut response = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        response.push_str(&format!("{name}: {value}\r\n"));
    }
    Reply::Answer(format!("{response}\r\n{body}").into_bytes())
}

/// A redirect.
pub(crate) fn redirect(status: u16, location: &str) -> Reply {
    reply_with(status, &[("location", location)], "")
}

pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (record, handler) = (seen.clone(), Arc::new(handler));
        thread::spawn(move || {
            for (connection, socket) in listener.incoming().enumerate() {
                let (record, handler) = (record.clone(), handler.clone());
                thread::spawn(move || converse(socket.unwrap(), connection, &record, &*handler));
            }
        });
        Server { url, seen }
    }

    /// A server that answers everything with 200.
    pub(crate) fn ok() -> Server {
        Server::start(|_| reply(200, "ok"))
    }

    /// Host and port, as errors name them.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Method and path of all requests.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(|seen| seen.line().to_owned()).collect()
    }

    /// The only request there was.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.into_iter().next().unwrap()
    }

    pub(crate) fn protocol(&self) -> HttpProtocol {
        HttpProtocol::new(&self.url)
    }
}

fn converse(mut socket: TcpStream, connection: usize, record: &Mutex<Vec<Seen>>, handler: &dyn Fn(&Seen) -> Reply) {
    for turn in 0.. {
        let Some(seen) = read_request(&mut socket, connection, turn) else { return };
        record.lock().unwrap().push(seen.clone());
        match handler(&seen) {
            Reply::Answer(response) => {
                if socket.write_all(&response).is_err() {
                    return;
                }
            }
            Reply::Last(response) => {
                let _ = socket.write_all(&response);
                return;
            }
            Reply::Reset => {
                tokio::net::TcpSocket::from_std_stream(socket).set_zero_linger().unwrap();
                return;
            }
            Reply::Stall => {
                // Until the client gives up.
                let _ = socket.read(&mut [0]);
                return;
            }
        }
    }
}

fn read_request(socket: &mut TcpStream, connection: usize, turn: usize) -> Option<Seen> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if socket.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut seen = Seen { head, body: Vec::new(), connection, turn };
    seen.body = vec![0; seen.header("content-length").map_or(0, |length| length.parse().unwrap())];
    socket.read_exact(&mut seen.body).ok()?;
    Some(seen)
}

/// Runs a chain for one user.
pub(crate) fn run(protocol: HttpProtocol, chain: impl Into<Chain>) -> RunReport {
    run_users(1, protocol, chain)
}

/// Runs a chain for some users on one shard.
pub(crate) fn run_users(users: u64, protocol: HttpProtocol, chain: impl Into<Chain>) -> RunReport {
    simulation(users, protocol, chain).run().unwrap()
}

pub(crate) fn simulation(users: u64, protocol: HttpProtocol, chain: impl Into<Chain>) -> Simulation {
    let population = scenario("Test").exec(chain.into()).inject([at_once_users(users)]);
    Simulation::new("test").protocol(protocol).with(population).shards(1)
}

/// The mistakes of a simulation that must not run.
pub(crate) fn mistakes(protocol: HttpProtocol, chain: impl Into<Chain>) -> String {
    simulation(1, protocol, chain).run().err().map(|error| error.to_string()).unwrap()
}

/// The only error of a run.
pub(crate) fn only_error(report: &RunReport) -> String {
    let errors = report.global().errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].0.to_owned()
}

/// A folder that goes when the test is over.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("loadspiker-http-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What debugging shows of a chain.
pub(crate) fn debugged(protocol: HttpProtocol, chain: impl Into<Chain>) -> String {
    #[derive(Default)]
    struct Shown(String);
    impl Observer for Shown {
        fn debug(&mut self, text: &str) {
            self.0.push_str(text);
        }
    }
    let mut shown = Shown::default();
    let options = RunOptions { debug: true, ..RunOptions::default() };
    simulation(1, protocol, chain).run_with(&options, &mut shown).unwrap();
    shown.0
}

/// Fails with the errors of the run unless all requests of the name ended well, in this number.
#[track_caller]
pub(crate) fn assert_all_ok(report: &RunReport, request: &str, count: u64) {
    let Some(statistics) = report.request(request) else { panic!("no {request}: {:?}", report.global().errors()) };
    assert_eq!((statistics.ok_count(), statistics.failed_count()), (count, 0), "{request}: {:?}", statistics.errors());
}
