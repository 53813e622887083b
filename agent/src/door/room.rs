//! Room for connections: who is inside, and who goes when it is full. No socket and no clock.
//!
//! ```text
//! comes in ─► stranger ─(showed a valid secret)─► known: at work ◄─► idle
//! ```
//! Strangers and known ones have a share each, and neither takes the other's:
//!
//! * Whoever comes in is a stranger and always gets in. Where their share is full, the oldest of the
//!   peer that has most of them goes: a crowd displaces its own. On loopback all are one peer.
//! * Whoever becomes known takes the place of the one that has been idle longest. Where all are at
//!   work they stay a stranger for now, and are served all the same.
//! * Where the system has no descriptor left, strangers go first, then idle ones.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How many connections of either kind are held at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shares {
    /// Those that showed no valid secret yet. As many may come while an honest one sends its first
    /// request, before it is displaced.
    pub(crate) strangers: usize,
    pub(crate) known: usize,
}

/// Who is inside.
pub(super) struct Room {
    shares: Shares,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    /// Rises with every arrival and every pause, and orders them.
    turn: u64,
    strangers: BTreeMap<u64, Guest>,
    /// How many strangers each peer has.
    crowds: BTreeMap<IpAddr, usize>,
    known: BTreeMap<u64, Guest>,
}

struct Guest {
    peer: IpAddr,
    /// Tells the connection that it is to end.
    leave: Arc<Notify>,
    /// Since which turn a known one has nothing to do.
    idle_since: Option<u64>,
}

impl Room {
    pub(super) fn new(shares: Shares) -> Self {
        Self {
            shares,
            inside: Mutex::default(),
        }
    }

    /// Lets somebody in; `leave` is notified when they are displaced.
    pub(super) fn enter(&self, peer: IpAddr, leave: Arc<Notify>) -> u64 {
        let mut inside = self.inside();
        if inside.strangers.len() >= self.shares.strangers {
            inside.displace_stranger();
        }
        inside.turn += 1;
        let number = inside.turn;
        let guest = Guest {
            peer: neighbourhood(peer),
            leave,
            idle_since: None,
        };
        *inside.crowds.entry(guest.peer).or_default() += 1;
        inside.strangers.insert(number, guest);
        number
    }

    /// Somebody showed a valid secret. False where there is no place for them among the known.
    pub(super) fn know(&self, number: u64) -> bool {
        let mut inside = self.inside();
        if !inside.strangers.contains_key(&number) {
            return inside.known.contains_key(&number);
        }
        if inside.known.len() >= self.shares.known && !inside.displace_idle() {
            return false;
        }
        if let Some(guest) = inside.take_stranger(number) {
            inside.known.insert(number, guest);
        }
        true
    }

    /// A request of theirs is being answered.
    pub(super) fn at_work(&self, number: u64) {
        if let Some(guest) = self.inside().known.get_mut(&number) {
            guest.idle_since = None;
        }
    }

    /// They have nothing to do.
    pub(super) fn idle(&self, number: u64) {
        let mut inside = self.inside();
        inside.turn += 1;
        let turn = inside.turn;
        if let Some(guest) = inside.known.get_mut(&number) {
            guest.idle_since = Some(turn);
        }
    }

    pub(super) fn leave(&self, number: u64) {
        let mut inside = self.inside();
        if inside.known.remove(&number).is_none() {
            inside.take_stranger(number);
        }
    }

