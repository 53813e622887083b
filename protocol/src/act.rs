//! Acts of the staff: what a person signed with a key that only their PIN unlocks.
//!
//! ```text
//! act         {"v":1,"kind":"release","staff":"S01","log":"<origin>","at":1764000000123,
//!              "place":"till","till":"01","sale":"<log id>-7","about":[12],
//!              "what":{"rule":"quantity.exceeds-days"},"reason":"…"}    (one line, no spaces)
//! signed act  {"act":"<the act's text>","key":"<base64>","signature":"<base64>"}
//! message     f("pharmacy/act/v1") ‖ f(text of the act)         f(x) = u64 big endian length ‖ x
//! ```
//! A signed act is the part of class `staff` of the entry that records what was done. The text is
//! kept as it was signed: whoever verifies takes it as it stands and serialises nothing again. The
//! context in front keeps an act's signature from passing for one over anything else.
//!
//! In scope: the signed record and its verification. Out of scope: PINs and keeping keys (the agent),
//! whose a key is (the `staff` entries of the log), whether the act was allowed (the desk).

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Secret;
use crate::log::Origin;
use crate::term::{EntryIndex, SaleId, StaffId, TillNumber};
use crate::verified::Verified;

/// The act format's version.
pub const ACT_VERSION: u8 = 1;

/// The longest text of an act.
pub const MAX_ACT_BYTES: usize = 16_384;

/// The longest signed act: a text, every byte escaped, and the rest.
pub const MAX_SIGNED_ACT_BYTES: usize = 6 * MAX_ACT_BYTES + 1_024;

/// The most entries that an act may be about; as many as an entry may refer to.
pub const MAX_ABOUT: usize = crate::entry::MAX_REFS;

/// What separates these signatures from all others.
const CONTEXT: &[u8] = b"pharmacy/act/v1";

const PUBLIC_KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;

/// What a member of staff signs.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActKind {
    /// Approves a prescription.
    Approve,
    /// Says what stands on a box.
    Classify,
    /// Says which box was handed over instead of the one that was scanned.
    Correct,
    /// Enrols a card reader.
    EnrolReader,
    /// Says that a prescription in doubt is in order.
    Lift,
    /// Asks for sales by a command.
    Look,
    /// Rejects a prescription.
    Reject,
    /// Releases a reason, or answers for a question.
    Release,
    /// Opens a shape of settlements again that cannot be read.
    Reopen,
    /// Resolves an attempt in doubt.
    Resolve,
    /// Begins a shift.
    SignIn,
    /// Says what is there of goods without codes.
    Stock,
    /// Answers for a change of the staff's register.
    Vouch,
}

impl ActKind {
    /// Every kind, in the order of the alphabet.
    pub const ALL: [Self; 13] = [
        Self::Approve,
        Self::Classify,
        Self::Correct,
        Self::EnrolReader,
        Self::Lift,
        Self::Look,
        Self::Reject,
        Self::Release,
        Self::Reopen,
        Self::Resolve,
        Self::SignIn,
        Self::Stock,
        Self::Vouch,
    ];

    /// The kind's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Classify => "classify",
            Self::Correct => "correct",
            Self::EnrolReader => "enrol-reader",
            Self::Lift => "lift",
            Self::Look => "look",
            Self::Reject => "reject",
            Self::Release => "release",
            Self::Reopen => "reopen",
            Self::Resolve => "resolve",
            Self::SignIn => "sign-in",
            Self::Stock => "stock",
            Self::Vouch => "vouch",
        }
    }
}

/// Text that is no kind of act.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no act has such a kind")]
pub struct ActKindError;

impl FromStr for ActKind {
    type Err = ActKindError;
    fn from_str(name: &str) -> Result<Self, ActKindError> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name() == name).ok_or(ActKindError)
    }
}

impl fmt::Display for ActKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the signer was.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActPlace {
    /// Outside the store, for the chain.
    Remote,
    /// At another PC of the store.
    Store,
    /// At a till of the store.
    Till,
}

/// What a member of staff did and signs for.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Act {
    /// The version of the format.
    v: u8,
    /// What was done.
    pub kind: ActKind,
    /// Who did it.
    pub staff: StaffId,
    /// The log that records it.
    pub log: Origin,
    /// When, by the agent's clock; milliseconds since 1970-01-01T00:00Z.
    pub at: i64,
    /// Where the signer was.
    pub place: ActPlace,
    /// The till concerned; none where none is.
    #[serde(deserialize_with = "Option::deserialize")]
    pub till: Option<TillNumber>,
    /// The sale concerned; none where none is.
    #[serde(deserialize_with = "Option::deserialize")]
    pub sale: Option<SaleId>,
    /// Entries that were before the signer.
    pub about: Vec<EntryIndex>,
    /// What else is signed: an object; its numbers are integers.
    pub what: Value,
    /// Why, as typed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reason: Option<String>,
}

