//! A wire to the simulated reader inside this process.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use pharmacy_decision::facts::Transport;
use pharmacy_device::port::{OpenError, Opener, Port, PortError};

use super::{Connection, Output, Simulator};

/// A wire to the simulated reader inside this process. What the reader writes in pieces is read in
/// the same pieces.
#[derive(Debug)]
pub struct SimulatedPort {
    connection: Connection,
    pieces: VecDeque<Output>,
}

impl SimulatedPort {
    /// A new wire.
    pub fn new(simulator: &Simulator) -> Self {
        Self {
            connection: Connection::new(simulator),
            pieces: VecDeque::new(),
        }
    }
}

impl Opener for Simulator {
    fn open(&mut self, _timeout: Duration) -> Result<Box<dyn Port>, OpenError> {
        Ok(Box::new(SimulatedPort::new(self)))
    }
}

impl Port for SimulatedPort {
    fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, PortError> {
        let piece = match self.pieces.front_mut() {
            // Nobody else writes: what is not there now will not come.
            None => {
                std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
                return Err(PortError::Late);
            }
            Some(Output::Close) => return Err(PortError::Gone(io::ErrorKind::BrokenPipe)),
            Some(Output::Bytes(piece)) => piece,
        };
        let length = piece.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(piece.drain(..length)) {
            *to = from;
        }
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        if length == 0 {
            return self.read(buffer, deadline);
        }
        Ok(length)
    }

    fn write_all(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), PortError> {
        if self.pieces.contains(&Output::Close) {
            return Err(PortError::Gone(io::ErrorKind::BrokenPipe));
        }
        self.pieces.extend(self.connection.receive(bytes));
        Ok(())
    }

    fn discard_input(&mut self) -> Result<(), PortError> {
        self.pieces.retain(|piece| *piece == Output::Close);
        Ok(())
    }

    fn transport(&self) -> Transport {
        Transport::Simulated
    }

    fn wire_time(&self, _bytes: usize) -> Duration {
        Duration::ZERO
    }
}
