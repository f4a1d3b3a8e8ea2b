//! The common settings: mistakes, and how bounds are split.

use super::*;

#[derive(Clone, Debug, Default)]
struct Everything {
    net: NetSettings,
}

crate::net_settings!(
    Everything.net: connect_timeout, request_timeout, local_addresses, tls, share_connections, max_connections
);

#[test]
fn each_setting_reaches_its_place() {
    let net = Everything::default()
        .connect_timeout(Duration::from_secs(1))
        .request_timeout(Duration::from_secs(2))
        .local_addresses(["127.0.0.2", "::1"])
        .root_certificate("root.pem")
        .client_certificate("client.pem", "client.key")
        .insecure()
        .server_name("shop.test")
        .share_connections()
        .max_connections(7)
        .net;
    assert_eq!((net.connect_timeout, net.request_timeout), (Duration::from_secs(1), Duration::from_secs(2)));
    assert_eq!(net.parsed_local_addresses().unwrap().len(), 2);
    assert_eq!((net.tls.roots.len(), net.tls.insecure), (1, true));
    assert_eq!(net.tls.server_name.as_deref(), Some("shop.test"));
    assert!(net.tls.client.is_some() && net.user_certificate.is_none());
    assert_eq!((net.share_connections, net.max_connections), (true, Some(7)));
}

#[test]
fn a_certificate_with_expressions_is_one_for_each_user() {
    let net = Everything::default().client_certificate("#{user}.pem", "client.key").net;
    assert!(net.tls.client.is_none() && net.user_certificate.is_some());
}

#[test]
fn settings_that_cannot_work_are_mistakes() {
    let wrong = Everything::default()
        .connect_timeout(Duration::ZERO)
        .request_timeout(Duration::ZERO)
        .local_addresses(["eth0"])
        .server_name("a b")
        .client_certificate("#{user}.pem", "client.key")
        .share_connections()
        .max_connections(0);
    let mistakes = wrong.net.mistakes();
    for part in [
        "connect_timeout is zero",
        "request_timeout is zero",
        "\"eth0\" is not a valid IP address",
        "server_name(\"a b\")",
        "users who share connections",
        "max_connections(0)",
    ] {
        assert!(mistakes.iter().any(|mistake| mistake.contains(part)), "{part}: {mistakes:?}");
    }
    assert_eq!(mistakes.len(), 6, "{mistakes:?}");
}

#[test]
fn connections_of_a_run_are_split_among_its_shards() {
    let net = Everything::default().max_connections(10).net;
    let of = |index| net.connections_of(ShardInfo { index, count: 4 }, 99);
    assert_eq!([of(0), of(1), of(2), of(3)], [3, 3, 2, 2]);
    assert_eq!(NetSettings::default().connections_of(ShardInfo { index: 0, count: 4 }, 99), 99);
    let few = Everything::default().max_connections(1).net;
    assert_eq!(few.connections_of(ShardInfo { index: 3, count: 4 }, 99), 1);
}
