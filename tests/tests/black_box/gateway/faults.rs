//! The platform breaks and the agent is killed, in every combination, while money moves: no record is
//! lost, nothing is settled twice, and nothing that was settled is called failed.
//!
//! In scope: settlement and reversal through the gateway of the whole daemon, each fault of the
//! platform, the agent killed at each step of a call and at any moment. Out of scope: every single
//! step of a commit (`agent/tests/faults.rs`); what is compared byte for byte
//! (`gateway_conformance.rs`).

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use pharmacy_kit::gateway_till::{
    Attempt, Basket, GatewayTill, Protected, Settled, insured, output, query, refusal, reversal,
    settled, undoing,
};
use pharmacy_kit::http::{Request, Response};
use pharmacy_kit::platform::{
    Deed, Fault, HUSBAND, Manner, Moment, Release, Stage, Standing, WIFE, Which,
};
use pharmacy_kit::shop::wait_until;
use pharmacy_kit::till::pack;

/// What goes wrong with the call that moves money.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Trouble {
    /// Its connection is cut before anything of it is read.
    CutUnread,
    /// The platform breaks.
    Fault(Fault),
    /// The agent is killed while the platform holds the call here; then the platform goes on so.
    Killed(Moment, Release),
    /// The agent is killed as soon as the platform has answered.
    KilledAnswered,
    /// Nobody listens at the platform.
    Refused,
}

/// Which way the money moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    Reversal,
    Settlement,
}

/// A call that moves money, in trouble.
struct Case {
    shop: Protected,
    trouble: Trouble,
    way: Way,
    msgid: String,
    request: Request,
    heard: io::Result<Response>,
}

impl Case {
    /// Brings a call into trouble; the agent runs again afterwards, and so does the platform.
    fn new(manner: Manner, way: Way, trouble: Trouble) -> Self {
        let mut shop = Protected::start(manner);
        let mut till = shop.till();
        let basket = Basket::otc(WIFE, "R1", &[pack(1)]);
        till.identify(WIFE);
        let input = till.settlement(&basket);
        let (infno, input) = match way {
            Way::Settlement => ("2102", input),
            Way::Reversal => ("2103", reversal(&settled(&till.must("2102", &input)))),
        };
        let msgid = till.next_msgid();
        let request = till.request(infno, &input);
        let heard = bring(&mut shop, till, &msgid, &request, trouble);
        Self {
            shop,
            trouble,
            way,
            msgid,
            request,
            heard,
        }
    }

    /// A till that shares no message id with the first one.
    fn till(&self) -> GatewayTill {
        self.shop.till().counting_from(1000)
    }

    /// Whether the platform carried the call out: the truth.
    #[track_caller]
    fn is_done(&self) -> bool {
        let times = self.shop.platform.times_settled(&self.msgid);
        assert!(times <= 1, "{self:?}: done {times} times");
        times == 1
    }

    /// The record is there, and says no more and no less than can be known.
    fn check_record(&self) {
        let Attempt {
            state, reverses, ..
        } = self.shop.attempt(&self.msgid);
        assert_eq!(reverses.is_some(), self.way == Way::Reversal, "{self:?}");
        let expected: &[&str] = match self.trouble {
            Trouble::Refused => &["not-sent"],
            Trouble::Fault(Fault::AnswerTwice) => &["settled"],
            Trouble::KilledAnswered => &["in-doubt", "settled"],
            Trouble::CutUnread | Trouble::Fault(_) | Trouble::Killed(..) => &["in-doubt"],
        };
        assert!(expected.contains(&state.as_str()), "{self:?}: {state}");
        let is_open = u64::from(state == "in-doubt");
        assert_eq!(self.shop.in_doubt(), is_open, "{self:?}");
    }

