//! Values that must not reach a log line, an error or a panic.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

/// Holds a value that prints as `[secret]` and is wiped from memory when dropped.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Lends the value; every call site is a place where it could leak.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_not_print_its_value() {
        let secret = Secret::new(String::from("13800000000"));
        assert_eq!(format!("{secret:?}"), "[secret]");
    }
}
