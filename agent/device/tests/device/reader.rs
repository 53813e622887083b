//! The identity card reader against the simulated one: in memory, over TCP, over a pseudo-terminal.
//!
//! Every person here is made up (`testdata/reader/vectors.txt`).

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use std::io::Write;
use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use pharmacy_base::machine::Machine;
use pharmacy_decision::facts::Transport;
use pharmacy_device::address::Address;
use pharmacy_device::owner::State;
use pharmacy_device::port::Opener;
use pharmacy_device::reader::card::{Details, Until};
use pharmacy_device::reader::conversation::Undisturbed;
use pharmacy_device::reader::frame::Command;
use pharmacy_device::reader::status::Status;
use pharmacy_device::reader::{
    Card, CardProblem, Conversation, Fingerprint, LinkFault, ReadError, Reader, Settings, Snapshot,
    Timing, read_id,
};
#[cfg(unix)]
use pharmacy_kit::device::PtyServer;
use pharmacy_kit::device::TcpServer;
use pharmacy_kit::device::reader::{
    CardImage, Connection, Fault, Foreigner2017Text, Foreigner2023Text, Output, PermitText,
    PrintReading, Prints, Refind, ResidentText, Simulator, Times,
};
use pharmacy_protocol::person::{CertificateKind, Sex};
use proptest::prelude::*;

/// A day on which all four made-up cards are valid.
const TODAY: Date = date(2024, 6, 1);

// ------------------------------------------------------------------ cards that nobody holds

fn resident_text() -> ResidentText {
    ResidentText {
        name: "测试样本".into(),
        sex: "2".into(),
        nation: "01".into(),
        birth: "19491231".into(),
        address: "测试省测试市测试区样本路1号".into(),
        number: "11010519491231002X".into(),
        issuer: "测试市公安局测试分局".into(),
        valid_from: "20200101".into(),
        valid_to: "长期".into(),
    }
}

fn permit_text() -> PermitText {
    PermitText {
        shared: ResidentText {
            name: "测试港澳".into(),
            sex: "1".into(),
            birth: "18800101".into(),
            address: "测试省测试市测试区样本路2号".into(),
            number: "810000188001010015".into(),
            issuer: "测试市公安局".into(),
            valid_from: "20200101".into(),
            valid_to: "20250101".into(),
            ..ResidentText::default()
        },
        pass_number: "H00000000".into(),
        issue_count: "01".into(),
    }
}

fn foreigner_2017_text() -> Foreigner2017Text {
    Foreigner2017Text {
        english_name: "SAMPLE, TEST NAME".into(),
        sex: "1".into(),
        number: "XAA999980010110".into(),
        nationality: "XAA".into(),
        chinese_name: "样本".into(),
        valid_from: "20200101".into(),
        valid_to: "20300101".into(),
        birth: "18800101".into(),
        card_version: "01".into(),
        authority: "9999".into(),
    }
}

fn foreigner_2023_text() -> Foreigner2023Text {
    Foreigner2023Text {
        chinese_name: "样本".into(),
        sex: "1".into(),
        renewal_count: "01".into(),
        birth: "18800101".into(),
        english_name: "SAMPLE, TEST NAME".into(),
        number: "911840188001010014".into(),
        valid_from: "20240101".into(),
        valid_to: "20340101".into(),
        country: "840".into(),
        earlier_number: String::new(),
    }
}

const KINDS: [&str; 4] = ["resident", "J", "I", "Y"];

fn image(kind: &str) -> CardImage {
    match kind {
        "J" => CardImage::permit(&permit_text()),
        "I" => CardImage::foreigner_2017(&foreigner_2017_text()),
        "Y" => CardImage::foreigner_2023(&foreigner_2023_text()),
        _ => CardImage::resident(&resident_text()),
    }
    .unwrap()
}

fn resident() -> CardImage {
    image("resident")
}

/// What of the cards above must not appear where nobody asked for it.
const PERSONAL: [&str; 9] = [
    "样本",
    "测试",
    "SAMPLE",
    "TEST NAME",
    "110105",
    "810000",
    "1949",
    "1880",
    "XAA",
];

fn assert_names_nobody(text: &str) {
    for personal in PERSONAL {
        assert!(!text.contains(personal), "{text}");
    }
}

// ------------------------------------------------------------------ frozen bytes

struct Vector {
    kind: String,
    prints: Option<Prints>,
    length: usize,
    head: String,
    check: String,
    sha256: String,
}

const VECTORS: &str = include_str!("../../testdata/reader/vectors.txt");

/// `[kind] frame_… key=value …`; the head is the one value with spaces.
fn frame_vectors() -> Vec<Vector> {
    let lines = VECTORS.lines().filter(|line| line.contains("] frame_"));
    let read = |line: &str| {
        let value = |from: &str, to: &str| {
            let rest = line.split_once(from)?.1;
            Some(rest.split(to).next()?.to_owned())
        };
        Some(Vector {
            kind: value("[", "]")?,
            prints: value("fp=", " ").map(|prints| match prints.as_str() {
                "0" => Prints::None,
                "512" => Prints::One,
                _ => Prints::Two,
            }),
            length: value("len=", " ")?.parse().ok()?,
            head: value("head=", " chk=")?,
            check: value("chk=", " ")?,
            sha256: value("sha256=", " ")?,
        })
    };
    lines.map(|line| read(line).unwrap()).collect()
}

fn text_vector(kind: &str) -> [u8; 256] {
    let start = format!("[{kind}] text256_hex=");
    let digits = VECTORS
        .lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap();
    bytes_of(digits).try_into().unwrap()
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let digits: String = digits.split(' ').collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8], between: &str) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(between)
}

fn ask(connection: &mut Connection, request: &[u8]) -> Vec<u8> {
    let pieces = connection
        .receive(request)
        .into_iter()
        .map(|output| match output {
            Output::Bytes(bytes) => bytes,
            Output::Close => Vec::new(),
        });
    pieces.flatten().collect()
}

#[test]
fn typed_cards_give_the_frozen_text() {
    for kind in KINDS {
        assert_eq!(image(kind).text(), &text_vector(kind), "{kind}");
    }
}