    /// The till was told of success only where there was one, and of failure only where nothing was
    /// done and nothing may have been.
    fn check_heard(&self) {
        let Ok(heard) = &self.heard else {
            assert_ne!(self.trouble, Trouble::Refused, "{self:?}: not told");
            return;
        };
        if output(heard).is_some() {
            assert!(self.is_done(), "{self:?}");
        }
        let is_refused = refusal(heard).is_some();
        assert_eq!(
            is_refused,
            self.trouble == Trouble::Refused,
            "{self:?}: {}",
            heard.text()
        );
    }

    /// Sent again, it is answered without being sent again; under another body it is refused.
    fn check_repetition(&self) {
        if self.trouble == Trouble::Refused {
            // Nothing was sent: a repetition may be a first time, once.
            let _ = self.till().try_send(&self.request);
            assert!(self.shop.times_arrived(&self.msgid) <= 1, "{self:?}");
            return;
        }
        let before = self.shop.platform.record().all().len();
        for _ in 0..2 {
            let again = self.till().try_send(&self.request);
            let was_told = self
                .heard
                .as_ref()
                .ok()
                .filter(|heard| output(heard).is_some());
            match (was_told, again) {
                (Some(first), Ok(again)) => assert_eq!(first.body, again.body, "{self:?}"),
                (Some(_), Err(error)) => panic!("{self:?}: {error}"),
                (None, Ok(again)) => {
                    assert!(output(&again).is_none() || self.is_done(), "{self:?}");
                }
                (None, Err(_)) => {}
            }
        }
        let mut till = self.till();
        let other = till.envelope("2102", &self.msgid, "{\"druginfo\":{},\"drugdetail\":[]}");
        let other = till.posted("2102", other.into_bytes());
        let answer = till.send(&other);
        assert!(refusal(&answer).is_some(), "{self:?}: {}", answer.text());
        let after = self.shop.platform.record().all().len();
        assert_eq!(before, after, "{self:?}: something was sent again");
    }

    /// The same packs under another message id are refused while the first attempt may stand.
    fn check_double(&self) {
        if self.way == Way::Reversal || self.trouble == Trouble::Refused {
            return;
        }
        let mut till = self.till();
        till.identify(WIFE);
        let msgid = till.next_msgid();
        let input = till.settlement(&Basket::otc(WIFE, "R9", &[pack(1)]));
        let answer = till.call("2102", &input);
        assert!(refusal(&answer).is_some(), "{self:?}: {}", answer.text());
        assert_eq!(self.shop.times_arrived(&msgid), 0, "{self:?}");
    }

    /// Another customer is served.
    fn check_another(&self) {
        let mut till = self.till().counting_from(2000);
        till.settle(&Basket::otc(HUSBAND, "R5", &[pack(5)]));
    }

    /// What the platform says settles the doubt, and only what it says.
    fn check_resolution(&self) {
        let mut till = self.till().counting_from(3000);
        till.must("5203", &query(WIFE, None));
        if self.trouble == Trouble::Refused {
            return;
        }
        let Attempt {
            state, settlement, ..
        } = self.shop.attempt(&self.msgid);
        if !self.is_done() {
            assert_ne!(state, "settled", "{self:?}");
            return;
        }
        assert_eq!(state, "settled", "{self:?}: {:?}", self.shop.attempts());
        let done = self.shop.platform.settlements();
        let done = done.iter().find(|one| one.msgid == self.msgid).unwrap();
        assert_eq!(settlement.as_ref(), Some(&done.setl_id), "{self:?}");
        assert_eq!(self.shop.in_doubt(), 0, "{self:?}");
    }

    /// The log is whole, and the platform's books have nothing twice.
    fn check_books(mut self) {
        let what = format!("{self:?}");
        let mut times = BTreeMap::new();
        for one in self.shop.platform.settlements() {
            *times.entry(one.msgid.clone()).or_insert(0) += 1;
            let is_standing = one.standing == Standing::Stands && one.reverses.is_none();
            if is_standing && one.psn_no == WIFE {
                *times.entry("what stands of the wife".into()).or_insert(0) += 1;
            }
        }
        assert!(times.values().all(|&times| times == 1), "{what}: {times:?}");
        self.shop.kill();
        assert!(self.shop.shop.verified_entries() > 0, "{what}");
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let manner = self.shop.platform.manner();
        write!(f, "{manner:?} {:?} {:?}", self.way, self.trouble)
    }
}

