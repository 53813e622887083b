//! The master key, and the keys that grow from it.
//!
//! ```text
//! master.key ─ HKDF ─┬─ wrap ──► month-and-class keys ──► part keys ──► parts
//!                    ├─ sign ──► the log's signing key (its seed is sealed in the database)
//!                    ├─ row ───► rows of sales and requests
//!                    └─ person, trace, token: keyed digests; check: tells the right master
//! ```
//! The master lies in a file of its own, readable by the agent's user alone (Unix: mode 0600;
//! Windows: what the data directory grants). That guards against other users of the machine, not
//! against whoever takes the disk: binding the file to the machine (DPAPI or a TPM on Windows, a TPM
//! on Linux), so that the key does not open elsewhere, is a later step and needs no other change
//! than in [`load_master`] and [`create_master`].
//!
//! Backups: a backup takes the sealed parts along and must leave out `master.key` and the rows of
//! `month_key`. The month keys are what retention destroys; a copy of them would bring erased parts
//! back. The master is escrowed apart.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use pharmacy_protocol::Secret;
use pharmacy_protocol::part::PartClass;
use pharmacy_protocol::person::{IdentityNumber, PersonRef};
use pharmacy_protocol::term::{EntryIndex, LogId, TraceCode};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::JournalError;
use super::error::io_error;
use super::seal::{self, Binding, KEY_BYTES, Key};
use crate::store::{NameDigest, PackDigest, RegisterKind, RequestKey, Sealed, TokenDigest};

/// The master key's file.
pub(super) const MASTER_FILE: &str = "master.key";

/// Makes a master key where there is none.
pub(super) fn create_master(directory: &Path) -> Result<Key, JournalError> {
    let master = seal::random::<KEY_BYTES>()?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(directory.join(MASTER_FILE))
        .and_then(|mut file| {
            file.write_all(master.as_slice())?;
            file.sync_all()
        });
    written.map_err(io_error("writing the master key"))?;
    Ok(master)
}

/// Reads the master key.
pub(super) fn load_master(directory: &Path) -> Result<Key, JournalError> {
    let bytes = match fs::read(directory.join(MASTER_FILE)) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(JournalError::KeyMissing);
        }
        Err(error) => return Err(io_error("reading the master key")(error)),
    };
    let master = bytes
        .as_slice()
        .try_into()
        .map_err(|_| JournalError::KeyWrong)?;
    Ok(Zeroizing::new(master))
}

/// Names a sealed row, so that it opens in its own place only.
#[derive(Clone, Copy, Debug)]
pub enum RowName<'a> {
    /// The answer to a request.
    Request(RequestKey<'a>),
    /// The state of a sale.
    Sale(u64),
    /// The state of a prescription, by its number.
    Prescription(u64),
    /// A row of a register.
    Register(RegisterKind, &'a str),
    /// A row of another kind: its table and its key.
    Other(&'static str, &'a str),
}

/// The store's keys: seals rows, and gives persons, packs and tokens names that mean nothing
/// without them. Clones share the keys. Prints nothing of them.
#[derive(Clone)]
pub struct Keys(Arc<Ring>);

struct Ring {
    log: LogId,
    check: hmac::Key,
    name: hmac::Key,
    person: Secret<[u8; KEY_BYTES]>,
    row: Key,
    seed: Key,
    token: hmac::Key,
    trace: hmac::Key,
    wrap: Key,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys([secret])")
    }
}

/// SPEC: RFC 5869, SHA-256; the salt separates this use of the master from any other.
fn grow(master: &Key, purpose: &str) -> Result<Key, JournalError> {
    let root =
        hkdf::Salt::new(hkdf::HKDF_SHA256, b"pharmacy/journal/v1").extract(master.as_slice());
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    root.expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|grown| grown.fill(key.as_mut_slice()))
        .map_err(|_| JournalError::Random)?;
    Ok(key)
}

fn tag_key(master: &Key, purpose: &str) -> Result<hmac::Key, JournalError> {
    Ok(hmac::Key::new(
        hmac::HMAC_SHA256,
        grow(master, purpose)?.as_slice(),
    ))
}

fn tag(key: &hmac::Key, text: &[u8]) -> [u8; 32] {
    first_32(hmac::sign(key, text).as_ref())
}

fn first_32(tag: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(tag) {
        *to = *from;
    }
    bytes
}

impl Keys {
    pub(super) fn grow(master: &Key, log: LogId) -> Result<Self, JournalError> {
        Ok(Self(Arc::new(Ring {
            log,
            check: tag_key(master, "check")?,
            name: tag_key(master, "name")?,
            person: Secret::new(*grow(master, "person")?),
            row: grow(master, "row")?,
            seed: grow(master, "sign")?,
            token: tag_key(master, "token")?,
            trace: tag_key(master, "trace")?,
            wrap: grow(master, "wrap")?,
        })))
    }

    /// The log that the keys belong to.
    pub fn log(&self) -> &LogId {
        &self.0.log
    }

    /// What tells the right master from a wrong one.
    pub(super) fn check_value(&self) -> Vec<u8> {
        tag(&self.0.check, self.0.log.as_str().as_bytes()).to_vec()
    }

    pub(super) fn is_right(&self, check_value: &[u8]) -> bool {
        hmac::verify(&self.0.check, self.0.log.as_str().as_bytes(), check_value).is_ok()
    }

    /// The person's reference under this store's key.
    pub fn person_ref(&self, number: &IdentityNumber) -> PersonRef {
        PersonRef::derive(&self.0.person, number)
    }

