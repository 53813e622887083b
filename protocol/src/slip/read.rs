//! Reads a slip's proof: its text, then its bytes from left to right.

use std::str::FromStr;

use super::{CLASSES, MAX_SLIP_CHARACTERS, SLIP_MARK, SlipError, SlipProof, base45};
use crate::entry::{
    Boot, BootId, ENTRY_VERSION, ENTRY_VERSION_WITHOUT_BOOT, Entry, EntryKind, MAX_REFS, PartRef,
};
use crate::log::Hash;
use crate::log::proof::MAX_PROOF_HASHES;
use crate::part::{Commitment, Salt};
use crate::term::EntryIndex;

impl SlipProof {
    /// Reads what [`SlipProof::serialize`] writes, and nothing else.
    pub fn parse(text: &str) -> Result<Self, SlipError> {
        let characters = text.len();
        if characters > MAX_SLIP_CHARACTERS {
            return Err(SlipError::TooLong { characters });
        }
        let coded = text.strip_prefix(SLIP_MARK).ok_or(SlipError::NotASlip)?;
        let bytes = base45::decode(coded).ok_or(SlipError::NotBase45)?;
        let proof = proof(&bytes)?;
        // Numbers with idle bytes, and whatever else could be spelt twice, end here.
        let again = proof.to_bytes();
        match again
            .iter()
            .zip(&bytes)
            .position(|(ours, told)| ours != told)
        {
            None if again.len() == bytes.len() => Ok(proof),
            at => {
                let at = at.unwrap_or(again.len());
                Err(SlipError::Malformed { at })
            }
        }
    }
}

/// The proof that the bytes hold; whether they are its only spelling is not checked here.
fn proof(bytes: &[u8]) -> Result<SlipProof, SlipError> {
    let mut reader = Reader { bytes, at: 0 };
    let [version] = reader.array()?;
    if !matches!(version, ENTRY_VERSION | ENTRY_VERSION_WITHOUT_BOOT) {
        return Err(SlipError::Version { version });
    }
    let salt = Salt::new(reader.array()?);
    let key_id = reader.array()?;
    let signature = reader.array()?;
    let origin = reader.parsed()?;
    let size = reader.number()?;
    let index = EntryIndex::new(reader.number()?);
    let hashes = reader.many(MAX_PROOF_HASHES, |reader| reader.array().map(Hash))?;
    let entry = reader.entry(version)?;
    if reader.at < bytes.len() {
        return Err(reader.malformed());
    }
    Ok(SlipProof {
        salt,
        entry,
        index,
        size,
        hashes,
        origin,
        key_id,
        signature,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn entry(&mut self, version: u8) -> Result<Entry, SlipError> {
        let kind: EntryKind = self.parsed()?;
        let at_ms = self.time()?;
        let attested_ms = match self.array()? {
            [0] => None,
            [1] => Some(self.time()?),
            _ => return Err(self.malformed()),
        };
        let boot = match version {
            ENTRY_VERSION => Some(Boot {
                id: BootId::new(self.array()?),
                mono_ms: self.number()?,
            }),
            _ => None,
        };
        let till = match self.text()? {
            "" => None,
            till => Some(till.parse().map_err(|_| self.malformed())?),
        };
        let refs = self.many(MAX_REFS, |reader| reader.number().map(EntryIndex::new))?;
        let parts = self.many(CLASSES.len(), Self::part)?;
        let entry = Entry {
            kind,
            at_ms,
            attested_ms,
            boot,
            till,
            refs,
            parts,
        };
        entry.check().map_err(SlipError::Entry)?;
        Ok(entry)
    }

    fn part(&mut self) -> Result<PartRef, SlipError> {
        let code = usize::try_from(self.number()?).map_err(|_| self.malformed())?;
        let class = *CLASSES.get(code).ok_or_else(|| self.malformed())?;
        let commitment = Commitment::from_bytes(self.array()?);
        Ok(PartRef { class, commitment })
    }

    fn malformed(&self) -> SlipError {
        SlipError::Malformed { at: self.at }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SlipError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let array = rest.first_chunk().ok_or_else(|| self.malformed())?;
        self.at = self.at.saturating_add(N);
        Ok(*array)
    }

    fn number(&mut self) -> Result<u64, SlipError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << shift;
            if shifted >> shift != bits {
                return Err(self.malformed());
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.malformed())
    }

    fn time(&mut self) -> Result<i64, SlipError> {
        let number = self.number()?;
        let half = (number >> 1).cast_signed();
        Ok(if number & 1 == 0 { half } else { !half })
    }

    fn text(&mut self) -> Result<&'a str, SlipError> {
        let [length] = self.array()?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let text = rest.get(..length.into());
        let text = text.and_then(|text| str::from_utf8(text).ok());
        let text = text.ok_or_else(|| self.malformed())?;
        self.at = self.at.saturating_add(text.len());
        Ok(text)
    }

    fn parsed<T: FromStr>(&mut self) -> Result<T, SlipError> {
        let at = self.at;
        let text = self.text()?;
        text.parse().map_err(|_| SlipError::Malformed { at })
    }

    /// A count of at most `most`, and so many of them.
    fn many<T>(
        &mut self,
        most: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, SlipError>,
    ) -> Result<Vec<T>, SlipError> {
        let count = usize::try_from(self.number()?).map_err(|_| self.malformed())?;
        if count > most {
            return Err(self.malformed());
        }
        (0..count).map(|_| read(self)).collect()
    }
}
