//! Keys of the staff: a signing seed that only a PIN opens.
//!
//! ```text
//! PIN ─ argon2id(salt) ─► key ─ opens ─► seed          the PIN is right exactly if the seed opens
//! sealed seed = 1 ‖ memory, passes, lanes (u32 big endian each) ‖ salt (16) ‖ sealed bytes
//! ```
//! No digest of a PIN is kept: there is nothing to compare with, and nobody who has not got the PIN
//! can sign in its owner's name, the agent included.
//!
//! Six digits are a million PINs, which a machine tries out in hours whatever a derivation costs.
//! The lock-out guards the counter only; against a copied database the row around the sealed seed is
//! sealed once more under the store's row key, so that a copy without the master key offers nothing
//! to try PINs on. Whoever has both files has those hours of work between himself and a signature.
//!
//! In scope: deriving, sealing, opening. Out of scope: which PINs may be chosen and what a wrong one
//! leads to (`core::staff`), and not running this on the desk's thread (`desk`).

use std::sync::{Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use pharmacy_protocol::Secret;
use pharmacy_protocol::term::StaffId;
use zeroize::{Zeroize as _, Zeroizing};

use super::seal::{self, Binding, KEY_BYTES, Key};
use super::{JournalError, Keys};

/// Salt of a derivation, in bytes. SPEC: RFC 9106, section 3.1: 16 bytes are recommended.
const SALT_BYTES: usize = 16;

/// The one layout of a sealed seed.
const LAYOUT_1: u8 = 1;

/// The most that a sealed seed may ask of this machine: 256 MiB, 16 passes, 4 lanes.
const MAX_COST: PinCost = PinCost {
    memory_kib: 256 * 1024,
    passes: 16,
    lanes: 4,
};

/// One derivation at a time: each takes its memory, and a till has little.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What a derivation costs whoever tries PINs out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl PinCost {
    /// SPEC: OWASP Password Storage Cheat Sheet, argon2id: at least 19 MiB, 2 passes, 1 lane. Not
    /// more: the whole agent has 40 MB, and a cashier waits for it.
    pub const SHOP: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
        lanes: 1,
    };

    /// The least that can be derived with: protects nothing, and a test does not wait for it.
    pub const fn dangerous_for_test() -> Self {
        Self {
            memory_kib: Params::MIN_M_COST,
            passes: Params::MIN_T_COST,
            lanes: Params::MIN_P_COST,
        }
    }

    fn is_bearable(self) -> bool {
        let Self {
            memory_kib,
            passes,
            lanes,
        } = self;
        memory_kib <= MAX_COST.memory_kib && passes <= MAX_COST.passes && lanes <= MAX_COST.lanes
    }
}

/// Derives the key that a PIN stands for.
fn derive(
    pin: &Secret<String>,
    salt: &[u8; SALT_BYTES],
    cost: PinCost,
) -> Result<Key, JournalError> {
    let refused = |_| JournalError::Derivation;
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(KEY_BYTES));
    let params = params.map_err(refused)?;
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut memory: Vec<Block> = Vec::new();
    let blocks = params.block_count();
    memory
        .try_reserve_exact(blocks)
        .map_err(|_| JournalError::Derivation)?;
    memory.resize(blocks, Block::default());
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let pin = pin.expose().as_bytes();
    let derived = argon2.hash_password_into_with_memory(pin, salt, key.as_mut_slice(), &mut memory);
    memory.iter_mut().for_each(Block::zeroize);
    derived.map_err(refused).map(|()| key)
}

impl Keys {
    fn staff_binding(&self, staff: &StaffId) -> Binding {
        Binding::new("pharmacy/staff-seed/v1", self.log()).with(staff.as_str().as_bytes())
    }

    /// Makes a seed for a member of staff.
    pub fn mint_staff_seed(&self) -> Result<Secret<[u8; KEY_BYTES]>, JournalError> {
        seal::random().map(|seed| Secret::new(*seed))
    }

    /// Seals a member's seed under their PIN. Takes as long as `cost` says.
    pub fn seal_staff_seed(
        &self,
        staff: &StaffId,
        pin: &Secret<String>,
        seed: &Secret<[u8; KEY_BYTES]>,
        cost: PinCost,
    ) -> Result<Vec<u8>, JournalError> {
        let salt = seal::random::<SALT_BYTES>()?;
        let key = derive(pin, &salt, cost)?;
        let sealed = seal::seal(&key, &self.staff_binding(staff), &[seed.expose()])?;
        Ok([
            &[LAYOUT_1][..],
            &cost.memory_kib.to_be_bytes(),
            &cost.passes.to_be_bytes(),
            &cost.lanes.to_be_bytes(),
            salt.as_slice(),
            &sealed,
        ]
        .concat())
    }

