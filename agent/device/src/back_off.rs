//! How long to wait before a port is opened again.
//!
//! In scope: the waits and their jitter. Out of scope: what counts as a failure ([`crate::owner`]).

use std::time::Duration;

use pharmacy_base::random;

/// Waits between attempts to open; the last one repeats.
pub const WAITS: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// How long to wait after so many failures in a row before this one: one of the waits, up to a fifth
/// more or less, so that many tills do not knock at one device in step.
pub fn wait_after(failures: usize, waits: &[Duration]) -> Duration {
    let wait = waits.get(failures).or(waits.last()).copied();
    let mut chance = [u8::MAX / 2; 4];
    // Without random bytes the wait is the middle one.
    let _ = random::fill(&mut chance);
    let share = f64::from(u32::from_be_bytes(chance)) / f64::from(u32::MAX);
    wait.unwrap_or(Duration::from_secs(1))
        .mul_f64(0.8 + 0.4 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_last_and_stay_within_a_fifth() {
        for (failures, seconds) in [
            (0, 0.5),
            (1, 1.0),
            (2, 2.0),
            (3, 5.0),
            (4, 10.0),
            (99, 10.0),
        ] {
            for _ in 0..50 {
                let wait = wait_after(failures, &WAITS).as_secs_f64();
                assert!(
                    (seconds * 0.799..=seconds * 1.201).contains(&wait),
                    "{failures}: {wait}"
                );
            }
        }
        assert!(wait_after(3, &[]) < Duration::from_secs(2));
    }
}
