//! What an article may be.

/// What an article is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Category {
    /// 化妆品.
    Cosmetic,
    /// 日用品.
    DailyGoods,
    /// 医疗器械, 医用耗材.
    Device,
    /// 消毒产品.
    Disinfectant,
    /// 药品.
    Drug,
    /// 普通食品.
    Food,
    /// 特殊医学用途配方食品.
    Fsmp,
    /// 保健食品.
    HealthFood,
    /// 中药饮片、配方颗粒.
    Piece,
    /// 牙膏、口腔清洁用品.
    Toothpaste,
    /// Not told by any source.
    Unknown,
}

impl Category {
    /// Permanent name, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::DailyGoods => "daily_goods",
            Self::Device => "device",
            Self::Disinfectant => "disinfectant",
            Self::Drug => "drug",
            Self::Food => "food",
            Self::Fsmp => "fsmp",
            Self::HealthFood => "health_food",
            Self::Piece => "piece",
            Self::Toothpaste => "toothpaste",
            Self::Unknown => "unknown",
        }
    }

    /// The code of the finding that a name speaks of this category.
    pub(super) fn name_finding(self) -> &'static str {
        match self {
            Self::Cosmetic => "name.cosmetic",
            Self::DailyGoods => "name.daily-goods",
            Self::Device => "name.device",
            Self::Disinfectant => "name.disinfectant",
            Self::Drug => "name.drug",
            Self::Food => "name.food",
            Self::Fsmp => "name.fsmp",
            Self::HealthFood => "name.health-food",
            Self::Piece => "name.piece",
            Self::Toothpaste => "name.toothpaste",
            Self::Unknown => "name.silent",
        }
    }
}
