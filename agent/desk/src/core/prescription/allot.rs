//! Which line of a sale uses which drug of which prescription.

use pharmacy_protocol::term::Quantity;

use super::wanted::Wanted;
use super::{Kept, Use};

/// Which line of a sale uses which drug of which prescription: the first one that has some left, then
/// the next. What is more than all of them together is the first one's, so that it shows.
pub fn allot(kept: &[Kept], lines: &[Wanted<'_>], sale: u64) -> Vec<Vec<Use>> {
    let mut uses: Vec<Vec<Use>> = vec![Vec::new(); kept.len()];
    for line in lines {
        let fitting = fitting(kept, line);
        let mut rest = line.quantity.units();
        for (at, drug) in &fitting {
            let (Some(kept), Some(used)) = (kept.get(*at), uses.get_mut(*at)) else {
                continue;
            };
            let left = kept.total(*drug).map_or(i64::MAX, |total| {
                let now = used.iter().filter(|used| used.drug == *drug);
                let now = now.map(|used| used.quantity.units());
                let gone = now.fold(kept.dispensed(*drug).units(), i64::saturating_add);
                total.units().saturating_sub(gone).max(0)
            });
            let share = rest.min(left);
            rest = rest.saturating_sub(share);
            add(used, (sale, line.line, *drug), share);
        }
        if let Some((at, drug)) = fitting.first()
            && let Some(used) = uses.get_mut(*at)
        {
            add(used, (sale, line.line, *drug), rest);
        }
    }
    uses
}

fn fitting(kept: &[Kept], line: &Wanted<'_>) -> Vec<(usize, usize)> {
    let mut fitting = Vec::new();
    for (at, kept) in kept.iter().enumerate() {
        let drugs = kept.drugs(std::slice::from_ref(line));
        if let Some(place) = drugs.iter().position(|drug| line.is(drug)) {
            fitting.push((at, place));
        }
    }
    fitting
}

fn add(uses: &mut Vec<Use>, (sale, line, drug): (u64, u32, usize), units: i64) {
    if units <= 0 {
        return;
    }
    let known = uses
        .iter_mut()
        .find(|used| (used.sale, used.line, used.drug) == (sale, line, drug));
    match known {
        Some(known) => {
            let sum = known.quantity.units().saturating_add(units);
            known.quantity = Quantity::new(sum);
        }
        None => uses.push(Use {
            sale,
            line,
            drug,
            quantity: Quantity::new(units),
        }),
    }
}
