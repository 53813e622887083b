//! The scenes at the counter: what only people can supply, on the page beside the till.

use std::io::Write as _;
use std::process::{Command, Stdio};

use pharmacy_protocol::act::{ActKind, ActPlace};
use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::slip::SlipError;
use pharmacy_protocol::term::EntryIndex;
use serde_json::Value;

use super::DemoError;
use super::browser::Browser;
use super::counter::{Counter, Deed, Listed};
use super::scene::{Scene, Shown, scenes};
use super::staff::{ALL, CASHIER, IN_CHARGE, PHARMACIST, REMOTE};
use super::stage::{Card, Stage};
use super::till::{By, HUSBAND, Item, WIFE};
use pharmacy_base::text::message;

/// All of them in their order; later ones need the staff of the first.
pub(super) fn all() -> Vec<Scene> {
    scenes! {
        "柜台：员工凭 PIN 签到 / counter: staff sign in" => signed_in,
        "柜台：处方从照片到签名清单和小票 / counter: a prescription, from photo to signed list and slip" => prescription,
        "柜台：妻子持双方证件代丈夫购药 / counter: a wife buys for her husband" => wife,
        "柜台：夜间店内无药师，总部远程审方 / counter: at night the chain's pharmacist reviews" => night,
        "柜台：负责人放行，处处留痕 / counter: released by the person in charge, and its trace" => released,
        "柜台：硬性规则无人可放行 / counter: a hard rule that nobody can release" => hard,
    }
}

fn signed_in(stage: &mut Stage) -> Result<Shown, DemoError> {
    let mut counter = Counter::open(stage)?;
    for worker in &ALL {
        let who = format!("登记 registered: {} {}", worker.shown(), worker.name);
        counter.course.quote(&who);
    }
    let wrong = counter.sign_in(&CASHIER, IN_CHARGE.pin)?;
    counter
        .course
        .check("a wrong PIN is refused", wrong.is("staff.pin-wrong"));
    for worker in [&PHARMACIST, &IN_CHARGE, &CASHIER] {
        let deed = counter.sign_in(worker, worker.pin)?;
        counter
            .course
            .check("signed in", deed.is("staff.signed-in"));
        let (index, _) = counter.stage.entry(&deed.entries, EntryKind::Shift)?;
        let act = counter.stage.signed_by(worker, index)?;
        let is_signed = act.is_some_and(|act| act.kind == ActKind::SignIn);
        counter.course.check("signed with the own key", is_signed);
    }
    let page = counter.page()?;
    let is_shown = page.shows(CASHIER.name) && page.shows(IN_CHARGE.name);
    counter.course.check("the page says who is here", is_shown);
    counter.course.remark(
        "每人一把私钥，由本人 PIN 解锁；签到、审方、放行都用它签名入日志 / each has a key that their PIN \
         unlocks; it signs every sign-in, review and release in the log",
    );
    Ok(counter.end())
}

fn prescription(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900235");
    let receipt = stage.receipt(&WIFE, By::Code, &Item::prescribed(Some(&pack)));
    let mut counter = Counter::open(stage)?;
    counter.identify(&WIFE, By::Code)?;
    counter.refused(&receipt, "prescription.required")?;
    let photo = counter.take_in("CF-DEMO-0001")?;
    counter.refused(&receipt, "prescription.not-reviewed")?;
    let reviewed = counter.approve(&photo)?;
    check_review(&mut counter, &reviewed, ActPlace::Till)?;
    let (_, listed) = counter.settled(&receipt)?;
    let signed = counter.sign(&listed)?;
    let (_, signature) = counter.stage.entry(&signed.entries, EntryKind::Signature)?;
    let is_bound = signed.is("list.signed") && !signature.refs.is_empty();
    counter.course.check("the list is signed", is_bound);
    let queued = counter.print(&listed)?;
    counter
        .course
        .check("sent to the printer", queued.is("slip.queued"));
    show_slip(&mut counter, &listed)?;
    Ok(counter.end())
}