#[test]
fn the_simulated_reader_gives_the_frozen_frames() {
    let vectors = frame_vectors();
    assert_eq!(vectors.len(), 16);
    for vector in vectors {
        let card = CardImage::from_text(text_vector(&vector.kind));
        let (card, command) = match vector.prints {
            None => (card, Command::ReadCard),
            Some(prints) => (card.with_prints(prints), Command::ReadCardWithFingerprint),
        };
        let simulator = Simulator::new();
        simulator.present(card);
        let mut connection = Connection::new(&simulator);
        ask(&mut connection, &Command::Find.request());
        ask(&mut connection, &Command::Select.request());
        let frame = ask(&mut connection, &command.request());
        assert_eq!(frame.len(), vector.length);
        assert!(hex(&frame, " ").starts_with(&vector.head));
        assert!(hex(&frame, " ").ends_with(&vector.check));
        let digest = ring::digest::digest(&ring::digest::SHA256, &frame);
        assert_eq!(hex(digest.as_ref(), "").to_lowercase(), vector.sha256);
    }
}

#[test]
fn the_simulated_reader_answers_as_published() {
    let simulator = Simulator::new();
    let mut connection = Connection::new(&simulator);
    for (request, reply) in [
        ("00 03 11 FF ED", "00 04 00 00 90 94"),
        ("00 03 20 01 22", "00 04 00 00 80 84"),
        ("00 03 20 02 21", "00 04 00 00 81 85"),
        ("00 03 30 01 32", "00 04 00 00 41 45"),
        // Wrong find frames of public programs: a wrong check, and no such parameter.
        ("00 03 20 01 21", "00 04 00 00 10 14"),
        ("00 03 20 00 22", "00 04 00 00 10 14"),
        ("00 03 20 00 23", "00 04 00 00 21 25"),
        ("00 02 20", "00 04 00 00 11 15"),
        ("00 03 20 01 22", "00 04 00 00 80 84"),
    ] {
        let answer = ask(
            &mut connection,
            &bytes_of(&format!("AA AA AA 96 69 {request}")),
        );
        assert_eq!(
            hex(&answer, " "),
            format!("AA AA AA 96 69 {reply}"),
            "{request}"
        );
    }
}

// ------------------------------------------------------------------ what cards say

fn card(kind: &str) -> Card {
    Card::parse(&text_vector(kind)).unwrap()
}

#[test]
fn reads_a_resident() {
    let card = card("resident");
    assert_eq!(card.kind(), CertificateKind::Resident);
    assert_eq!(card.name.expose(), "测试样本");
    assert_eq!(card.sex, Sex::Female);
    assert_eq!(card.birth, date(1949, 12, 31));
    assert_eq!(card.number.expose(), "11010519491231002X");
    assert_eq!(card.valid_from, date(2020, 1, 1));
    assert_eq!(card.valid_to, Until::LongTerm);
    let Details::Resident {
        nation,
        address,
        issuer,
    } = &card.details
    else {
        panic!("not a resident");
    };
    assert_eq!(nation.as_ref().unwrap().name(), Some("汉族"));
    assert_eq!(address.expose(), "测试省测试市测试区样本路1号");
    assert_eq!(issuer.expose(), "测试市公安局测试分局");
}

#[test]
fn reads_a_permit() {
    let card = card("J");
    assert_eq!(card.kind(), CertificateKind::Permit);
    assert_eq!(card.valid_to, Until::Date(date(2025, 1, 1)));
    let Details::Permit {
        pass_number,
        issue_count,
        ..
    } = &card.details
    else {
        panic!("not a permit");
    };
    assert_eq!(pass_number.expose(), "H00000000");
    assert_eq!(issue_count, "01");
}

#[test]
fn reads_foreigners_of_both_editions() {
    let old = card("I");
    assert_eq!(old.name.expose(), "样本");
    assert_eq!(old.birth, date(1880, 1, 1));
    let Details::Foreigner2017 {
        english_name,
        nationality,
        card_version,
        authority,
        ..
    } = &old.details
    else {
        panic!("not of 2017");
    };
    assert_eq!(english_name.expose(), "SAMPLE, TEST NAME");
    assert_eq!(nationality.expose(), "XAA");
    assert_eq!((card_version.as_str(), authority.as_str()), ("01", "9999"));

    let new = card("Y");
    assert_eq!(new.kind(), CertificateKind::Foreigner);
    let Details::Foreigner2023 {
        country,
        renewal_count,
        earlier_number,
        ..
    } = &new.details
    else {
        panic!("not of 2023");
    };
    assert_eq!(country.expose(), "840");
    assert_eq!(renewal_count, "01");
    assert!(earlier_number.is_none());
}

#[test]
fn debug_names_nobody() {
    for kind in KINDS {
        let card = card(kind);
        assert_names_nobody(&format!("{:?} {:?} {card:?}", card.name, card.number));
        assert_names_nobody(&format!("{:?}", card.check(TODAY).unwrap()));
    }
}

#[test]
fn a_long_english_name_goes_over_the_seam() {
    let name = "ABCDEFGHIJKLMNOPQRSTUVWXYZ ABCDEFG HIJKLMNOPQR";
    assert_eq!((name.len(), name.find(" HI")), (46, Some(34)));
    for cut in [34, 35, 36, 46] {
        let text = Foreigner2023Text {
            english_name: name[..cut].into(),
            earlier_number: "991".into(),
            ..foreigner_2023_text()
        };
        let card = Card::parse(CardImage::foreigner_2023(&text).unwrap().text()).unwrap();
        let Details::Foreigner2023 {
            english_name,
            earlier_number,
            ..
        } = &card.details
        else {
            panic!("not of 2023");
        };
        assert_eq!(english_name.expose(), name[..cut].trim_end());
        assert_eq!(earlier_number.as_ref().unwrap().expose(), "991");
    }
    let too_long = Foreigner2023Text {
        english_name: format!("{name}X"),
        ..foreigner_2023_text()
    };
    assert!(CardImage::foreigner_2023(&too_long).is_err());
}

fn weigh(image: CardImage, today: Date) -> Result<(), CardProblem> {
    Card::parse(image.text())?.check(today).map(drop)
}

type Change = fn(&mut ResidentText);

