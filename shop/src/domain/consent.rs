//! What a visitor lets the shop record, and what is left of an address when it is only what is necessary.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How much of a visit may be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consent {
    /// What is looked at, searched, clicked and shown, too.
    #[default]
    Everything,
    /// Requests and facts only, without what tells browsers apart.
    Necessary,
}

impl Consent {
    pub const ALL: [Self; 2] = [Self::Everything, Self::Necessary];

    /// The name in the cookie and in the form.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Everything => "everything",
            Self::Necessary => "necessary",
        }
    }

    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|consent| consent.code() == code)
    }

    /// What holds: a browser that sends Global Privacy Control has said no for every shop, whatever was chosen here before.
    #[must_use]
    pub fn in_force(chosen: Option<Self>, privacy_control: bool) -> Self {
        if privacy_control {
            Self::Necessary
        } else {
            chosen.unwrap_or_default()
        }
    }

    /// Whether observations may be kept.
    #[must_use]
    pub const fn allows_observing(self) -> bool {
        matches!(self, Self::Everything)
    }
}

/// The network that an address belongs to: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address, zeros after them.
#[must_use]
pub fn shortened(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8)).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_no_outweighs_the_visitors_yes() {
        let chosen = Some(Consent::Everything);
        assert_eq!(Consent::in_force(chosen, true), Consent::Necessary);
        assert_eq!(Consent::in_force(chosen, false), Consent::Everything);
        assert_eq!(Consent::in_force(None, false), Consent::Everything);
        assert_eq!(Consent::in_force(Some(Consent::Necessary), false), Consent::Necessary);
    }

    #[test]
    fn an_address_keeps_its_network_only() {
        for (address, kept) in [
            ("203.0.113.77", "203.0.113.0"),
            ("::ffff:203.0.113.77", "203.0.113.0"),
            ("2001:db8:aa:bb:cc:dd:ee:ff", "2001:db8:aa::"),
            ("::1", "::"),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(shortened(address).to_string(), kept);
        }
    }
}
