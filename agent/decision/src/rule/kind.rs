//! The closed set of kinds: their names in a pack, their parameters, and the way to their files.

use crate::rule::Truth;
use crate::rule::amount::SaleQuantity;
use crate::rule::electronic::{ElectronicOnly, RefillInterval, SameArea};
use crate::rule::ephedrine::{EphedrineQuantity, EphedrineRegistration};
use crate::rule::family::{PatientRelation, PayerRelation};
use crate::rule::gift::{FreeLine, Gift};
use crate::rule::limit::{
    LimitedChild, LimitedCourse, LimitedInpatient, LimitedInsurance, LimitedLevel, LimitedSex,
};
use crate::rule::paper::{PrescriptionDate, PrescriptionDetails, PrescriptionPicture};
use crate::rule::parameter::{ParameterError, Parameters};
use crate::rule::payable::Payable;
use crate::rule::pieces::Pieces;
use crate::rule::prescription::{
    PrescriptionInstitution, PrescriptionPatient, PrescriptionPhysician, PrescriptionQuantity,
    PrescriptionRequired, PrescriptionReview, PrescriptionReviewer, PrescriptionTerm,
};
use crate::rule::presence::{Confirmed, OneVisit, OtherPerson, Presence, Witnessed};
use crate::rule::price::{CashPrice, PostedPrice, PriceCeiling, PriceMultiple};
use crate::rule::proxy::Proxy;
use crate::rule::repeat::Repeated;
use crate::rule::standing::{
    AgreementStanding, BusinessLicence, Licence, PackInForce, SalesPremises, Staffing,
    TillEnrolled, UnfiledChange,
};
use crate::rule::substitution::Substitution;
use crate::rule::sum::{BillDiffers, BillSum, LineDiffers, LineSum, TenderSum};
use crate::rule::supply::{SupplyDays, SupplyEarly};
use crate::rule::trace::{TraceMissing, TracePending, TraceProduct, TraceRepeated, TraceSold};
use crate::scene::{LineView, Scene};

/// A kind of rule with its parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Asked once for every line.
    Line(LineKind),
    /// Asked once for the sale.
    Sale(SaleKind),
}

