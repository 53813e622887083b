//! Parameters of a kind as a pack writes them: `name=number`, separated by `;`.

use std::collections::BTreeMap;

/// Parameters that a kind does not take, lacks, or cannot read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// The kind is not one of the closed set.
    #[error("no such kind of rule")]
    Kind,
    /// Not written `name=number`, or written twice.
    #[error("parameters must be written `name=number`, once each, separated by `;`")]
    Malformed,
    /// The kind needs it.
    #[error("parameter `{0}` is missing")]
    Missing(&'static str),
    /// The kind does not know it.
    #[error("parameter `{0}` is not one of the kind's")]
    Unknown(String),
}

/// Reads parameters and remembers which were asked for.
pub(crate) struct Parameters(BTreeMap<String, u32>);

impl Parameters {
    pub(crate) fn parse(text: &str) -> Result<Self, ParameterError> {
        let mut read = BTreeMap::new();
        for part in text
            .split(['；', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (name, value) = part.split_once('=').ok_or(ParameterError::Malformed)?;
            let value = value
                .trim()
                .parse()
                .map_err(|_| ParameterError::Malformed)?;
            if read.insert(name.trim().to_owned(), value).is_some() {
                return Err(ParameterError::Malformed);
            }
        }
        Ok(Self(read))
    }

    pub(crate) fn take(&mut self, name: &'static str) -> Result<u32, ParameterError> {
        self.0.remove(name).ok_or(ParameterError::Missing(name))
    }

    /// Refuses what no kind asked for.
    pub(crate) fn finish(self) -> Result<(), ParameterError> {
        match self.0.into_keys().next() {
            Some(unknown) => Err(ParameterError::Unknown(unknown)),
            None => Ok(()),
        }
    }
}
