//! The pharmacy agent.
