//! What an article may be.

pharmacy_protocol::words! {
    /// What an article is. Names are permanent, in snake case.
    pub enum Category as name {
        /// 化妆品.
        Cosmetic = "cosmetic",
        /// 日用品.
        DailyGoods = "daily_goods",
        /// 医疗器械, 医用耗材.
        Device = "device",
        /// 消毒产品.
        Disinfectant = "disinfectant",
        /// 药品.
        Drug = "drug",
        /// 普通食品.
        Food = "food",
        /// 特殊医学用途配方食品.
        Fsmp = "fsmp",
        /// 保健食品.
        HealthFood = "health_food",
        /// 中药饮片、配方颗粒.
        Piece = "piece",
        /// 牙膏、口腔清洁用品.
        Toothpaste = "toothpaste",
        /// Not told by any source.
        Unknown = "unknown",
    }
}

impl Category {
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
