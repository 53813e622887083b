//! Where others come in: listening, TLS, stopping.

pub mod accept;
pub mod stop;
pub mod tls;