/// Prints what and where, never who or why.
impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Act({}, {:?})", self.kind, self.about)
    }
}

/// Bytes that are no act, or an act that cannot be believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ActError {
    /// Not a key, or not an Ed25519 one.
    #[error("key of a member of staff is not an ed25519 key")]
    Key,
    /// Not the record, or not its only spelling.
    #[error("act does not have its form")]
    Malformed,
    /// Signed with another key than the one enrolled.
    #[error("act is signed with another key")]
    OtherKey,
    /// Signed in another name than that of the key's owner.
    #[error("act is signed in another name")]
    OtherStaff,
    /// The signature does not fit the text.
    #[error("signature does not fit the act")]
    Signature,
    /// Longer than [`MAX_ACT_BYTES`], or about more than [`MAX_ABOUT`] entries.
    #[error("act is too long")]
    TooLong,
    /// Not [`ACT_VERSION`].
    #[error("act has an unknown version")]
    Version,
}

/// Where and when an act is done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Occasion {
    /// The log that is to record it.
    pub log: Origin,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Where the signer is.
    pub place: ActPlace,
    /// The till concerned.
    pub till: Option<TillNumber>,
}

impl Act {
    /// An act that is about nothing but itself; sale, entries, object and reason are set after.
    pub fn new(kind: ActKind, staff: StaffId, occasion: Occasion) -> Self {
        Self {
            v: ACT_VERSION,
            kind,
            staff,
            log: occasion.log,
            at: occasion.at_ms,
            place: occasion.place,
            till: occasion.till,
            sale: None,
            about: Vec::new(),
            what: Value::Object(serde_json::Map::new()),
            reason: None,
        }
    }

    /// The text that is signed.
    pub fn serialize(&self) -> Result<String, ActError> {
        let text = serde_json::to_string(self).map_err(|_| ActError::Malformed)?;
        // What is signed must be read back: a verifier turns everything else away.
        Self::parse(&text).map(|_| text)
    }

    /// Reads what [`Act::serialize`] writes, and nothing else.
    pub fn parse(text: &str) -> Result<Self, ActError> {
        if text.len() > MAX_ACT_BYTES {
            return Err(ActError::TooLong);
        }
        let act: Self = serde_json::from_str(text).map_err(|_| ActError::Malformed)?;
        if act.v != ACT_VERSION {
            return Err(ActError::Version);
        }
        if act.about.len() > MAX_ABOUT {
            return Err(ActError::TooLong);
        }
        let written = serde_json::to_string(&act).map_err(|_| ActError::Malformed)?;
        let has_form = act.what.is_object() && is_plain(&act.what) && written == text;
        has_form.then_some(act).ok_or(ActError::Malformed)
    }
}

/// A fraction has many spellings, and readers that round it differently.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Array(values) => values.iter().all(is_plain),
        Value::Object(members) => members.values().all(is_plain),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// The public key of a member of staff, as the register and the log hold it.
#[derive(Clone, Copy, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct StaffKey([u8; PUBLIC_KEY_BYTES]);

impl StaffKey {
    /// The public half of the key grown from a seed.
    pub fn of_seed(seed: &Secret<[u8; 32]>) -> Result<Self, ActError> {
        let pair = pair_of(seed)?;
        let public = pair.public_key().as_ref().try_into();
        public.map(Self).map_err(|_| ActError::Key)
    }
}

impl fmt::Display for StaffKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0))
    }
}

impl fmt::Debug for StaffKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaffKey({self})")
    }
}

impl FromStr for StaffKey {
    type Err = ActError;
    fn from_str(text: &str) -> Result<Self, ActError> {
        decode(text).map(Self).ok_or(ActError::Key)
    }
}

impl TryFrom<String> for StaffKey {
    type Error = ActError;
    fn try_from(text: String) -> Result<Self, ActError> {
        text.parse()
    }
}

impl From<StaffKey> for String {
    fn from(key: StaffKey) -> String {
        key.to_string()
    }
}

fn pair_of(seed: &Secret<[u8; 32]>) -> Result<Ed25519KeyPair, ActError> {
    Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| ActError::Key)
}

/// Base64 in its one spelling.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    // Checked before decoding.
    if text.len() != N.div_ceil(3) * 4 {
        return None;
    }
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

/// An act and its signature, as they stand in a `staff` part. Not believed until it is verified.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SignedAct {
    /// The act's text, as it was signed.
    act: String,
    /// The key that signed.
    key: StaffKey,
    signature: String,
}

impl fmt::Debug for SignedAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedAct({})", self.key)
    }
}

