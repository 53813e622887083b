//! Certificates of doors that are about to end: said in time, since a till that meets an ended one sells
//! nothing more.

use std::path::PathBuf;

use jiff::Timestamp;

use super::tls::{self, TlsError};

/// How long before its end a certificate is said to end: a month, as those who renew by hand need.
pub const NOTICE_DAYS: i64 = 30;

/// A certificate that a door shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shown {
    /// Which door: `gateway`, `review`.
    pub door: &'static str,
    pub chain: PathBuf,
}

impl Shown {
    /// How many whole days it still holds if that is less than a month; negative once it has ended.
    pub fn days_left(&self, now: Timestamp) -> Result<Option<i64>, TlsError> {
        let ends = tls::ends(&self.chain)?;
        let seconds = ends.as_second().saturating_sub(now.as_second());
        let days = seconds.div_euclid(24 * 3600);
        Ok((days < NOTICE_DAYS).then_some(days))
    }
}

/// Warns of each that ends within a month.
pub(crate) fn warn(shown: &[Shown], now: Timestamp) {
    for certificate in shown {
        let door = certificate.door;
        match certificate.days_left(now) {
            Ok(None) => {}
            Ok(Some(days)) if days < 0 => {
                tracing::error!(
                    code = "door.certificate-ended",
                    door,
                    "the certificate has ended"
                );
            }
            Ok(Some(days)) => {
                tracing::warn!(
                    code = "door.certificate-ends",
                    door,
                    days,
                    "the certificate ends soon"
                );
            }
            Err(error) => tracing::warn!(code = "door.certificate", door, "{error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> (tempfile::TempDir, Shown) {
        let folder = tempfile::tempdir().unwrap();
        let chain = folder.path().join("door.pem");
        let mut wanted = rcgen::CertificateParams::new(vec!["till".to_owned()]).unwrap();
        wanted.not_before = rcgen::date_time_ymd(2020, 1, 1);
        wanted.not_after = rcgen::date_time_ymd(2030, 1, 31);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = wanted.self_signed(&key).unwrap();
        std::fs::write(&chain, certificate.pem()).unwrap();
        let door = "gateway";
        (folder, Shown { door, chain })
    }

    #[test]
    fn a_certificate_is_said_to_end_a_month_before() {
        let (_folder, shown) = shown();
        let at = |text: &str| shown.days_left(text.parse().unwrap()).unwrap();
        assert_eq!(at("2029-12-31T00:00:00Z"), None);
        assert_eq!(at("2030-01-02T00:00:00Z"), Some(29));
        assert_eq!(at("2030-01-30T12:00:00Z"), Some(0));
        assert_eq!(at("2030-02-01T00:00:00Z"), Some(-1));
    }

    #[test]
    fn a_file_that_is_none_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let chain = folder.path().join("door.pem");
        std::fs::write(
            &chain,
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        )
        .unwrap();
        let shown = Shown {
            door: "review",
            chain,
        };
        assert!(shown.days_left(Timestamp::UNIX_EPOCH).is_err());
    }
}
