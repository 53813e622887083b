//! The pharmacy agent: a daemon at the till of a designated pharmacy.
//!
//! A library so that benches and tests reach the parts; the product is the binary.

mod accept;
pub mod api;
pub mod catalogue;
pub mod classify;
pub mod cli;
pub mod clock;
pub mod config;
pub mod core;
pub mod counter;
pub mod demo;
pub mod desk;
pub mod device;
mod digest;
pub mod gateway;
pub mod interface;
pub mod journal;
pub mod pack;
pub mod scan;
pub mod service;
pub mod slip;
mod stop;
pub mod store;
pub mod text;
pub mod tls;