/// The review is in the log, signed by whoever may review there.
fn check_review(counter: &mut Counter<'_>, deed: &Deed, place: ActPlace) -> Result<(), DemoError> {
    let worker = match place {
        ActPlace::Remote => &REMOTE,
        ActPlace::Store | ActPlace::Till => &PHARMACIST,
    };
    let done = message("prescription.approved").zh;
    counter.course.check("approved", deed.page.answer() == done);
    let (index, _) = counter
        .stage
        .entry(&deed.entries, EntryKind::Prescription)?;
    let act = counter.stage.signed_by(worker, index)?;
    let is_signed = act.is_some_and(|act| act.kind == ActKind::Approve && act.place == place);
    counter.course.check("the review is signed", is_signed);
    Ok(())
}

/// Shows the paper, and what its code is worth to whoever has the list and the log's public key.
fn show_slip(counter: &mut Counter<'_>, listed: &Listed) -> Result<(), DemoError> {
    let slip = counter.stage.printer.slip(&listed.sale)?;
    for line in &slip.lines {
        counter.course.quote(&format!("│ {line}"));
    }
    let path = format!("/v1/sales/{}/list", listed.sale);
    let client = &counter.stage.client;
    let list = client.call("GET", &path, &Value::Null)?.text;
    let mut list = list.into_bytes();
    match counter.stage.check_slip(&slip.code, &list)? {
        Ok(proven) => counter.course.remark(&format!(
            "小票二维码 {} 字符，凭清单和日志公钥脱机核验：日志第 {} 条 ✓ / the slip's QR code, checked \
             offline with the list and the log's public key: entry {}",
            slip.code.len(),
            proven.index,
            proven.index
        )),
        Err(_) => counter.course.check("the slip proves its list", false),
    }
    let middle = list.len() / 2;
    if let Some(byte) = list.get_mut(middle) {
        *byte ^= 1;
    }
    let changed = counter.stage.check_slip(&slip.code, &list)?;
    let is_noticed = changed == Err(SlipError::OtherList);
    counter
        .course
        .check("a changed list is noticed", is_noticed);
    counter.course.remark(
        "清单改动一个字节，二维码即不相符 / one changed byte in the list, and the code fits it no more",
    );
    Ok(())
}

fn wife(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900057");
    let receipt = stage.receipt(&HUSBAND, By::Number, &Item::otc(Some(&pack)));
    let mut counter = Counter::open(stage)?;
    counter.identify(&HUSBAND, By::Number)?;
    counter.refused(&receipt, "presence.none")?;
    let read = counter.read_card("proxy", Card::Valid(&WIFE))?;
    counter
        .course
        .check("card read", read.is("counter.card-taken"));
    let page = counter.page()?;
    let filled = page.form("/counter/actions/set-proxy", &[])?.fill(&[
        ("number", WIFE.certno),
        ("name", WIFE.name),
        ("why", "illness"),
        ("holder-document", "seen"),
        ("proxy-document", "read"),
    ])?;
    let who = "代购登记：双方证件、原因 proxy: both documents, the reason";
    let set = counter.send(who, filled)?;
    counter
        .course
        .check("recorded", set.is("counter.proxy-set"));
    let (_, listed) = counter.settled(&receipt)?;
    let page = counter.look(&listed.path)?;
    let is_shown = page.shows(message("office.buyer").zh);
    let is_masked = !page.shows(HUSBAND.certno) && !page.shows(WIFE.certno);
    counter
        .course
        .check("the list names the buyer, masked", is_shown && is_masked);
    counter.course.remark(
        "输入的号码不算到场；代购人证件读卡，参保人证件见原件 / a typed number is no presence; the \
         proxy's card was read, the insured person's document was seen",
    );
    Ok(counter.end())
}

