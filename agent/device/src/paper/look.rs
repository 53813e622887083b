//! What a sheet looks like: coarse enough to survive another photograph, fine enough to tell two
//! prescriptions on one printed form apart.
//!
//! ```text
//! picture ─► the page in it ─► ink of 128 × 128 cells, the paper's shade taken away ─► 4 levels
//! two of them: shifted, scaled and turned onto each other as a whole, then cell block by cell block;
//! they are as alike as their least alike block
//! ```
//! A photograph of the same sheet differs everywhere a little, another prescription of the same form differs
//! in few places a lot: so the worst block tells, and not the mean. Out of scope: what follows from it.

use image::GrayImage;
use image::imageops::FilterType;

/// Cells along a side.
const SIDE: usize = 128;
/// Dots along the side of a cell, before they are one.
const DOTS: usize = 4;
/// Cells along the side of a tile of which the paper's shade is taken.
const TILE: usize = 16;
/// Paper is brighter than that; what is not, is none.
const DARK: f32 = 32.0;
/// Levels of ink above none.
const LEVELS: f32 = 3.0;
/// Cells along the side of a block.
const BLOCK: usize = 12;
/// How far a block is looked for, in cells: paper bends, lenses too.
const REACH: i32 = 3;
/// Fewer blocks with ink say nothing: a blank sheet, a stamp.
const LEAST_BLOCKS: usize = 8;

/// How alike two sheets are from which on they are one, between 0 and 1.
///
/// Measured on drawn forms (see the tests): one sheet again, stored anew, brighter, smaller, unevenly lit or
/// cropped by 1 in 100 on each side, is 0.93 and above; two prescriptions of one form are 0.89 and below, even
/// of one patient, with the same drugs, a month apart.
pub const ALIKE: f32 = 0.905;

/// How well two sheets go together as a whole if they are on one printed form. Measured: one sheet again 0.94
/// and above.
const FORM: f32 = 0.9;

/// What a sheet looks like.
#[derive(Clone)]
pub struct Look(Vec<f32>);

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Look")
    }
}

/// How one sheet lies on another: cells of shift, scales, degrees.
#[derive(Clone, Copy, Debug)]
struct Lie {
    across: f32,
    down: f32,
    wide: f32,
    high: f32,
    turned: f32,
}

const FLAT: Lie = Lie {
    across: 0.0,
    down: 0.0,
    wide: 1.0,
    high: 1.0,
    turned: 0.0,
};

impl Look {
    /// Looks at a picture; none where there is too little to see.
    pub fn of(picture: &GrayImage) -> Option<Self> {
        let page = page(picture);
        let side = u32::try_from(SIDE.checked_mul(DOTS)?).ok()?;
        let dots = image::imageops::resize(&page, side, side, FilterType::Triangle);
        let paper = Paper::of(&dots);
        let mut cells = vec![0.0_f32; SIDE * SIDE];
        for (x, y, dot) in dots.enumerate_pixels() {
            let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
            let shade = paper.at(x, y);
            let ink = match shade < DARK {
                true => 0.0,
                false => ((shade - f32::from(dot.0.first().copied()?)) / shade).max(0.0),
            };
            if let Some(cell) = cells.get_mut((y / DOTS) * SIDE + x / DOTS) {
                *cell += ink;
            }
        }
        let mut sorted = cells.clone();
        sorted.sort_by(f32::total_cmp);
        let dark = sorted.get(sorted.len() * 98 / 100).copied()?;
        if dark < 0.3 {
            return None;
        }
        let level = |ink: f32| (ink / dark * LEVELS).round().min(LEVELS);
        Some(Self(cells.into_iter().map(level).collect()))
    }

    /// As text: two bits a cell, hexadecimal.
    pub fn to_text(&self) -> String {
        let nibble = |pair: &[f32]| {
            let bits = pair.iter().fold(0_u32, |bits, level| {
                // Levels are 0 to 3.
                let level = *level as u32;
                bits << 2 | level
            });
            char::from_digit(bits, 16).unwrap_or('0')
        };
        self.0.chunks(2).map(nibble).collect()
    }

