//! The pharmacy agent: a daemon at the till of a designated pharmacy.
//!
//! A library so that benches and tests reach the parts; the product is the binary.

pub mod api;
pub mod cli;
pub mod config;
pub mod counter;
pub mod demo;
pub mod door;
pub mod failure;
pub mod gateway;
pub mod service;
