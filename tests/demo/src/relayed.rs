//! The scenes at the gateway: a till that knows nothing of the agent, and what its cashier sees.

use super::DemoError;
use super::course::Course;
use super::scene::{Scene, Shown, scenes, text};
use super::stage::Stage;
use super::till::{By, HUSBAND, Item, WIFE, insured};
use pharmacy_base::text::message;
use pharmacy_interface::refusal::SEEN;
use pharmacy_kit::gateway_till::{Settled, query, reversal, undoing};

/// All of them in their order; later ones use what earlier ones left.
pub(super) fn all() -> Vec<Scene> {
    scenes! {
        "网关：只改一个地址，逐字节转发 / gateway: one address changed, every byte as it was" => plain_sale,
        "网关：牙刷冒用药品编码，未出店门 / gateway: a toothbrush under a drug's code never leaves" => toothbrush,
        "网关：缺追溯码，柜台补扫后通过 / gateway: trace code missing, scanned at the counter" => missing_code,
        "网关：平台已结算而断线 / gateway: cut off after the platform settled" => cut_off,
        "网关：换报文号重复结算 / gateway: the same pack under another message id" => double,
        "网关：撤销后药品可再售 / gateway: reversed, then the pack can be sold again" => taken_back,
    }
}

/// The pack that was settled under the cut connection.
pub(super) struct Sold {
    pack: String,
    settled: Settled,
}

/// The beginning of a refusal, which is what a till shows of it.
fn seen(refusal: &str) -> String {
    refusal.chars().take(SEEN).collect()
}

fn plain_sale(stage: &mut Stage) -> Result<Shown, DemoError> {
    let mut course = Course::new();
    let pack = stage.pack("8900057");
    let named = stage.relay("1101", &insured(&WIFE, By::Code))?;
    let receipt = stage.receipt(&WIFE, By::Code, &Item::otc(Some(&pack)));
    let calculated = stage.relay("2101", &receipt)?;
    let settled = stage.relay("2102", &receipt)?;
    for call in [&named, &calculated, &settled] {
        course.check("bytes equal both ways", call.is_unchanged());
        course.check("accepted", call.is_accepted());
        course.check("recorded", !call.entries.is_empty());
    }
    course.check_settled(stage, &settled.msgid, settled.settlement())?;
    course.remark("去回报文逐字节一致，判定先于结算落盘 / bytes equal both ways; the verdict was on disk first");
    Ok(course.end([named, calculated, settled]))
}

fn toothbrush(stage: &mut Stage) -> Result<Shown, DemoError> {
    let mut course = Course::new();
    let named = stage.relay("1101", &insured(&WIFE, By::Code))?;
    let receipt = stage.receipt(&WIFE, By::Code, &Item::toothbrush());
    let refused = stage.relay("2102", &receipt)?;
    let undone = stage.relay("2601", &undoing(WIFE.psn_no, &refused.msgid, "2102"))?;
    let words = seen(refused.refusal());
    let is_told = words.contains("名乐牙刷") && words.contains("请此行改付现金");
    course.check("item and remedy are seen", is_told);
    let reference = refused.told("/inf_refmsgid");
    course.check("the platform's envelope", reference.len() == 30);
    course.check("nothing left", !refused.was_sent() && !undone.was_sent());
    let answer = message("gateway.undone-here");
    let is_answered = undone.is_accepted() && undone.told("/warn_msg") == answer.zh;
    course.check("undo answered here", is_answered);
    let attempt = stage.attempt(&refused.msgid)?;
    course.check("no attempt", attempt.is_null());
    course.remark(
        "平台什么都没收到，冲正由本机答复 / the platform saw nothing; the undo was answered here",
    );
    Ok(course.end([named, refused, undone]))
}

