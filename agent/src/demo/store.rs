//! The demo's store, made as an operator makes one, with embedded defaults.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pharmacy_protocol::Secret;
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::part::PartClass;
use serde_json::json;

use super::staff::{self, StaffKeys};
use super::stage::{REGION, STORE};
use crate::cli::print;
use crate::config::{Config, LoadedConfig};
use crate::failure::Failure;
use pharmacy_base::clock::{Clock, SystemClock};
use pharmacy_journal::{Draft, DraftPart, Identity, Journal};

/// The store's configuration: where card reader, slip printer and platform are.
pub(super) fn configuration(devices: [SocketAddr; 2], platform: SocketAddr) -> String {
    let [reader, printer] = devices;
    format!(
        "data-dir = \"state\"\n\
         [store]\ncode = \"{STORE}\"\nname = \"某某大药房演示店\"\nregion = \"{REGION}\"\n\
         stage = \"operating\"\n\
         [store.standing]\nagreement = \"in-force\"\nagreement-until = \"2099-12-31\"\n\
         licence-until = \"2099-12-31\"\nunfiled-change-days = 0\ninsurance-managers = 2\n\
         pharmacists = 1\n\
         [till]\nnumber = \"01\"\n\
         [api]\nlisten = \"127.0.0.1:0\"\n\
         [reader]\ndevice = \"tcp:{reader}\"\n\
         [printer]\ndevice = \"tcp:{printer}\"\nprint = \"asked\"\n\
         [gateway]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{platform}\"\n\
         [review]\nlisten = \"127.0.0.1:0\"\n"
    )
}

/// Store, catalogue, token and staff, as `init`, `import catalogue`, `token add` and `staff add` make
/// them.
pub(super) fn make_store(
    folder: &Path,
    loaded: &LoadedConfig,
) -> Result<(String, StaffKeys), Failure> {
    let config = &loaded.config;
    let identity = Identity {
        region: config.store.region.clone(),
        store: config.store.code.clone(),
        till: config.till.number.clone(),
    };
    let clock = Arc::new(SystemClock);
    let mut journal = Journal::create(&config.data_dir, &identity, None, clock)
        .map_err(|error| Failure::of(error.code(), &error))?;
    let sample = folder.join("sample.csv");
    std::fs::write(&sample, pharmacy_catalogue::sample())
        .map_err(|error| Failure::of("demo.failed", &error))?;
    let token = issue_token(&mut journal, config)?;
    let keys = staff::enrol(&mut journal)?;
    drop(journal);
    let built = crate::cli::import(&sample, config, None)?;
    print(&format!(
        "导入示例目录 / sample catalogue: {} articles\n\n",
        built.counts.articles
    ));
    Ok((token, keys))
}

/// The till's secret, as `token add` makes it.
fn issue_token(journal: &mut Journal, config: &Config) -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| Failure::plain("journal.random"))?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let digest = journal.keys().token_digest(&Secret::new(token.clone()));
    let record = json!({"issued": {"client": "demo"}}).to_string();
    let draft = Draft {
        kind: EntryKind::Token,
        till: Some(config.till.number.clone()),
        refs: Vec::new(),
        parts: vec![DraftPart::new(PartClass::Store, record.into_bytes())],
    };
    let now_ms = SystemClock.now_ms();
    let _ = journal
        .record(draft, |rows, _| {
            rows.add_token("demo", &config.till.number, &digest, now_ms)
        })
        .map_err(|error| Failure::of(error.code(), &error))?;
    Ok(token)
}
