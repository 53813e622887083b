//! A wire to a device: a serial port or a TCP connection, with deadlines.
//!
//! In scope: opening, reading and writing until a point in time, telling "nothing came" from "the
//! device is gone". Out of scope: what the bytes mean, when to open again (each driver's owner).
//!
//! GAP: on Windows a pair of virtual COM ports cannot be told from a real one here.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use pharmacy_decision::facts::Transport;
use serialport::{ClearBuffer, SerialPort};
use zeroize::Zeroizing;

use crate::address::{Address, Baud, Ends};

/// A wire to a device.
pub trait Port: Send {
    /// Reads what is there, at least one byte; waits until the deadline at the latest.
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError>;

    /// Writes all of it before the deadline.
    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), PortError>;

    /// Throws away what came and nobody read.
    fn discard_input(&mut self) -> Result<(), PortError>;

    /// How the device is attached.
    fn transport(&self) -> Transport;

    /// How long this many bytes are under way, where that is worth counting.
    fn wire_time(&self, bytes: usize) -> Duration;
}

/// Makes the wire, again and again if need be.
pub trait Opener: Send {
    /// Opens a new wire; the old one is dropped before.
    fn open(&mut self, timeout: Duration) -> Result<Box<dyn Port>, OpenError>;
}

/// What became of a wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PortError {
    /// Unplugged, switched off, closed: open it anew.
    #[error("port is gone ({0})")]
    Gone(io::ErrorKind),
    #[error("deadline passed")]
    Late,
}

/// Why no wire could be made.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot connect to the device's address")]
    Connect(#[source] io::Error),
    /// The name has no address.
    #[error("cannot resolve the device's host name")]
    Resolve(#[source] io::Error),
    /// The serial port is missing, taken by another program, or not a serial port.
    #[error("cannot open the serial port")]
    Serial(#[source] serialport::Error),
}

impl Opener for Address {
    fn open(&mut self, timeout: Duration) -> Result<Box<dyn Port>, OpenError> {
        open(self, timeout, Terminal::AsFound)
    }
}

/// What a serial device is told of our presence (the DTR line).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Terminal {
    /// The line stays as the driver left it.
    AsFound,
    /// The line is raised: some scanners send nothing to a computer that does not seem to listen.
    Ready,
}

/// Opens a wire to an address.
pub fn open(
    address: &Address,
    timeout: Duration,
    terminal: Terminal,
) -> Result<Box<dyn Port>, OpenError> {
    match address {
        Address::Serial { port, baud } => {
            SerialWire::open(port, *baud, terminal).map(|wire| Box::new(wire) as Box<dyn Port>)
        }
        Address::Tcp { host, port } => {
            let stream = connect(host, *port, Instant::now() + timeout)?;
            let ends = ends_of(&stream).map_err(OpenError::Connect)?;
            Ok(Box::new(TcpWire {
                transport: address.transport(Some(ends)),
                stream,
            }))
        }
    }
}

/// How long one read of a serial port may block. A blocked read blocks writes too on Windows, and a
/// time-out of zero fails at once; between 20 and 50 ms the wire stays quick to use.
const SERIAL_SLICE: Duration = Duration::from_millis(30);

/// A hostile stream never runs dry: after this many bytes it is taken as it is.
const MOST_DISCARDED: usize = 64 * 1024;

struct SerialWire {
    port: Box<dyn SerialPort>,
    baud: Baud,
    transport: Transport,
}

impl SerialWire {
    fn open(name: &str, baud: Baud, terminal: Terminal) -> Result<Self, OpenError> {
        let mut builder = serialport::new(name, baud.bits_per_second()).timeout(SERIAL_SLICE);
        if terminal == Terminal::Ready {
            builder = builder.dtr_on_open(true);
        }
        let port = builder.open_native().map_err(OpenError::Serial)?;
        let transport = if is_pseudo_terminal(&port) {
            Transport::Simulated
        } else {
            Transport::Serial
        };
        Ok(Self {
            port: Box::new(port),
            baud,
            transport,
        })
    }
}

/// Behind a pseudo-terminal sits a program, not a wire: it shows nobody's presence.
///
/// What was opened is asked, not its name: a name can be a link, or a node that lies elsewhere than its
/// kind does, and can mean something else a moment later. What cannot be asked shows nobody either.
#[cfg(unix)]
fn is_pseudo_terminal(port: &serialport::TTYPort) -> bool {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::MetadataExt;

    // SPEC: Linux, admin-guide/devices.txt: the slaves of BSD's and of Unix98's pseudo-terminals.
    const MAJORS: [std::ops::RangeInclusive<u64>; 2] = [3..=3, 136..=143];
    let opened = format!("/proc/self/fd/{}", port.as_raw_fd());
    let Ok(device) = std::fs::metadata(opened) else {
        return true;
    };
    let major = device.rdev() >> 8 & 0xfff;
    MAJORS.iter().any(|majors| majors.contains(&major))
}

#[cfg(not(unix))]
fn is_pseudo_terminal(_port: &serialport::COMPort) -> bool {
    false
}

impl Port for SerialWire {
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        read_until(deadline, || self.port.read(buffer))
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), PortError> {
        // Not flushed: that waits for the device without any limit.
        write_until(deadline, bytes, |rest| self.port.write(rest))
    }

    fn discard_input(&mut self) -> Result<(), PortError> {
        self.port
            .clear(ClearBuffer::Input)
            .map_err(|error| PortError::Gone(io::Error::from(error).kind()))
    }

    fn transport(&self) -> Transport {
        self.transport
    }

    fn wire_time(&self, bytes: usize) -> Duration {
        // Start bit, eight bits, stop bit.
        let bits = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(10);
        let micros = bits.saturating_mul(1_000_000) / u64::from(self.baud.bits_per_second());
        Duration::from_micros(micros)
    }
}

