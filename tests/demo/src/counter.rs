//! People at the counter: a page that is open beside the till, and what they fill in on it.

use std::ops::Range;

use super::DemoError;
use super::browser::{Browser, Page};
use super::course::Course;
use super::exchange::{Exchange, step};
use super::form::Form;
use super::paper;
use super::scene::Shown;
use super::staff::{PHARMACIST, Worker};
use super::stage::{Card, Stage};
use super::till::{By, insured};
use pharmacy_base::text::message;
use pharmacy_kit::platform::Insured;

/// Photos of two prescriptions on one printed form, as a telephone takes them.
const PHOTOS: [&[u8]; 2] = [
    include_bytes!("asset/prescription.jpg"),
    include_bytes!("asset/prescription-2.jpg"),
];

/// The page beside the till.
const HOME: &str = "/counter/";

/// A scene in which people act.
pub(super) struct Counter<'s> {
    pub(super) stage: &'s mut Stage,
    pub(super) course: Course,
    till: Browser,
}

/// A settled sale: where its list is shown.
pub(super) struct Listed {
    pub(super) sale: String,
    pub(super) path: String,
}

/// The page after a form, and the entries that the form made.
pub(super) struct Deed {
    pub(super) page: Page,
    pub(super) entries: Range<u64>,
}

impl Deed {
    /// Does the page answer with this text of the catalogue?
    pub(super) fn is(&self, code: &str) -> bool {
        self.page.answer() == message(code).zh
    }
}

impl<'s> Counter<'s> {
    /// Opens the page as the shop's shortcut does.
    pub(super) fn open(stage: &'s mut Stage) -> Result<Self, DemoError> {
        let mut till = stage.at_counter();
        till.open(&stage.counter_path())?;
        Ok(Self {
            stage,
            course: Course::new(),
            till,
        })
    }

    /// The scene as it went.
    pub(super) fn end(self) -> Shown {
        self.course.end([])
    }

    /// The till identifies somebody.
    pub(super) fn identify(&mut self, person: &Insured, by: By) -> Result<(), DemoError> {
        let named = self.call("1101", &insured(person, by))?;
        self.course.check("identified", named.is_accepted());
        Ok(())
    }

    /// The till calls through the gateway.
    pub(super) fn call(&mut self, infno: &'static str, input: &str) -> Result<Exchange, DemoError> {
        let exchange = self.stage.relay(infno, input)?;
        self.course.row(exchange.step());
        Ok(exchange)
    }

    /// The till settles and is refused by this rule: nothing leaves the store.
    pub(super) fn refused(&mut self, receipt: &str, rule: &str) -> Result<Exchange, DemoError> {
        let refused = self.call("2102", receipt)?;
        let is_told = refused.refusal().contains(rule);
        self.course.check(
            &format!("refused by {rule}"),
            is_told && !refused.was_sent(),
        );
        Ok(refused)
    }

    /// The till settles; the page then leads to the purchase list.
    pub(super) fn settled(&mut self, receipt: &str) -> Result<(Exchange, Listed), DemoError> {
        let settled = self.call("2102", receipt)?;
        self.course
            .check("bytes equal both ways", settled.is_unchanged());
        let number = settled.settlement();
        self.course
            .check_settled(self.stage, &settled.msgid, number)?;
        let path = self.page()?.link("/counter/lists/");
        let path = path.ok_or(DemoError::Answer("the page leads to no list"))?;
        let sale = path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok((settled, Listed { sale, path }))
    }

    /// The counter page as it is now.
    pub(super) fn page(&mut self) -> Result<Page, DemoError> {
        self.till.open(HOME)
    }

    /// Another page of the till's.
    pub(super) fn look(&mut self, path: &str) -> Result<Page, DemoError> {
        self.till.open(path)
    }

    /// Sends a form from the till.
    pub(super) fn send(&mut self, who: &str, form: Form) -> Result<Deed, DemoError> {
        deed(self.stage, &mut self.course, &mut self.till, who, &form)
    }

    /// Sends a form from another PC.
    pub(super) fn send_from(
        &mut self,
        browser: &mut Browser,
        who: &str,
        form: Form,
    ) -> Result<Deed, DemoError> {
        deed(self.stage, &mut self.course, browser, who, &form)
    }

