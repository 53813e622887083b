//! A slip as rows on a paper of some width.

use super::code::Raster;

/// How wide the paper is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Paper {
    /// 58 mm.
    #[default]
    Narrow,
    /// 80 mm.
    Wide,
}

impl Paper {
    /// Columns of the printer's ordinary font; a Chinese character takes two.
    pub fn columns(self) -> usize {
        match self {
            Self::Narrow => 32,
            Self::Wide => 48,
        }
    }

    /// Dots across what can be printed, at 8 dots a millimetre.
    pub fn dots(self) -> usize {
        match self {
            Self::Narrow => 384,
            Self::Wide => 576,
        }
    }
}

/// One row of a slip.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Row {
    /// A picture of dots, centred.
    Picture(Raster),
    /// A text of ordinary size.
    Text(String),
    /// A text of double width and height.
    Title(String),
}

/// A slip, ready to be put into a printer's language.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// The paper that it was made for.
    pub paper: Paper,
    pub rows: Vec<Row>,
    /// How many characters the printer lacks; a white square stands for each.
    pub replaced: usize,
}
