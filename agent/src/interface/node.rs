//! A node of a message: its members, read leniently.

use std::fmt;

use pharmacy_protocol::term::{Fen, Quantity, UnitPrice};
use serde_json::Value;

/// Why a message has no view. Says where, never what stood there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ViewError {
    /// A member that decides is there twice, and not the same.
    #[error("a member of the message is there twice")]
    Ambiguous,
    /// Nested deeper, or longer, than any message of the interface.
    #[error("the message is larger or deeper than any of the interface")]
    Limit,
    /// A line cannot be read; counted from 1.
    #[error("line {0} of the message cannot be read")]
    Line(u32),
    /// A member that the call cannot do without.
    #[error("member `{0}` is missing or has another form")]
    Member(&'static str),
    /// Not JSON, or not an object.
    #[error("the message is not a JSON object")]
    NotAnObject,
}

/// An object of a message. Prints nothing of what it holds.
#[derive(Clone)]
pub struct Node(Value);

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node")
    }
}

impl Node {
    /// Takes a value in: an object as it is, a string that holds JSON as that JSON.
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// A member as text: a string without spaces at its ends, or a number as written. Empty and
    /// `null` count as absent.
    pub fn text(&self, _name: &str) -> Option<String> {
        todo!()
    }

    /// The child object of this name; the first one where the node is an array.
    pub fn child(&self, _name: &str) -> Option<Node> {
        todo!()
    }

    /// The objects under this name, whether it is an array or a single object.
    pub fn children(&self, _name: &str) -> Vec<Node> {
        todo!()
    }

    /// A member as money in yuan, number or string.
    pub fn fen(&self, _name: &str) -> Option<Fen> {
        todo!()
    }

    /// A member as a quantity.
    pub fn quantity(&self, _name: &str) -> Option<Quantity> {
        todo!()
    }

    /// A member as a unit price in yuan.
    pub fn price(&self, _name: &str) -> Option<UnitPrice> {
        todo!()
    }
}
