//! Files: 9101 up, as JSON or as a multipart form, and 9102 down.

use std::io::BufRead;

use serde_json::{Value, json};

use super::books::{Message, Output, State};
use super::value::text;
use super::wire::Arrived;

/// A multipart form with the envelope in its part `jsonStr`; the file's bytes are the other part.
pub(super) struct Form<'a> {
    /// The envelope.
    pub(super) envelope: &'a [u8],
    /// How many bytes the file has.
    pub(super) size: usize,
}

impl<'a> Form<'a> {
    /// Reads one; none where the body is no such form.
    pub(super) fn read(request: &'a Arrived) -> Option<Self> {
        let content = request.header("content-type")?;
        let (kind, boundary) = content.split_once("boundary=")?;
        if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
            return None;
        }
        let mark = format!("--{}", boundary.trim_matches('"'));
        let body = request.body.as_slice();
        let (mut envelope, mut size, mut at) = (None, 0, 0);
        let mut part = Part::Head(Name::File);
        while at < body.len() {
            let end = at + (&body[at..]).skip_until(b'\n').ok()?;
            let line = &body[at..end];
            if line.starts_with(mark.as_bytes()) {
                match part {
                    Part::Content(Name::Envelope, from) => envelope = body.get(from..at - 2),
                    Part::Content(Name::File, from) => size = body.get(from..at - 2)?.len(),
                    Part::Head(_) => {}
                }
                part = Part::Head(Name::File);
            } else if let Part::Head(name) = part {
                let is_envelope = String::from_utf8_lossy(line).contains("name=\"jsonStr\"");
                part = match name {
                    name if line == b"\r\n" => Part::Content(name, end),
                    Name::File if is_envelope => Part::Head(Name::Envelope),
                    name => Part::Head(name),
                };
            }
            at = end;
        }
        Some(Self {
            envelope: envelope?,
            size,
        })
    }
}

/// Where in a form the reading is.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// In the content that began here.
    Content(Name, usize),
    /// In the headers.
    Head(Name),
}

/// Which part it is.
#[derive(Clone, Copy, Debug)]
enum Name {
    Envelope,
    File,
}

impl State {
    /// 9101. A real platform takes an array of numbers, a string, or a form's part.
    pub(super) fn take_file(&mut self, message: &Message, form: Option<usize>) -> Output {
        let asked = &message.input["fsUploadIn"];
        let size = match (&asked["in"], form) {
            (_, Some(size)) => size,
            (Value::Array(bytes), None) => bytes.len(),
            (Value::String(text), None) => text.len(),
            _ => return Err("in不能为空".into()),
        };
        let name = text(asked, "filename").ok_or("filename不能为空")?;
        let number = self.next_id("F");
        self.files.insert(number.clone(), size as u64);
        Ok(json!({
            "file_qury_no": number, "filename": name, "fixmedins_code": message.store,
            "dld_endtime": "2099-12-31 23:59:59",
        }))
    }

    /// 9102: the size of a file, made up when it is sent.
    pub(super) fn give_file(&self, message: &Message) -> Result<u64, String> {
        let asked = &message.input["fsDownloadIn"];
        let number = text(asked, "file_qury_no").ok_or("file_qury_no不能为空")?;
        let size = self.files.get(&number).copied();
        size.ok_or_else(|| "文件不存在或已过期".into())
    }
}