fn night(stage: &mut Stage) -> Result<Shown, DemoError> {
    let pack = stage.pack("8900235");
    let receipt = stage.receipt(&HUSBAND, By::Code, &Item::prescribed(Some(&pack)));
    let mut counter = Counter::open(stage)?;
    go_home(&mut counter)?;
    counter.identify(&HUSBAND, By::Code)?;
    counter.refused(&receipt, "prescription.required")?;
    let photo = counter.take_in("CF-DEMO-0002")?;
    counter.refused(&receipt, "prescription.not-reviewed")?;
    let mut elsewhere = counter.stage.elsewhere();
    come_in(&mut counter, &mut elsewhere)?;
    let reviewed = review_remotely(&mut counter, &mut elsewhere, &photo)?;
    check_review(&mut counter, &reviewed, ActPlace::Remote)?;
    counter.settled(&receipt)?;
    counter.course.remark(
        "店内无药师在岗；远程药师只看到处方和照片，看不到收银台 / no pharmacist is on duty in the store; \
         the remote one sees prescription and photo, and no till",
    );
    Ok(counter.end())
}

/// The store's pharmacist goes home.
fn go_home(counter: &mut Counter<'_>) -> Result<(), DemoError> {
    let page = counter.look("/counter/staff")?;
    let leaving = [("staff", PHARMACIST.id)];
    let form = page.form("/counter/staff/sign-outs", &leaving)?;
    let who = format!("{} 签退 signs out", PHARMACIST.shown());
    let left = counter.send(&who, form)?;
    let is_gone = left.page.form_to("/counter/staff/sign-outs", &leaving);
    counter.course.check("gone", is_gone.is_none());
    Ok(())
}

/// The chain's pharmacist signs in from elsewhere; before that, nothing is shown.
fn come_in(counter: &mut Counter<'_>, elsewhere: &mut Browser) -> Result<(), DemoError> {
    let closed = elsewhere.open("/counter/reviews")?;
    let is_closed = closed.status == 401;
    counter.course.check("closed to strangers", is_closed);
    let form = closed.form("/counter/sign-ins", &[])?;
    let filled = form.fill(&[("staff", REMOTE.id), ("pin", REMOTE.pin)])?;
    let who = format!("{} 登录 signs in", REMOTE.shown());
    let entered = counter.send_from(elsewhere, &who, filled)?;
    let is_in = entered.page.status == 200;
    counter.course.check("let in", is_in);
    let lists = elsewhere.open("/counter/lists")?;
    let is_absent = lists.status == 404;
    counter.course.check("nothing of the till's", is_absent);
    Ok(())
}

/// The chain's pharmacist opens the prescription that waits, looks at its photo, and approves.
fn review_remotely(
    counter: &mut Counter<'_>,
    elsewhere: &mut Browser,
    photo: &[u8],
) -> Result<Deed, DemoError> {
    let waiting = elsewhere.open("/counter/reviews")?;
    let path = waiting.link("/counter/reviews/");
    let path = path.ok_or(DemoError::Answer("no prescription waits"))?;
    let shown = elsewhere.open(&format!("{path}/images/0"))?;
    counter
        .course
        .check("the photo as taken", *shown.body == *photo);
    let page = elsewhere.open(&path)?;
    let form = page.form(&format!("{path}/approvals"), &[])?;
    let filled = form.fill(&[("pin", REMOTE.pin)])?;
    let who = format!("{} 审方 reviews", REMOTE.shown());
    counter.send_from(elsewhere, &who, filled)
}

fn released(stage: &mut Stage) -> Result<Shown, DemoError> {
    let receipt = stage.receipt(&WIFE, By::Code, &Item::otc(None));
    let mut counter = Counter::open(stage)?;
    counter.identify(&WIFE, By::Code)?;
    let refused = counter.refused(&receipt, "trace.missing")?;
    let (refusal, _) = counter.stage.entry(&refused.entries, EntryKind::Verdict)?;
    let deed = release(&mut counter, "trace.missing")?;
    counter
        .course
        .check("released", deed.is("counter.released"));
    let (release, entry) = counter.stage.entry(&deed.entries, EntryKind::Release)?;
    let act = counter.stage.signed_by(&IN_CHARGE, release)?;
    let is_signed = act.is_some_and(|act| {
        act.kind == ActKind::Release && act.about.contains(&refusal) && act.reason.is_some()
    });
    let is_bound = is_signed && entry.refs.contains(&refusal);
    counter.course.check("signed, about the refusal", is_bound);
    another(&mut counter, &receipt)?;
    let (settled, _) = counter.settled(&receipt)?;
    let (outcome, entry) = counter.stage.entry(&settled.entries, EntryKind::Outcome)?;
    let is_traced = entry.refs.contains(&release);
    counter
        .course
        .check("the settlement refers to it", is_traced);
    counter.course.quote(&format!(
        "拒绝 refusal {refusal} ← 放行 release {release}（S02 签名 signed）← 结算 settlement {outcome}"
    ));
    find(&mut counter, [outcome, release])?;
    Ok(counter.end())
}