    /// Frees a descriptor, if there is anybody who may go.
    pub(super) fn relieve(&self) -> bool {
        let mut inside = self.inside();
        inside.displace_stranger() || inside.displace_idle()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn displace_stranger(&mut self) -> bool {
        let largest = self.crowds.values().max();
        let mut oldest_first = self.strangers.iter();
        let goes = oldest_first.find(|(_, guest)| self.crowds.get(&guest.peer) == largest);
        let number = goes.map(|(number, _)| *number);
        send_away(number.and_then(|number| self.take_stranger(number)))
    }

    fn displace_idle(&mut self) -> bool {
        let idle = self.known.iter();
        let idle = idle.filter_map(|(number, guest)| Some((guest.idle_since?, *number)));
        let longest = idle.min().map(|(_, number)| number);
        send_away(longest.and_then(|number| self.known.remove(&number)))
    }

    fn take_stranger(&mut self, number: u64) -> Option<Guest> {
        let guest = self.strangers.remove(&number)?;
        if let Some(crowd) = self.crowds.get_mut(&guest.peer) {
            *crowd -= 1;
            if *crowd == 0 {
                self.crowds.remove(&guest.peer);
            }
        }
        Some(guest)
    }
}

fn send_away(guest: Option<Guest>) -> bool {
    guest.is_some_and(|guest| {
        guest.leave.notify_one();
        true
    })
}

/// As whom a peer counts: whoever has one address of IPv6 has a network of them.
fn neighbourhood(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => {
            let network = u128::from(v6) & (u128::MAX << 64);
            IpAddr::V6(network.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARES: Shares = Shares {
        strangers: 3,
        known: 2,
    };

    /// A room, and everybody who came so far.
    struct Door {
        room: Room,
        came: Vec<(u64, Arc<Notify>)>,
    }

    impl Door {
        fn new() -> Self {
            Self {
                room: Room::new(SHARES),
                came: Vec::new(),
            }
        }

        fn enter(&mut self, peer: &str) -> u64 {
            let leave = Arc::new(Notify::new());
            let number = self.room.enter(peer.parse().unwrap(), Arc::clone(&leave));
            self.came.push((number, leave));
            number
        }

        fn enter_known(&mut self, peer: &str) -> u64 {
            let number = self.enter(peer);
            assert!(self.room.know(number));
            number
        }

        /// Who was told to go since the last question.
        fn went(&mut self) -> Vec<u64> {
            let is_told = |leave: &Notify| {
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                let told = std::pin::pin!(leave.notified());
                told.poll(&mut context).is_ready()
            };
            let told = self.came.iter().filter(|(_, leave)| is_told(leave));
            told.map(|(number, _)| *number).collect()
        }
    }

    #[test]
    fn whoever_comes_gets_in_and_the_oldest_stranger_goes() {
        let mut door = Door::new();
        let first = [(); 3].map(|()| door.enter("127.0.0.1"));
        assert!(door.went().is_empty());
        door.enter("127.0.0.1");
        assert_eq!(door.went(), [first[0]]);
        door.room.leave(first[1]);
        door.enter("127.0.0.1");
        assert!(door.went().is_empty(), "a place was free");
        door.enter("127.0.0.1");
        assert_eq!(door.went(), [first[2]]);
    }

    #[test]
    fn a_crowd_displaces_its_own() {
        let mut door = Door::new();
        let honest = door.enter("192.168.1.2");
        let crowd = [(); 2].map(|()| door.enter("192.168.1.66"));
        door.enter("192.168.1.66");
        assert_eq!(door.went(), [crowd[0]]);
        door.enter("192.168.1.3");
        assert_eq!(door.went(), [crowd[1]]);
        door.enter("192.168.1.66");
        assert_eq!(door.went(), [honest], "all have one: the oldest goes");
    }

    #[test]
    fn whoever_has_a_network_is_one_peer() {
        let same = ["2001:db8::1", "2001:db8::ffff:1"].map(|text| text.parse().unwrap());
        assert_eq!(neighbourhood(same[0]), neighbourhood(same[1]));
        let [other, mapped, plain] =
            ["2001:db8:0:1::1", "::ffff:10.0.0.1", "10.0.0.1"].map(|text| text.parse().unwrap());
        assert_ne!(neighbourhood(same[0]), neighbourhood(other));
        assert_eq!(neighbourhood(mapped), plain);
    }

    #[test]
    fn no_stranger_displaces_who_is_known() {
        let mut door = Door::new();
        let known = [(); 2].map(|()| door.enter_known("127.0.0.1"));
        door.room.idle(known[0]);
        let strangers: Vec<_> = (0..100).map(|_| door.enter("127.0.0.1")).collect();
        assert_eq!(door.went(), strangers[..97]);
    }

    #[test]
    fn whoever_becomes_known_takes_the_place_of_the_longest_idle() {
        let mut door = Door::new();
        let [first, second] = [(); 2].map(|()| door.enter_known("127.0.0.1"));
        door.room.idle(second);
        door.room.idle(first);
        door.room.at_work(second);
        door.room.idle(second);
        let third = door.enter_known("127.0.0.1");
        assert_eq!(door.went(), [first]);
        let fourth = door.enter_known("127.0.0.1");
        assert_eq!(door.went(), [second]);
        // All are at work: nobody goes, and whoever asks stays a stranger until somebody pauses.
        let fifth = door.enter("127.0.0.1");
        assert!(!door.room.know(fifth));
        assert!(door.went().is_empty());
        door.room.idle(third);
        assert!(door.room.know(fifth) && door.room.know(fourth));
        assert_eq!(door.went(), [third]);
        assert!(!door.room.know(third), "who was displaced is not known");
    }

    #[test]
    fn descriptors_are_freed_by_strangers_then_by_idle_ones_and_by_nobody_at_work() {
        let mut door = Door::new();
        let [idle, busy] = [(); 2].map(|()| door.enter_known("127.0.0.1"));
        door.room.idle(idle);
        let stranger = door.enter("127.0.0.1");
        let freed: Vec<_> = (0..3).map(|_| (door.room.relieve(), door.went())).collect();
        let expected = [
            (true, vec![stranger]),
            (true, vec![idle]),
            (false, Vec::new()),
        ];
        assert_eq!(freed, expected);
        assert!(door.room.know(busy));
    }
}
