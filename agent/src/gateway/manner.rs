//! How answers that are made here are to look: learnt from what passes.
//!
//! In scope: the last answer's shape, and in which charset each till writes. Nothing of it is a record; a
//! restart begins with what the rule pack says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pharmacy_interface::{Charset, Manner, Shape};
use pharmacy_protocol::term::TillNumber;

/// What was learnt. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Manners(Arc<Mutex<Learnt>>);

#[derive(Default)]
struct Learnt {
    shape: Option<Shape>,
    charsets: HashMap<TillNumber, Charset>,
}

impl Manners {
    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns from an answer of the platform, unpacked.
    pub(super) fn learn(&self, answer: &[u8]) {
        if let Some(shape) = Shape::of(answer) {
            self.learnt().shape = Some(shape);
        }
    }

    /// How an answer to this body is to look: in the charset of its letters; where it has none but plain
    /// ones, in that of the till's last call with others, else in the one that its label names.
    ///
    /// Plain letters in one byte each are no UTF-16, whatever came before them.
    pub(super) fn of(&self, till: &TillNumber, body: &[u8], label: &str) -> Manner {
        let written = Charset::of(body);
        let mut learnt = self.learnt();
        if let Some(charset) = written.filter(|charset| !charset.is_wide()) {
            learnt.charsets.insert(till.clone(), charset);
        }
        let known = written.or_else(|| learnt.charsets.get(till).copied());
        Manner {
            charset: known
                .or_else(|| Charset::labelled(label))
                .unwrap_or_default(),
            shape: learnt.shape.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_till_is_answered_in_its_own_letters() {
        let manners = Manners::default();
        let (one, two) = ("01".parse().unwrap(), "02".parse().unwrap());
        let plain = b"{\"infno\":\"2102\"}";
        let gbk = Charset::Gbk.encode("{\"opter_name\":\"\u{674e}\"}");
        let charset = |till, body: &[u8], label| manners.of(till, body, label).charset;
        assert_eq!(charset(&one, plain, ""), Charset::Utf8);
        assert_eq!(charset(&one, plain, "text/json; charset=GBK"), Charset::Gbk);
        assert_eq!(
            charset(&one, &gbk, "text/json; charset=UTF-8"),
            Charset::Gbk
        );
        assert_eq!(
            charset(&one, plain, "text/json; charset=UTF-8"),
            Charset::Gbk
        );
        assert_eq!(charset(&two, plain, ""), Charset::Utf8);
        let wide = Charset::Utf16Le.encode("{\"opter_name\":\"\u{674e}\"}");
        assert_eq!(charset(&two, &wide, ""), Charset::Utf16Le);
        assert_eq!(charset(&two, plain, ""), Charset::Utf8);
        assert_eq!(manners.of(&one, plain, "").shape, None);
        manners.learn(b"{\"infcode\":\"0\"}");
        manners.learn(b"<html>");
        assert!(manners.of(&two, plain, "").shape.is_some());
    }
}
