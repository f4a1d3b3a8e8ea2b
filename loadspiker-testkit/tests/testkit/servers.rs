//! Real servers, asked over plain sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use loadspiker_testkit::Folder;
use loadspiker_testkit::servers::{Mosquitto, Recipe, Redis, Running};

fn ask(server: &Running, request: &[u8], length: usize) -> Vec<u8> {
    let mut client = TcpStream::connect(server.address()).unwrap();
    client.write_all(request).unwrap();
    let mut answer = vec![0; length];
    client.read_exact(&mut answer).unwrap();
    answer
}

#[test]
fn redis_answers_and_forgets_when_it_is_restarted() {
    let mut redis = Redis::start();
    assert_eq!(ask(&redis, b"SET spider 8\r\nGET spider\r\n", 12), b"+OK\r\n$1\r\n8\r\n");
    let (port, process) = (redis.port(), redis.process());
    redis.restart();
    assert!(redis.port() == port && redis.process() != process);
    assert_eq!(ask(&redis, b"GET spider\r\n", 5), b"$-1\r\n");
    redis.kill();
    assert!(TcpStream::connect(redis.address()).is_err());
    redis.start_again();
    assert_eq!(ask(&redis, b"PING\r\n", 7), b"+PONG\r\n");
}

#[test]
fn mosquitto_accepts_a_client_and_its_folder_goes_with_it() {
    let mosquitto = Mosquitto::start();
    // CONNECT of MQTT 3.1.1 with a clean session and the client identifier `t`, and CONNACK.
    assert_eq!(ask(&mosquitto, b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01t", 4), [0x20, 2, 0, 0]);
    let (folder, address) = (mosquitto.folder().path().to_owned(), mosquitto.address());
    assert!(folder.is_dir());
    drop(mosquitto);
    assert!(!folder.exists() && TcpStream::connect(address).is_err());
}

#[test]
fn a_server_that_does_not_start_is_told_with_what_it_said() {
    let recipe = Recipe::new("sh", "dash", |command, _, _| {
        command.args(["-c", "echo the disk is full >&2; exit 1"]);
    });
    let error = Running::try_start(Folder::new(), recipe).unwrap_err();
    assert!(error.contains("sh") && error.contains("does not start: the disk is full"), "{error}");
}

const ENTRY: &str = "servers::a_program_that_ends_without_stopping_its_server";

#[test]
#[ignore = "a program that another test runs"]
#[expect(clippy::print_stderr, reason = "it tells the other test")]
fn a_program_that_ends_without_stopping_its_server() {
    let redis = Redis::start();
    eprintln!("{} {}", redis.address(), redis.folder().path().display());
    // As a server in a `static` is: never dropped.
    std::mem::forget(redis);
}

#[test]
fn a_server_in_a_static_ends_with_the_process_and_so_does_its_folder() {
    let mut program = Command::new(std::env::current_exe().unwrap());
    let output = program.args([ENTRY, "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let (address, folder) = said.lines().find_map(|line| line.split_once(' ')).unwrap();
    while TcpStream::connect(address).is_ok() || std::path::Path::new(folder).exists() {
        std::thread::yield_now();
    }
}