    /// Somebody signs in at the till, with this PIN.
    pub(super) fn sign_in(&mut self, worker: &Worker, pin: &str) -> Result<Deed, DemoError> {
        let form = self.page()?.form("/counter/actions/sign-in", &[])?;
        let who = format!("{} 签到 signs in", worker.shown());
        let filled = form.fill(&[("staff", worker.id), ("pin", pin)])?;
        self.send(&who, filled)
    }

    /// Takes a prescription in: a photo, and what stands on it. Hands the photo back.
    pub(super) fn take_in(&mut self, number: &str) -> Result<Vec<u8>, DemoError> {
        let form = self.page()?.form("/counter/prescriptions", &[])?;
        let photo = photo(number);
        let filled = form.fill(&[
            ("prescription-number", number),
            ("institution", "H44030500001"),
            ("physician", "D440305000001"),
            ("days", "3"),
            ("patient", "same"),
            ("standing", "designated"),
            ("diagnosis", "上呼吸道感染"),
        ])?;
        let who = "收银员拍照收方 cashier takes the prescription in";
        let taken = self.send(who, filled.attach("image", photo.clone()))?;
        self.course
            .check("taken in", taken.is("prescription.received"));
        Ok(photo)
    }

    /// The pharmacist at the till looks at the photo, and approves.
    pub(super) fn approve(&mut self, photo: &[u8]) -> Result<Deed, DemoError> {
        let form = self.page()?.form("/counter/actions/review", &[])?;
        let id = form.value("prescription").unwrap_or_default();
        let shown = self.look(&format!("/counter/reviews/{id}/images/0"))?;
        self.course
            .check("the photo as taken", *shown.body == *photo);
        let filled = form.fill(&[("pin", PHARMACIST.pin), ("decision", "approve")])?;
        let who = format!("{} 审方 reviews", PHARMACIST.shown());
        self.send(&who, filled)
    }

    /// Reads the card that somebody lays on the reader.
    pub(super) fn read_card(
        &mut self,
        role: &'static str,
        card: Card<'_>,
    ) -> Result<Deed, DemoError> {
        let page = self.page()?;
        let form = page.form("/counter/actions/read-card", &[("role", role)])?;
        let who = "读代购人身份证 reads the proxy's ID card";
        let (course, till) = (&mut self.course, &mut self.till);
        let stage: &Stage = self.stage;
        stage.while_laying(card, |stage| deed(stage, course, till, who, &form))
    }

    /// Somebody draws their signature below a list.
    pub(super) fn sign(&mut self, listed: &Listed) -> Result<Deed, DemoError> {
        let page = self.look(&listed.path)?;
        let form = page.form(&format!("{}/signatures", listed.path), &[])?;
        // What the pad's script would put in.
        let (strokes, png) = paper::signature()?;
        let filled = form.fill(&[("signer", "holder"), ("strokes", &strokes), ("png", &png)])?;
        self.send("参保人在清单上手写签名 customer signs the list", filled)
    }

    /// Has the slip of a list printed.
    pub(super) fn print(&mut self, listed: &Listed) -> Result<Deed, DemoError> {
        let page = self.look(&listed.path)?;
        let form = page.form(&format!("{}/slips", listed.path), &[])?;
        self.send("打印小票 slip printed", form)
    }
}

/// Sends a form, and shows what came of it.
fn deed(
    stage: &Stage,
    course: &mut Course,
    browser: &mut Browser,
    who: &str,
    form: &Form,
) -> Result<Deed, DemoError> {
    let start = stage.entries()?;
    let page = browser.send(form)?;
    let entries = start..stage.entries()?;
    let answer = match page.answer() {
        answer if answer.is_empty() => format!("〔{}〕", page.title()),
        answer => answer,
    };
    course.row(step(who, &answer, &entries));
    Ok(Deed { page, entries })
}

/// A photo of its own for each prescription, by the parity of its number: one sheet does not serve two. The
/// number stands in the file's comment, since no camera takes the same bytes twice.
fn photo(number: &str) -> Vec<u8> {
    const BEGIN: &[u8] = b"\xff\xd8";
    let length = u16::try_from(number.len() + 2).unwrap_or(2).to_be_bytes();
    let [odd, even] = PHOTOS;
    let is_even = number.bytes().last().is_some_and(|digit| digit % 2 == 0);
    let sheet = if is_even { even } else { odd };
    let rest = sheet.strip_prefix(BEGIN).unwrap_or_default();
    [BEGIN, b"\xff\xfe", &length, number.as_bytes(), rest].concat()
}
