//! Against MariaDB.

use loadspiker_sql::sql_feeder;
use loadspiker_testkit::servers::MariaDb;

use super::support::{mistake, records, typed};

#[test]
fn rows_of_mariadb_are_records() {
    let server = MariaDb::start();
    let url = server.url();
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
    let wrong = mistake(&sql_feeder(format!("mysql://shop:wr0ng@127.0.0.1:{}/shop", server.port()), "SELECT 1 AS a"));
    assert!(wrong.contains("the database refused the connection: Access denied for user 'shop'"), "{wrong}");
    assert!(!wrong.contains("wr0ng"), "{wrong}");
}
