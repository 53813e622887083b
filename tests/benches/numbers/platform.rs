//! The platform, as far as a bench needs one: it knows three calls, and answers at once.
//!
//! In scope: answers of the length that the real one's have, in Guangdong's manner. Out of scope:
//! checking anything; the tests have a platform that does.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Starts it on a thread of its own, for as long as the program runs.
pub fn start() -> SocketAddr {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let numbers = Arc::new(AtomicU64::new(0));
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                // A caller that hangs up ends its conversation.
                tokio::spawn(converse(stream, Arc::clone(&numbers)));
            }
        });
    });
    told.recv().unwrap()
}

async fn converse(mut stream: TcpStream, numbers: Arc<AtomicU64>) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(16 * 1024);
    loop {
        let length = loop {
            if let Some(length) = request_length(&bytes) {
                break length;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let body = answer(std::str::from_utf8(&bytes[..length]).unwrap(), number);
        let mut message = format!(
            "HTTP/1.1 200 OK\r\nServer: rio-gateway\r\nDate: Wed, 01 Jul 2026 02:31:00 GMT\r\n\
             Content-Type: application/json;charset=UTF-8\r\nX-Tif-RequestId: {number:016x}\r\n\
             Vary: Accept-Encoding\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        message.push_str(&body);
        stream.write_all(message.as_bytes()).await?;
        bytes.drain(..length);
    }
}

/// How many bytes the first request has, head and body, once all of them are there.
fn request_length(bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    let head = bytes.windows(END.len()).position(|part| part == END)? + END.len();
    let text = std::str::from_utf8(&bytes[..head]).unwrap();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    let whole = head + length.unwrap_or(0);
    (bytes.len() >= whole).then_some(whole)
}

/// What stands between quotation marks behind a member's name.
fn member<'b>(body: &'b str, name: &str) -> &'b str {
    let found = body.split_once(&format!("\"{name}\":\"")).unwrap().1;
    found.split_once('"').unwrap().0
}

fn answer(request: &str, number: u64) -> String {
    let msgid = member(request, "msgid");
    let output = match member(request, "infno") {
        "1101" => insured(&member(request, "mdtrt_cert_no").replace("TOKEN-", "PSN-")),
        "2001" => benefits(member(request, "psn_no")),
        "2102" => settled(request, msgid, number),
        other => panic!("nobody taught this platform {other}"),
    };
    format!(
        "{{\"infcode\":0,\"inf_refmsgid\":\"4400002026070110310000{number:08}\",\
         \"refmsg_time\":\"20260701103100000\",\"respond_time\":\"20260701103100000\",\
         \"err_msg\":\"\",\"warn_msg\":null,\"cainfo\":null,\"signtype\":null,\"output\":{output}}}"
    )
}

/// `baseinfo` as 1101 and a settlement tell it; the insured has no number but the insurer's, so
/// that every one of them is another person.
fn person(psn_no: &str) -> String {
    format!(
        "\"psn_no\":\"{psn_no}\",\"psn_cert_type\":\"01\",\"certno\":\"\",\
         \"psn_name\":\"样例甲\",\"gend\":\"2\",\"naty\":\"99\",\"brdy\":\"1949-12-31\",\"age\":76.5"
    )
}

fn insured(psn_no: &str) -> String {
    format!(
        "{{\"baseinfo\":{{{},\"expContent\":null}},\"insuinfo\":[{{\"balc\":41509.00,\
         \"insutype\":\"310\",\"psn_type\":\"116032\",\"psn_insu_stas\":\"1\",\
         \"psn_insu_date\":\"2015-03-01\",\"paus_insu_date\":null,\"cvlserv_flag\":\"0\",\
         \"insuplc_admdvs\":\"440300\",\"emp_name\":\"样例单位\"}}],\"idetinfo\":[]}}",
        person(psn_no)
    )
}

fn benefits(psn_no: &str) -> String {
    format!(
        "{{\"trtinfo\":[{{\"psn_no\":\"{psn_no}\",\"trt_chk_type\":\"01\",\
         \"fund_pay_type\":\"310200\",\"trt_enjymnt_flag\":\"1\",\"begndate\":\"2026-01-01\",\
         \"enddate\":null,\"trt_chk_rslt\":\"正常享受\"}}]}}"
    )
}

fn settled(request: &str, msgid: &str, number: u64) -> String {
    let total = request.split_once("\"medfee_sumamt\":").unwrap().1;
    let total = total.split_once(',').unwrap().0;
    let mut lines = String::new();
    for line in request.split("\"feedetl_sn\":\"").skip(1) {
        let serial = line.split_once('"').unwrap().0;
        let comma = if lines.is_empty() { "" } else { "," };
        write!(
            lines,
            "{comma}{{\"feedetl_sn\":\"{serial}\",\"det_item_fee_sumamt\":12.8,\"cnt\":1.0,\
             \"pric\":12.8,\"pric_uplmt_amt\":999999.0,\"selfpay_prop\":0.0,\
             \"fulamt_ownpay_amt\":0.0,\"overlmt_amt\":0.0,\"preselfpay_amt\":0.0,\
             \"inscp_scp_amt\":12.8,\"chrgitm_lv\":\"01\",\"med_chrgitm_type\":\"11\",\
             \"bas_medn_flag\":\"0\",\"hi_nego_drug_flag\":\"0\",\"chld_medc_flag\":\"0\",\
             \"list_sp_item_flag\":\"0\",\"drt_reim_flag\":\"0\",\"memo\":null}}"
        )
        .unwrap();
    }
    format!(
        "{{\"setlinfo\":{{{},\"setl_id\":\"{number:012}\",\"mdtrt_id\":\"M{number:012}\",\
         \"medins_setl_id\":\"{msgid}\",\"setl_time\":\"2026-07-01 10:31:00\",\
         \"mdtrt_cert_type\":\"01\",\"med_type\":\"41\",\"insutype\":\"310\",\
         \"medfee_sumamt\":{total},\"fulamt_ownpay_amt\":0.0,\"overlmt_selfpay\":0.0,\
         \"preselfpay_amt\":0.0,\"inscp_scp_amt\":{total},\"act_pay_dedc\":{total},\
         \"hifp_pay\":0.0,\"pool_prop_selfpay\":0.0,\"cvlserv_pay\":0.0,\"hifes_pay\":0.0,\
         \"hifmi_pay\":0.0,\"hifob_pay\":0.0,\"maf_pay\":0.0,\"oth_pay\":0.0,\
         \"fund_pay_sumamt\":{total},\"psn_part_amt\":{total},\"acct_pay\":{total},\
         \"psn_cash_pay\":0.0,\"acct_mulaid_pay\":0.0,\"balc\":41509.0,\
         \"clr_optins\":\"440300\",\"clr_way\":\"1\",\"clr_type\":\"41\"}},\
         \"setldetail\":[{{\"fund_pay_type\":\"310200\",\
         \"fund_pay_type_name\":\"城镇职工基本医疗保险个人账户基金\",\"fund_payamt\":{total},\
         \"inscp_scp_amt\":{total},\"crt_payb_lmt_amt\":null,\"setl_proc_info\":null}}],\
         \"detlcutinfo\":[{lines}]}}",
        person(member(request, "psn_no"))
    )
}