#[test]
fn a_card_that_contradicts_itself_is_refused() {
    let table: [(Change, Option<&str>); 18] = [
        (|_| (), None),
        (|c| c.sex = "0".into(), None),
        (|c| c.sex = "9".into(), None),
        (|c| c.sex = "x".into(), None),
        (|c| c.nation = "77".into(), None),
        (|c| c.nation = String::new(), None),
        (|c| c.number = "11010519491231002x".into(), None),
        (|c| c.sex = "1".into(), Some("card.sex-mismatch")),
        (|c| c.birth = "19491230".into(), Some("card.birth-mismatch")),
        (|c| c.birth = "19490230".into(), Some("card.malformed")),
        (|c| c.birth = "1949 230".into(), Some("card.malformed")),
        (
            |c| c.number = "110105194912310021".into(),
            Some("card.check-digit"),
        ),
        (|c| c.number = "110105194912".into(), Some("card.malformed")),
        (
            |c| c.number = "110105491231002".into(),
            Some("card.number-kind"),
        ),
        (
            |c| c.number = "810000188001010015".into(),
            Some("card.number-kind"),
        ),
        (|c| c.name = String::new(), Some("card.malformed")),
        (
            |c| c.valid_to = "20191231".into(),
            Some("card.validity-reversed"),
        ),
        (|c| c.valid_to = "长".into(), Some("card.malformed")),
    ];
    for (at, (change, code)) in table.into_iter().enumerate() {
        let mut text = resident_text();
        change(&mut text);
        let outcome = weigh(CardImage::resident(&text).unwrap(), TODAY);
        assert_eq!(outcome.err().map(|p| p.message().code), code, "row {at}");
    }
}

#[test]
fn validity_counts_both_its_days() {
    for (today, outcome) in [
        (date(2019, 12, 31), Err(CardProblem::NotYetValid)),
        (date(2020, 1, 1), Ok(())),
        (date(2025, 1, 1), Ok(())),
        (date(2025, 1, 2), Err(CardProblem::Expired)),
        (date(1879, 1, 1), Err(CardProblem::BirthInFuture)),
    ] {
        assert_eq!(weigh(image("J"), today), outcome, "{today}");
    }
    assert_eq!(weigh(resident(), date(9999, 1, 1)), Ok(()));
}

#[test]
fn each_layout_wants_its_own_numbers() {
    let mut permit = permit_text();
    permit.shared.number = resident_text().number;
    let old = |change: fn(&mut Foreigner2017Text)| {
        let mut text = foreigner_2017_text();
        change(&mut text);
        CardImage::foreigner_2017(&text)
    };
    let new = |number: &str| {
        let number = number.to_owned();
        CardImage::foreigner_2023(&Foreigner2023Text {
            number,
            ..foreigner_2023_text()
        })
    };
    for (image, code) in [
        (CardImage::permit(&permit), "card.number-kind"),
        (
            old(|c| c.number = "110105491231002".into()),
            "card.number-kind",
        ),
        (
            old(|c| c.number = "XAA999980010111".into()),
            "card.check-digit",
        ),
        (old(|c| c.sex = "2".into()), "card.sex-mismatch"),
        (old(|c| c.birth = "18800102".into()), "card.birth-mismatch"),
        (new("XAA999980010110"), "card.number-kind"),
        (new("11010519491231002X"), "card.number-kind"),
    ] {
        let problem = weigh(image.unwrap(), TODAY).unwrap_err();
        assert_eq!(problem.message().code, code);
    }
}

#[test]
fn an_unknown_letter_is_no_resident() {
    for (letter, code) in [
        (b'K', "card.unknown-layout"),
        (b'j', "card.unknown-layout"),
        (b'0', "card.unknown-layout"),
        (0, "card.malformed"),
    ] {
        let mut text = text_vector("resident");
        text[248] = letter;
        assert_eq!(Card::parse(&text).unwrap_err().message().code, code);
    }
}

#[test]
fn every_problem_speaks_both_languages_under_its_own_code() {
    let messages = [
        CardProblem::BirthInFuture,
        CardProblem::BirthMismatch,
        CardProblem::CheckDigit,
        CardProblem::Expired,
        CardProblem::NotYetValid,
        CardProblem::NumberKind,
        CardProblem::SexMismatch,
        CardProblem::UnknownLayout,
        CardProblem::ValidityReversed,
    ]
    .map(CardProblem::message);
    let mut codes = messages.map(|message| message.code).to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), messages.len());
    for message in messages {
        assert!(message.code.starts_with("card.") && message.en.is_ascii());
        assert!(message.zh.chars().any(|c| c >= '\u{4E00}'));
    }
}

proptest! {
    #[test]
    fn any_text_is_a_card_or_none(
        bytes in prop::collection::vec(any::<u8>(), 256), letter in "[ IJY]",
    ) {
        let mut text: [u8; 256] = bytes.try_into().unwrap();
        text[248..250].copy_from_slice(&[letter.as_bytes()[0], 0]);
        prop_assert!(Card::parse(&text).and_then(|card| card.check(TODAY)).is_err());
    }

    #[test]
    fn one_changed_unit_is_survived(kind in 0_usize..4, at in 0_usize..128, unit in any::<u16>()) {
        let mut text = text_vector(KINDS[kind]);
        text[at * 2..at * 2 + 2].copy_from_slice(&unit.to_le_bytes());
        if let Err(problem) = Card::parse(&text).and_then(|card| card.check(TODAY)) {
            assert_names_nobody(&format!("{problem} {}", problem.message()));
        }
    }
}

// ------------------------------------------------------------------ the wire

/// Patient with a slow machine, impatient between looks for a card.
const TIMING: Timing = Timing {
    open: Duration::from_secs(5),
    control: Duration::from_secs(3),
    card: Duration::from_secs(3),
    read: Duration::from_secs(3),
    address: Duration::from_secs(3),
    settle: Duration::from_millis(15),
    poll: Duration::from_millis(2),
    restarts: 3,
    radio_bytes: Some(0x50),
};

