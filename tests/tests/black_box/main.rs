//! The real programs, driven as tills, people and commands drive them.

mod api;
mod cli;
mod door;
mod find;
mod gateway;
mod invoice;
mod killed;
mod prescription;
mod reader;
mod refund;
mod scanner;
mod scenario;
mod setup;
mod staff;
mod standing;
mod stock;
mod wire;
mod writer;
