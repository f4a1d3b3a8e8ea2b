//! What the machine offers: programs, unused ports, addresses that do not answer.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;

use socket2::{Domain, Socket, Type};

/// Where a program is: in the `PATH`, in the folders of servers, or in those of PostgreSQL.
///
/// # Panics
///
/// If it is nowhere, with the way to install it from the Debian package `package`.
pub fn program(name: &str, package: &str) -> PathBuf {
    find(name).unwrap_or_else(|| {
        panic!("{name} is missing: run `cargo xtask test`, which installs it, or `sudo apt-get install {package}`")
    })
}

/// As [`program`]; `None` if it is nowhere.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps servers where the `PATH` of an ordinary user does not look, and PostgreSQL in a folder for each version.
    let system = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = versions.map(|version| version.path().join("bin"));
    let folders = std::env::split_paths(&path).chain(system).chain(versions);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A port of 127.0.0.1 on which nobody listens.
pub fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Host and port of 127.0.0.1 where nobody listens, so that connections are refused.
pub fn unused_address() -> String {
    format!("127.0.0.1:{}", unused_port())
}

/// An address that does not answer to a SYN as long as this is held: the queue of its listener is full.
#[derive(Debug)]
pub struct Unresponsive {
    address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl Unresponsive {
    /// At this address; on a free port if `port` is 0. Works on Linux.
    pub fn at(ip: [u8; 4], port: u16) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::from(ip), port)).into()).unwrap();
        socket.listen(1).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        // The kernel takes one more than the queue holds.
        let queued = (0..2).map(|_| TcpStream::connect(address).unwrap()).collect();
        Unresponsive { address, _listener: socket, _queued: queued }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