/// Writes an enum of kinds with their judging, each under its name in a pack.
macro_rules! kinds {
    ($(#[$doc:meta])* $set:ident, ($($given:ident: $type:ty),+), $call:tt {
        $($name:literal => $kind:ident $({ $($field:ident = $parameter:literal),+ })?,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub enum $set {
            $(#[doc = concat!("The kind ", $name, ".")] $kind($kind),)+
        }

        impl $set {
            fn parse(name: &str, parameters: &mut Parameters) -> Result<Option<Self>, ParameterError> {
                match name {
                    $($name => Ok(Some(Self::$kind($kind {
                        $($($field: parameters.take($parameter)?,)+)?
                    }))),)+
                    _ => Ok(None),
                }
            }

            /// Its name in a pack.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$kind(_) => $name,)+ }
            }

            pub(crate) fn judge(&self, $($given: $type),+) -> Truth {
                match self { $(Self::$kind(kind) => kind.judge $call,)+ }
            }
        }
    };
}

kinds! {
    /// Kinds asked once for the sale.
    SaleKind, (scene: &Scene<'_>), (scene) {
        "他人证件" => OtherPerson,
        "代购" => Proxy,
        "付款合计" => TenderSum { tolerance = "容差分" },
        "人员配备" => Staffing { managers = "医保管理人员", pharmacists = "药师" },
        "付款亲属" => PayerRelation,
        "一次就诊" => OneVisit,
        "凭证见证" => Witnessed,
        "到场" => Presence,
        "到场确认" => Confirmed,
        "协议" => AgreementStanding,
        "总额" => BillSum { tolerance = "容差分", permille = "容差千分" },
        "总额差额" => BillDiffers,
        "收银台" => TillEnrolled,
        "用药亲属" => PatientRelation,
        "经营场所" => SalesPremises,
        "营业执照" => BusinessLicence,
        "规则包" => PackInForce,
        "许可证" => Licence,
        "重要变更" => UnfiledChange { grace_working_days = "工作日" },
    }
}

kinds! {
    /// Kinds asked once for every line.
    LineKind, (scene: &Scene<'_>, line: &LineView<'_>), (scene, line) {
        "串换" => Substitution,
        "倍于标价" => PriceMultiple {
            times = "倍数", placeholder_up_to = "占位至分", placeholder_from = "占位起分"
        },
        "反复退单" => Repeated { days = "天数", times = "次数" },
        "处方医师" => PrescriptionPhysician,
        "处方审核" => PrescriptionReview,
        "处方必备" => PrescriptionRequired,
        "处方患者" => PrescriptionPatient,
        "处方图片" => PrescriptionPicture,
        "处方数量" => PrescriptionQuantity,
        "处方日期" => PrescriptionDate,
        "处方时效" => PrescriptionTerm,
        "处方机构" => PrescriptionInstitution,
        "处方来源" => ElectronicOnly,
        "处方统筹区" => SameArea,
        "处方要素" => PrescriptionDetails,
        "审方药师" => PrescriptionReviewer,
        "支付范围" => Payable,
        "最高限价" => PriceCeiling,
        "提前续方" => SupplyEarly { overlap_days = "提前天数" },
        "用药天数" => SupplyDays { usual_days = "天数", long_days = "长处方天数" },
        "续方间隔" => RefillInterval,
        "行差额" => LineDiffers,
        "行金额" => LineSum { tolerance = "容差分", dose_tolerance = "每剂容差分" },
        "赠品" => Gift,
        "追溯码不符" => TraceProduct,
        "追溯码占用" => TracePending,
        "追溯码已售" => TraceSold,
        "追溯码缺失" => TraceMissing,
        "追溯码重复" => TraceRepeated,
        "销售限量" => SaleQuantity,
        "限住院" => LimitedInpatient,
        "限儿童" => LimitedChild { surely_under = "必为儿童不满", surely_from = "必非儿童满" },
        "限性别" => LimitedSex,
        "限机构等级" => LimitedLevel,
        "限疗程" => LimitedCourse { gap_days = "间断天数" },
        "限险种" => LimitedInsurance,
        "零元行" => FreeLine,
        "饮片" => Pieces,
        "高于现金价" => CashPrice,
        "高于标价" => PostedPrice { placeholder_up_to = "占位至分", placeholder_from = "占位起分" },
        "麻黄碱数量" => EphedrineQuantity { packs = "包装数" },
        "麻黄碱登记" => EphedrineRegistration,
    }
}

impl Kind {
    /// Reads a kind by its name with its parameters, `name=number` separated by `;`.
    pub fn parse(name: &str, parameters: &str) -> Result<Self, ParameterError> {
        let mut parameters = Parameters::parse(parameters)?;
        let sale = SaleKind::parse(name, &mut parameters)?.map(Self::Sale);
        let kind = match sale {
            Some(kind) => kind,
            None => LineKind::parse(name, &mut parameters)?
                .map(Self::Line)
                .ok_or(ParameterError::Kind)?,
        };
        parameters.finish()?;
        Ok(kind)
    }

    /// Its name in a pack.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Line(kind) => kind.name(),
            Self::Sale(kind) => kind.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_take_exactly_their_parameters() {
        let kind = Kind::parse("麻黄碱数量", "包装数=2").unwrap();
        assert_eq!(
            kind,
            Kind::Line(LineKind::EphedrineQuantity(EphedrineQuantity { packs: 2 }))
        );
        assert_eq!(kind.name(), "麻黄碱数量");
        for (name, parameters, error) in [
            (
                "到场",
                "包装数=2",
                ParameterError::Unknown("包装数".to_owned()),
            ),
            ("麻黄碱数量", "", ParameterError::Missing("包装数")),
            ("麻黄碱数量", "包装数=两", ParameterError::Malformed),
            (
                "麻黄碱数量",
                "包装数=2；包装数=3",
                ParameterError::Malformed,
            ),
            ("麻黄碱", "", ParameterError::Kind),
        ] {
            assert_eq!(
                Kind::parse(name, parameters),
                Err(error),
                "{name} {parameters}"
            );
        }
    }
}
