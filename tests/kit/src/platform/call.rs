//! Which call asks for what, and the envelope of its answer.

use serde_json::{Value, json};

use super::books::{Message, Output, State};
use super::file::Form;
use super::manner::Refused;
use super::person::Insured;
use super::value::{nodes, text};
use super::wire::{Answer, Arrived, Body, Framing, gzip};

/// Which call a request is, before anything is done about it.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    pub(super) infno: Option<String>,
    pub(super) msgid: Option<String>,
}

impl State {
    /// Reads which call a request is.
    pub(super) fn label(&self, request: &Arrived) -> Label {
        let form = Form::read(request);
        let bytes = form.map_or(request.body.as_slice(), |form| form.envelope);
        let envelope: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let infno = text(&envelope, "infno");
        Label {
            infno: infno.or_else(|| self.manner.infno_in_path(&request.target)),
            msgid: text(&envelope, "msgid"),
        }
    }

    /// Carries a request out.
    pub(super) fn act(&mut self, request: &Arrived) -> Answer {
        self.clock.tick();
        let mut answer = self.answered(request);
        if request.method == "HEAD" {
            answer.body = Body::Bytes(Vec::new());
            answer.framing = Framing::Length("Content-Length");
        }
        answer
    }

    fn answered(&mut self, request: &Arrived) -> Answer {
        match self.manner.check(request, &self.clock) {
            Ok(()) => {}
            Err(Refused::NoSuchPath) => return self.page((404, "Not Found")),
            Err(Refused::Stranger) => return self.page((401, "Unauthorized")),
        }
        let form = Form::read(request);
        let bytes = form
            .as_ref()
            .map_or(request.body.as_slice(), |form| form.envelope);
        let message = match self.read(request, bytes) {
            Ok(message) => message,
            Err(why) => return self.envelope(request, Err(why)),
        };
        if message.infno == "9102" {
            return match self.give_file(&message) {
                Ok(size) => self.download(size),
                Err(why) => self.envelope(request, Err(why)),
            };
        }
        let output = self.call(&message, form.map(|form| form.size));
        self.envelope(request, output)
    }

    fn read(&self, request: &Arrived, bytes: &[u8]) -> Result<Message, String> {
        let envelope: Value = serde_json::from_slice(bytes).map_err(|_| "报文格式错误")?;
        let need = |name: &str| text(&envelope, name).ok_or_else(|| format!("{name}不能为空"));
        let message = Message {
            infno: need("infno")?,
            msgid: need("msgid")?,
            store: need("fixmedins_code")?,
            input: self
                .manner
                .input(&envelope["input"])
                .ok_or("input格式错误")?,
        };
        let path = self.manner.infno_in_path(&request.target);
        if path.is_some_and(|path| path != message.infno) {
            return Err("交易编号与服务地址不符".into());
        }
        let sign_no = text(&envelope, "sign_no").unwrap_or_default();
        if self.signed_in.get(&sign_no) == Some(&false) {
            return Err("签到已失效，请重新签到".into());
        }
        Ok(message)
    }

    fn call(&mut self, message: &Message, form: Option<usize>) -> Output {
        match message.infno.as_str() {
            "1101" => self.insured_told(message),
            "1901" => Ok(dictionary(message)),
            "2001" => self.benefits_told(message),
            "2101" | "2101A" => self.settle_at_pharmacy(message, false),
            "2102" | "2102A" => self.settle_at_pharmacy(message, true),
            "2103" | "2103A" | "2208" | "2208A" => self.reverse(message),
            "2204" | "2204A" => self.upload_fees(message),
            "2206" | "2206A" => self.settle_uploaded(message, false),
            "2207" | "2207A" => self.settle_uploaded(message, true),
            "2601" => self.undo(message),
            "3301" => self.map(message),
            "3302" => self.unmap(message),
            "5203" => self.settlements_told(message),
            "5204" => self.lines_told(message),
            "9001" => self.sign_in(message),
            "9002" => self.sign_out(message),
            "9101" => self.take_file(message, form),
            stock if is_stock(stock) => self.report_stock(message),
            _ => Err(format!("交易{}未开通", message.infno)),
        }
    }

    /// 1101, by whatever was presented.
    fn insured_told(&self, message: &Message) -> Output {
        let asked = &message.input["data"];
        let shown = text(asked, "mdtrt_cert_no").ok_or("mdtrt_cert_no不能为空")?;
        let kind = text(asked, "mdtrt_cert_type").ok_or("mdtrt_cert_type不能为空")?;
        let is_shown = |person: &&Insured| match kind.as_str() {
            "01" => person.token == shown,
            "03" => person.card == shown,
            _ => person.certno == shown,
        };
        let found = self.persons.iter().find(is_shown);
        let found = found.ok_or("未查询到参保人信息")?;
        let is_another = text(asked, "certno").is_some_and(|certno| certno != found.certno);
        if is_another {
            return Err("证件号码与就诊凭证不符".into());
        }
        Ok(found.told(self.manner))
    }