    /// Reads what [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut cells = Vec::with_capacity(SIDE * SIDE);
        for digit in text.chars() {
            let bits = u8::try_from(digit.to_digit(16)?).ok()?;
            cells.extend([f32::from(bits >> 2), f32::from(bits & 3)]);
        }
        (cells.len() == SIDE * SIDE).then_some(Self(cells))
    }

    /// How alike two sheets are, between 0 and 1; none where there is too little on them,
    /// or they are not even on one form.
    pub fn likeness(&self, other: &Self) -> Option<f32> {
        let lie = lie(&self.0, &other.0)?;
        let (one, other) = (laid(&blurred(&self.0), lie, 1), blurred(&other.0));
        let last = SIDE.checked_sub(BLOCK)?.checked_sub(3)?;
        let places = || (3..=last).step_by(BLOCK);
        let blocks = places().flat_map(|y| places().map(move |x| (x, y)));
        let scores: Vec<f32> = blocks
            .filter_map(|(x, y)| block_likeness(&one, &other, x, y))
            .collect();
        let least = scores.iter().copied().reduce(f32::min)?;
        (scores.len() >= LEAST_BLOCKS).then_some(least.clamp(0.0, 1.0))
    }
}

/// The sheet within a picture: where rows and columns are bright, as a desk around it is not.
fn page(picture: &GrayImage) -> GrayImage {
    let (width, height) = picture.dimensions();
    let cut = threshold(picture);
    let mut rows = vec![0_u32; usize::try_from(height).unwrap_or(0)];
    let mut columns = vec![0_u32; usize::try_from(width).unwrap_or(0)];
    for (x, y, dot) in picture.enumerate_pixels() {
        if dot.0.first().is_some_and(|dot| *dot > cut) {
            let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
            if let Some(row) = rows.get_mut(place(y)) {
                *row += 1;
            }
            if let Some(column) = columns.get_mut(place(x)) {
                *column += 1;
            }
        }
    }
    let span = |counts: &[u32], full: u32| {
        let is_bright = |count: &u32| *count > full / 3;
        let first = counts.iter().position(is_bright).unwrap_or(0);
        let last = counts.iter().rposition(is_bright).unwrap_or(0);
        let length = last.saturating_sub(first).saturating_add(1);
        let number = |at: usize| u32::try_from(at).unwrap_or(0);
        (number(first), number(length))
    };
    let (top, high) = span(&rows, width);
    let (left, wide) = span(&columns, height);
    // A page that fills less than a third is none.
    match high.saturating_mul(3) < height || wide.saturating_mul(3) < width {
        true => picture.clone(),
        false => image::imageops::crop_imm(picture, left, top, wide, high).to_image(),
    }
}

/// The brightness that parts light from dark best (Otsu 1979).
fn threshold(picture: &GrayImage) -> u8 {
    let mut counts = [0.0_f64; 256];
    for dot in picture.as_raw() {
        if let Some(count) = counts.get_mut(usize::from(*dot)) {
            *count += 1.0;
        }
    }
    let weighted = || (0_u8..=u8::MAX).zip(counts.iter());
    let total: f64 = counts.iter().sum();
    let sum: f64 = weighted()
        .map(|(value, count)| f64::from(value) * count)
        .sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let mut best = (0.0, 128_u8);
    for (value, count) in weighted() {
        below += count;
        sum_below += f64::from(value) * count;
        let above = total - below;
        if below > 0.0 && above > 0.0 {
            let apart = sum_below / below - (sum - sum_below) / above;
            let between = below * above * apart * apart;
            if between > best.0 {
                best = (between, value);
            }
        }
    }
    best.1
}

/// The paper's shade, tile by tile.
struct Paper {
    across: usize,
    shades: Vec<f32>,
}

impl Paper {
    fn of(dots: &GrayImage) -> Self {
        let across = SIDE * DOTS / TILE;
        let mut tiles: Vec<Vec<u8>> = vec![Vec::with_capacity(TILE * TILE); across * across];
        for (x, y, dot) in dots.enumerate_pixels() {
            let place = |at: u32| usize::try_from(at).unwrap_or(0) / TILE;
            let tile = tiles.get_mut(place(y) * across + place(x));
            if let (Some(tile), Some(dot)) = (tile, dot.0.first()) {
                tile.push(*dot);
            }
        }
        let own = tiles.into_iter().map(|mut tile| {
            tile.sort_unstable();
            tile.get(tile.len() * 8 / 10)
                .copied()
                .map_or(1.0, f32::from)
        });
        let own: Vec<f32> = own.collect();
        let near = |at: usize| at.saturating_sub(1)..(at + 2).min(across);
        let brightest = |y: usize, x: usize| {
            let tiles = near(y).flat_map(|y| near(x).map(move |x| y * across + x));
            let shades = tiles.filter_map(|tile| own.get(tile).copied());
            shades.fold(1.0_f32, f32::max)
        };
        let places = (0..across).flat_map(|y| (0..across).map(move |x| (y, x)));
        let shades = places.map(|(y, x)| brightest(y, x)).collect();
        Self { across, shades }
    }