/// For faults that only a deadline ends.
const SHORT: Timing = Timing {
    control: Duration::from_millis(250),
    card: Duration::from_millis(250),
    read: Duration::from_millis(250),
    address: Duration::from_millis(250),
    ..TIMING
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wire {
    Memory,
    #[cfg(unix)]
    Pty,
    Tcp,
}

const WIRES: &[Wire] = &[
    Wire::Memory,
    #[cfg(unix)]
    Wire::Pty,
    Wire::Tcp,
];

/// Keeps a server alive, and says how to reach it.
enum Served {
    Memory(Simulator),
    #[cfg(unix)]
    Pty(PtyServer),
    Tcp(TcpServer),
}

impl Served {
    fn start(wire: Wire, simulator: &Simulator) -> Self {
        match wire {
            Wire::Memory => Self::Memory(simulator.clone()),
            #[cfg(unix)]
            Wire::Pty => Self::Pty(PtyServer::start(simulator).unwrap()),
            Wire::Tcp => Self::Tcp(TcpServer::start(simulator, "127.0.0.1:0").unwrap()),
        }
    }

    fn address(&self) -> Address {
        match self {
            Self::Memory(_) => panic!("no address leads into this process"),
            #[cfg(unix)]
            Self::Pty(server) => format!("serial:{}", server.name()).parse().unwrap(),
            Self::Tcp(server) => format!("tcp:{}", server.address()).parse().unwrap(),
        }
    }

    fn opener(&self) -> Box<dyn Opener> {
        match self {
            Self::Memory(simulator) => Box::new(simulator.clone()),
            _ => Box::new(self.address()),
        }
    }

    fn driver(&self, timing: Timing) -> Conversation {
        Conversation::new(self.opener().open(timing.open).unwrap(), timing)
    }
}

fn within(duration: Duration) -> Instant {
    Instant::now() + duration
}

fn read_once(served: &Served, timing: Timing, wait: Duration) -> Result<Card, ReadError> {
    let mut reader = served.driver(timing);
    reader.init()?;
    reader.read_card(Fingerprint::Skip, within(wait), &mut Undisturbed)
}

#[test]
fn reads_every_card_over_every_wire() {
    for wire in WIRES {
        for kind in KINDS {
            for prints in [
                None,
                Some(Prints::None),
                Some(Prints::One),
                Some(Prints::Two),
            ] {
                let simulator = Simulator::new();
                simulator.present(image(kind).with_prints(prints.unwrap_or_default()));
                let served = Served::start(*wire, &simulator);
                let mut reader = served.driver(TIMING);
                reader.init().unwrap();
                let sam = reader.sam().map(ToString::to_string);
                assert_eq!(sam.as_deref(), Some("05.00-20000101-0000000001-0000000001"));
                let form = prints.map_or(Fingerprint::Skip, |_| Fingerprint::Include);
                let read = reader.read_card(form, within(TIMING.read), &mut Undisturbed);
                assert_eq!(read.unwrap(), card(kind), "{wire:?} {kind}");
                assert_eq!(simulator.count(Command::Find), 1);
                assert_eq!(simulator.count(Command::ReadAddress), 1);
                let expected = match wire {
                    Wire::Tcp => Transport::Loopback,
                    _ => Transport::Simulated,
                };
                assert_eq!(reader.transport(), expected);
            }
        }
    }
}

#[test]
fn a_reply_cut_at_any_byte_is_read() {
    for wire in [Wire::Memory, Wire::Tcp] {
        let simulator = Simulator::new();
        let served = Served::start(wire, &simulator);
        for at in 0..=1295 {
            simulator.script(Command::ReadCard, Times::Next(1), Fault::Split(at));
            simulator.present(resident());
            let mut reader = served.driver(TIMING);
            let read = reader.read_card(Fingerprint::Skip, within(TIMING.read), &mut Undisturbed);
            assert_eq!(read.unwrap(), card("resident"), "{wire:?} {at}");
        }
        assert_eq!(
            simulator.count(Command::ReadCard),
            1296,
            "something was sent twice"
        );
    }
}

/// The fault, and the code it ends in; none for a card.
type Row = (Command, Times, Fault, Option<&'static str>);

const ONCE: Times = Times::Next(1);

fn answer(byte: u8) -> Fault {
    Fault::Answer(Status::from_byte(byte))
}

fn damaged_replies() -> Vec<Row> {
    use Command::{Find, ReadAddress, ReadCard, SamStatus, Select, SetRadioBytes};
    use Times::Always;
    let mut rows = vec![
        (ReadCard, ONCE, Fault::BadChecksum, None),
        (ReadCard, Always, Fault::BadChecksum, Some("reader.link")),
        (ReadCard, ONCE, Fault::Length(0xFFFF), None),
        (ReadCard, ONCE, Fault::Length(0x0003), None),
        (ReadCard, ONCE, Fault::Length(0x0100), None),
        (ReadCard, Always, Fault::Length(0xFFFF), Some("reader.link")),
        (ReadCard, Always, Fault::Length(0x0100), Some("reader.link")),
        (ReadCard, ONCE, Fault::CloseAfter(0), Some("reader.gone")),
        (ReadCard, ONCE, Fault::CloseAfter(600), Some("reader.gone")),
        (Find, ONCE, Fault::CloseAfter(3), Some("reader.gone")),
        (Find, Always, Fault::Payload(vec![1, 2, 3, 4]), None),
        (Select, Always, Fault::Payload(vec![9; 8]), None),
        (Select, Always, Fault::Payload(Vec::new()), None),
        (Select, Always, Fault::LiftAfter, Some("reader.card-moved")),
        (SetRadioBytes(0x50), Always, Fault::BadChecksum, None),
        (ReadAddress, Always, Fault::BadChecksum, None),
        (ReadAddress, Always, Fault::Payload(vec![0x00, 0xD8]), None),
        (ReadAddress, Always, Fault::Payload(vec![0x20, 0x00]), None),
    ];
    for command in [SamStatus, Find, Select, ReadCard] {
        for fault in [
            Fault::Double,
            Fault::Garbage(vec![0x00, 0xFF, 0xAA, 0x96, 0x69, 0xAA, 0xAA]),
            Fault::ExtraPreamble(4),
            Fault::DamagedPreamble,
            Fault::SplitEverywhere,
        ] {
            rows.push((command, Always, fault, None));
        }
    }
    rows
}

fn status_replies() -> Vec<Row> {
    use Command::{Find, ReadAddress, ReadCard, SamStatus, Select, SetRadioBytes};
    use Times::Always;
    let mut rows = vec![
        (Find, ONCE, answer(0x41), None),
        (Find, ONCE, answer(0x60), Some("reader.fault")),
        (Find, ONCE, answer(0x40), Some("reader.not-an-id-card")),
        (SamStatus, Always, answer(0x60), Some("reader.fault")),
        (SamStatus, Always, answer(0x66), Some("reader.fault")),
        (SamStatus, ONCE, answer(0x24), None),
        (SamStatus, Always, answer(0x24), Some("reader.unexpected")),
        (SetRadioBytes(0x50), Always, answer(0x21), None),
        (ReadCard, ONCE, answer(0x24), None),
        (ReadCard, Always, answer(0x24), Some("reader.unexpected")),
        (ReadCard, ONCE, answer(0x47), None),
        (ReadCard, Always, answer(0x47), Some("reader.unexpected")),
        (ReadCard, ONCE, answer(0x10), None),
        (ReadCard, ONCE, answer(0x11), None),
        (ReadCard, Always, answer(0x10), Some("reader.link")),
        (ReadCard, Always, answer(0x32), Some("reader.card-refused")),
        (ReadCard, Always, answer(0x33), Some("reader.card-refused")),
        (Select, Always, answer(0x32), Some("reader.card-refused")),
        (
            ReadCard,
            Always,
            answer(0x40),
            Some("reader.not-an-id-card"),
        ),
        (ReadCard, Always, answer(0x66), Some("reader.fault")),
        (ReadCard, Always, answer(0x21), Some("reader.unexpected")),
        (ReadCard, Always, answer(0x23), Some("reader.unexpected")),
        (ReadCard, Always, answer(0x91), Some("reader.unexpected")),
        (ReadCard, Always, answer(0x77), Some("reader.unexpected")),
        (ReadAddress, Always, answer(0x41), None),
        (ReadAddress, Always, answer(0x60), None),
        (Select, ONCE, answer(0x81), None),
        (Select, Always, answer(0x81), Some("reader.card-moved")),
    ];
    for byte in [0x31, 0x41] {
        rows.push((ReadCard, ONCE, answer(byte), None));
        rows.push((ReadCard, Always, answer(byte), Some("reader.card-moved")));
        rows.push((Select, ONCE, answer(byte), None));
    }
    rows
}

fn silences() -> Vec<Row> {
    use Command::{Find, ReadAddress, ReadCard, SamStatus, Select};
    use Times::Always;
    let block = |length: usize| Fault::Payload([&[1, 0, 4, 0][..], &vec![32; length]].concat());
    vec![
        (ReadCard, ONCE, Fault::Silence, None),
        (ReadCard, Always, Fault::Silence, Some("reader.link")),
        (Find, ONCE, Fault::Silence, None),
        (Find, Always, Fault::Silence, Some("reader.link")),
        (Select, ONCE, Fault::Late, None),
        (Find, ONCE, Fault::Late, None),
        (ReadCard, ONCE, Fault::Late, None),
        (ReadCard, ONCE, Fault::Length(0x0900), None),
        (SamStatus, Always, Fault::Noise, Some("reader.link")),
        (ReadCard, ONCE, Fault::Noise, None),
        (ReadAddress, Always, Fault::Silence, None),
        // Blocks whose lengths do not add up, and one too short to be a block.
        (ReadCard, Always, block(1279), Some("card.malformed")),
        (ReadCard, Always, block(1281), Some("card.malformed")),
        (
            ReadCard,
            Always,
            Fault::Payload(vec![1, 0, 4, 0]),
            Some("reader.link"),
        ),
    ]
}

fn run_faults(rows: &[Row], timing: Timing) {
    std::thread::scope(|scope| {
        for wire in WIRES {
            scope.spawn(|| rows.iter().for_each(|row| run_fault(*wire, row, timing)));
        }
    });
}

fn run_fault(wire: Wire, (on, times, fault, code): &Row, timing: Timing) {
    let simulator = Simulator::new();
    simulator.present(resident());
    simulator.script(*on, *times, fault.clone());
    let served = Served::start(wire, &simulator);
    let row = format!("{wire:?} {on:?} {times:?} {fault:?}");
    // A lifted card is never put back: its row waits this long.
    let wait = match fault {
        Fault::LiftAfter => Duration::from_millis(50),
        _ => TIMING.read,
    };
    match (read_once(&served, timing, wait), code) {
        (Ok(read), None) => assert_eq!(read, card("resident"), "{row}"),
        (Err(error), Some(code)) => {
            assert_eq!(error.message().code, *code, "{row}");
            assert_names_nobody(&format!("{error:?} {error}"));
        }
        (outcome, code) => panic!("{row}: {outcome:?}, not {code:?}"),
    }
}

#[test]
fn damaged_replies_are_read_or_refused() {
    run_faults(&damaged_replies(), TIMING);
}

#[test]
fn every_status_ends_in_its_class() {
    run_faults(&status_replies(), TIMING);
}

#[test]
fn silence_ends_in_a_card_or_a_link_fault() {
    run_faults(&silences(), SHORT);
}

#[test]
fn requests_are_sent_at_most_twice() {
    let length = Status::RequestLength;
    for (fault, expected) in [
        (Fault::Silence, LinkFault::Silence),
        (Fault::Noise, LinkFault::Noise),
        (Fault::Answer(length), LinkFault::RequestDamaged(length)),
    ] {
        let simulator = Simulator::new();
        simulator.present(resident());
        simulator.script(Command::Select, Times::Always, fault);
        let served = Served::start(Wire::Memory, &simulator);
        match read_once(&served, SHORT, Duration::ZERO) {
            Err(ReadError::Link(found)) => assert_eq!(found, expected),
            other => panic!("{other:?}"),
        }
        assert_eq!(simulator.count(Command::Select), 2);
    }
}

#[test]
fn restarts_and_resets_are_bounded() {
    for (status, reads, resets) in [(Status::ReadFailed, 4, 0), (Status::Unrecognised, 2, 1)] {
        let simulator = Simulator::new();
        simulator.present(resident());
        simulator.script(Command::ReadCard, Times::Always, Fault::Answer(status));
        let served = Served::start(Wire::Memory, &simulator);
        read_once(&served, TIMING, TIMING.read).unwrap_err();
        assert_eq!(simulator.count(Command::ReadCard), reads);
        assert_eq!(simulator.count(Command::ResetSam), resets);
    }
}

#[test]
fn a_reader_without_print_reading_is_asked_once() {
    let simulator = Simulator::new();
    simulator.set_print_reading(PrintReading::Unknown);
    let served = Served::start(Wire::Memory, &simulator);
    let mut reader = served.driver(TIMING);
    reader.init().unwrap();
    for _ in 0..2 {
        simulator.script(Command::Find, ONCE, Fault::Answer(Status::NoCard));
        simulator.present(resident());
        let read = reader.read_card(Fingerprint::Include, within(TIMING.read), &mut Undisturbed);
        assert_eq!(read.unwrap(), card("resident"));
    }
    assert_eq!(simulator.count(Command::ReadCardWithFingerprint), 1);
    assert_eq!(simulator.count(Command::ReadCard), 2);
}

#[test]
fn an_added_address_is_kept_and_a_missing_photo_forgiven() {
    let address = "测试省测试市新样本路3号";
    let simulator = Simulator::new();
    simulator.present(resident().without_photo().with_added_address(address));
    let served = Served::start(Wire::Memory, &simulator);
    let read = read_once(&served, TIMING, TIMING.read).unwrap();
    assert_eq!(read.newest_address.unwrap().expose(), address);
}

#[test]
fn a_card_is_read_once_until_it_is_lifted() {
    let simulator = Simulator::new();
    simulator.set_refind(Refind::Always);
    simulator.present(resident());
    let served = Served::start(Wire::Memory, &simulator);
    let mut reader = served.driver(TIMING);
    reader.init().unwrap();
    let mut read = |wait| reader.read_card(Fingerprint::Skip, within(wait), &mut Undisturbed);
    let moment = Duration::from_millis(20);
    read(TIMING.read).unwrap();
    assert!(matches!(read(moment), Err(ReadError::CardNotLifted)));
    simulator.lift();
    assert!(matches!(read(moment), Err(ReadError::NoCard)));
    simulator.present(resident());
    read(TIMING.read).unwrap();
    assert_eq!(simulator.count(Command::ReadCard), 2);
}

#[test]
fn deadlines_are_kept() {
    let margin = Duration::from_secs(3);
    let simulator = Simulator::new();
    let wait = Duration::from_millis(100);
    for wire in WIRES {
        let served = Served::start(*wire, &simulator);
        let begun = Instant::now();
        let outcome = read_once(&served, TIMING, wait);
        assert!(
            matches!(outcome, Err(ReadError::NoCard)),
            "{wire:?} {outcome:?}"
        );
        assert!(
            begun.elapsed() >= wait && begun.elapsed() < wait + margin,
            "{wire:?}"
        );
    }
    simulator.script(Command::SamStatus, Times::Always, Fault::Silence);
    let wait = SHORT.control * 2;
    for wire in WIRES {
        let served = Served::start(*wire, &simulator);
        let begun = Instant::now();
        let outcome = read_once(&served, SHORT, TIMING.read);
        assert!(
            matches!(outcome, Err(ReadError::Link(LinkFault::Silence))),
            "{wire:?}"
        );
        assert!(
            begun.elapsed() >= wait && begun.elapsed() < wait + margin,
            "{wire:?}"
        );
    }
}

#[test]
fn an_endless_stream_ends_at_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut address: Address = format!("tcp:{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let flood = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let junk = [0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x09, 0x00, 0x5A].repeat(512);
        while stream.write_all(&junk).is_ok() {}
    });
    let mut reader = Conversation::new(address.open(TIMING.open).unwrap(), SHORT);
    let begun = Instant::now();
    let outcome = reader.init();
    assert!(
        matches!(outcome, Err(ReadError::Link(LinkFault::Damaged(_)))),
        "{outcome:?}"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(reader);
    flood.join().unwrap();
}

// ------------------------------------------------------------------ the owner

const LONG: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings {
        timing: TIMING,
        back_off: vec![Duration::from_millis(5), Duration::from_millis(20)],
        ping: Duration::from_secs(60),
    }
}

