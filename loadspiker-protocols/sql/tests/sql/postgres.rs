//! Against PostgreSQL.

use loadspiker_sql::sql_feeder;
use loadspiker_testkit::servers::Postgres;

use super::support::{mistake, records, typed};

#[test]
fn rows_of_postgresql_are_records() {
    let server = Postgres::start();
    let url = server.url();
    let feeder = |query: &str| sql_feeder(&url, query);

    let all = feeder(
        "SELECT 1::int2 AS small, 2::int4 AS int, 3000000000::int8 AS big, 1.5::float4 AS f4, 0.1::float8 AS f8, \
         12.50::numeric(10,2) AS price, 1234567890123456.789::numeric AS exact, 7::numeric AS whole, true AS yes, \
         false AS no, 'tëxt' AS text, 'c'::char(3) AS fixed, '\\x00ff'::bytea AS bytes, NULL::int AS nothing, \
         '2026-03-01'::date AS day, '12:30:00'::time AS time, '2026-03-01 12:00:00.25'::timestamp AS moment, \
         '2026-03-01 12:00:00+02'::timestamptz AS zoned, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS id, \
         '{\"a\": [1, 2.5, null]}'::jsonb AS json, '{1,NULL,3}'::int[] AS list, '{{a,\"b c\"}}'::text[] AS nested, \
         '1 day'::interval AS span",
    );
    assert_eq!(
        typed(&all),
        [
            "small integer 1",
            "int integer 2",
            "big integer 3000000000",
            "f4 float 1.5",
            "f8 float 0.1",
            "price float 12.5",
            "exact text 1234567890123456.789",
            "whole integer 7",
            "yes bool true",
            "no bool false",
            "text text tëxt",
            "fixed text c  ",
            "bytes bytes \u{0}\u{fffd}",
            "nothing null null",
            "day text 2026-03-01",
            "time text 12:30:00",
            "moment text 2026-03-01T12:00:00.25",
            "zoned text 2026-03-01T10:00:00+00:00",
            "id text a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "json map {\"a\":[1,2.5,null]}",
            "list list [1,null,3]",
            "nested list [[\"a\",\"b c\"]]",
            "span text 1 day",
        ]
    );

    // Several statements; many rows, streamed or not, in their order.
    let made = feeder(
        "CREATE TABLE users (id int, name text); INSERT INTO users SELECT n, 'user' || n FROM generate_series(1, 5000) n; \
         SELECT id, name FROM users ORDER BY id",
    );
    assert_eq!(records(&made).len(), 5000);
    for feeder in [feeder("SELECT id FROM users ORDER BY id"), feeder("SELECT id FROM users ORDER BY id").streamed()] {
        let ids: Vec<_> = records(&feeder).into_iter().map(|record| record[0].as_i64().unwrap()).collect();
        assert!(ids.into_iter().eq(1..=5000));
    }

    let shown = format!("feeder sql_feeder(\"postgres://shop:•••@127.0.0.1:{}/postgres\", ", server.port());
    let unknown = mistake(&feeder("SELECT id FROM customers"));
    assert_eq!(
        unknown,
        format!(
            "{shown}\"SELECT id FROM customers\"): the database rejected the query: relation \"customers\" does not exist; \
             try the query in a client of the database"
        )
    );
    let empty = mistake(&feeder("SELECT id FROM users WHERE id < 0"));
    assert!(empty.ends_with("it has no records; give at least one"), "{empty}");
    let twice = mistake(&feeder("SELECT 1 AS a, 2 AS a"));
    assert!(twice.ends_with("it has the column \"a\" twice; rename one of them"), "{twice}");
    let unnamed = mistake(&feeder("SELECT 1 AS \"a.b\""));
    assert!(unnamed.contains("column 1: \"a.b\" cannot name an attribute"), "{unnamed}");
    let midway = mistake(&feeder("SELECT 1 / (3 - n) AS n FROM generate_series(1, 5) n"));
    assert!(midway.contains("division by zero"), "{midway}");

    let wrong = sql_feeder(format!("postgres://shop:wr0ng@127.0.0.1:{}/postgres", server.port()), "SELECT 1 AS a");
    let wrong = mistake(&wrong);
    assert!(wrong.contains("the database refused the connection: password authentication failed"), "{wrong}");
    assert!(wrong.contains("check user, password and database") && !wrong.contains("wr0ng"), "{wrong}");
}
