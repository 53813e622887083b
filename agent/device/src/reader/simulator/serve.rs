//! The simulated reader behind a TCP port or a pseudo-terminal.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Connection, Output, Simulator};

/// How long a request to stop may go unnoticed.
const SLICE: Duration = Duration::from_millis(10);

/// A simulated reader that listens on TCP, one connection at a time. Dropping it closes everything.
#[derive(Debug)]
pub struct TcpServer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TcpServer {
    /// Listens; port 0 chooses a free one.
    pub fn start(simulator: &Simulator, on: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(on)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (simulator, stopped) = (simulator.clone(), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("simulated-reader".into())
            .spawn(move || accept(&listener, &simulator, &stopped))?;
        Ok(Self {
            address,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for TcpServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the listener; if that fails, nobody listens any more.
        drop(TcpStream::connect_timeout(
            &self.address,
            Duration::from_secs(1),
        ));
        join(self.thread.take());
    }
}

fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread
        && thread.join().is_err()
    {
        tracing::error!("simulated reader ended by a panic");
    }
}

fn accept(listener: &TcpListener, simulator: &Simulator, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let served = listener.accept().and_then(|(stream, _)| {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(SLICE))?;
            converse(stream, simulator, stop)
        });
        if let Err(error) = served {
            tracing::debug!(kind = ?error.kind(), "connection to the simulated reader ended");
        }
    }
}

/// Answers until one side closes or the server stops.
fn converse(
    mut wire: impl Read + Write,
    simulator: &Simulator,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut connection = Connection::new(simulator);
    let mut chunk = [0; 256];
    while !stop.load(Ordering::Relaxed) {
        let length = match wire.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if is_silence(&error) => continue,
            Err(error) => return Err(error),
        };
        for output in connection.receive(chunk.get(..length).unwrap_or_default()) {
            match output {
                Output::Bytes(bytes) => {
                    wire.write_all(&bytes)?;
                    wire.flush()?;
                }
                Output::Close => return Ok(()),
            }
        }
    }
    Ok(())
}

fn is_silence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// A simulated reader behind a pseudo-terminal. Dropping it is pulling the plug.
#[cfg(unix)]
#[derive(Debug)]
pub struct PtyServer {
    name: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[cfg(unix)]
impl PtyServer {
    /// Opens a pair of pseudo-terminals and answers on one.
    pub fn start(simulator: &Simulator) -> io::Result<Self> {
        use serialport::SerialPort;

        let (mut master, slave) = serialport::TTYPort::pair()?;
        master.set_timeout(SLICE)?;
        let name = slave
            .name()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (simulator, stopped) = (simulator.clone(), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("simulated-reader".into())
            .spawn(move || {
                // Held open: without it the master fails until somebody opens the other end.
                let _slave = slave;
                if let Err(error) = converse(Unflushed(master), &simulator, &stopped) {
                    tracing::debug!(kind = ?error.kind(), "simulated reader's terminal ended");
                }
            })?;
        Ok(Self {
            name,
            stop,
            thread: Some(thread),
        })
    }

    /// The terminal to open as a serial port.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(unix)]
impl Drop for PtyServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        join(self.thread.take());
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