/// Sends the call into its trouble; says what the till heard.
fn bring(
    shop: &mut Protected,
    mut till: GatewayTill,
    msgid: &str,
    request: &Request,
    trouble: Trouble,
) -> io::Result<Response> {
    let which = Which::Msgid(msgid.to_owned());
    match trouble {
        Trouble::Fault(fault) => {
            shop.platform.break_next(which, 1, fault);
            till.try_send(request)
        }
        Trouble::CutUnread => {
            shop.platform.cut_next_unread();
            till.try_send(request)
        }
        Trouble::Refused => {
            shop.platform.refuse();
            let heard = till.try_send(request);
            shop.platform.accept();
            heard
        }
        Trouble::Killed(moment, release) => {
            let which = match moment {
                Moment::Unread => Which::Any,
                Moment::Unacted | Moment::Unanswered => which,
            };
            let hold = shop.platform.hold_next(which, 1, moment);
            let request = request.clone();
            let sender = std::thread::spawn(move || till.try_send(&request));
            hold.wait(1);
            shop.kill();
            let heard = sender.join().unwrap();
            hold.release(release);
            // The platform finishes with what it has before anybody asks again.
            wait_until("the platform is done", || {
                shop.platform.open_connections() == 0
            });
            shop.restart();
            heard
        }
        Trouble::KilledAnswered => {
            let request = request.clone();
            let sender = std::thread::spawn(move || till.try_send(&request));
            shop.platform.record().wait_for("the answer", |all| {
                let mut all = all.iter();
                all.any(|one| one.msgid.as_deref() == Some(msgid) && one.stage == Stage::Answered)
            });
            shop.kill();
            shop.restart();
            sender.join().unwrap()
        }
    }
}

/// Brings a call into each trouble and looks at what is left, everywhere.
fn go_through(way: Way, troubles: &[Trouble]) {
    for (place, &trouble) in troubles.iter().enumerate() {
        let manner = Manner::ALL[place % Manner::ALL.len()];
        let mut case = Case::new(manner, way, trouble);
        let is_done = case.is_done();
        case.check_record();
        case.check_heard();
        // Killed once more, it knows what it knew.
        case.shop.restart();
        case.check_record();
        case.check_repetition();
        case.check_double();
        case.check_another();
        case.check_resolution();
        println!("{case:?}: done {is_done}, as recorded");
        case.check_books();
    }
}

fn faults() -> Vec<Trouble> {
    let faults = Fault::ALL.map(Trouble::Fault);
    let others = [Trouble::CutUnread, Trouble::Refused];
    faults.into_iter().chain(others).collect()
}

fn kills() -> Vec<Trouble> {
    let moments = [Moment::Unread, Moment::Unacted, Moment::Unanswered];
    let held = moments.into_iter().flat_map(|moment| {
        [Release::Cut, Release::GoOn].map(|release| Trouble::Killed(moment, release))
    });
    held.chain([Trouble::KilledAnswered]).collect()
}

#[test]
fn settlements_survive_a_platform_that_breaks() {
    go_through(Way::Settlement, &faults());
}

#[test]
fn reversals_survive_a_platform_that_breaks() {
    go_through(Way::Reversal, &faults());
}

#[test]
fn settlements_survive_an_agent_that_is_killed() {
    go_through(Way::Settlement, &kills());
}

#[test]
fn reversals_survive_an_agent_that_is_killed() {
    go_through(Way::Reversal, &kills());
}