    /// Opens a member's seed; none if the PIN is wrong. Takes as long as it did to seal it.
    pub fn open_staff_seed(
        &self,
        staff: &StaffId,
        pin: &Secret<String>,
        sealed: &[u8],
    ) -> Result<Option<Secret<[u8; KEY_BYTES]>>, JournalError> {
        // No PIN opens what is lost: whose it was gets a new one.
        if lost_key(sealed).is_some() {
            return Ok(None);
        }
        let (cost, salt, sealed) = split(sealed).ok_or(JournalError::RowDamaged)?;
        let key = derive(pin, salt, cost)?;
        let seed = seal::open_key(&key, &self.staff_binding(staff), sealed);
        Ok(seed.ok().map(|seed| Secret::new(*seed)))
    }
}

/// In the place of a sealed key of which the log knows the digest only, and which is gone.
const LAYOUT_LOST: u8 = 0;

/// What stands in the place of a sealed key that is gone.
pub(super) fn lose_key(digest: &str) -> Vec<u8> {
    [&[LAYOUT_LOST], digest.as_bytes()].concat()
}

/// The digest of a sealed key that is gone.
pub(super) fn lost_key(sealed: &[u8]) -> Option<&str> {
    str::from_utf8(sealed.strip_prefix(&[LAYOUT_LOST])?).ok()
}

fn split(sealed: &[u8]) -> Option<(PinCost, &[u8; SALT_BYTES], &[u8])> {
    let rest = sealed.strip_prefix(&[LAYOUT_1])?;
    let (memory_kib, rest) = rest.split_first_chunk()?;
    let (passes, rest) = rest.split_first_chunk()?;
    let (lanes, rest) = rest.split_first_chunk()?;
    let (salt, rest) = rest.split_first_chunk()?;
    let cost = PinCost {
        memory_kib: u32::from_be_bytes(*memory_kib),
        passes: u32::from_be_bytes(*passes),
        lanes: u32::from_be_bytes(*lanes),
    };
    cost.is_bearable().then_some((cost, salt, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PinCost = PinCost::dangerous_for_test();

    fn keys() -> Keys {
        let master = Zeroizing::new([7; 32]);
        Keys::grow(&master, "0123456789abcdef".parse().unwrap()).unwrap()
    }

    fn pin(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn the_right_pin_opens_the_seed_of_its_owner_and_no_other_does() {
        let keys = keys();
        let (anna, bert) = ("S01".parse().unwrap(), "S02".parse().unwrap());
        let seed = keys.mint_staff_seed().unwrap();
        let sealed = keys
            .seal_staff_seed(&anna, &pin("270418"), &seed, CHEAP)
            .unwrap();
        let opened = |staff, text| keys.open_staff_seed(staff, &pin(text), &sealed).unwrap();
        assert_eq!(opened(&anna, "270418"), Some(seed));
        assert_eq!(opened(&anna, "270419"), None);
        assert_eq!(opened(&anna, ""), None);
        assert_eq!(opened(&bert, "270418"), None);
    }

    #[test]
    fn a_layout_that_is_not_ours_is_damage_and_no_wrong_pin() {
        let keys = keys();
        let staff = "S01".parse().unwrap();
        let seed = keys.mint_staff_seed().unwrap();
        let sealed = keys
            .seal_staff_seed(&staff, &pin("270418"), &seed, CHEAP)
            .unwrap();
        let mut newer = sealed.clone();
        newer[0] = 2;
        let mut greedy = sealed.clone();
        greedy[1] = 0x7f;
        for bytes in [&newer, &greedy, &sealed[..20].to_vec(), &Vec::new()] {
            let error = keys.open_staff_seed(&staff, &pin("270418"), bytes);
            assert!(matches!(error, Err(JournalError::RowDamaged)));
        }
    }

    /// The one derivation at the shop's cost in these tests: the parameters are accepted, and are
    /// what is written into the sealed bytes.
    #[test]
    fn a_shops_seed_is_sealed_at_the_shops_cost() {
        let keys = keys();
        let staff = "S01".parse().unwrap();
        let seed = keys.mint_staff_seed().unwrap();
        let sealed = keys
            .seal_staff_seed(&staff, &pin("270418"), &seed, PinCost::SHOP)
            .unwrap();
        let (cost, _, _) = split(&sealed).unwrap();
        assert_eq!((cost.memory_kib, cost.passes, cost.lanes), (19_456, 2, 1));
        assert!(
            keys.open_staff_seed(&staff, &pin("270418"), &sealed)
                .unwrap()
                .is_some()
        );
    }
}