fn start(served: &Served, settings: Settings) -> Reader {
    own(served.opener(), settings)
}

fn own(opener: Box<dyn Opener>, settings: Settings) -> Reader {
    Reader::start(opener, settings, &Machine::default()).unwrap()
}

fn read_with(reader: &Reader) -> Result<Card, ReadError> {
    let pending = reader.handle().read(Fingerprint::Skip, LONG);
    pending.blocking_recv().unwrap().map(|reading| reading.card)
}

/// Looks until the snapshot is as wanted; the limit only ends a test that has failed.
fn await_snapshot(reader: &Reader, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let limit = within(LONG);
    loop {
        let snapshot = reader.handle().snapshot();
        if wanted(&snapshot) {
            return snapshot;
        }
        assert!(Instant::now() < limit, "{snapshot:?}");
        std::thread::yield_now();
    }
}

#[test]
fn an_owner_reads_and_tells_how() {
    for wire in WIRES {
        let simulator = Simulator::new();
        let served = Served::start(*wire, &simulator);
        let reader = start(&served, settings());
        let pending = reader.handle().read(Fingerprint::Include, LONG);
        simulator.present(resident());
        let reading = pending.blocking_recv().unwrap().unwrap();
        assert_eq!(reading.card, card("resident"));
        assert_eq!(reading.generation, 1);
        assert!(reading.reader.sam.as_deref().unwrap().starts_with("05.00-"));
        let snapshot = reader.handle().snapshot();
        assert_eq!(snapshot.state, State::Ready);
        assert_eq!(snapshot.transport, Some(reading.reader.transport));
        assert_eq!(snapshot.device.last_status, Some(Status::Empty));
        assert_names_nobody(&format!("{:?}", reading.card));
        let handle = reader.handle();
        reader.shut_down();
        assert_eq!(handle.snapshot().state, State::Stopped);
        let after = handle
            .read(Fingerprint::Skip, LONG)
            .blocking_recv()
            .unwrap();
        assert!(matches!(after, Err(ReadError::Stopped)));
    }
}

