//! What a name says: the lexicon's words in it, added up per category.

use super::category::Category;
use super::fold::fold;
use super::lexicon::{Lexicon, Mark, Place};

/// How strongly a name speaks of each category, and with which word.
#[derive(Debug, Default)]
pub(super) struct Voice<'a> {
    sums: [(u16, u16, &'a str); CATEGORIES],
}

const CATEGORIES: usize = 12;
/// Doubtful goods have the last place.
const DOUBTFUL: usize = 11;

fn slot(category: Option<Category>) -> usize {
    category.map_or(DOUBTFUL, |category| category as usize)
}

const LISTED: [Category; 10] = [
    Category::Drug,
    Category::Device,
    Category::Piece,
    Category::HealthFood,
    Category::Food,
    Category::Cosmetic,
    Category::Toothpaste,
    Category::Disinfectant,
    Category::DailyGoods,
    Category::Fsmp,
];

impl<'a> Voice<'a> {
    /// How strongly the name speaks of `category`.
    pub(super) fn of(&self, category: Category) -> u16 {
        self.sums
            .get(category as usize)
            .map_or(0, |(sum, _, _)| *sum)
    }

    /// How strongly the name speaks of doubtful goods.
    pub(super) fn doubt(&self) -> u16 {
        self.sums.get(DOUBTFUL).map_or(0, |(sum, _, _)| *sum)
    }

    /// The weightiest word of each category that the name speaks of; `None`: doubtful goods.
    pub(super) fn words(&self) -> impl Iterator<Item = (Option<Category>, &'a str)> {
        let listed = LISTED.iter().copied().map(Some).chain([None]);
        listed.filter_map(|category| {
            let (sum, _, word) = *self.sums.get(slot(category))?;
            (sum > 0).then_some((category, word))
        })
    }

    /// The category that the name speaks of most, of those listed.
    pub(super) fn loudest(&self, of: &[Category]) -> (Category, u16) {
        of.iter()
            .map(|category| (*category, self.of(*category)))
            .fold((Category::Unknown, 0), |best, next| {
                if next.1 > best.1 { next } else { best }
            })
    }

    fn add(&mut self, mark: Mark, word: &'a str) {
        if let Some((sum, greatest, loudest)) = self.sums.get_mut(slot(mark.category)) {
            *sum = sum.saturating_add(mark.weight);
            if mark.weight > *greatest {
                (*greatest, *loudest) = (mark.weight, word);
            }
        }
    }
}

/// One word found in a name.
#[derive(Clone, Copy)]
struct Found {
    start: usize,
    end: usize,
    word: usize,
}

impl Lexicon {
    /// Hears what a name and a barcode say.
    pub(super) fn hear(&self, name: &str, barcode: &str) -> Voice<'_> {
        let name = fold(name);
        let mut voice = Voice::default();
        let found = self.find(&name.text);
        for (index, hit) in found.iter().enumerate() {
            let earlier = found.get(..index).unwrap_or_default();
            let is_hidden = found.iter().any(|other| hides(other, hit));
            if is_hidden || earlier.iter().any(|other| other.word == hit.word) {
                continue;
            }
            let Some(word) = self.words.get(hit.word) else {
                continue;
            };
            let all = found.iter().filter(|other| other.word == hit.word);
            let (is_head, is_tail) = all.fold((false, false), |(head, tail), other| {
                (
                    head || other.start == 0,
                    tail || other.end == name.proper_end,
                )
            });
            for mark in word.marks.iter().filter(|mark| mark.weight > 0) {
                let counts = match mark.place {
                    Place::Anywhere => true,
                    Place::Head => is_head,
                    Place::Tail => is_tail,
                };
                if counts {
                    voice.add(*mark, &word.text);
                }
            }
        }
        for (prefix, mark) in &self.barcodes {
            if barcode.len() == 13 && barcode.starts_with(prefix) {
                voice.add(*mark, prefix);
            }
        }
        voice
    }

    fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::with_capacity(16);
        if let Some(automaton) = &self.automaton {
            found.extend(automaton.find_overlapping_iter(text).map(|hit| Found {
                start: hit.start(),
                end: hit.end(),
                word: hit.pattern().as_usize(),
            }));
        }
        found
    }
}

/// Is `inner` a part of the longer word `outer`?
fn hides(outer: &Found, inner: &Found) -> bool {
    let is_longer = outer.end.saturating_sub(outer.start) > inner.end.saturating_sub(inner.start);
    is_longer && outer.start <= inner.start && inner.end <= outer.end
}