impl SignedAct {
    /// Signs an act with the key grown from a seed.
    pub fn sign(act: &Act, seed: &Secret<[u8; 32]>) -> Result<Self, ActError> {
        let text = act.serialize()?;
        let signature = pair_of(seed)?.sign(&message(&text));
        Ok(Self {
            act: text,
            key: StaffKey::of_seed(seed)?,
            signature: BASE64_STANDARD.encode(signature),
        })
    }

    /// The key that it names; whose it is, the `staff` entries of the log say.
    pub fn key(&self) -> &StaffKey {
        &self.key
    }

    /// The bytes of the part.
    pub fn serialize(&self) -> Vec<u8> {
        // Three texts: serialising does not fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`SignedAct::serialize`] writes, and nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, ActError> {
        if bytes.len() > MAX_SIGNED_ACT_BYTES {
            return Err(ActError::TooLong);
        }
        let signed: Self = serde_json::from_slice(bytes).map_err(|_| ActError::Malformed)?;
        let has_form = signed.serialize() == bytes;
        has_form.then_some(signed).ok_or(ActError::Malformed)
    }

    /// Believes the act if the enrolled key of `staff` signed it, in their name.
    pub fn verify(&self, staff: &StaffId, enrolled: &StaffKey) -> Result<Verified<Act>, ActError> {
        if self.key != *enrolled {
            return Err(ActError::OtherKey);
        }
        let signature: [u8; SIGNATURE_BYTES] =
            decode(&self.signature).ok_or(ActError::Signature)?;
        let key = UnparsedPublicKey::new(&ED25519, enrolled.0);
        key.verify(&message(&self.act), &signature)
            .map_err(|_| ActError::Signature)?;
        let act = Act::parse(&self.act)?;
        if act.staff != *staff {
            return Err(ActError::OtherStaff);
        }
        Ok(Verified::new(act))
    }
}

