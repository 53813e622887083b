//! What is asked of a sale before anybody goes on with it.

use super::{Phase, Sale};

impl Sale {
    /// May it still be filled?
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Assessed(_))
    }

    /// May it be gone on with?
    pub fn is_continued(&self, now_ms: i64) -> bool {
        // A sale of the local API is its program's to close.
        let is_fresh = self
            .relay
            .as_ref()
            .is_none_or(|relay| relay.is_fresh(now_ms));
        self.is_open() && !self.has_open_attempt() && is_fresh
    }

    /// Does it pass through the gateway, is it open, and is nothing under way?
    pub fn is_idle_relay(&self) -> bool {
        self.is_open() && self.relay.is_some() && !self.has_open_attempt()
    }

    /// Is it this person's, as far as both are told?
    pub fn is_of(&self, person: Option<&str>) -> bool {
        match (self.insured(), person) {
            (Some(known), Some(person)) => known == person,
            _ => true,
        }
    }

    /// Is it beyond doubt the same person's? By the insurer's number, or by the holder's certificate: of a sale
    /// of the local API nobody may have told the number.
    pub fn is_same_person(&self, other: &Self) -> bool {
        let is_same_insured = self.insured().is_some() && self.insured() == other.insured();
        is_same_insured || self.has_same_holder(other)
    }

    /// Is the insured known, by the insurer's number or by a certificate?
    pub fn is_named(&self) -> bool {
        self.insured().is_some() || self.roles.holder.reference.known().is_some()
    }

    /// Do both refer to one holder?
    fn has_same_holder(&self, other: &Self) -> bool {
        let reference = |sale: &Self| sale.roles.holder.reference.known().cloned();
        reference(self).is_some() && reference(self) == reference(other)
    }

    /// Did somebody of the staff say of this very basket that it is another purchase?
    pub fn is_another(&self) -> bool {
        match &self.relay {
            Some(relay) => relay.another.as_ref() == Some(&relay.fingerprint),
            None => self.another.as_ref() == Some(&self.basket.fingerprint()),
        }
    }

    /// Does its basket hold a fee line of this serial? One that was refused may have left it since.
    pub fn has_serial(&self, serial: Option<&String>) -> bool {
        let mut serials = self.relay.iter().flat_map(|relay| &relay.serials);
        serials.any(|(_, known)| Some(known) == serial)
    }

    /// The insured, where the gateway was told.
    pub fn insured(&self) -> Option<&str> {
        match &self.relay {
            Some(relay) => relay.person.as_deref(),
            None => self.witnessed.as_deref(),
        }
    }
}
