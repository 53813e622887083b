//! What simulated devices are reached by: a TCP port or a pseudo-terminal, one connection at a time.
//!
//! In scope: listening, stopping, pulling the plug. Out of scope: what a device says (each device).

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A device that is none.
pub trait Simulated: Clone + Send + 'static {
    /// What its thread is called.
    const NAME: &'static str;

    /// How long something new, or a request to stop, may go unnoticed.
    const SLICE: Duration;

    /// Talks on a wire until one side ends or the server stops.
    fn serve(&self, wire: impl Read + Write, stop: &AtomicBool) -> io::Result<()>;
}

/// Did a read end because nothing came?
pub(super) fn is_silence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// A simulated device that listens on TCP. Dropping it closes everything.
#[derive(Debug)]
pub struct TcpServer {
    address: SocketAddr,
    thread: Running,
}

impl TcpServer {
    /// Listens; port 0 chooses a free one.
    pub fn start<S: Simulated>(simulator: &S, on: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(on)?;
        let address = listener.local_addr()?;
        let simulator = simulator.clone();
        let thread = Running::start(S::NAME, move |stop| accept(&listener, &simulator, stop))?;
        Ok(Self { address, thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TcpServer {
    fn drop(&mut self) {
        self.thread.ask_to_stop();
        // Wakes the listener; if that fails, nobody listens any more.
        drop(TcpStream::connect_timeout(
            &self.address,
            Duration::from_secs(1),
        ));
    }
}

fn accept<S: Simulated>(listener: &TcpListener, simulator: &S, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let served = listener.accept().and_then(|(stream, _)| {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(S::SLICE))?;
            simulator.serve(stream, stop)
        });
        note_end::<S>(served);
    }
}

fn note_end<S: Simulated>(served: io::Result<()>) {
    if let Err(error) = served {
        tracing::debug!(device = S::NAME, kind = ?error.kind(), "a connection ended");
    }
}

/// A thread that serves. Dropping it waits for its end.
#[derive(Debug)]
struct Running {
    name: &'static str,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(
        name: &'static str,
        serve: impl FnOnce(&AtomicBool) + Send + 'static,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name(name.into())
            .spawn(move || serve(&asked))?;
        Ok(Self {
            name,
            stop,
            thread: Some(thread),
        })
    }

    fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.ask_to_stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(device = self.name, "a simulated device ended by a panic");
        }
    }
}

/// A simulated device behind a pseudo-terminal. Dropping it, or the device's own unplugging, closes the
/// terminal for good: another one is a new server.
#[cfg(unix)]
#[derive(Debug)]
pub struct PtyServer {
    name: String,
    _thread: Running,
}

#[cfg(unix)]
impl PtyServer {
    /// Opens a pair of pseudo-terminals and answers on one.
    pub fn start<S: Simulated>(simulator: &S) -> io::Result<Self> {
        use serialport::SerialPort;

        let (mut master, slave) = serialport::TTYPort::pair()?;
        master.set_timeout(S::SLICE)?;
        let name = slave
            .name()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let simulator = simulator.clone();
        let thread = Running::start(S::NAME, move |stop| {
            // Held open: without it the master fails until somebody opens the other end.
            let _slave = slave;
            note_end::<S>(simulator.serve(Unflushed(master), stop));
        })?;
        Ok(Self {
            name,
            _thread: thread,
        })
    }

    /// The terminal to open as a serial port.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Flushing a terminal waits until the other end has read, which a stopped test never does.
#[cfg(unix)]
struct Unflushed(serialport::TTYPort);

#[cfg(unix)]
impl Read for Unflushed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

#[cfg(unix)]
impl Write for Unflushed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
