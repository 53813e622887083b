//! The pharmacy agent: a daemon at the till of a designated pharmacy.
//!
//! A library so that benches, tests and the demo reach the parts; the product is the binary.

pub mod api;
pub mod cli;
pub mod config;
mod control;
pub mod counter;
pub mod door;
pub mod failure;
pub mod gateway;
pub mod service;
