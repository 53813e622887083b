use proptest::prelude::*;

use super::*;

/// The specification's example, and its key.
const QUASIMODO: &str = "Ognuno sta solo sul cuor della terra\n";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, &Secret::new([seed; 32])).unwrap()
}

fn text(text: &str) -> Text {
    Text::try_from(text.to_owned()).unwrap()
}

fn verifier(key: &SigningKey) -> Vec<VerifierKey> {
    vec![key.verifier_key().clone()]
}

/// The key itself may have a plus in its base64.
fn id_and_key(vkey: &str) -> (&str, &str) {
    let (_, rest) = vkey.split_once('+').unwrap();
    rest.split_once('+').unwrap()
}

fn foreign_line(name: &str, bytes: usize) -> String {
    let signature = BASE64_STANDARD.encode(vec![5; bytes]);
    format!("— {name} {signature}\n")
}

#[test]
fn opens_what_it_signed() {
    let key = key("example.com/log", 1);
    let text = text("first\n\nthird\n");
    let note = sign(&text, &key);
    assert_eq!(open(note.as_bytes(), &verifier(&key)).unwrap().get(), &text);
}

#[test]
fn passes_over_strangers_and_counts_sixteen_of_them() {
    let key = key("example.com/log", 1);
    let mut note = sign(&text("text\n"), &key);
    // Cosignatures, post-quantum ones and a stranger under our own name, with another key id.
    note.push_str(&foreign_line("witness.example/w1", 4 + 8 + 64));
    note.push_str(&foreign_line("example.com/log", 4 + 8 + 2420));
    for at in 0..14 {
        note.push_str(&foreign_line(&format!("witness.example/{at}"), 4 + 4627));
    }
    assert!(open(note.as_bytes(), &verifier(&key)).is_ok());
    for _ in 0..MAX_SIGNATURES {
        note.push_str(&foreign_line("witness.example/more", 5));
    }
    let error = Err(NoteError::TooManySignatures);
    assert_eq!(open(note.as_bytes(), &verifier(&key)), error);
}

#[test]
fn one_wrong_signature_of_a_known_key_spoils_the_note() {
    let (ours, theirs) = (key("example.com/log", 1), key("example.com/other", 2));
    let known = [verifier(&ours), verifier(&theirs)].concat();
    let note = sign(&text("text\n"), &ours);
    let other = sign(&text("other text\n"), &theirs);
    let line = other.lines().last().unwrap();
    let note = format!("{note}{line}\n");
    assert!(open(note.as_bytes(), &verifier(&ours)).is_ok());
    assert_eq!(open(note.as_bytes(), &known), Err(NoteError::BadSignature));
}

#[test]
fn refuses_what_is_no_note() {
    let key = key("example.com/log", 1);
    let good = sign(&text("text\n"), &key);
    let line = good.lines().last().unwrap();
    for (note, error) in [
        (String::new(), NoteError::Malformed),
        ("text\n".into(), NoteError::Malformed),
        ("text\n\n".into(), NoteError::Malformed),
        (format!("text\n{line}\n"), NoteError::Malformed),
        (format!("text\n\n{line}"), NoteError::Malformed),
        (format!("text\n\n{line}\n\n"), NoteError::Malformed),
        (good.replace('—', "-"), NoteError::Malformed),
        (good.replace("log ", "log  "), NoteError::Malformed),
        (good.replace("log ", "lo+g "), NoteError::Malformed),
        (format!("{good}— name AAAA\n"), NoteError::Malformed),
        (format!("{good}— name ====\n"), NoteError::Malformed),
        (good.replace("text", "te\txt"), NoteError::ControlCharacter),
        (
            good.replace("text\n", "text\r\n"),
            NoteError::ControlCharacter,
        ),
        (good.replace("text", "tent"), NoteError::BadSignature),
        ("text\n\n— a AAAAAAA=\n".into(), NoteError::NoKnownSignature),
        (
            "x".repeat(MAX_NOTE_BYTES + 1),
            NoteError::TooLong {
                bytes: MAX_NOTE_BYTES + 1,
            },
        ),
    ] {
        let refused = open(note.as_bytes(), &verifier(&key));
        assert_eq!(refused, Err(error), "{}", note.get(..60).unwrap_or(&note));
    }
    let bytes = [good.as_bytes(), &[0xff]].concat();
    assert_eq!(open(&bytes, &verifier(&key)), Err(NoteError::NotUtf8));
    assert_eq!(open(good.as_bytes(), &[]), Err(NoteError::NoKnownSignature));
}

#[test]
fn signs_only_what_is_a_text() {
    for (text, error) in [
        ("", NoteError::Malformed),
        ("no newline", NoteError::Malformed),
        ("bell\u{7}\n", NoteError::ControlCharacter),
    ] {
        assert_eq!(Text::try_from(text.to_owned()), Err(error));
    }
    assert!(Text::try_from(QUASIMODO.to_owned()).is_ok());
}

