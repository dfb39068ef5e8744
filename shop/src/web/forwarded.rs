//! Where a request comes from, as trusted proxies tell it.
//!
//! Each proxy adds the address that it was asked from, the nearest last; what stands before the first proxy that is not trusted was
//! written by anybody. One header is believed, the one that the operator's proxy writes: the others may come from the visitor.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::settings::{ForwardedHeader, Network};

/// The nearest address that is no trusted proxy's.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, (believed, trusted): (ForwardedHeader, &[Network])) -> IpAddr {
    let mut nearest = peer.to_canonical();
    let is_trusted = |ip| trusted.iter().any(|network| network.contains(ip));
    if !is_trusted(nearest) {
        return nearest;
    }
    let lines = headers.get_all(believed.name());
    // A visitor may have begun the line with any bytes and an open quote: what the proxy wrote behind them counts.
    let lines: Vec<Cow<'_, str>> = lines
        .iter()
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    let hops = lines.iter().flat_map(|line| match believed {
        ForwardedHeader::Forwarded if line.matches('"').count().is_multiple_of(2) => divided(line, ',').collect(),
        _ => line.split(',').collect::<Vec<&str>>(),
    });
    let hops: Vec<&str> = hops.collect();
    for hop in hops.into_iter().rev() {
        if !is_trusted(nearest) {
            break;
        }
        let named = match believed {
            ForwardedHeader::Forwarded => for_parameter(hop),
            ForwardedHeader::XForwardedFor | ForwardedHeader::XRealIp => Some(hop),
        };
        // `unknown` and `_hidden` (RFC 7239, section 6) say no address: the last one that is known stays.
        let Some(ip) = named.and_then(node) else { break };
        nearest = ip;
    }
    nearest
}

/// `Forwarded: for="[2001:db8::17]:4711";proto=https`
fn for_parameter(element: &str) -> Option<&str> {
    divided(element, ';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value)
    })
}

/// An address, perhaps in quotes, in brackets, with a port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text)
        .trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let ip = bare.parse().ok().or_else(|| {
        let with_port: Option<SocketAddr> = text.parse().ok();
        // A port may be hidden, too: `192.0.2.43:_port`.
        let hidden = || text.rsplit_once(':')?.0.trim_matches(['[', ']']).parse().ok();
        with_port.map(|address| address.ip()).or_else(hidden)
    });
    ip.map(|ip: IpAddr| ip.to_canonical())
}

/// The parts between `by`, but not those in quotes.
fn divided(text: &str, by: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == by && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(header: ForwardedHeader, value: &'static str) -> String {
        let headers: HeaderMap = [(header.name(), value.parse().unwrap())].into_iter().collect();
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        address("10.0.0.1".parse().unwrap(), &headers, (header, &trusted)).to_string()
    }

    #[test]
    fn an_address_is_read_however_a_proxy_writes_it() {
        for (value, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            (" \"203.0.113.7:4711\" ", "203.0.113.7"),
            ("2001:db8::17", "2001:db8::17"),
            ("[2001:db8::17]", "2001:db8::17"),
            ("[2001:db8::17]:4711", "2001:db8::17"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("203.0.113.7, nonsense", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(from(ForwardedHeader::XForwardedFor, value), expected, "{value}");
        }
        assert_eq!(from(ForwardedHeader::XRealIp, "203.0.113.7"), "203.0.113.7");
    }

    #[test]
    fn rfc_7239_is_read_with_its_quotes_and_its_hidden_nodes() {
        for (value, expected) in [
            ("for=203.0.113.7;proto=https;by=10.0.0.9", "203.0.113.7"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            (
                "for=198.51.100.1, by=\"a,b\";for=203.0.113.7, for=10.2.0.1",
                "203.0.113.7",
            ),
            ("for=\"203.0.113.7:_hidden\"", "203.0.113.7"),
            ("for=unknown", "10.0.0.1"),
            ("for=_secret, for=10.0.0.5", "10.0.0.5"),
            ("proto=https", "10.0.0.1"),
        ] {
            assert_eq!(from(ForwardedHeader::Forwarded, value), expected, "{value}");
        }
    }

    #[test]
    fn nobody_hides_behind_the_proxy_with_what_stands_before_its_own_words() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        for (header, value) in [
            (ForwardedHeader::XForwardedFor, &b"\", 203.0.113.7"[..]),
            (ForwardedHeader::XForwardedFor, b"\xff\xfe, 203.0.113.7"),
            (ForwardedHeader::Forwarded, b"for=\"x, for=203.0.113.7"),
            (ForwardedHeader::Forwarded, b"for=\xff, for=203.0.113.7"),
        ] {
            let value = axum::http::HeaderValue::from_bytes(value).unwrap();
            let headers: HeaderMap = [(header.name(), value)].into_iter().collect();
            let read = address("10.0.0.1".parse().unwrap(), &headers, (header, &trusted));
            assert_eq!(read.to_string(), "203.0.113.7", "{headers:?}");
        }
    }

    #[test]
    fn a_stranger_and_another_header_are_not_believed() {
        let trusted: Vec<Network> = vec!["10.0.0.0/8".parse().unwrap()];
        let headers: HeaderMap = [(ForwardedHeader::XForwardedFor.name(), "203.0.113.7".parse().unwrap())]
            .into_iter()
            .collect();
        let read = |peer: &str, header| address(peer.parse().unwrap(), &headers, (header, &trusted)).to_string();
        assert_eq!(read("198.51.100.9", ForwardedHeader::XForwardedFor), "198.51.100.9");
        assert_eq!(read("10.0.0.1", ForwardedHeader::Forwarded), "10.0.0.1");
    }
}
