//! `init`: makes the store.

use std::path::Path;

use super::print::print;
use crate::config::LoadedConfig;
use crate::failure::Failure;
use pharmacy_base::clock::SystemClock;
use pharmacy_journal::{Identity, Journal};

/// Makes log, keys and records where the configuration says; never touches what is there.
pub(super) fn init(loaded: &LoadedConfig, path: Option<&Path>) -> Result<(), Failure> {
    let config = &loaded.config;
    let identity = Identity {
        region: config.store.region.clone(),
        store: config.store.code.clone(),
        till: config.till.number.clone(),
    };
    let journal = Journal::create(
        &config.data_dir,
        &identity,
        None,
        std::sync::Arc::new(SystemClock),
    )?;
    let option = path.map_or_else(String::new, |path| format!(" --config {}", path.display()));
    print(&format!(
        "已建立数据目录 / store made\n  origin  {}\n  vkey    {}\n\
         下一步 / next:\n  pharmacy-agent import catalogue FILE{option}\n  \
         pharmacy-agent token add --client NAME{option}\n  pharmacy-agent run{option}\n",
        journal.origin(),
        journal.verifier().serialize(),
    ));
    Ok(())
}