fn message(text: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(text.len().saturating_add(CONTEXT.len() + 16));
    for field in [CONTEXT, text.as_bytes()] {
        let length = u64::try_from(field.len()).unwrap_or(u64::MAX);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(field);
    }
    message
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn seed(byte: u8) -> Secret<[u8; 32]> {
        Secret::new([byte; 32])
    }

    fn staff(id: &str) -> StaffId {
        id.parse().unwrap()
    }

    fn act() -> Act {
        let occasion = Occasion {
            log: "440300.P44030000001/01/0123456789abcdef".parse().unwrap(),
            at_ms: 1_764_000_000_123,
            place: ActPlace::Till,
            till: Some("01".parse().unwrap()),
        };
        let mut act = Act::new(ActKind::Release, staff("S01"), occasion);
        act.sale = Some("0123456789abcdef-7".parse().unwrap());
        act.about = vec![EntryIndex::new(12)];
        act.what = json!({"line": 1, "rule": "quantity.exceeds-days"});
        act.reason = Some("老顾客 \"出差\"".into());
        act
    }

    #[test]
    fn an_act_has_one_spelling() {
        let text = act().serialize().unwrap();
        assert_eq!(
            text,
            r#"{"v":1,"kind":"release","staff":"S01","log":"440300.P44030000001/01/0123456789abcdef","at":1764000000123,"place":"till","till":"01","sale":"0123456789abcdef-7","about":[12],"what":{"line":1,"rule":"quantity.exceeds-days"},"reason":"老顾客 \"出差\""}"#
        );
        assert_eq!(Act::parse(&text), Ok(act()));
        for (from, to) in [
            (r#"{"v":1,"#, r#"{ "v":1,"#),
            (r#"{"v":1,"#, r#"{"v":1,"note":1,"#),
            (r#""kind":"release""#, r#""kind":"gift""#),
            (r#""staff":"S01""#, r#""staff":"""#),
            (r#""till":"01","#, ""),
            (r#""place":"till""#, r#""place":"home""#),
            (r#""老顾客"#, r#""\u8001顾客"#),
            (r#""line":1"#, r#""line":1.5"#),
            (r#""line":1,"#, r#""line":1,"line":1,"#),
            (
                r#"{"line":1,"rule":"quantity.exceeds-days"}"#,
                r#"["quantity.exceeds-days"]"#,
            ),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text, "{from}");
            assert_eq!(Act::parse(&other), Err(ActError::Malformed), "{to}");
        }
        let newer = text.replacen(r#""v":1"#, r#""v":2"#, 1);
        assert_eq!(Act::parse(&newer), Err(ActError::Version));
    }

    #[test]
    fn what_would_not_be_read_back_is_not_signed() {
        let mut long = act();
        long.reason = Some("长".repeat(MAX_ACT_BYTES));
        let mut many = act();
        many.about = vec![EntryIndex::new(0); MAX_ABOUT + 1];
        let mut fraction = act();
        fraction.what = json!({"dose": [0.5]});
        for (act, error) in [
            (long, ActError::TooLong),
            (many, ActError::TooLong),
            (fraction, ActError::Malformed),
        ] {
            assert_eq!(SignedAct::sign(&act, &seed(1)), Err(error));
        }
    }

    /// R42: who overrode a refusal is told by the key that the register names, and by nothing else.
    #[test]
    fn only_the_enrolled_key_in_its_owners_name_is_believed() {
        let signed = SignedAct::sign(&act(), &seed(1)).unwrap();
        let key = StaffKey::of_seed(&seed(1)).unwrap();
        let verified = signed.verify(&staff("S01"), &key).unwrap();
        assert_eq!(verified.into_inner(), act());

        let other = StaffKey::of_seed(&seed(2)).unwrap();
        let refused = |signed: &SignedAct, id: &str, key: &StaffKey| {
            signed.verify(&staff(id), key).unwrap_err()
        };
        assert_eq!(refused(&signed, "S01", &other), ActError::OtherKey);
        assert_eq!(refused(&signed, "S02", &key), ActError::OtherStaff);
        let swapped = SignedAct {
            key: other,
            ..signed.clone()
        };
        assert_eq!(refused(&swapped, "S01", &other), ActError::Signature);
        let changed = SignedAct {
            act: signed.act.replace("\"line\":1", "\"line\":2"),
            ..signed.clone()
        };
        assert_eq!(refused(&changed, "S01", &key), ActError::Signature);
        // The bare text under the same key: a signature made for something else.
        let bare = pair_of(&seed(1)).unwrap().sign(signed.act.as_bytes());
        let bare = SignedAct {
            signature: BASE64_STANDARD.encode(bare),
            ..signed
        };
        assert_eq!(refused(&bare, "S01", &key), ActError::Signature);
    }

    #[test]
    fn kind_names_are_those_of_serde_and_stand_in_order() {
        assert!(ActKind::ALL.is_sorted_by_key(|kind| kind.name()));
        for (at, kind) in ActKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, at);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert_eq!("Approve".parse::<ActKind>(), Err(ActKindError));
    }

    #[test]
    fn prints_neither_who_nor_why() {
        let signed = SignedAct::sign(&act(), &seed(1)).unwrap();
        let printed = format!("{:?} {signed:?}", act());
        assert!(
            !printed.contains("S01") && !printed.contains("顾客"),
            "{printed}"
        );
    }

    prop_compose! {
        fn any_act()(
            kind in prop::sample::select(&ActKind::ALL[..]),
            id in "[A-Za-z0-9_-]{1,32}", at in any::<i64>(),
            place in prop::sample::select(&[ActPlace::Remote, ActPlace::Store, ActPlace::Till][..]),
            till in prop::option::of("[A-Za-z0-9_-]{1,16}"), sale in any::<Option<u64>>(),
            about in prop::collection::vec(any::<u64>(), 0..5),
            what in prop::collection::btree_map("\\PC{0,8}", any::<i64>(), 0..4),
            reason in prop::option::of("\\PC{0,40}"),
        ) -> Act {
            let mut act = Act::new(kind, staff(&id), Occasion {
                log: "440300.P44030000001/01/0123456789abcdef".parse().unwrap(),
                at_ms: at,
                place,
                till: till.map(|till| till.parse().unwrap()),
            });
            act.sale = sale.map(|counter| SaleId::new("0123456789abcdef".parse().unwrap(), counter));
            act.about = about.into_iter().map(EntryIndex::new).collect();
            act.what = json!(what);
            act.reason = reason;
            act
        }
    }

    proptest! {
        #[test]
        fn round_trips_and_verifies(act in any_act()) {
            let text = act.serialize().unwrap();
            prop_assert_eq!(Act::parse(&text), Ok(act.clone()));
            let signed = SignedAct::sign(&act, &seed(1)).unwrap();
            let bytes = signed.serialize();
            prop_assert_eq!(SignedAct::parse(&bytes), Ok(signed.clone()));
            let key: StaffKey = signed.key().to_string().parse().unwrap();
            let verified = signed.verify(&act.staff, &key).unwrap();
            prop_assert_eq!(verified.into_inner(), act);
        }

        #[test]
        fn any_change_is_noticed(
            act in any_act(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let signed = SignedAct::sign(&act, &seed(1)).unwrap();
            let mut bytes = signed.serialize();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            let key = StaffKey::of_seed(&seed(1)).unwrap();
            let read = SignedAct::parse(&bytes);
            prop_assert!(read.and_then(|signed| signed.verify(&act.staff, &key)).is_err());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>(), text in "\\PC{0,60}") {
            prop_assert!(SignedAct::parse(&bytes).is_err());
            prop_assert!(Act::parse(&text).is_err());
            prop_assert!(text.parse::<StaffKey>().is_err());
        }
    }
}
