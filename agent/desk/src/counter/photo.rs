//! A code whose print is damaged: a photo of it stands for one pack, once (R13).
//!
//! Few a day, by the pack: whoever photographs every box has codes to hide. The pack's code stays unknown, so
//! that it is not known to be sold; the entry says so by having none. Whoever is signed in at the till attests.

use pharmacy_protocol::digest::{hex, sha256};
use pharmacy_protocol::record::PHOTO;
use pharmacy_protocol::record::sale::CodePhoto;
use pharmacy_protocol::term::Fen;
use zeroize::Zeroizing;

use crate::core::basket::BasketError;
use crate::core::image::{ImageError, MediaType, media_type_of};
use crate::core::photo::PhotoError;
use crate::core::prescription::PrescriptionError;
use crate::step::{At, Step};
use crate::{Caller, Desk, DeskError, Done, Image};
use pharmacy_journal::DraftPart;
use pharmacy_journal::store::{FigureKind, NameKind};

impl Desk {
    /// Takes a photo for a line of the open sale.
    pub(crate) fn photograph_code(
        &mut self,
        caller: &Caller,
        number: u32,
        images: Vec<Image>,
    ) -> Result<Done, DeskError> {
        let staff = self.attesting(caller)?;
        let (media_type, bytes) = the_picture(images)?;
        let mut sale = self.seated_sale(caller)?;
        sale.reopen()?;
        let mut lines = sale.basket.lines().iter();
        let line = lines.find(|line| line.number == number);
        let line = line.ok_or(BasketError::NoSuchLine(number))?;
        if !line.lacks_packs() {
            return Err(PhotoError::NotLacking.into());
        }
        let today = self.clock.today();
        let counted = self.photos_of(today)?;
        let code = match &line.offered.code {
            Some(code) => Some(code.clone()),
            None => self.known_line(line)?.code,
        };
        let region = &self.setup.store.region;
        let terms = code.and_then(|code| self.pack.trace_terms(code.class(), region, today));
        let most = terms.map_or(0, |terms| terms.photos_a_day);
        if counted >= u64::from(most) {
            return Err(PhotoError::TooMany.into());
        }
        let digest = hex(&sha256(&bytes));
        let name = self.name(NameKind::Photo, &digest);
        if self.bearer(NameKind::Photo, &name)?.is_some() {
            return Err(PhotoError::Again.into());
        }
        let record = CodePhoto {
            line: number,
            media_type,
            bytes: bytes.len(),
            sha256: digest,
            of_day: counted.saturating_add(1),
            staff,
        };
        let step = Step::telling(&record)?
            .with(DraftPart::holding(PHOTO, bytes))
            .then(move |sale, index| {
                let taken = sale
                    .basket
                    .with_line(number, |line| line.photos.push(index));
                if let Ok(basket) = taken {
                    sale.basket = basket;
                }
            })
            .writing(move |at: &At<'_>| {
                let counter = at.sale.id.counter();
                at.transaction
                    .put_sale_name(NameKind::Photo, &name, counter)?;
                Ok(at
                    .transaction
                    .bump_figure(at.today, FigureKind::Photo, "", Fen::ZERO)?)
            });
        self.record_remedy(caller, sale, step)?;
        Ok(Done::new("counter.photo-taken").with(number.into()))
    }

    /// How many photos stood for packs on a day.
    fn photos_of(&self, day: jiff::civil::Date) -> Result<u64, DeskError> {
        let rows = self.journal.reader().figures(day)?;
        let mut photos = rows.iter().filter(|row| row.kind == FigureKind::Photo);
        Ok(photos.next().map_or(0, |row| row.count))
    }
}

/// The one picture, and what it is.
fn the_picture(images: Vec<Image>) -> Result<(MediaType, Zeroizing<Vec<u8>>), DeskError> {
    let [image]: [Image; 1] = images.try_into().map_err(|_| PhotoError::NotOne)?;
    let media_type = match media_type_of(&image.bytes) {
        // A document shows no pack.
        Ok(MediaType::Pdf) => Err(ImageError::UnknownType),
        told => told,
    };
    let media_type = media_type.map_err(PrescriptionError::Image)?;
    Ok((media_type, image.bytes))
}
