//! 3301 and 3302: which insurance code an article has.

use pharmacy_decision::pack::Call;
use pharmacy_protocol::term::{InsuranceCode, Sku};

use super::error::ViewError;
use super::inventory::MAX_RECORDS;
use super::node::Node;
use super::request::Request;
use super::settlement::parsed;

/// One article of a mapping call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mapped {
    /// `fixmedins_hilist_id`.
    pub sku: Sku,
    /// `med_list_codg`.
    pub code: InsuranceCode,
}

impl Mapped {
    /// Reads all articles of a request; those without a readable number or code are left out.
    pub fn read(request: &Request, call: &Call) -> Result<Vec<Self>, ViewError> {
        let name = call.lines.as_deref().unwrap_or("data");
        let nodes = request
            .input
            .lines(name, MAX_RECORDS)?
            .ok_or(ViewError::Member("lines"))?;
        Ok(nodes.iter().filter_map(Self::of).collect())
    }

    fn of(node: &Node) -> Option<Self> {
        Some(Self {
            sku: parsed(node, "fixmedins_hilist_id")?,
            code: parsed(node, "med_list_codg")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn reads_one_article_or_many() {
        const ONE: &str = r#"{"fixmedins_hilist_id":"S1","med_list_codg":"T001700368"}"#;
        const BARE: &str = r#"{"fixmedins_hilist_id":"S2","med_list_codg":""}"#;
        const FOREIGN: &str = r#"{"fixmedins_hilist_id":"S3","med_list_codg":"A1"}"#;
        for (value, count) in [
            (ONE.to_owned(), Ok(1)),
            (format!("[{ONE},{BARE},{FOREIGN},{ONE}]"), Ok(2)),
            ("[]".to_owned(), Ok(0)),
            ("null".to_owned(), Err(ViewError::Member("lines"))),
            ("[1]".to_owned(), Err(ViewError::Line(1))),
        ] {
            let body = format!(r#"{{"infno":"3301","input":{{"data":{value}}}}}"#);
            let request = Request::parse(body.as_bytes()).unwrap();
            let mapped = Mapped::read(&request, &testing::call("3301"));
            assert_eq!(mapped.map(|mapped| mapped.len()), count, "{value}");
        }
    }
}