    fn at(&self, x: usize, y: usize) -> f32 {
        let tile = (y / TILE) * self.across + x / TILE;
        self.shades.get(tile).copied().unwrap_or(1.0)
    }
}

/// A cell, none outside.
fn cell(cells: &[f32], x: i32, y: i32) -> Option<f32> {
    let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
    (x < SIDE).then_some(())?;
    cells.get(y * SIDE + x).copied()
}

fn places(step: usize) -> impl Iterator<Item = (i32, i32)> {
    let along = move || (0_i32..).step_by(step).take(SIDE.div_ceil(step));
    along().flat_map(move |y| along().map(move |x| (x, y)))
}

/// Each cell with a share of its neighbours', 4 : 2 : 1.
fn blurred(cells: &[f32]) -> Vec<f32> {
    const SHARES: [(i32, i32, f32); 9] = [
        (0, 0, 4.0),
        (1, 0, 2.0),
        (-1, 0, 2.0),
        (0, 1, 2.0),
        (0, -1, 2.0),
        (1, 1, 1.0),
        (1, -1, 1.0),
        (-1, 1, 1.0),
        (-1, -1, 1.0),
    ];
    let blur = |(x, y): (i32, i32)| {
        let shares = SHARES.iter();
        let sum = shares.map(|(dx, dy, share)| share * cell(cells, x + dx, y + dy).unwrap_or(0.0));
        sum.sum::<f32>() / 16.0
    };
    places(1).map(blur).collect()
}

/// Every `step`th cell of a sheet that lies so; below 0 where it does not reach.
fn laid(cells: &[f32], lie: Lie, step: usize) -> Vec<f32> {
    const MIDDLE: f32 = 63.5;
    let (sin, cos) = lie.turned.to_radians().sin_cos();
    let find = |(x, y): (i32, i32)| {
        let (x, y) = (
            (x as f32 - MIDDLE) * lie.wide,
            (y as f32 - MIDDLE) * lie.high,
        );
        let place = (
            x * cos - y * sin + MIDDLE + lie.across,
            x * sin + y * cos + MIDDLE + lie.down,
        );
        between(cells, place).unwrap_or(-1.0)
    };
    places(step).map(find).collect()
}

/// What is between four cells.
fn between(cells: &[f32], (x, y): (f32, f32)) -> Option<f32> {
    const LAST: f32 = 127.0;
    if !(0.0..=LAST).contains(&x) || !(0.0..=LAST).contains(&y) {
        return None;
    }
    let (left, top) = (x.floor() as i32, y.floor() as i32);
    let (right, bottom) = ((left + 1).min(127), (top + 1).min(127));
    let (part, down) = (x - x.floor(), y - y.floor());
    let along = |y| {
        let (one, other) = (cell(cells, left, y)?, cell(cells, right, y)?);
        Some(one * (1.0 - part) + other * part)
    };
    Some(along(top)? * (1.0 - down) + along(bottom)? * down)
}

/// How two rows of cells go together, between -1 and 1; cells below 0 are none.
fn correlation(pairs: impl Iterator<Item = (f32, f32)>) -> (f32, Spread) {
    let mut spread = Spread::default();
    for (one, other) in pairs.filter(|(one, other)| *one >= 0.0 && *other >= 0.0) {
        spread.count += 1.0;
        spread.one += one;
        spread.other += other;
        spread.squares += one * one;
        spread.other_squares += other * other;
        spread.products += one * other;
    }
    let count = spread.count.max(1.0);
    let together = spread.products - spread.one * spread.other / count;
    let apart = spread.of_one() * spread.of_other();
    (together / apart.sqrt().max(1.0), spread)
}

/// Sums over pairs of cells.
#[derive(Clone, Copy, Default)]
struct Spread {
    count: f32,
    one: f32,
    other: f32,
    squares: f32,
    other_squares: f32,
    products: f32,
}

