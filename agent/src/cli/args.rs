//! What several commands ask for.

use std::path::PathBuf;

use clap::Args;

use crate::config::{LoadedConfig, default_path};
use crate::failure::Failure;

/// Where the configuration lies.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// 配置文件 / configuration file
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

impl ConfigArgs {
    pub(super) fn load(&self) -> Result<LoadedConfig, Failure> {
        let path = self.config.clone().unwrap_or_else(default_path);
        Ok(LoadedConfig::read(&path)?)
    }
}
