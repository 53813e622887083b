//! Which call a path names, for provinces whose platform routes by path.

use std::collections::BTreeMap;

use pharmacy_protocol::term::Infno;

/// Paths below the platform's base and the calls behind them. Source: the addresses of the
/// Inner Mongolian HSAF gateway (`/fsi/api`), as public code calls them.
const PATHS: [(&str, &str); 45] = [
    ("catalogCompService/catalogCompUp", "3301"),
    ("catalogdownservice/downCatalog1301", "1301"),
    ("catalogdownservice/downCatalog1302", "1302"),
    ("catalogdownservice/downCatalog1303", "1303"),
    ("catalogdownservice/downCatalog1304", "1304"),
    ("catalogdownservice/downCatalog1305", "1305"),
    ("catalogdownservice/downCatalog1306", "1306"),
    ("catalogdownservice/downCatalog1307", "1307"),
    ("catalogdownservice/downCatalog1308", "1308"),
    ("catalogdownservice/downCatalog1309", "1309"),
    ("catalogdownservice/downCatalog1310", "1310"),
    ("catalogdownservice/downCatalog1311", "1311"),
    ("catalogdownservice/downCatalog1313", "1313"),
    ("catalogdownservice/downCatalog1314", "1314"),
    ("catalogdownservice/downCatalog1315", "1315"),
    ("catalogqueryservice/queryDataDic", "1901"),
    ("catalogqueryservice/queryHilist", "1312"),
    ("catalogqueryservice/queryLmtprcByPage", "1318"),
    ("catalogqueryservice/queryMedListMapByPage", "1317"),
    ("catalogqueryservice/queryMedinsHilistMapByPage", "1316"),
    ("catalogqueryservice/queryNatyPreparedByPage", "1304"),
    ("catalogqueryservice/querySelfpayByPage", "1319"),
    ("fileupload/download", "9102"),
    ("fileupload/upload", "9101"),
    ("fsiFixMedInsService/queryFixMedIns", "1201"),
    ("fsiIntegratedQueryService/queryFeeList", "5204"),
    ("fsiIntegratedQueryService/queryFixmedinsPracPsn", "5102"),
    ("fsiIntegratedQueryService/queryPsnOpspReg", "5301"),
    ("fsiIntegratedQueryService/querySetlInfo", "5203"),
    ("fsiPsnInfoService/queryPsnInfo", "1101"),
    ("fsiPsnPriorityInfoService/queryPsnPriorityInfo", "2001"),
    ("goodsService/goodsBuy", "3503"),
    ("goodsService/goodsBuyReturn", "3504"),
    ("goodsService/goodsInfoDelete", "3507"),
    ("goodsService/goodsSell", "3505"),
    ("goodsService/goodsSellReturn", "3506"),
    ("goodsService/goodsUpdate", "3502"),
    ("goodsService/goodsUpload", "3501"),
    ("hsecfc/localQrCodeQuery", "1162"),
    ("reverseService/revsMethod", "2601"),
    ("riskConService/beforeAnalyze", "3101"),
    ("riskConService/courseAnalyze", "3102"),
    ("signInSignOutService/signIn", "9001"),
    ("ybSettlementStmtService/stmtDetail", "3202"),
    ("ybSettlementStmtService/stmtTotal", "3201"),
];

/// The table of this region: the store's own rows first.
pub(super) struct Paths(BTreeMap<String, Infno>);

impl Paths {
    /// The shipped table with these rows over it.
    pub(super) fn new(own: &BTreeMap<String, Infno>) -> Self {
        let shipped = PATHS
            .iter()
            .filter_map(|(path, infno)| Some(((*path).to_owned(), infno.parse().ok()?)));
        let mut table: BTreeMap<_, _> = shipped.collect();
        for (path, infno) in own {
            table.insert(path.trim_matches('/').to_owned(), infno.clone());
        }
        Self(table)
    }

    /// The call that a path names: by its longest known ending, else by a last segment that is a
    /// call's number (`…/hsa/hgs/2102`).
    pub(super) fn infno(&self, path: &str) -> Option<Infno> {
        let path = path.trim_matches('/');
        let starts = path.match_indices('/').map(|(slash, _)| slash + 1);
        let mut endings = std::iter::once(0)
            .chain(starts)
            .filter_map(|start| path.get(start..));
        endings
            .find_map(|ending| self.0.get(ending).cloned())
            .or_else(|| path.rsplit('/').next()?.to_ascii_uppercase().parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_call() {
        let own = BTreeMap::from([
            ("/drugstore/settle".to_owned(), "2102A".parse().unwrap()),
            ("goodsSell".to_owned(), "3505A".parse().unwrap()),
        ]);
        let paths = Paths::new(&own);
        let cases = [
            ("/fsi/api/fsiPsnInfoService/queryPsnInfo", Some("1101")),
            ("/fsi/api/fsiPsnInfoService/queryPsnInfo/", Some("1101")),
            ("/fsi/api/drugstore/settle", Some("2102A")),
            ("drugstore/settle", Some("2102A")),
            ("/fsi/api/goodsService/goodsSell", Some("3505")),
            ("/other/goodsSell", Some("3505A")),
            ("/ebus/gdyb_inf/poc/hsa/hgs/2102", Some("2102")),
            ("/CSB", None),
            ("/fsi/api/xfsiPsnInfoService/queryPsnInfo", None),
            ("/", None),
            ("", None),
        ];
        for (path, infno) in cases {
            let found = paths.infno(path);
            assert_eq!(found.as_ref().map(Infno::as_str), infno, "{path}");
        }
    }

    #[test]
    fn every_shipped_row_is_a_call() {
        assert_eq!(Paths::new(&BTreeMap::new()).0.len(), PATHS.len());
    }
}
