//! Where a device is attached, as an operator writes it.
//!
//! ```text
//! serial:COM3                      a serial port at 115200 baud
//! serial:/dev/ttyUSB0?baud=9600    the same at another of the five speeds a reader knows
//! tcp:192.168.1.20:9000            a reader behind the shop's network
//! tcp:[fe80::1]:9000               the same by IPv6 address
//! ```
//! Out of scope: opening it, see [`super::port`].

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use pharmacy_decision::facts::Transport;

/// Where a device is attached.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Address {
    /// A serial port of this machine.
    Serial {
        /// The port as the operating system names it.
        port: String,
        baud: Baud,
    },
    /// A device that listens on the network.
    Tcp {
        /// Name or address, an IPv6 address without its brackets.
        host: String,
        port: u16,
    },
}

/// The speeds that a card reader can be set to; scanners know these as well.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Baud {
    /// 9600 bit/s.
    B9600,
    /// 19200 bit/s.
    B19200,
    /// 38400 bit/s.
    B38400,
    /// 57600 bit/s.
    B57600,
    /// 115200 bit/s, what readers leave the factory with.
    #[default]
    B115200,
}

/// Text that is no device address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// The speed is none of the five.
    #[error("baud must be 115200, 57600, 38400, 19200 or 9600")]
    Baud,
    /// The host is empty or has characters that no host has.
    #[error("host is not a name, an ipv4 address or an ipv6 address in brackets")]
    Host,
    /// Another option than `baud`.
    #[error("the only option of a serial address is `baud`")]
    Option,
    /// The TCP port is missing or out of range.
    #[error("tcp port must be a number from 1 to 65535")]
    Port,
    /// None of the known beginnings.
    #[error("address must begin with `serial:` or `tcp:`")]
    Scheme,
    /// The serial port's name is empty, too long or has control characters.
    #[error("serial port name is empty, too long or has control characters")]
    SerialName,
}

/// Longest name of a port or host: longer ones exist on no system (DNS ends at 253).
pub const LONGEST_NAME: usize = 253;

impl Baud {
    pub fn bits_per_second(self) -> u32 {
        match self {
            Self::B9600 => 9_600,
            Self::B19200 => 19_200,
            Self::B38400 => 38_400,
            Self::B57600 => 57_600,
            Self::B115200 => 115_200,
        }
    }
}

impl FromStr for Baud {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text {
            "9600" => Ok(Self::B9600),
            "19200" => Ok(Self::B19200),
            "38400" => Ok(Self::B38400),
            "57600" => Ok(Self::B57600),
            "115200" => Ok(Self::B115200),
            _ => Err(AddressError::Baud),
        }
    }
}

/// The two ends of a TCP connection, as the operating system reports them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ends {
    pub local: IpAddr,
    pub peer: IpAddr,
}

impl Ends {
    /// Whether both ends lie on this machine.
    ///
    /// A machine also reaches itself by its address on the shop's network; then both ends carry the
    /// same address, which a real peer never does.
    pub fn is_loopback(&self) -> bool {
        let (local, peer) = (self.local.to_canonical(), self.peer.to_canonical());
        peer.is_loopback() || peer.is_unspecified() || peer == local
    }
}

impl Address {
    /// How a device at this address is attached, given the connection that was made, if any.
    ///
    /// A TCP address without a connection counts as loopback: what nobody saw is not presence.
    pub fn transport(&self, ends: Option<Ends>) -> Transport {
        match (self, ends) {
            (Self::Serial { .. }, _) => Transport::Serial,
            (Self::Tcp { .. }, Some(ends)) if !ends.is_loopback() => Transport::Network,
            (Self::Tcp { .. }, _) => Transport::Loopback,
        }
    }
}

impl Address {
    /// Reads an address whose device leaves the factory at another speed than a card reader.
    pub fn parse(text: &str, factory: Baud) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once(':').ok_or(AddressError::Scheme)?;
        match scheme {
            "serial" => parse_serial(rest, factory),
            "tcp" => parse_tcp(rest),
            _ => Err(AddressError::Scheme),
        }
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text, Baud::default())
    }
}

