//! Forms of a page, as a browser reads them, fills them in and sends them.
//!
//! In scope: the HTML that our own templates write, whose values hold no raw `<` or `>`. Out of scope:
//! HTML at large.

use super::DemoError;

/// Ends and begins the fields of a form with files; stands in nothing that is sent.
const BOUNDARY: &str = "----pharmacy-agent-demo-boundary";

/// What a form is sent as: content type and body.
type Sent = (String, Vec<u8>);

/// A form of a page, with what stands in it.
pub(super) struct Form {
    /// Where it goes.
    pub(super) action: String,
    has_files: bool,
    /// What is sent, in the order of the page.
    fields: Vec<(String, String)>,
    /// Fields that are there to be filled in, sent or not.
    known: Vec<String>,
    /// Fields where only what is offered can be chosen.
    offered: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

/// All forms of a page.
pub(super) fn read(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut is_inside = false;
    let mut select = None;
    for tag in page
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
    {
        let tag = Tag(tag.0);
        match (tag.name(), forms.last_mut()) {
            ("form", _) => {
                forms.push(Form::new(&tag));
                is_inside = true;
            }
            ("/form", _) => is_inside = false,
            ("input", Some(form)) if is_inside => form.take_input(&tag),
            ("select", Some(form)) if is_inside => {
                select = tag.value("name");
                form.known.extend(select.clone());
            }
            ("/select", _) => select = None,
            ("option", Some(form)) => {
                if let Some(name) = &select {
                    form.take_option(name, &tag);
                }
            }
            ("button", Some(form)) if is_inside => form.take_button(&tag),
            _ => {}
        }
    }
    forms
}

impl Form {
    fn new(tag: &Tag<'_>) -> Self {
        Self {
            action: tag.value("action").unwrap_or_default(),
            has_files: tag.value("enctype").is_some(),
            fields: Vec::new(),
            known: Vec::new(),
            offered: Vec::new(),
            files: Vec::new(),
        }
    }

    fn take_input(&mut self, tag: &Tag<'_>) {
        let name = tag.value("name").unwrap_or_default();
        let value = tag.value("value").unwrap_or_default();
        let kind = tag.value("type").unwrap_or_default();
        let is_sent = match kind.as_str() {
            "radio" | "checkbox" => {
                self.offered.push((name.clone(), value.clone()));
                tag.is("checked")
            }
            "file" => false,
            _ => true,
        };
        if is_sent {
            self.fields.push((name.clone(), value));
        }
        self.known.push(name);
    }

    /// The first option counts until another one is chosen.
    fn take_option(&mut self, name: &str, tag: &Tag<'_>) {
        let value = tag.value("value").unwrap_or_default();
        let is_first = !self.fields.iter().any(|(known, _)| known == name);
        if is_first {
            self.fields.push((name.to_owned(), value.clone()));
        } else if tag.is("selected") {
            self.put(name, &value);
        }
        self.offered.push((name.to_owned(), value));
    }

    /// A button sends its own value only where it is pressed.
    fn take_button(&mut self, tag: &Tag<'_>) {
        if let (Some(name), Some(value)) = (tag.value("name"), tag.value("value")) {
            self.known.push(name.clone());
            self.offered.push((name, value));
        }
    }