    /// The reference of somebody whom only the insurer's number tells.
    pub fn insured_ref(&self, insured: &Secret<String>) -> PersonRef {
        PersonRef::derive_insured(&self.0.person, insured)
    }

    /// The digest under which a sale, a message or an insured person is known by a name from outside.
    pub fn name_digest(&self, kind: &str, name: &str) -> NameDigest {
        let mut context = hmac::Context::with_key(&self.0.name);
        // The kind has no zero byte in it, so no two pairs meet.
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(name.as_bytes());
        NameDigest::new(first_32(context.sign().as_ref()))
    }

    /// The digest under which a pack is known.
    pub fn trace_digest(&self, code: &TraceCode) -> PackDigest {
        PackDigest::new(tag(&self.0.trace, code.to_string().as_bytes()))
    }

    /// The digest under which a client's token is known.
    pub fn token_digest(&self, token: &Secret<String>) -> TokenDigest {
        TokenDigest::new(tag(&self.0.token, token.expose().as_bytes()))
    }

    /// Seals a row's bytes.
    pub fn seal_row(&self, name: &RowName<'_>, bytes: &[u8]) -> Result<Sealed, JournalError> {
        seal::seal(&self.0.row, &self.row_binding(name), &[bytes]).map(Sealed::new)
    }

    /// Opens a sealed row.
    pub fn open_row(
        &self,
        name: &RowName<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, JournalError> {
        seal::open(&self.0.row, &self.row_binding(name), sealed.as_bytes())
            .map_err(|_| JournalError::RowDamaged)
    }

    fn row_binding(&self, name: &RowName<'_>) -> Binding {
        let binding = Binding::new("pharmacy/row/v1", &self.0.log);
        match name {
            RowName::Request(RequestKey { client, sale, key }) => binding
                .with(b"request")
                .with(client.as_bytes())
                .with(&sale.unwrap_or(0).to_be_bytes())
                .with(key.as_bytes()),
            RowName::Sale(counter) => binding.with(b"sale").with(&counter.to_be_bytes()),
            RowName::Prescription(id) => {
                self.row_binding(&RowName::Other("prescription", &id.to_string()))
            }
            RowName::Register(RegisterKind::Staff, name) => {
                self.row_binding(&RowName::Other("register-staff", name))
            }
            RowName::Register(RegisterKind::Standing, name) => {
                self.row_binding(&RowName::Other("register", &format!("standing/{name}")))
            }
            RowName::Other(table, key) => binding
                .with(b"other")
                .with(table.as_bytes())
                .with(key.as_bytes()),
        }
    }

    pub(super) fn seal_seed(&self, seed: &Key) -> Result<Vec<u8>, JournalError> {
        let binding = Binding::new("pharmacy/signing-seed/v1", &self.0.log);
        seal::seal(&self.0.seed, &binding, &[seed.as_slice()])
    }

    pub(super) fn open_seed(&self, sealed: &[u8]) -> Result<Key, JournalError> {
        let binding = Binding::new("pharmacy/signing-seed/v1", &self.0.log);
        seal::open_key(&self.0.seed, &binding, sealed).map_err(|_| JournalError::KeyWrong)
    }

    fn month_binding(&self, month: u32, class: &str) -> Binding {
        Binding::new("pharmacy/month-key/v1", &self.0.log)
            .with(&month.to_be_bytes())
            .with(class.as_bytes())
    }

    pub(super) fn wrap_month_key(
        &self,
        month: u32,
        class: PartClass,
        key: &Key,
    ) -> Result<Vec<u8>, JournalError> {
        let binding = self.month_binding(month, class.name());
        seal::seal(&self.0.wrap, &binding, &[key.as_slice()])
    }

    pub(super) fn unwrap_month_key(&self, month: u32, class: &str, wrapped: &[u8]) -> Option<Key> {
        seal::open_key(&self.0.wrap, &self.month_binding(month, class), wrapped).ok()
    }

    /// Binds a part, or the key of a part, to its entry and class.
    pub(super) fn part_binding(
        &self,
        context: &str,
        index: EntryIndex,
        class: PartClass,
    ) -> Binding {
        Binding::new(context, &self.0.log)
            .with(&index.value().to_be_bytes())
            .with(class.name().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let master = Zeroizing::new([7; 32]);
        Keys::grow(&master, "0123456789abcdef".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_row_opens_in_its_own_place_only() {
        let keys = keys();
        let key = |sale| RequestKey {
            client: "till-1",
            sale,
            key: "k",
        };
        let names = [
            RowName::Sale(1),
            RowName::Sale(2),
            RowName::Other("sale", "1"),
            RowName::Request(key(None)),
            RowName::Request(key(Some(1))),
        ];
        for (at, name) in names.iter().enumerate() {
            let sealed = keys.seal_row(name, b"state").unwrap();
            for (other_at, other) in names.iter().enumerate() {
                assert_eq!(keys.open_row(other, &sealed).is_ok(), at == other_at);
            }
        }
    }

    #[test]
    fn the_same_code_has_the_same_digest_and_no_other_store_shares_it() {
        let code: TraceCode = "81234567890123456789".parse().unwrap();
        let other = Keys::grow(&Zeroizing::new([8; 32]), keys().log().clone()).unwrap();
        assert_eq!(keys().trace_digest(&code), keys().trace_digest(&code));
        assert_ne!(keys().trace_digest(&code), other.trace_digest(&code));
        assert!(!other.is_right(&keys().check_value()));
        assert!(keys().is_right(&keys().check_value()));
    }

    #[test]
    fn prints_no_key() {
        assert_eq!(format!("{:?}", keys()), "Keys([secret])");
    }
}
