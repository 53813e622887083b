//! Drivers and their owner, against devices that are none.

mod owner;
mod printer;
mod reader;
mod scanner;
