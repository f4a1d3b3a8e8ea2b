//! Against MariaDB.

use loadspiker_sql::sql_feeder;

use super::server::{Server, command, give, program, run};
use super::support::{Folder, mistake, records, typed};

const USER: &str = "mysql";

fn start() -> Server {
    let folder = Folder::new();
    // Run at the start, line by line: a user with a password, and a database of its own.
    let init =
        "CREATE DATABASE shop;\nCREATE USER 'shop'@'%' IDENTIFIED BY 's3cret';\nGRANT ALL ON shop.* TO 'shop'@'%';\n";
    std::fs::write(folder.path("init.sql"), init).unwrap();
    give(&folder.path(""), USER);
    let mut install = command(&program("mariadb-install-db", "mariadb-server"), USER);
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    install.arg(format!("--datadir={}", folder.path("data").display()));
    run(&mut install);
    let make = |folder: &Folder, port: u16| {
        let mut server = command(&program("mariadbd", "mariadb-server"), USER);
        let at = |name: &str| folder.path(name).display().to_string();
        server.args([
            "--no-defaults",
            "--bind-address=127.0.0.1",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
        ]);
        server.arg(format!("--port={port}")).arg(format!("--datadir={}", at("data")));
        server.arg(format!("--socket={}", at("socket"))).arg(format!("--pid-file={}", at("pid")));
        server.arg(format!("--init-file={}", at("init.sql")));
        server
    };
    let ready = |folder: &Folder, _| folder.read("server.log").contains("ready for connections");
    Server::start(folder, "TERM", make, ready)
}

#[test]
fn rows_of_mariadb_are_records() {
    let server = start();
    let url = format!("mysql://shop:s3cret@127.0.0.1:{}/shop", server.port);
    let feeder = |query: &str| sql_feeder(&url, query);

    let made = feeder(
        "CREATE TABLE kinds (tiny tinyint, flag boolean, big bigint unsigned, f float, d double, price decimal(10,2), \
         exact decimal(30,3), t varchar(20), b blob, bin binary(2), day date, at time, moment datetime(2), stamp timestamp, \
         y year, bits bit(10), e enum('a','b'), nothing int); \
         INSERT INTO kinds VALUES (-5, true, 18446744073709551615, 1.5, 0.1, 12.50, 12345678901234567.125, 'tëxt', \
         x'00ff', x'0001', '2026-03-01', '12:30:00', '2026-03-01 12:00:00.25', '2026-03-01 12:00:00', 2026, b'1000000001', \
         'b', NULL); SELECT * FROM kinds",
    );
    // The statements before have run once when the feeder is read a second time.
    assert_eq!(records(&made).len(), 1);
    assert_eq!(
        typed(&feeder("SELECT * FROM kinds")),
        [
            "tiny integer -5",
            "flag bool true",
            "big integer 18446744073709551615",
            "f float 1.5",
            "d float 0.1",
            "price float 12.5",
            "exact text 12345678901234567.125",
            "t text tëxt",
            "b bytes \u{0}\u{fffd}",
            "bin bytes \u{0}\u{1}",
            "day text 2026-03-01",
            "at text 12:30:00",
            "moment text 2026-03-01T12:00:00.25",
            "stamp text 2026-03-01T12:00:00",
            "y integer 2026",
            "bits integer 513",
            "e text b",
            "nothing null null",
        ]
    );

    let many = "SELECT seq AS id FROM seq_1_to_5000";
    for feeder in [feeder(many), feeder(many).streamed()] {
        let ids: Vec<_> = records(&feeder).into_iter().map(|record| record[0].as_i64().unwrap()).collect();
        assert!(ids.into_iter().eq(1..=5000));
    }
    // The other name of the scheme.
    assert_eq!(records(&sql_feeder(url.replacen("mysql", "mariadb", 1), "SELECT 1 AS one")).len(), 1);

    let unknown = mistake(&feeder("SELECT id FROM customers"));
    assert!(unknown.contains("sql_feeder(\"mysql://shop:•••@127.0.0.1:"), "{unknown}");
    assert!(unknown.contains("the database rejected the query: Table 'shop.customers' doesn't exist"), "{unknown}");
    let wrong = mistake(&sql_feeder(format!("mysql://shop:wr0ng@127.0.0.1:{}/shop", server.port), "SELECT 1 AS a"));
    assert!(wrong.contains("the database refused the connection: Access denied for user 'shop'"), "{wrong}");
    assert!(!wrong.contains("wr0ng"), "{wrong}");
}