/// She bought the same minutes ago, and no code tells the two apart: one touch says that it is another purchase.
fn another(counter: &mut Counter<'_>, receipt: &str) -> Result<(), DemoError> {
    let held = message("gateway.likely-double").zh;
    counter.refused(receipt, held.split('。').next().unwrap_or(held))?;
    let form = counter.page()?;
    let form = form.form("/counter/actions/another-purchase", &[])?;
    let who = "收银员确认是另一笔 cashier: another purchase";
    let said = counter.send(who, form)?;
    counter
        .course
        .check("another purchase", said.is("counter.another-confirmed"));
    Ok(())
}

/// The person in charge releases a reason of line 1.
fn release(counter: &mut Counter<'_>, rule: &'static str) -> Result<Deed, DemoError> {
    let page = counter.page()?;
    let form = page.form("/counter/actions/release", &[("line", "1")])?;
    let filled = form.fill(&[
        ("rule", rule),
        ("reason", "追溯码印刷破损，包装已拍照留存"),
        ("pin", IN_CHARGE.pin),
    ])?;
    let who = format!("{} 放行 releases {rule}", IN_CHARGE.shown());
    counter.send(&who, filled)
}

/// An inspector asks beside the running agent, and is told the entries.
fn find(counter: &mut Counter<'_>, entries: [EntryIndex; 2]) -> Result<(), DemoError> {
    let program = std::env::current_exe().map_err(DemoError::Process)?;
    let mut asking = Command::new(program)
        .args(["find", "--releases", "--staff", IN_CHARGE.id, "--config"])
        .arg(counter.stage.config())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(DemoError::Process)?;
    if let Some(mut input) = asking.stdin.take() {
        writeln!(input, "{}", IN_CHARGE.pin).map_err(DemoError::Process)?;
    }
    let asked = asking.wait_with_output().map_err(DemoError::Process)?;
    let told = String::from_utf8_lossy(&asked.stdout);
    let command = format!("$ pharmacy-agent find --releases --staff {}", IN_CHARGE.id);
    counter.course.quote(&command);
    for line in told.lines() {
        counter.course.quote(line);
    }
    let [outcome, release] = entries;
    let is_named = told.contains(&format!("条目 entry {outcome}  "))
        && told.contains(&format!("放行 release  entry {release}  "));
    counter.course.check("find names the entries", is_named);
    Ok(())
}

fn hard(stage: &mut Stage) -> Result<Shown, DemoError> {
    let receipt = stage.receipt(&WIFE, By::Code, &Item::toothbrush());
    let mut counter = Counter::open(stage)?;
    counter.identify(&WIFE, By::Code)?;
    counter.refused(&receipt, "item.not-payable")?;
    let page = counter.page()?;
    let offered = page.form_to("/counter/actions/release", &[("rule", "item.not-payable")]);
    counter
        .course
        .check("the page does not offer it", offered.is_none());
    // A browser sends what it likes: the form of another reason, with this rule in it.
    let forced = release(&mut counter, "item.not-payable")?;
    counter
        .course
        .check("nobody releases it", forced.is("release.never"));
    let soft = release(&mut counter, "item.substituted")?;
    counter
        .course
        .check("the other one is released", soft.is("counter.released"));
    counter.refused(&receipt, "item.not-payable")?;
    counter.course.remark(
        "页面不给出放行；伪造表单也不行，负责人的 PIN 也不行 / the page offers no release; a forged form \
         does not help, nor does the PIN of the person in charge",
    );
    Ok(counter.end())
}
