//! The repository as text: sources, documents, tables, held against one another.
//!
//! In scope: what can be seen without running the product. Nothing here links the agent.

mod docs;
mod layers;
mod records;
mod requirements;
mod tasks;
mod texts;
