//! Money, unit prices and quantities as the national interface counts them.
//!
//! Amounts have 2 decimals (`16,2`), unit prices 6 (`16,6`), quantities 4 (`16,4`);
//! a line's amount is `round(cnt × pric, 2)`, half away from zero.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::decimal::{DecimalError, parse_scaled, serialize_scaled};
use super::word::as_text;

macro_rules! scaled {
    ($(#[$doc:meta])* $name:ident, $scale:expr, $least:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd,
                 Deserialize, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(i64);

        impl $name {
            /// Makes a value from its smallest unit.
            pub const fn new(units: i64) -> Self {
                Self(units)
            }

            /// The value in its smallest unit.
            pub const fn units(self) -> i64 {
                self.0
            }

            /// Is it above zero?
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }
        }

        impl FromStr for $name {
            type Err = DecimalError;
            fn from_str(text: &str) -> Result<Self, DecimalError> {
                parse_scaled(text, $scale).map(Self)
            }
        }

        as_text!($name, DecimalError);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&serialize_scaled(self.0, $scale, $least))
            }
        }
    };
}

scaled! {
    /// An amount of money in fen (0.01 yuan); its text form is yuan with two decimals.
    Fen, 2, 2
}
scaled! {
    /// A unit price in millionths of a yuan; its text form is yuan.
    UnitPrice, 6, 2
}
scaled! {
    /// A quantity in ten-thousandths of the unit of sale.
    Quantity, 4, 0
}

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum, unless it leaves the range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it leaves the range.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Adds up amounts, unless the sum leaves the range.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl UnitPrice {
    /// The amount of a line, `round(quantity × price, 2)`, half away from zero.
    pub fn amount(self, quantity: Quantity) -> Option<Fen> {
        /// 10^(6 + 4 - 2): from price × quantity units to fen.
        const TO_FEN: i128 = 100_000_000;
        let product = i128::from(self.0).checked_mul(i128::from(quantity.0))?;
        let half = if product < 0 { -50_000_000 } else { 50_000_000 };
        let fen = product.checked_add(half)?.checked_div(TO_FEN)?;
        i64::try_from(fen).ok().map(Fen)
    }
}

impl Quantity {
    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }

    /// A whole number of units of sale.
    pub fn whole(units: u32) -> Self {
        Self(i64::from(units).saturating_mul(10_000))
    }

    /// The number of units, when it is whole.
    pub fn as_whole(self) -> Option<u32> {
        let whole = self.0.checked_div(10_000)?;
        (whole.checked_mul(10_000)? == self.0)
            .then(|| u32::try_from(whole).ok())
            .flatten()
    }

    /// The sum, unless it leaves the range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounds_half_away_from_zero_to_fen() {
        let price: UnitPrice = "0.333333".parse().unwrap();
        assert_eq!(price.amount("3".parse().unwrap()), Some(Fen::new(100)));
        let price: UnitPrice = "0.005".parse().unwrap();
        assert_eq!(price.amount("1".parse().unwrap()), Some(Fen::new(1)));
        assert_eq!(price.amount("-1".parse().unwrap()), Some(Fen::new(-1)));
    }

    #[test]
    fn refuses_what_is_not_an_amount() {
        for text in [
            "", "-", ".", "1.", ".5", "1,2", "1e3", "１", " 1", "+1", "1.234",
        ] {
            assert!(text.parse::<Fen>().is_err(), "{text}");
        }
        assert_eq!("1.230".parse(), Ok(Fen::new(123)));
        assert_eq!(
            "99999999999999999999".parse::<Fen>(),
            Err(DecimalError::OutOfRange)
        );
    }

    proptest! {
        #[test]
        fn text_round_trips(units in any::<i64>()) {
            prop_assume!(units != i64::MIN);
            prop_assert_eq!(Fen::new(units).to_string().parse(), Ok(Fen::new(units)));
            prop_assert_eq!(UnitPrice::new(units).to_string().parse(), Ok(UnitPrice::new(units)));
            prop_assert_eq!(Quantity::new(units).to_string().parse(), Ok(Quantity::new(units)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,24}") {
            if let Ok(fen) = text.parse::<Fen>() {
                prop_assert_eq!(fen.to_string().parse(), Ok(fen));
            }
        }
    }
}