#[test]
fn a_second_read_is_busy() {
    let simulator = Simulator::new();
    let served = Served::start(Wire::Tcp, &simulator);
    let reader = start(&served, settings());
    let _first = reader.handle().read(Fingerprint::Skip, LONG);
    assert!(matches!(read_with(&reader), Err(ReadError::Busy)));
}

#[test]
fn a_read_that_nobody_waits_for_frees_the_reader() {
    let simulator = Simulator::new();
    let served = Served::start(Wire::Tcp, &simulator);
    let reader = start(&served, settings());
    drop(
        reader
            .handle()
            .read(Fingerprint::Skip, Duration::from_secs(3600)),
    );
    // Busy until the abandoned read has looked once more; then this one is served.
    let outcome = loop {
        let pending = reader.handle().read(Fingerprint::Skip, Duration::ZERO);
        match pending.blocking_recv().unwrap() {
            Err(ReadError::Busy) => std::thread::yield_now(),
            outcome => break outcome,
        }
    };
    assert!(matches!(outcome, Err(ReadError::NoCard)));
}

#[test]
fn a_stop_does_not_wait_for_a_card() {
    let simulator = Simulator::new();
    let served = Served::start(Wire::Tcp, &simulator);
    let reader = start(&served, settings());
    let pending = reader
        .handle()
        .read(Fingerprint::Skip, Duration::from_secs(3600));
    await_snapshot(&reader, |snapshot| snapshot.state == State::Ready);
    let begun = Instant::now();
    reader.shut_down();
    assert!(begun.elapsed() < Duration::from_secs(5));
    // Taken back, or never begun.
    assert!(!matches!(pending.blocking_recv(), Ok(Ok(_))));
}