    /// What stands in a field.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn put(&mut self, name: &str, value: &str) {
        let mut fields = self.fields.iter_mut();
        match fields.find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Fills in fields that the form has; where it offers a choice, nothing else.
    pub(super) fn fill(mut self, told: &[(&'static str, &str)]) -> Result<Self, DemoError> {
        for (name, value) in told {
            let mut choices = self.offered.iter().filter(|(known, _)| known == name);
            let is_free = choices.clone().next().is_none();
            let is_offered = is_free || choices.any(|(_, offered)| offered == value);
            if !is_offered || !self.known.iter().any(|known| known == name) {
                let action = self.action;
                return Err(DemoError::NoField { action, name });
            }
            self.put(name, value);
        }
        Ok(self)
    }

    /// Puts a file into its field for files.
    pub(super) fn attach(mut self, field: &str, bytes: Vec<u8>) -> Self {
        self.files.push((field.to_owned(), bytes));
        self
    }

    /// What a browser sends.
    pub(super) fn encode(&self) -> Sent {
        match self.has_files {
            true => self.with_files(),
            false => {
                let pairs = self.fields.iter();
                let pairs: Vec<_> = pairs
                    .map(|(name, value)| format!("{}={}", percent(name), percent(value)))
                    .collect();
                let kind = "application/x-www-form-urlencoded".to_owned();
                (kind, pairs.join("&").into_bytes())
            }
        }
    }

    fn with_files(&self) -> Sent {
        let mut body = Vec::new();
        let mut part = |name: &str, more: &str, bytes: &[u8]| {
            let disposition = format!("content-disposition: form-data; name=\"{name}\"{more}");
            body.extend(format!("--{BOUNDARY}\r\n{disposition}\r\n\r\n").as_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        };
        for (name, value) in &self.fields {
            part(name, "", value.as_bytes());
        }
        for (name, bytes) in &self.files {
            part(
                name,
                "; filename=\"photo.jpg\"\r\ncontent-type: image/jpeg",
                bytes,
            );
        }
        body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }
}

/// What stands between `<` and `>`.
struct Tag<'a>(&'a str);

impl Tag<'_> {
    fn name(&self) -> &str {
        self.0.split_ascii_whitespace().next().unwrap_or_default()
    }

    fn value(&self, name: &str) -> Option<String> {
        let (_, rest) = self.0.split_once(&format!(" {name}=\""))?;
        Some(plain(rest.split('"').next()?))
    }

    /// Has it a word without a value?
    fn is(&self, word: &str) -> bool {
        let outside = self.0.split('"').step_by(2);
        outside
            .flat_map(str::split_ascii_whitespace)
            .any(|found| found == word)
    }
}

/// A text of a page without its escapes.
pub(super) fn plain(text: &str) -> String {
    const ESCAPES: [(&str, &str); 9] = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        // Last: what it leaves is no escape any more.
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    let unescape = |text: String, (escape, meant): &(&str, &str)| text.replace(escape, meant);
    ESCAPES.iter().fold(text.to_owned(), unescape)
}

/// A field's name or value as it travels.
fn percent(text: &str) -> String {
    let mut sent = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' => sent.push(byte.into()),
            b' ' => sent.push('+'),
            _ => sent.push_str(&format!("%{byte:02X}")),
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<p>x</p><form method=\"post\" action=\"/a\"><input type=\"hidden\" \
        name=\"sale\" value=\"s&#38;1\"><input type=\"radio\" name=\"role\" value=\"holder\" checked>\
        <input type=\"radio\" name=\"role\" value=\"proxy\"><select name=\"staff\"><option \
        value=\"S1\">A</option><option value=\"S2\" selected>B</option></select><input \
        type=\"checkbox\" name=\"yes\" value=\"y\"><button name=\"decision\" value=\"go\">g</button>\
        </form><input name=\"stray\"><form action=\"/b\" enctype=\"multipart/form-data\"><input \
        type=\"file\" name=\"image\"></form>";

    fn body(form: &Form) -> String {
        String::from_utf8(form.encode().1).unwrap()
    }

    #[test]
    fn a_form_is_sent_as_it_stands_until_it_is_filled_in() {
        let form = read(PAGE).remove(0);
        assert_eq!(body(&form), "sale=s%261&role=holder&staff=S2");
        let filled = form.fill(&[("role", "proxy"), ("decision", "go"), ("yes", "y")]);
        let filled = filled.ok().unwrap();
        assert_eq!(
            body(&filled),
            "sale=s%261&role=proxy&staff=S2&decision=go&yes=y"
        );
        assert_eq!(filled.value("staff"), Some("S2"));
    }

    #[test]
    fn nothing_is_sent_that_the_page_does_not_ask_for() {
        for told in [
            ("role", "other"),
            ("staff", "S3"),
            ("stray", "1"),
            ("pin", "1"),
        ] {
            assert!(read(PAGE).remove(0).fill(&[told]).is_err(), "{told:?}");
        }
    }

    #[test]
    fn a_form_with_files_is_sent_in_parts() {
        let form = read(PAGE).remove(1).attach("image", b"\xff\xd8".to_vec());
        let (kind, body) = form.encode();
        assert!(kind.starts_with("multipart/form-data; boundary="));
        let head =
            b"name=\"image\"; filename=\"photo.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n\xff";
        assert!(body.windows(head.len()).any(|part| part == head));
    }
}