/// Reads until something came; nothing at all is the end of the wire.
fn read_until(
    deadline: Instant,
    mut read: impl FnMut() -> io::Result<usize>,
) -> Result<usize, PortError> {
    loop {
        match read() {
            Ok(0) => return Err(PortError::Gone(io::ErrorKind::UnexpectedEof)),
            Ok(length) => return Ok(length),
            Err(error) => retry_or_gone(&error)?,
        }
        if Instant::now() >= deadline {
            return Err(PortError::Late);
        }
    }
}

/// Writes until nothing is left.
fn write_until(
    deadline: Instant,
    mut rest: &[u8],
    mut write: impl FnMut(&[u8]) -> io::Result<usize>,
) -> Result<(), PortError> {
    while !rest.is_empty() {
        match write(rest) {
            // On Windows a write that times out reports fewer bytes, or none, and no error.
            Ok(length) => rest = rest.get(length..).unwrap_or_default(),
            Err(error) => retry_or_gone(&error)?,
        }
        if !rest.is_empty() && Instant::now() >= deadline {
            return Err(PortError::Late);
        }
    }
    Ok(())
}

/// Whatever is neither silence nor an interruption means that the device is gone: drivers name an
/// unplugged port in a dozen ways.
fn retry_or_gone(error: &io::Error) -> Result<(), PortError> {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(()),
        kind => Err(PortError::Gone(kind)),
    }
}

struct TcpWire {
    stream: TcpStream,
    transport: Transport,
}

fn connect(host: &str, port: u16, deadline: Instant) -> Result<TcpStream, OpenError> {
    let addresses = (host, port)
        .to_socket_addrs()
        .map_err(OpenError::Resolve)?
        .collect::<Vec<SocketAddr>>();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(&address, remaining(deadline)) {
            Ok(stream) => {
                // Requests are ten bytes; waiting to fill a packet would cost a customer time.
                stream.set_nodelay(true).map_err(OpenError::Connect)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(OpenError::Connect(last))
}

fn ends_of(stream: &TcpStream) -> io::Result<Ends> {
    Ok(Ends {
        local: stream.local_addr()?.ip(),
        peer: stream.peer_addr()?.ip(),
    })
}

/// Time left, never zero: sockets take zero for "for ever" or refuse it.
fn remaining(deadline: Instant) -> Duration {
    deadline
        .saturating_duration_since(Instant::now())
        .max(Duration::from_millis(1))
}

fn gone(error: io::Error) -> PortError {
    PortError::Gone(error.kind())
}

impl Port for TcpWire {
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        read_until(deadline, || {
            self.stream.set_read_timeout(Some(remaining(deadline)))?;
            self.stream.read(buffer)
        })
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), PortError> {
        write_until(deadline, bytes, |rest| {
            self.stream.set_write_timeout(Some(remaining(deadline)))?;
            self.stream.write(rest)
        })
    }

    fn discard_input(&mut self) -> Result<(), PortError> {
        self.stream.set_nonblocking(true).map_err(gone)?;
        let discarded = drain(&mut self.stream);
        self.stream.set_nonblocking(false).map_err(gone)?;
        discarded
    }

    fn transport(&self) -> Transport {
        self.transport
    }

    fn wire_time(&self, _bytes: usize) -> Duration {
        Duration::ZERO
    }
}

fn drain(stream: &mut TcpStream) -> Result<(), PortError> {
    let mut chunk = Zeroizing::new([0; 1024]);
    let mut drained = 0;
    while drained < MOST_DISCARDED {
        match stream.read(chunk.as_mut_slice()) {
            Ok(0) => return Err(PortError::Gone(io::ErrorKind::UnexpectedEof)),
            Ok(length) => drained += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(gone(error)),
        }
    }
    Ok(())
}