#[test]
fn refuses_keys_that_cannot_be_used() {
    let good = key("example.com/log", 1).verifier_key().serialize();
    let (id, key64) = id_and_key(&good);
    let typed =
        |kind: u8, bytes: usize| BASE64_STANDARD.encode([vec![kind], vec![9; bytes]].concat());
    for (text, error) in [
        (String::new(), KeyError::Malformed),
        ("example.com/log".into(), KeyError::Malformed),
        (format!("+{id}+{key64}"), KeyError::Name),
        (format!("a b+{id}+{key64}"), KeyError::Name),
        (format!("a\u{3000}b+{id}+{key64}"), KeyError::Name),
        (format!("{}+{id}+{key64}", "n".repeat(257)), KeyError::Name),
        (format!("example.com/log+00000000+{key64}"), KeyError::Id),
        (
            format!("example.com/log+0{id}+{key64}"),
            KeyError::Malformed,
        ),
        (format!("example.com/log+{id}+"), KeyError::Malformed),
        (
            format!("example.com/log+{id}+{}", typed(1, 31)),
            KeyError::Malformed,
        ),
        (
            format!("example.com/log+{id}+{}", typed(4, 32)),
            KeyError::UnknownType { kind: 4 },
        ),
        (
            format!("example.com/log+{id}+{}", typed(6, 1312)),
            KeyError::UnknownType { kind: 6 },
        ),
        (
            format!("example.com/log+{id}+{}", typed(0xff, 9)),
            KeyError::UnknownType { kind: 0xff },
        ),
        (format!("{good} "), KeyError::Malformed),
    ] {
        assert_eq!(VerifierKey::parse(&text), Err(error), "{text}");
    }
    let document = Secret::new(vec![0x30, 0]);
    let refused = SigningKey::from_pkcs8("example.com/log", &document);
    assert_eq!(refused.unwrap_err(), KeyError::PrivateKey);
}

#[test]
fn a_key_may_come_as_pkcs8_and_never_prints() {
    // RFC 8410 §10.3, its first example: PKCS#8 without the public half.
    let pem = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
    let document = Secret::new(BASE64_STANDARD.decode(pem).unwrap());
    let key = SigningKey::from_pkcs8("example.com/log", &document).unwrap();
    let seed = document.expose()[16..].try_into().unwrap();
    let same = SigningKey::from_seed("example.com/log", &Secret::new(seed)).unwrap();
    assert_eq!(key.verifier_key(), same.verifier_key());
    assert_eq!(format!("{key:?}"), "SigningKey(example.com/log, [secret])");
}

fn their_verifiers(key: &SigningKey) -> signed_note::VerifierList {
    let vkey = key.verifier_key().serialize();
    let verifier = signed_note::StandardVerifier::new(&vkey).unwrap();
    signed_note::VerifierList::new(vec![Box::new(verifier)])
}

/// The key in the other implementation's own writing.
fn their_signer(key: &SigningKey, seed: u8) -> signed_note::StandardSigner {
    let vkey = key.verifier_key().serialize();
    let (id, _) = id_and_key(&vkey);
    let private = BASE64_STANDARD.encode([&[TYPE_ED25519][..], &[seed; 32]].concat());
    signed_note::StandardSigner::new(&format!("PRIVATE+KEY+example.com/log+{id}+{private}"))
        .unwrap()
}

proptest! {
    #[test]
    fn signed_note_and_we_open_each_others_notes(lines in "[^\\x00-\\x1f]{0,40}(\n[^\\x00-\\x1f]{0,40}){0,3}\n", seed in any::<u8>()) {
        let key = key("example.com/log", seed);
        let text = text(&lines);
        let ours = sign(&text, &key);
        let read = signed_note::Note::from_bytes(ours.as_bytes()).unwrap();
        prop_assert_eq!(read.text(), lines.as_bytes());
        prop_assert!(read.verify(&their_verifiers(&key)).is_ok());

        let mut theirs = signed_note::Note::new(lines.as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&their_signer(&key, seed)]).unwrap();
        let bytes = theirs.to_bytes();
        prop_assert_eq!(&bytes, ours.as_bytes());
        let opened = open(&bytes, &verifier(&key)).unwrap();
        prop_assert_eq!(opened.get(), &text);
    }

    #[test]
    fn verifier_keys_round_trip(name in "[^\\s+\\p{Cc}]{1,40}", public in any::<[u8; 32]>()) {
        let key = VerifierKey::new(&name, public).unwrap();
        prop_assert_eq!(VerifierKey::parse(&key.serialize()), Ok(key));
    }

    #[test]
    fn any_note_is_opened_or_refused(note in "(\\PC|\n|— ){0,60}\n\n— \\PC{0,40}\n") {
        let key = key("example.com/log", 1);
        prop_assert!(open(note.as_bytes(), &verifier(&key)).is_err());
        let theirs = signed_note::Note::from_bytes(note.as_bytes()).is_ok();
        let ours = open(note.as_bytes(), &verifier(&key)) == Err(NoteError::NoKnownSignature);
        prop_assert!(!ours || theirs, "we read what they refuse");
    }

    #[test]
    fn a_changed_note_is_refused(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let key = key("example.com/log", 1);
        let mut note = sign(&text("text of a note\n"), &key).into_bytes();
        let at = at.index(note.len());
        note[at] ^= 1 << bit;
        prop_assert!(open(&note, &verifier(&key)).is_err());
    }
}