fn parse_serial(text: &str, factory: Baud) -> Result<Address, AddressError> {
    let (port, baud) = match text.split_once('?') {
        None => (text, factory),
        Some((port, option)) => {
            let baud = option.strip_prefix("baud=").ok_or(AddressError::Option)?;
            (port, baud.parse()?)
        }
    };
    let is_name = !port.is_empty()
        && port.len() <= LONGEST_NAME
        && port.trim() == port
        && !port.chars().any(char::is_control);
    if !is_name {
        return Err(AddressError::SerialName);
    }
    Ok(Address::Serial {
        port: port.to_owned(),
        baud,
    })
}

fn parse_tcp(text: &str) -> Result<Address, AddressError> {
    let (host, port) = text.rsplit_once(':').ok_or(AddressError::Port)?;
    let host = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(inner) => inner
            .parse::<Ipv6Addr>()
            .map_err(|_| AddressError::Host)?
            .to_string(),
        None if is_host_name(host) => host.to_owned(),
        None => return Err(AddressError::Host),
    };
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressError::Port);
    }
    match port.parse() {
        Ok(0) | Err(_) => Err(AddressError::Port),
        Ok(port) => Ok(Address::Tcp { host, port }),
    }
}

fn is_host_name(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= LONGEST_NAME
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial { port, baud } if *baud == Baud::default() => write!(f, "serial:{port}"),
            Self::Serial { port, baud } => {
                write!(f, "serial:{port}?baud={}", baud.bits_per_second())
            }
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_every_form() {
        for text in [
            "serial:COM3",
            r"serial:\\.\COM12",
            "serial:/dev/ttyUSB0",
            "serial:/dev/serial/by-id/usb-1a86:7523-port0?baud=9600",
            "tcp:reader.shop:9000",
            "tcp:192.168.1.20:1",
            "tcp:[fe80::1]:65535",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        let plain: Address = "serial:COM3?baud=115200".parse().unwrap();
        assert_eq!(plain.to_string(), "serial:COM3");
    }

    #[test]
    fn refuses_what_is_no_address() {
        for (text, error) in [
            ("", AddressError::Scheme),
            ("COM3", AddressError::Scheme),
            ("usb:1", AddressError::Scheme),
            ("serial:", AddressError::SerialName),
            ("serial:COM3\n", AddressError::SerialName),
            ("serial:COM3?baud=4800", AddressError::Baud),
            ("serial:COM3?baud=", AddressError::Baud),
            ("serial:COM3?parity=even", AddressError::Option),
            ("tcp:host", AddressError::Port),
            ("tcp:host:0", AddressError::Port),
            ("tcp:host:+1", AddressError::Port),
            ("tcp:host:65536", AddressError::Port),
            ("tcp::9000", AddressError::Host),
            ("tcp:fe80::1:9000", AddressError::Host),
            ("tcp:[host]:9000", AddressError::Host),
            ("tcp:a b:9000", AddressError::Host),
            ("sim:", AddressError::Scheme),
        ] {
            assert_eq!(text.parse::<Address>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn only_another_machine_is_the_network() {
        let address: Address = "tcp:reader:9000".parse().unwrap();
        for (local, peer, transport) in [
            ("192.168.1.5", "192.168.1.20", Transport::Network),
            ("127.0.0.1", "127.0.0.1", Transport::Loopback),
            ("127.0.0.1", "127.9.9.9", Transport::Loopback),
            ("::1", "::1", Transport::Loopback),
            ("::ffff:127.0.0.1", "::ffff:127.0.0.1", Transport::Loopback),
            // The shop's own program behind the machine's own address.
            ("192.168.1.5", "192.168.1.5", Transport::Loopback),
        ] {
            let ends = Ends {
                local: local.parse().unwrap(),
                peer: peer.parse().unwrap(),
            };
            assert_eq!(address.transport(Some(ends)), transport, "{peer}");
        }
        assert_eq!(address.transport(None), Transport::Loopback);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(serial|tcp|sim|x):\\PC{0,30}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
            }
        }
    }
}
