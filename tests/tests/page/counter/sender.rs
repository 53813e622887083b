//! Sends forms without a browser, and says in one line what the desk was asked for.

use pharmacy_desk::{
    Action, ListAction, Place, PrescriptionAction, Remedy, ShiftAction, Sign, Supply,
};
use pharmacy_kit::http::{Request, Response};

use super::asked::asking;
use super::kit::Served;
use crate::desk::sale_id;

/// A person's number, correct and of nobody.
pub const NUMBER: &str = "11010519491231002X";

/// A page whose session is open, for forms without a browser.
pub struct Sender {
    pub served: Served,
    pub cookie: String,
    origin: String,
}

impl Sender {
    pub fn new(remedies: &[Remedy]) -> Self {
        let served = Served::new(asking(remedies));
        let (cookie, origin) = (served.cookie(), served.url(""));
        Self {
            served,
            cookie,
            origin,
        }
    }

    pub fn page(&self) -> String {
        let page = self.served.get("/counter/", &[("cookie", &self.cookie)]);
        assert_eq!(page.status, 200);
        page.text().to_owned()
    }

    /// Sends a form of the open sale's second line.
    pub fn send(&self, form: &str, fields: &str) -> Response {
        let body = format!(
            "sale={}&rule=prescription.required&line=2&{fields}",
            sale_id(1)
        );
        self.send_bare(form, &body)
    }

    pub fn send_bare(&self, form: &str, body: &str) -> Response {
        let headers = [("cookie", &*self.cookie), ("origin", &*self.origin)];
        self.served
            .post(&format!("/counter/actions/{form}"), body, &headers)
    }

