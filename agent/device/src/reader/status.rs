//! What a reader answers: the third status byte, SW3.
//!
//! SPEC: GA/T 467, status codes of the business-terminal interface. SW1 and SW2 are the card's own
//! words and mean nothing to the counter.

use std::fmt;

/// A reader's answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Status {
    /// 10: the request's checksum was wrong.
    RequestChecksum,
    /// 11: the request's length was wrong.
    RequestLength,
    /// 21: no such command or parameter.
    UnknownCommand,
    /// 23: the command is not permitted.
    NotPermitted,
    /// 24: an error that the module itself does not recognise.
    Unrecognised,
    /// 31: the card did not accept the security module.
    ModuleRejected,
    /// 32: the security module did not accept the card.
    CardRejected,
    /// 33: the signature over the card's text is wrong.
    Unverified,
    /// 40: a card of another kind.
    NotAnIdCard,
    /// 41: reading the card failed.
    ReadFailed,
    /// 47: no random number from the card.
    RandomFailed,
    /// 60: the module failed its own test and accepts no command.
    SelfTestFailed,
    /// 66: the module is not authorised.
    ModuleUnauthorised,
    /// 80: no card in the field.
    NoCard,
    /// 81: selecting the card failed.
    SelectFailed,
    /// 90: done.
    Success,
    /// 91: the card does not hold the item asked for.
    Empty,
    /// 9F: a card is in the field.
    CardFound,
    /// A byte that no published table lists.
    Unlisted(u8),
}

/// What a status asks of the agent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Class {
    /// The device is broken or not authorised.
    DeviceFault,
    /// Nothing there, and that is fine.
    Empty,
    Idle,
    /// The request arrived damaged: send it once more.
    Link,
    Ok,
    /// The request itself is wrong for this reader.
    ProgramError,
    /// The card cannot be accepted.
    RefuseCard,
    /// Reset the security module, then try once more.
    Reset,
    /// Begin again with finding the card.
    RetryCard,
    Unknown,
}

impl Status {
    /// The status that a byte stands for.
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            0x10 => Self::RequestChecksum,
            0x11 => Self::RequestLength,
            0x21 => Self::UnknownCommand,
            0x23 => Self::NotPermitted,
            0x24 => Self::Unrecognised,
            0x31 => Self::ModuleRejected,
            0x32 => Self::CardRejected,
            0x33 => Self::Unverified,
            0x40 => Self::NotAnIdCard,
            0x41 => Self::ReadFailed,
            0x47 => Self::RandomFailed,
            0x60 => Self::SelfTestFailed,
            0x66 => Self::ModuleUnauthorised,
            0x80 => Self::NoCard,
            0x81 => Self::SelectFailed,
            0x90 => Self::Success,
            0x91 => Self::Empty,
            0x9F => Self::CardFound,
            other => Self::Unlisted(other),
        }
    }

    /// The byte on the wire.
    pub fn byte(self) -> u8 {
        match self {
            Self::RequestChecksum => 0x10,
            Self::RequestLength => 0x11,
            Self::UnknownCommand => 0x21,
            Self::NotPermitted => 0x23,
            Self::Unrecognised => 0x24,
            Self::ModuleRejected => 0x31,
            Self::CardRejected => 0x32,
            Self::Unverified => 0x33,
            Self::NotAnIdCard => 0x40,
            Self::ReadFailed => 0x41,
            Self::RandomFailed => 0x47,
            Self::SelfTestFailed => 0x60,
            Self::ModuleUnauthorised => 0x66,
            Self::NoCard => 0x80,
            Self::SelectFailed => 0x81,
            Self::Success => 0x90,
            Self::Empty => 0x91,
            Self::CardFound => 0x9F,
            Self::Unlisted(byte) => byte,
        }
    }

    /// What the status asks of the agent.
    pub fn class(self) -> Class {
        match self {
            Self::Success | Self::CardFound => Class::Ok,
            Self::Empty => Class::Empty,
            Self::NoCard => Class::Idle,
            Self::RequestChecksum | Self::RequestLength => Class::Link,
            Self::ModuleRejected | Self::ReadFailed | Self::SelectFailed => Class::RetryCard,
            Self::CardRejected | Self::Unverified | Self::NotAnIdCard => Class::RefuseCard,
            // A random number that fails is the module's business as often as the card's.
            Self::Unrecognised | Self::RandomFailed => Class::Reset,
            Self::SelfTestFailed | Self::ModuleUnauthorised => Class::DeviceFault,
            Self::UnknownCommand | Self::NotPermitted => Class::ProgramError,
            Self::Unlisted(_) => Class::Unknown,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}", self.byte())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_itself_again() {
        let mut unlisted = 0;
        for byte in 0..=u8::MAX {
            let status = Status::from_byte(byte);
            assert_eq!(status.byte(), byte);
            if status.class() == Class::Unknown {
                assert_eq!(status, Status::Unlisted(byte));
                unlisted += 1;
            }
        }
        assert_eq!(unlisted, 256 - 18);
    }

    #[test]
    fn classes_follow_the_table() {
        for (byte, class) in [
            (0x90, Class::Ok),
            (0x9F, Class::Ok),
            (0x91, Class::Empty),
            (0x80, Class::Idle),
            (0x10, Class::Link),
            (0x11, Class::Link),
            (0x21, Class::ProgramError),
            (0x23, Class::ProgramError),
            (0x24, Class::Reset),
            (0x47, Class::Reset),
            (0x31, Class::RetryCard),
            (0x41, Class::RetryCard),
            (0x81, Class::RetryCard),
            (0x32, Class::RefuseCard),
            (0x33, Class::RefuseCard),
            (0x40, Class::RefuseCard),
            (0x60, Class::DeviceFault),
            (0x66, Class::DeviceFault),
            (0x00, Class::Unknown),
        ] {
            assert_eq!(Status::from_byte(byte).class(), class, "{byte:02X}");
        }
    }
}