impl Spread {
    fn of_one(&self) -> f32 {
        self.squares - self.one * self.one / self.count.max(1.0)
    }

    fn of_other(&self) -> f32 {
        self.other_squares - self.other * self.other / self.count.max(1.0)
    }
}

/// How `one` lies on `other`, if they are one form at all: the best of coarse places, then better in ever smaller steps.
fn lie(one: &[f32], other: &[f32]) -> Option<Lie> {
    const SHIFTS: [f32; 5] = [-6.0, -3.0, 0.0, 3.0, 6.0];
    let soft =
        |cells: &[f32], times: usize| (0..times).fold(cells.to_vec(), |soft, _| blurred(&soft));
    // `other` as it is, every `step`th cell.
    let score = |one: &[f32], other: &[f32], lie: Lie, step: usize| {
        let (together, spread) =
            correlation(laid(one, lie, step).into_iter().zip(other.iter().copied()));
        // Hardly one on the other: that they agree there says nothing.
        let most = other.len() as f32;
        if spread.count * 2.0 < most {
            -1.0
        } else {
            together
        }
    };
    let coarse = soft(one, 6);
    let coarse_other = laid(&soft(other, 6), FLAT, 4);
    let mut best = (-1.0_f32, FLAT);
    for scale in [0.92, 1.0, 1.08] {
        for turned in [-2.0, 0.0, 2.0] {
            for down in SHIFTS {
                for across in SHIFTS {
                    let lie = Lie {
                        across,
                        down,
                        wide: scale,
                        high: scale,
                        turned,
                    };
                    let together = score(&coarse, &coarse_other, lie, 4);
                    if together > best.0 {
                        best = (together, lie);
                    }
                }
            }
        }
    }
    if best.0 < FORM {
        return None;
    }
    let fine = soft(one, 2);
    let fine_other = laid(&soft(other, 2), FLAT, 2);
    best.0 = score(&fine, &fine_other, best.1, 2);
    let mut step = 1.0_f32;
    while step > 0.05 {
        let near = best.1.near(step).into_iter();
        let near = near.map(|lie| (score(&fine, &fine_other, lie, 2), lie));
        match near.reduce(|one, other| if other.0 > one.0 { other } else { one }) {
            Some(better) if better.0 > best.0 => best = better,
            Some(_) | None => step /= 2.0,
        }
    }
    Some(best.1)
}

impl Lie {
    /// The lies one step off in each way.
    fn near(self, step: f32) -> [Self; 10] {
        let by = |step: f32| {
            [
                Self {
                    across: self.across + step,
                    ..self
                },
                Self {
                    down: self.down + step,
                    ..self
                },
                Self {
                    wide: self.wide + step * 0.03,
                    ..self
                },
                Self {
                    high: self.high + step * 0.03,
                    ..self
                },
                Self {
                    turned: self.turned + step,
                    ..self
                },
            ]
        };
        let [a, b, c, d, e] = by(step);
        let [f, g, h, i, j] = by(-step);
        [a, b, c, d, e, f, g, h, i, j]
    }
}

