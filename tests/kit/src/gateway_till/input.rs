//! What stands under `input` in the calls that need no basket.

use super::basket::{CODE, STORE, Settled, token};

/// `input` of 1101 with what a phone shows.
pub fn insured(psn_no: &str) -> String {
    insured_by(CODE, &token(psn_no))
}

/// The same with anything else that shows who it is.
pub fn insured_by(kind: &str, number: &str) -> String {
    format!(
        "{{\"data\":{{\"mdtrt_cert_type\":\"{kind}\",\"mdtrt_cert_no\":\"{number}\",\"card_sn\":\"\",\
         \"begntime\":\"\",\"psn_cert_type\":\"01\",\"certno\":\"\",\"psn_name\":\"\"}}}}"
    )
}

/// `input` of 2001.
pub fn benefits(psn_no: &str) -> String {
    format!(
        "{{\"data\":{{\"psn_no\":\"{psn_no}\",\"insutype\":\"310\",\
         \"fixmedins_code\":\"{STORE}\",\"med_type\":\"41\",\"begntime\":\"2026-07-01\"}}}}"
    )
}

/// `input` of 2103 and 2208.
pub fn reversal(settled: &Settled) -> String {
    let Settled {
        setl_id,
        mdtrt_id,
        psn_no,
    } = settled;
    format!(
        "{{\"data\":{{\"setl_id\":\"{setl_id}\",\"mdtrt_id\":\"{mdtrt_id}\",\
         \"psn_no\":\"{psn_no}\",\"expContent\":null}}}}"
    )
}

/// `input` of 2601.
pub fn undoing(psn_no: &str, omsgid: &str, oinfno: &str) -> String {
    format!(
        "{{\"data\":{{\"psn_no\":\"{psn_no}\",\"omsgid\":\"{omsgid}\",\"oinfno\":\"{oinfno}\"}}}}"
    )
}

/// `input` of 5203: one settlement, or all that stand of a person.
pub fn query(psn_no: &str, settled: Option<&Settled>) -> String {
    let (setl_id, mdtrt_id) =
        settled.map_or(("", ""), |settled| (&settled.setl_id, &settled.mdtrt_id));
    format!(
        "{{\"data\":{{\"psn_no\":\"{psn_no}\",\"setl_id\":\"{setl_id}\",\
         \"mdtrt_id\":\"{mdtrt_id}\"}}}}"
    )
}

/// `input` of 3301 and 3302 for the plain OTC drug.
pub fn mapping() -> String {
    format!(
        "{{\"data\":{{\"fixmedins_code\":\"{STORE}\",\"fixmedins_hilist_id\":\"100057\",\
         \"fixmedins_hilist_name\":\"板蓝根颗粒\",\"list_type\":\"101\",\
         \"med_list_codg\":\"ZA99ZZZ9999010199901\",\"begndate\":\"2026-01-01\",\
         \"enddate\":\"2099-12-31\"}}}}"
    )
}

/// `input` of 3501 to 3507 and their A forms: one record under the node that the call has.
pub fn stock(infno: &str, batch: &str, settled: Option<&Settled>, pack: &str) -> String {
    let is_batch = infno.ends_with('A');
    let plain = infno.trim_end_matches('A');
    let common = format!(
        "\"med_list_codg\":\"ZA99ZZZ9999010199901\",\"fixmedins_hilist_id\":\"100057\",\
         \"fixmedins_hilist_name\":\"板蓝根颗粒\",\"fixmedins_bchno\":\"{batch}\",\
         \"rx_flag\":\"0\",\"manu_lotnum\":\"L1\",\"manu_date\":\"2026-01-05\",\
         \"expy_end\":\"2028-01-04\",\"memo\":\"\""
    );
    let (setl_id, mdtrt_id) =
        settled.map_or(("", ""), |settled| (&settled.setl_id, &settled.mdtrt_id));
    let (node, more) = match plain {
        "3501" => (
            "invinfo",
            "\"invdate\":\"2026-07-01\",\"inv_cnt\":40.00".to_owned(),
        ),
        "3502" => (
            "invinfo",
            "\"inv_chg_type\":\"103\",\"cnt\":1.0000".to_owned(),
        ),
        "3503" | "3504" => (
            "purcinfo",
            "\"spler_name\":\"样例商业\",\"purc_retn_cnt\":10,\
             \"purc_retn_stoin_time\":\"2026-07-01 09:00:00\""
                .to_owned(),
        ),
        "3507" => ("data", "\"inv_data_type\":\"4\"".to_owned()),
        _ => (
            "selinfo",
            format!(
                "\"setl_id\":\"{setl_id}\",\"mdtrt_sn\":\"{mdtrt_id}\",\
                 \"mdtrt_setl_type\":\"1\",\"trdn_flag\":\"0\",\"rtal_docno\":\"R1\",\
                 \"sel_retn_cnt\":1.0000,\"sel_retn_time\":\"2026-07-0110:31:20\""
            ),
        ),
    };
    let record =
        format!("{{{common},{more},\"drugtracinfo\":[{{\"drug_trac_codg\":\"{pack}\"}}]}}");
    match (plain, is_batch) {
        ("3507", true) => format!("{{\"goodDetail\":[{record}]}}"),
        (_, true) => format!("{{\"{node}Detail\":[{record}]}}"),
        (_, false) => format!("{{\"{node}\":{record}}}"),
    }
}