    /// Sends a prescription: text fields and files.
    pub fn upload(&self, texts: &[(&str, &str)], files: &[&[u8]]) -> Response {
        const BOUND: &str = "a-line-that-no-file-has";
        let mut body = Vec::new();
        let sale = sale_id(1).to_string();
        let sale = [("sale", &*sale)];
        for (name, text) in sale.iter().chain(texts) {
            let part = format!(
                "--{BOUND}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        for file in files {
            let part = format!(
                "--{BOUND}\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(part.as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUND}--\r\n").as_bytes());
        let request = Request::new("POST", "/counter/prescriptions")
            .header(
                "content-type",
                &format!("multipart/form-data; boundary={BOUND}"),
            )
            .body(body);
        let headers = [("cookie", &*self.cookie), ("origin", &*self.origin)];
        self.served.send(request, &headers)
    }

    /// The one action that the desk was asked for since the last question.
    #[track_caller]
    pub fn action(&self) -> Action {
        let acts = std::mem::take(&mut self.served.desk.script().acts);
        assert_eq!(acts.len(), 1, "one form is one action");
        let (place, action) = acts.into_iter().next().unwrap();
        assert_eq!(place, Place::Till);
        action
    }

    #[track_caller]
    pub fn acted(&self, form: &str, fields: &str) -> String {
        let answer = self.send(form, fields);
        assert_eq!(answer.status, 200, "{form} {fields}: {}", answer.text());
        told(&self.action())
    }
}

/// An action in one line, persons and PINs in full: this is a test's own desk.
pub fn told(action: &Action) -> String {
    use pharmacy_desk::{Credentials, PersonInput};
    let person = |person: &PersonInput| {
        let number = person.number.as_ref().map_or("-", |number| number.expose());
        let name = person.name.as_ref().map_or("-", |name| name.expose());
        format!("{name}/{number}")
    };
    let by = |by: &Credentials| format!("{}/{}", by.staff, by.pin.expose());
    match action {
        Action::CloseSale => "close".into(),
        Action::PhotographCode { line, images } => format!("photo {line} {}", images.len()),
        Action::Sign(Sign::EnterNoCode { lot, by: who }) => format!(
            "no code {} {} {} {} {} {} {}",
            lot.line,
            lot.lot,
            lot.paper,
            lot.bought,
            lot.last_day,
            lot.quantity,
            by(who)
        ),
        Action::ReadCard { role } => format!("read {role:?}"),
        Action::Supply(Supply::SeeDocument { role, person: who }) => {
            format!("see {role:?} {}", person(who))
        }
        Action::Supply(Supply::ClearProxy) => "no proxy".into(),
        Action::Supply(Supply::ConfirmAnother) => "another purchase".into(),
        Action::Supply(Supply::ConfirmHolder) => "the insured is here".into(),
        Action::Supply(Supply::ConfirmProxy) => "a proxy is here".into(),
        Action::Supply(Supply::EndStandingProxy) => "no standing proxy".into(),
        Action::Sign(Sign::EnrolReader { by: who }) => format!("reader {}", by(who)),
        Action::Supply(Supply::SetProxy {
            person: who,
            holder_document,
            proxy_document,
            reason,
            lasts: _,
        }) => format!(
            "proxy {} {holder_document:?} {proxy_document:?} {reason:?}",
            person(who)
        ),
        Action::Supply(Supply::ClearPatient) => "no patient".into(),
        Action::Supply(Supply::SetPatient {
            relation,
            person: who,
        }) => format!("patient {relation:?} {}", person(who)),
        Action::Supply(Supply::NameHolder { person: who }) => format!("holder {}", person(who)),
        Action::Supply(Supply::Register { line, buyer }) => format!(
            "register {line} {}",
            buyer.as_ref().map_or("refused".into(), person)
        ),
        Action::Supply(Supply::Except { line, exception }) => {
            format!("except {line} {exception:?}")
        }
        Action::Supply(Supply::SetDays { line, days }) => format!("days {line} {days}"),
        Action::Sign(Sign::Reopen {
            shape,
            reason,
            by: who,
        }) => format!("reopen {shape} {reason} {}", by(who)),
        Action::Sign(Sign::SetClass {
            line,
            class,
            by: who,
        }) => format!("class {line} {class:?} {}", by(who)),
        Action::Sign(Sign::ConfirmForm {
            line,
            code,
            by: who,
        }) => format!("form {line} {code} {}", by(who)),
        Action::Sign(Sign::ReturnCash {
            line,
            receipt,
            by: who,
        }) => format!("cash {line} {receipt} {}", by(who)),
        Action::Supply(Supply::LearnPrefix { line, code }) => format!("prefix {line} {code}"),
        Action::Sign(Sign::Release {
            rule,
            line,
            reason,
            by: who,
        }) => format!("release {rule} {line:?} {reason} {}", by(who)),
        Action::Supply(Supply::MarkWrong { rule, line, reason }) => {
            format!("wrong {rule} {line:?} {reason}")
        }
        Action::Prescription(PrescriptionAction::Add { told, images }) => {
            let drugs: Vec<_> = told.drugs.iter().map(|drug| &*drug.name).collect();
            format!("add {} {}", drugs.join("+"), images.len())
        }
        Action::Prescription(PrescriptionAction::Attach { prescription }) => {
            format!("attach {prescription}")
        }
        Action::Prescription(PrescriptionAction::Approve {
            prescription,
            matches,
            by: who,
        }) => format!("approve {prescription} {matches:?} {}", by(who)),
        Action::Prescription(PrescriptionAction::Complete { prescription, .. }) => {
            format!("complete {prescription}")
        }
        Action::Prescription(PrescriptionAction::Doubt { prescription }) => {
            format!("doubt {prescription}")
        }
        Action::Prescription(PrescriptionAction::LiftDoubt {
            prescription,
            reason,
            by: who,
        }) => format!("lift {prescription} {reason} {}", by(who)),
        Action::Prescription(PrescriptionAction::Reject {
            prescription,
            reason,
            by: who,
        }) => format!("reject {prescription} {reason} {}", by(who)),
        Action::Shift(ShiftAction::SignIn { by: who }) => format!("sign in {}", by(who)),
        Action::Shift(ShiftAction::SignOut { staff }) => format!("sign out {staff}"),
        Action::List(ListAction::PrintSlip { sale }) => format!("print {sale}"),
        Action::List(
            ListAction::Sign { .. }
            | ListAction::ConfirmSlips { .. }
            | ListAction::CorrectBox { .. },
        ) => {
            panic!("no form of this page asks for it")
        }
    }
}