/// How alike two sheets are in one block, wherever near it is found; none where nothing stands.
fn block_likeness(one: &[f32], other: &[f32], left: usize, top: usize) -> Option<f32> {
    /// Below this, the ink of a block is noise.
    const INK: f32 = 1.2 / 25.0;
    let (left, top) = (i32::try_from(left).ok()?, i32::try_from(top).ok()?);
    let size = i32::try_from(BLOCK).ok()?;
    let cells = |sheet: &[f32], dx: i32, dy: i32| -> Option<Vec<f32>> {
        let places = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        places
            .map(|(x, y)| cell(sheet, left + x + dx, top + y + dy))
            .collect()
    };
    let here = cells(other, 0, 0)?;
    let mut best: Option<f32> = None;
    for dy in -REACH..=REACH {
        for dx in -REACH..=REACH {
            let there = cells(one, dx, dy)?;
            if there.iter().any(|level| *level < 0.0) {
                continue;
            }
            let (_, spread) = correlation(there.into_iter().zip(here.iter().copied()));
            let (one, other) = (spread.of_one(), spread.of_other());
            let together = spread.products - spread.one * spread.other / spread.count.max(1.0);
            let score = together / (one * other).sqrt().max(0.1);
            if other / spread.count.max(1.0) >= INK {
                best = Some(best.map_or(score, |best| best.max(score)));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use image::imageops;

    use super::*;

    /// A sheet under the pen; what is written is drawn from numbers, the same for the same number.
    struct Sheet(GrayImage);

    /// A prescription: patient, number, diagnosis and drugs, each a number.
    #[derive(Clone, Copy)]
    struct Written {
        name: u64,
        number: u64,
        day: u64,
        diagnosis: u64,
        drugs: [u64; 2],
    }

    const ONE: Written = Written {
        name: 1001,
        number: 2001,
        day: 3001,
        diagnosis: 4001,
        drugs: [5001, 5002],
    };

    struct Numbers(u64);

    impl Numbers {
        fn of(seed: u64) -> Self {
            let mut numbers = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            for _ in 0..8 {
                numbers.next();
            }
            numbers
        }

        fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn part(&mut self) -> f32 {
            (self.next() >> 40) as f32 / (1_u64 << 24) as f32
        }
    }

    impl Sheet {
        fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32) {
            let length = (to.0 - from.0).abs().max((to.1 - from.1).abs());
            let steps = (length * 2.0) as u32 + 2;
            let half = width / 2.0;
            for step in 0..=steps {
                let part = step as f32 / steps as f32;
                let (x, y) = (
                    from.0 + (to.0 - from.0) * part,
                    from.1 + (to.1 - from.1) * part,
                );
                for at in 0..25_u8 {
                    let (dx, dy) = (f32::from(at % 5) - 2.0, f32::from(at / 5) - 2.0);
                    if dx * dx + dy * dy <= half * half + 0.3 {
                        let place = ((x + dx).max(0.0) as u32, (y + dy).max(0.0) as u32);
                        if let Some(dot) = self.0.get_pixel_mut_checked(place.0, place.1) {
                            dot.0 = [40];
                        }
                    }
                }
            }
        }

        fn text(&mut self, seed: u64, letters: u64, (x, y): (f32, f32), size: f32) {
            let mut text = Numbers::of(seed);
            for place in 0..letters {
                let mut letter = Numbers::of(text.next() % 3_000 + 2);
                let left = x + place as f32 * size * 1.15;
                for _ in 0..6 {
                    let from = (letter.part() * size, letter.part() * size);
                    let is_across = letter.part() < 0.5;
                    let end = letter.part() * size;
                    let to = if is_across {
                        (end, from.1)
                    } else {
                        (from.0, end)
                    };
                    let place = |point: (f32, f32)| (left + point.0, y + point.1);
                    self.line(place(from), place(to), size / 10.0);
                }
            }
        }

        /// A form as a hospital prints it, filled in.
        fn filled(hospital: u64, written: Written) -> GrayImage {
            let mut sheet = Self(GrayImage::from_pixel(900, 1_270, Luma([244])));
            sheet.text(hospital, 10, (210.0, 60.0), 42.0);
            for y in [170.0, 1_100.0] {
                sheet.line((50.0, y), (850.0, y), 3.0);
            }
            let labels = [
                (60.0, 190.0),
                (330.0, 190.0),
                (560.0, 190.0),
                (60.0, 240.0),
                (420.0, 240.0),
                (60.0, 290.0),
                (60.0, 1_120.0),
                (330.0, 1_120.0),
                (600.0, 1_120.0),
                (60.0, 1_180.0),
            ];
            for (label, place) in (11..).zip(labels) {
                sheet.text(label, 2, place, 26.0);
            }
            sheet.text(99, 2, (70.0, 350.0), 40.0);
            sheet.text(written.name, 3, (130.0, 190.0), 26.0);
            sheet.text(written.name + 7, 1, (400.0, 190.0), 26.0);
            sheet.text(written.number, 12, (160.0, 240.0), 20.0);
            sheet.text(written.day, 8, (530.0, 240.0), 20.0);
            sheet.text(written.diagnosis, 8, (190.0, 290.0), 26.0);
            for (drug, y) in written.drugs.into_iter().zip([420.0, 550.0]) {
                sheet.text(drug, 16, (100.0, y), 26.0);
                sheet.text(drug + 3, 18, (130.0, y + 45.0), 24.0);
            }
            sheet.0
        }
    }

    fn looks(picture: &GrayImage) -> Look {
        Look::of(picture).unwrap()
    }

    fn each(picture: &GrayImage, change: impl Fn(u32, u32, f32) -> f32) -> GrayImage {
        let mut changed = picture.clone();
        for (x, y, dot) in changed.enumerate_pixels_mut() {
            dot.0 = [change(x, y, f32::from(dot.0[0])).clamp(0.0, 255.0) as u8];
        }
        changed
    }

    fn stored_as_jpeg(picture: &GrayImage, quality: u8) -> GrayImage {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
        encoder.encode_image(picture).unwrap();
        image::load_from_memory(&bytes).unwrap().into_luma8()
    }

    fn cropped(picture: &GrayImage, hundredths: u32) -> GrayImage {
        let (width, height) = picture.dimensions();
        let (x, y) = (width * hundredths / 100, height * hundredths / 100);
        imageops::crop_imm(picture, x, y, width - 2 * x, height - 2 * y).to_image()
    }

    fn smaller(picture: &GrayImage, by: f32) -> GrayImage {
        let (width, height) = picture.dimensions();
        let side = |side: u32| (side as f32 * by) as u32;
        imageops::resize(picture, side(width), side(height), FilterType::Triangle)
    }

    // R16: the same sheet, stored, photographed or cut anew.
    #[test]
    fn one_sheet_is_known_again() {
        let sheet = Sheet::filled(7, ONE);
        let first = looks(&sheet);
        let mut noise = Numbers::of(5);
        let grain: Vec<f32> = (0..4_096).map(|_| noise.part() * 30.0 - 15.0).collect();
        let grained = each(&sheet, |x, y, dot| {
            dot + grain[(x * 7 + y * 131) as usize % 4_096]
        });
        let again = [
            ("as it is", sheet.clone()),
            ("jpeg 40", stored_as_jpeg(&sheet, 40)),
            ("brighter", each(&sheet, |_, _, dot| dot * 0.8 + 30.0)),
            ("darker", each(&sheet, |_, _, dot| dot * 0.6)),
            (
                "shaded",
                each(&sheet, |x, _, dot| dot * (1.0 - x as f32 / 3_000.0)),
            ),
            ("grained", grained),
            ("half", smaller(&sheet, 0.5)),
            ("cropped", cropped(&sheet, 1)),
            (
                "all",
                stored_as_jpeg(&smaller(&cropped(&sheet, 1), 0.7), 60),
            ),
        ];
        for (what, picture) in again {
            let likeness = first.likeness(&looks(&picture)).unwrap();
            assert!(likeness >= ALIKE, "{what}: {likeness}");
        }
    }

    // R07: another prescription on the same printed form is another one.
    #[test]
    fn two_prescriptions_on_one_form_are_two() {
        let first = looks(&Sheet::filled(7, ONE));
        let others = [
            (
                "another's",
                Written {
                    name: 1002,
                    number: 2002,
                    diagnosis: 4002,
                    drugs: [5003, 5004],
                    ..ONE
                },
            ),
            (
                "the wife's, same drugs",
                Written {
                    name: 1002,
                    number: 2002,
                    ..ONE
                },
            ),
            (
                "next month's",
                Written {
                    number: 2003,
                    day: 3009,
                    ..ONE
                },
            ),
            (
                "one other drug",
                Written {
                    number: 2004,
                    drugs: [5001, 5004],
                    ..ONE
                },
            ),
        ];
        for (what, written) in others {
            let sheet = Sheet::filled(7, written);
            for picture in [stored_as_jpeg(&sheet, 60), cropped(&sheet, 1), sheet] {
                let likeness = first.likeness(&looks(&picture)).unwrap();
                assert!(likeness < ALIKE, "{what}: {likeness}");
            }
        }
        let elsewhere = looks(&Sheet::filled(70, ONE));
        assert!(
            first
                .likeness(&elsewhere)
                .is_none_or(|likeness| likeness < ALIKE)
        );
    }

    #[test]
    fn a_blank_sheet_looks_like_nothing() {
        assert!(Look::of(&GrayImage::from_pixel(600, 800, Luma([240]))).is_none());
        assert!(Look::of(&GrayImage::from_pixel(1, 1, Luma([0]))).is_none());
    }

    #[test]
    fn a_look_is_read_back() {
        let look = looks(&Sheet::filled(7, ONE));
        let text = look.to_text();
        assert_eq!(Look::parse(&text).unwrap().to_text(), text);
        for wrong in ["", "0", "g", &text[1..], "中"] {
            assert!(Look::parse(wrong).is_none());
        }
    }
}
