//! [`parse_alias`]: the names and addresses of `host_alias`, as connections use them.

use std::net::IpAddr;

use url::Host;

/// Name and target of an alias: in lower case, IDNs in ASCII (RFC 5891), addresses without brackets.
///
/// # Errors
///
/// What is wrong with one of them.
pub(crate) fn parse_alias(name: &str, target: &str) -> Result<(String, String), String> {
    let called = format!("host_alias(\"{name}\", \"{target}\")");
    let alias = match Host::parse(name) {
        Ok(Host::Domain(domain)) => domain,
        Ok(_) => {
            return Err(format!("{called}: \"{name}\" is an address, which is not looked up; write it into the URL"));
        }
        Err(_) => return Err(format!("{called}: \"{name}\" is not a host name; write one such as shop.test")),
    };
    if target.parse::<IpAddr>().is_ok() {
        return Ok((alias, target.to_owned()));
    }
    match Host::parse(target) {
        Ok(Host::Domain(domain)) => Ok((alias, domain)),
        Ok(Host::Ipv4(ip)) => Ok((alias, ip.to_string())),
        Ok(Host::Ipv6(ip)) => Ok((alias, ip.to_string())),
        Err(_) => Err(format!(
            "{called}: \"{target}\" is neither an IP address nor a host name; write one such as 127.0.0.1, without a port"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_names_and_addresses_as_urls_have_them() {
        for (name, target, alias) in [
            ("Shop.test", "127.0.0.1", ("shop.test", "127.0.0.1")),
            ("bücher.test", "::1", ("xn--bcher-kva.test", "::1")),
            ("BÜCHER.test", "[::1]", ("xn--bcher-kva.test", "::1")),
            ("xn--bcher-kva.test", "münchen.test", ("xn--bcher-kva.test", "xn--mnchen-3ya.test")),
        ] {
            assert_eq!(parse_alias(name, target), Ok((alias.0.to_owned(), alias.1.to_owned())), "{name} {target}");
        }
        for (name, target, why) in [
            ("shop.test:80", "127.0.0.1", "\"shop.test:80\" is not a host name"),
            ("http://shop.test", "127.0.0.1", "is not a host name"),
            ("", "127.0.0.1", "\"\" is not a host name"),
            ("10.0.0.1", "127.0.0.1", "\"10.0.0.1\" is an address, which is not looked up"),
            ("shop.test", "127.0.0.1:80", "is neither an IP address nor a host name"),
        ] {
            let mistake = parse_alias(name, target).unwrap_err();
            assert!(mistake.contains(why) && mistake.starts_with("host_alias("), "{mistake}");
        }
    }
}
