//! Addresses on the command line.

use std::net::{SocketAddr, ToSocketAddrs as _};

/// Where to listen: `127.0.0.1:8080`, `[::1]:8080`, or a name of this machine such as `localhost:8080`.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    if host.is_empty() || host.contains(['/', ' ', '@']) || port.parse::<u16>().is_err() {
        return Err("is not HOST:PORT, such as 127.0.0.1:8080 or localhost:8080".to_owned());
    }
    let found: Vec<SocketAddr> = text
        .to_socket_addrs()
        .map_err(|error| format!("{host} is no address of this machine: {error}"))?
        .collect();
    // Most clients that are told a name try this one.
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| format!("{host} has no address"))
}

/// Kafka's brokers: `HOST:PORT`, several divided by commas.
pub fn brokers(text: &str) -> Result<String, String> {
    let wrong = |broker: &str| {
        if broker.is_empty() {
            "names no broker: it is HOST:PORT, several divided by commas".to_owned()
        } else {
            format!("`{broker}` is not HOST:PORT, such as 127.0.0.1:9092")
        }
    };
    for broker in text.split(',').map(str::trim) {
        let (host, port) = broker.rsplit_once(':').ok_or_else(|| wrong(broker))?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_name = |host: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            !host.is_empty() && host.chars().all(plain)
        };
        let is_host = bracketed.map_or_else(|| is_name(host), |v6| v6.parse::<std::net::Ipv6Addr>().is_ok());
        if !is_host || !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(wrong(broker));
        }
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_this_machine_is_an_address_to_listen_on() {
        assert_eq!(
            listen("127.0.0.1:8080"),
            Ok("127.0.0.1:8080".parse().expect("an address"))
        );
        assert!(listen("[::1]:0").is_ok());
        assert!(listen("localhost:8080").is_ok_and(|address| address.ip().is_loopback() && address.port() == 8080));
        for wrong in [
            "",
            "8080",
            "localhost",
            "localhost:",
            "localhost:99999",
            "http://localhost:80",
            ":80",
        ] {
            assert!(listen(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn brokers_are_hosts_with_ports() {
        for right in [
            "127.0.0.1:9092",
            "kafka-1:9092, kafka_2.example:9093",
            "[::1]:9092",
            "a:1,b:65535",
        ] {
            assert_eq!(brokers(right).as_deref(), Ok(right));
        }
        for wrong in [
            "",
            " ",
            "host",
            "host:99999",
            "host:0",
            "host:",
            ":9092",
            "a:1,",
            "http://host:9092",
            "a:1,,b:2",
            "a b:1",
            "[x]:1",
        ] {
            assert!(brokers(wrong).is_err(), "{wrong}");
        }
    }
}