fn missing_code(stage: &mut Stage) -> Result<Shown, DemoError> {
    let mut course = Course::new();
    let pack = stage.pack("8900057");
    let named = stage.relay("1101", &insured(&HUSBAND, By::Code))?;
    let receipt = stage.receipt(&HUSBAND, By::Code, &Item::otc(None));
    let refused = stage.relay("2102", &receipt)?;
    let words = seen(refused.refusal());
    let is_told = words.contains("板蓝根颗粒") && words.contains("请扫包装追溯码");
    course.check("item and remedy are seen", is_told && !refused.was_sent());
    let mut browser = stage.at_counter();
    let page = browser.open(&stage.counter_path())?;
    let scan = page.form("/counter/scans", &[])?;
    let page = browser.send(&scan.fill(&[("code", &pack)])?)?;
    let taken = message("counter.scan-line");
    let shown = taken.zh.replace("{}", "1");
    course.check("scan taken at the counter", page.answer() == shown);
    let settled = stage.relay("2102", &receipt)?;
    course.check("bytes equal both ways", settled.is_unchanged());
    course.check_settled(stage, &settled.msgid, settled.settlement())?;
    course.remark(&format!(
        "两次结算之间，在柜台页面扫码：{shown} / scanned at the counter page in between: {}",
        taken.en.replace("{}", "1")
    ));
    Ok(course.end([named, refused, settled]))
}

fn cut_off(stage: &mut Stage) -> Result<Shown, DemoError> {
    let mut course = Course::new();
    let pack = stage.pack("8900057");
    let named = stage.relay("1101", &insured(&WIFE, By::Code))?;
    let receipt = stage.receipt(&WIFE, By::Code, &Item::otc(Some(&pack)));
    let message_2102 = stage.write("2102", &receipt);
    stage.cut_after_next_settlement();
    let cut = stage.transmit(&message_2102)?;
    let attempt = stage.attempt(&cut.msgid)?;
    let doubts = stage.in_doubt()?;
    let is_open = cut.heard.is_none() && text(&attempt, "/state") == "in-doubt" && doubts == 1;
    course.check("in doubt", is_open);
    let again = stage.transmit(&message_2102)?;
    let is_held = again.refusal().starts_with(message("gateway.in-doubt").zh);
    course.check("not sent twice", is_held && !again.was_sent());
    let asked = stage.relay("5203", &query(WIFE.psn_no, None))?;
    course.check("bytes equal both ways", asked.is_unchanged());
    course.check("doubt resolved", stage.in_doubt()? == 0);
    let after = stage.transmit(&message_2102)?;
    let settled = stage.settled_under(&cut.msgid).pop();
    let settled = settled.ok_or(DemoError::Answer("the platform did not settle"))?;
    let is_named = after.refusal().ends_with(&settled.setl_id);
    course.check("settlement named", is_named && !after.was_sent());
    course.check_settled(stage, &cut.msgid, &settled.setl_id)?;
    course.remark("结果未知不当失败，也不重发；5203 查明后销疑 / in doubt is no failure and is not sent again; 5203 resolves it");
    stage.remember(Sold {
        pack,
        settled: Settled {
            setl_id: settled.setl_id,
            mdtrt_id: settled.mdtrt_id,
            psn_no: settled.psn_no,
        },
    });
    Ok(course.end([named, cut, again, asked, after]))
}

fn double(stage: &mut Stage) -> Result<Shown, DemoError> {
    let mut course = Course::new();
    let sold = stage.sold()?;
    let receipt = stage.receipt(&WIFE, By::Code, &Item::otc(Some(&sold.pack)));
    let refused = stage.relay("2102", &receipt)?;
    let words = refused.refusal();
    let is_double = words.starts_with(message("gateway.duplicate").zh);
    course.check("refused as a double", is_double && !refused.was_sent());
    course.check(
        "names the settlement",
        words.ends_with(&sold.settled.setl_id),
    );
    stage.remember(sold);
    course.remark(
        "同一盒药未撤销前不再结算 / the same pack is not settled again before it is reversed",
    );
    Ok(course.end([refused]))
}

fn taken_back(stage: &mut Stage) -> Result<Shown, DemoError> {
    let mut course = Course::new();
    let sold = stage.sold()?;
    let input = reversal(&sold.settled);
    let back = stage.relay("2103", &input)?;
    course.check("reversal unchanged", back.is_unchanged());
    course.check_settled(stage, &back.msgid, back.settlement())?;
    let receipt = stage.receipt(&WIFE, By::Code, &Item::otc(Some(&sold.pack)));
    let settled = stage.relay("2102", &receipt)?;
    course.check("sold again", settled.is_unchanged());
    course.check_settled(stage, &settled.msgid, settled.settlement())?;
    course.remark("同一盒药撤销后重新结算 / the pack of the reversed settlement was settled anew");
    Ok(course.end([back, settled]))
}