/// What is in doubt can be undone at once; its packs can then be sold again.
#[test]
fn undoing_what_is_in_doubt_settles_the_doubt_and_frees_the_packs() {
    for deed in [Deed::Done, Deed::Undone] {
        let trouble = Trouble::Fault(Fault::CutUnanswered(deed));
        let case = Case::new(Manner::Guangdong, Way::Settlement, trouble);
        let mut till = case.till();
        let undone = till.call("2601", &undoing(WIFE, &case.msgid, "2102"));
        assert_eq!(
            output(&undone).is_some(),
            deed == Deed::Done,
            "{}",
            undone.text()
        );
        if deed == Deed::Undone {
            // The platform does not know it: whether that is enough is the region's to say.
            assert_ne!(case.shop.attempt(&case.msgid).state, "settled");
            continue;
        }
        assert_eq!(case.shop.in_doubt(), 0, "{:?}", case.shop.attempts());
        till.settle(&Basket::otc(WIFE, "R7", &[pack(1)]));
        let standing = case.shop.platform.settlements();
        let standing = standing.iter().map(|one| one.standing).collect::<Vec<_>>();
        assert_eq!(standing, [Standing::Undone, Standing::Stands]);
    }
}

/// A settlement that was taken back frees its packs, by either way.
#[test]
fn what_was_reversed_can_be_sold_again() {
    let shop = Protected::start(Manner::Hubei);
    let mut till = shop.till();
    let basket = Basket::otc(WIFE, "R1", &[pack(1)]);
    let first: Settled = till.settle(&basket);
    till.must("2103", &reversal(&first));
    let again = Basket::otc(WIFE, "R2", &[pack(1)]);
    till.settle(&again);
    let attempts = shop.attempts();
    assert!(
        attempts.iter().all(|attempt| attempt.state == "settled"),
        "{attempts:?}"
    );
    assert_eq!(attempts.len(), 3, "{attempts:?}");
}

/// How often the agent is killed at a moment of nobody's choice.
const ROUNDS: u64 = 12;

/// Whatever the moment: what reached the platform is on record, once, and was never called failed.
#[test]
fn killed_at_any_moment_no_attempt_is_lost() {
    let (mut arrived, mut settled) = (0, 0);
    for round in 0..ROUNDS {
        let mut shop = Protected::start(Manner::Guangdong);
        let mut till = shop.till();
        till.identify(WIFE);
        let msgid = till.next_msgid();
        let input = till.settlement(&Basket::otc(WIFE, "R1", &[pack(1)]));
        let request = till.request("2102", &input);
        let again = request.clone();
        let sender = std::thread::spawn(move || till.try_send(&request));
        // A little later each time, over about what a settlement takes.
        let moment = Instant::now() + Duration::from_micros(round * 2500);
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        shop.kill();
        let heard = sender.join().unwrap();
        wait_until("the platform is done", || {
            shop.platform.open_connections() == 0
        });
        shop.restart();
        let times = shop.platform.times_settled(&msgid);
        assert!(times <= 1);
        let attempts = shop.attempts();
        let state = attempts.iter().find(|attempt| attempt.msgid == msgid);
        let state = state.map(|attempt| attempt.state.as_str());
        if shop.times_arrived(&msgid) == 1 {
            assert!(
                matches!(state, Some("in-doubt" | "settled")),
                "{attempts:?}"
            );
            arrived += 1;
        } else {
            assert!(
                matches!(state, None | Some("in-doubt" | "not-sent")),
                "{attempts:?}"
            );
        }
        if heard.is_ok_and(|heard| output(&heard).is_some()) {
            assert_eq!(times, 1);
        }
        let mut till = shop.till().counting_from(1000);
        till.call("1101", &insured(WIFE));
        let _ = till.try_send(&again);
        let after = shop.platform.times_settled(&msgid);
        assert!(after <= 1, "settled twice");
        if times == 1 {
            till.must("5203", &query(WIFE, None));
            assert_eq!(shop.attempt(&msgid).state, "settled");
            settled += 1;
        }
        shop.kill();
        shop.shop.verified_entries();
    }
    println!("{ROUNDS} kills: {arrived} had arrived, {settled} were settled, none lost or doubled");
}