#[test]
fn a_reader_that_comes_back_is_opened_anew() {
    let simulator = Simulator::new();
    let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let address = server.address();
    let served = Served::Tcp(server);
    let reader = start(&served, settings());
    await_snapshot(&reader, |snapshot| snapshot.state == State::Ready);
    drop(served);

    let code = read_with(&reader).unwrap_err().message().code;
    assert_eq!(code, "reader.gone");
    await_snapshot(&reader, |snapshot| snapshot.state == State::Absent);

    simulator.present(resident());
    let _server = TcpServer::start(&simulator, address).unwrap();
    let again = await_snapshot(&reader, |snapshot| snapshot.state == State::Ready);
    assert_eq!(again.generation, 2);
    assert_eq!(read_with(&reader).unwrap(), card("resident"));
}

#[test]
fn a_read_opens_an_absent_reader_without_waiting_for_the_back_off() {
    let simulator = Simulator::new();
    let server = TcpServer::start(&simulator, "127.0.0.1:0").unwrap();
    let address = server.address();
    drop(server);
    let opener: Address = format!("tcp:{address}").parse().unwrap();
    let patient = Settings {
        back_off: vec![Duration::from_secs(3600)],
        ..settings()
    };
    let reader = own(Box::new(opener), patient);
    await_snapshot(&reader, |snapshot| snapshot.state == State::Absent);
    assert!(matches!(read_with(&reader), Err(ReadError::Absent(_))));
    simulator.present(resident());
    let _server = TcpServer::start(&simulator, address).unwrap();
    assert_eq!(read_with(&reader).unwrap(), card("resident"));
}

#[test]
fn an_idle_reader_that_vanishes_is_noticed() {
    for wire in WIRES.iter().filter(|wire| **wire != Wire::Memory) {
        let simulator = Simulator::new();
        let served = Served::start(*wire, &simulator);
        let watchful = Settings {
            ping: Duration::from_millis(5),
            ..settings()
        };
        let reader = start(&served, watchful);
        await_snapshot(&reader, |snapshot| snapshot.state == State::Ready);
        drop(served);
        await_snapshot(&reader, |snapshot| snapshot.state == State::Absent);
    }
}

#[test]
fn a_broken_reader_is_tried_until_it_recovers() {
    let simulator = Simulator::new();
    let broken = Fault::Answer(Status::SelfTestFailed);
    simulator.script(Command::SamStatus, Times::Next(3), broken);
    let served = Served::start(Wire::Memory, &simulator);
    let reader = start(&served, settings());
    let snapshot = await_snapshot(&reader, |snapshot| snapshot.state == State::Ready);
    assert_eq!(snapshot.generation, 1);
    assert_eq!(simulator.count(Command::SamStatus), 4);
}

#[test]
fn a_lent_reader_lets_go_and_comes_back() {
    let simulator = Simulator::new();
    let served = Served::start(Wire::Tcp, &simulator);
    let reader = start(&served, settings());
    let pending = reader.handle().read(Fingerprint::Skip, LONG);
    reader.handle().lend(Duration::from_secs(3600));
    assert!(matches!(
        pending.blocking_recv().unwrap(),
        Err(ReadError::Cancelled)
    ));
    assert!(matches!(read_with(&reader), Err(ReadError::Lent)));
    assert_eq!(reader.handle().snapshot().state, State::Lent);
    // The simulated reader serves one connection: the other program has it now.
    simulator.present(resident());
    read_once(&served, TIMING, TIMING.read).unwrap();
    reader.handle().lend(Duration::ZERO);
    let again = await_snapshot(&reader, |snapshot| snapshot.state == State::Ready);
    assert_eq!(again.generation, 2);
    simulator.present(resident());
    assert_eq!(read_with(&reader).unwrap(), card("resident"));
}

#[cfg(unix)]
#[test]
fn a_port_has_one_owner() {
    let simulator = Simulator::new();
    let served = Served::start(Wire::Pty, &simulator);
    let reader = start(&served, settings());
    await_snapshot(&reader, |snapshot| snapshot.state == State::Ready);
    assert!(served.address().open(TIMING.open).is_err());
    reader.shut_down();
    assert!(served.address().open(TIMING.open).is_ok());
}

// ------------------------------------------------------------------ read-id

type Choose = fn(&mut read_id::ReadIdOptions);

const MASKED_LINE: Choose = |_| ();
const MASKED_JSON: Choose = |options| options.format = read_id::Format::Json;
const FULL_JSON: Choose = |options| {
    options.format = read_id::Format::Json;
    options.disclosure = read_id::Disclosure::PersonalData;
};