    /// 2001.
    fn benefits_told(&self, message: &Message) -> Output {
        let asked = nodes(&message.input, "data");
        let psn_no = asked.first().and_then(|asked| text(asked, "psn_no"));
        let psn_no = psn_no.ok_or("psn_no不能为空")?;
        self.insured(&psn_no)?;
        Ok(json!({ "trtinfo": [{
            "psn_no": psn_no, "trt_chk_type": "01", "fund_pay_type": "310200",
            "trt_enjymnt_flag": "1", "begndate": "2026-01-01", "enddate": null,
            "trt_chk_rslt": "正常享受",
        }]}))
    }

    /// 9001.
    fn sign_in(&mut self, message: &Message) -> Output {
        let asked = &message.input["signIn"];
        text(asked, "opter_no").ok_or("opter_no不能为空")?;
        self.ids += 1;
        let number = format!("{:06}", 359_000 + self.ids);
        self.signed_in.insert(number.clone(), true);
        let at = self.clock.text("%Y-%m-%d %H:%M:%S");
        Ok(json!({ "signinoutb": { "sign_no": number, "sign_time": at } }))
    }

    /// 9002.
    fn sign_out(&mut self, message: &Message) -> Output {
        let asked = &message.input["signOut"];
        let number = text(asked, "sign_no").ok_or("sign_no不能为空")?;
        let holds = self.signed_in.get_mut(&number).ok_or("未查询到签到信息")?;
        *holds = false;
        let at = self.clock.text("%Y-%m-%d %H:%M:%S");
        Ok(json!({ "signinoutb": { "sign_time": at } }))
    }

    fn envelope(&self, request: &Arrived, output: Output) -> Answer {
        let manner = self.manner;
        let (code, error, output) = match output {
            Ok(output) => (0, Value::Null, manner.output(output)),
            Err(why) => (-1, json!(why), Value::Null),
        };
        let reference = format!(
            "{}{}{:010}",
            manner.area(),
            self.clock.text("%Y%m%d%H%M%S"),
            self.clock.serial()
        );
        let envelope = json!({
            "infcode": manner.code(code), "inf_refmsgid": reference,
            "refmsg_time": self.clock.compact(0), "respond_time": self.clock.compact(149),
            "err_msg": error, "warn_msg": null, "enctype": null, "signtype": null,
            "cainfo": null, "output": output,
        });
        let mut headers = manner.answer_headers(&self.clock, "application/json;charset=UTF-8");
        let mut body = envelope.to_string().into_bytes();
        let accepts = request.header("accept-encoding").unwrap_or_default();
        if accepts.contains("gzip") {
            headers.push(("Content-Encoding".into(), "gzip".into()));
            body = gzip(&body);
        }
        self.answer((200, "OK"), headers, Body::Bytes(body))
    }

    fn download(&self, size: u64) -> Answer {
        let mut headers = self
            .manner
            .answer_headers(&self.clock, "application/octet-stream");
        let name = "attachment; filename=\"plc.zip\"";
        headers.push(("Content-Disposition".into(), name.into()));
        let mut answer = self.answer((200, "OK"), headers, Body::File(size));
        answer.framing = Framing::Length("Content-Length");
        answer
    }

    /// A web server's own page.
    pub(super) fn page(&self, status: (u16, &'static str)) -> Answer {
        let headers = self.manner.answer_headers(&self.clock, "text/html");
        let (code, phrase) = status;
        let body = format!("<html>\r\n<h1>{code} {phrase}</h1>\r\n</html>\r\n");
        self.answer(status, headers, Body::Bytes(body.into_bytes()))
    }

    pub(super) fn answer(
        &self,
        status: (u16, &'static str),
        headers: Vec<(String, String)>,
        body: Body,
    ) -> Answer {
        let framing = self.manner.framing();
        Answer {
            status,
            headers,
            body,
            framing,
        }
    }
}

fn is_stock(infno: &str) -> bool {
    let plain = infno.strip_suffix('A').unwrap_or(infno);
    plain.len() == 4 && ("3501"..="3507").contains(&plain)
}

/// 1901: as many rows as asked for, to make a long answer.
fn dictionary(message: &Message) -> Value {
    let asked = &message.input["data"];
    let rows = text(asked, "page_size").and_then(|rows| rows.parse::<u32>().ok());
    let rows = (0..rows.unwrap_or(1)).map(|row| {
        json!({ "type": "MED_TYPE", "value": row.to_string(), "label": format!("样例{row}") })
    });
    json!({ "list": rows.collect::<Vec<_>>() })
}