fn run_read_id(
    image: CardImage,
    choose: Choose,
    today: Date,
) -> Result<String, (read_id::ReadIdError, String)> {
    let simulator = Simulator::new();
    simulator.present(image);
    let served = Served::start(Wire::Tcp, &simulator);
    let mut options = read_id::ReadIdOptions::new(served.address());
    options.timing = TIMING;
    choose(&mut options);
    let mut out = Vec::new();
    let outcome = read_id::run(&options, today, &mut out);
    let printed = String::from_utf8(out).unwrap();
    match outcome {
        Ok(()) => Ok(printed),
        Err(error) => Err((error, printed)),
    }
}

#[test]
fn read_id_prints_one_masked_line() {
    for (kind, line) in [
        (
            "resident",
            "resident 测*** 1***************2X valid to long-term\n",
        ),
        ("J", "permit 测*** 8***************15 valid to 2025-01-01\n"),
        ("I", "foreigner 样* X************10 valid to 2030-01-01\n"),
        (
            "Y",
            "foreigner 样* 9***************14 valid to 2034-01-01\n",
        ),
    ] {
        assert_eq!(run_read_id(image(kind), MASKED_LINE, TODAY).unwrap(), line);
    }
}

#[test]
fn read_id_masks_json_too() {
    for kind in KINDS {
        let text = run_read_id(image(kind), MASKED_JSON, TODAY).unwrap();
        assert_names_nobody(&text);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let full = run_read_id(image(kind), FULL_JSON, TODAY).unwrap();
        let full: serde_json::Value = serde_json::from_str(&full).unwrap();
        let keys = |json: &serde_json::Value| {
            json.as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(&json), keys(&full));
    }
}

#[test]
fn read_id_prints_everything_when_asked_by_name() {
    let full = |kind| {
        let text = run_read_id(image(kind), FULL_JSON, TODAY).unwrap();
        assert_eq!(text.lines().count(), 1);
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    assert_eq!(
        full("resident"),
        serde_json::json!({
            "type": "resident", "name": "测试样本", "sex": "female", "nation": "汉族",
            "birth": "1949-12-31", "address": "测试省测试市测试区样本路1号",
            "number": "11010519491231002X", "issuer": "测试市公安局测试分局",
            "valid_from": "2020-01-01", "valid_to": "long-term", "nation_code": "01",
        })
    );
    assert_eq!(
        full("J"),
        serde_json::json!({
            "type": "permit", "name": "测试港澳", "sex": "male", "nation": null,
            "birth": "1880-01-01", "address": "测试省测试市测试区样本路2号",
            "number": "810000188001010015", "issuer": "测试市公安局",
            "valid_from": "2020-01-01", "valid_to": "2025-01-01",
            "pass_number": "H00000000", "issue_count": "01",
        })
    );
    assert_eq!(
        full("I"),
        serde_json::json!({
            "type": "foreigner", "name": "样本", "sex": "male", "nation": null,
            "birth": "1880-01-01", "address": null, "number": "XAA999980010110", "issuer": null,
            "valid_from": "2020-01-01", "valid_to": "2030-01-01",
            "english_name": "SAMPLE, TEST NAME", "chinese_name": "样本", "country": "XAA",
            "card_version": "01", "authority": "9999",
        })
    );
    assert_eq!(
        full("Y"),
        serde_json::json!({
            "type": "foreigner", "name": "样本", "sex": "male", "nation": null,
            "birth": "1880-01-01", "address": null, "number": "911840188001010014", "issuer": null,
            "valid_from": "2024-01-01", "valid_to": "2034-01-01",
            "english_name": "SAMPLE, TEST NAME", "chinese_name": "样本", "country": "840",
            "renewal_count": "01", "previous_number": null,
        })
    );
}

#[test]
fn read_id_names_a_foreigner_without_a_chinese_name_in_english() {
    let text = Foreigner2017Text {
        chinese_name: String::new(),
        ..foreigner_2017_text()
    };
    let image = CardImage::foreigner_2017(&text).unwrap();
    let text = run_read_id(image, FULL_JSON, TODAY).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["name"], "SAMPLE, TEST NAME");
    assert_eq!(json["chinese_name"], serde_json::Value::Null);
}

#[test]
fn read_id_prints_nothing_of_a_card_that_is_no_evidence() {
    let table: [(Change, Date, &str); 6] = [
        (
            |c| c.number = "110105194912310021".into(),
            TODAY,
            "card.check-digit",
        ),
        (
            |c| c.birth = "19491230".into(),
            TODAY,
            "card.birth-mismatch",
        ),
        (|c| c.sex = "1".into(), TODAY, "card.sex-mismatch"),
        (|c| c.valid_to = "20240531".into(), TODAY, "card.expired"),
        (|_| (), date(2019, 12, 31), "card.not-yet-valid"),
        (
            |c| c.number = "1101051949123100".into(),
            TODAY,
            "card.malformed",
        ),
    ];
    for (change, today, code) in table {
        let mut text = resident_text();
        change(&mut text);
        let image = CardImage::resident(&text).unwrap();
        let (error, printed) = run_read_id(image, FULL_JSON, today).unwrap_err();
        assert_eq!(error.message().code, code);
        assert_eq!(printed, "");
        assert_names_nobody(&format!("{error} {error:?} {}", error.message()));
    }
}

#[test]
fn read_id_takes_no_absent_device() {
    let refused = |device: &str| {
        let mut options = read_id::ReadIdOptions::new(device.parse().unwrap());
        options.timeout = Duration::from_secs(2);
        read_id::run(&options, TODAY, &mut Vec::new())
            .unwrap_err()
            .message()
            .code
    };
    assert_eq!(refused("serial:no-such-port-here"), "reader.absent");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(refused(&format!("tcp:{address}")), "reader.absent");
}

#[test]
fn read_id_waits_for_a_card_and_no_longer() {
    let simulator = Simulator::new();
    let served = Served::start(Wire::Tcp, &simulator);
    let mut options = read_id::ReadIdOptions::new(served.address());
    options.timing = TIMING;
    options.timeout = Duration::from_millis(50);
    let error = read_id::run(&options, TODAY, &mut Vec::new()).unwrap_err();
    assert_eq!(error.message().code, "reader.no-card");
}
