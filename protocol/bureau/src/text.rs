//! The Chinese of the reports, by code.

use pharmacy_protocol::entry::EntryKind;
use pharmacy_protocol::log::verify::{ConsistencyError, Finding};

use pharmacy_protocol::slip::SlipError;

use crate::stop::StopError;

/// The key was not the bureau's own.
pub const KEY_FROM_FOLDER: &str = "公钥取自该目录,未与备案公钥核对 / the key came with the folder and was not compared with the enrolled one";

/// Nothing was found.
pub const CLEAN: &str = "通过,日志完整 / the log is what its checkpoint says";

/// Something was found.
pub const NOT_CLEAN: &str = "不通过,见上列问题 / the log is not what its checkpoint says";

/// The log's checkpoint cannot be believed.
pub const CHECKPOINT_REFUSED: &str = "检查点不可信";

/// The older checkpoint cannot be believed.
pub const OLD_CHECKPOINT_REFUSED: &str = "旧检查点不可信";

/// The list stands in the log.
pub const LISTED: &str = "通过,清单与日志记录一致 / the list stands in the log, byte for byte";

/// It does not.
pub const NOT_LISTED: &str = "不通过,清单不能由该小票证明 / the slip does not prove this list";

/// The list is no JSON: it can be checked and not be shown.
pub const LIST_UNREADABLE: &str = "清单内容无法显示 / the list cannot be shown";

/// Why a list is not proved.
pub fn slip(error: &SlipError) -> &'static str {
    match error {
        SlipError::Checkpoint(_) => "签名与日志不符,条目可能被改动",
        SlipError::Entry(_)
        | SlipError::Malformed { .. }
        | SlipError::NotBase45
        | SlipError::TooLong { .. } => "二维码内容损坏",
        SlipError::NotASlip => "不是购药清单的二维码",
        SlipError::NoList => "该条目没有购药清单",
        SlipError::OtherList => "清单内容与记录不一致",
        SlipError::OtherLog => "小票属于另一日志",
        SlipError::Path(_) => "证明路径与条目位置不符",
        SlipError::Version { .. } => "二维码版本过新,请升级工具",
    }
}

/// What is wrong with the log.
pub fn finding(finding: &Finding) -> &'static str {
    match finding {
        Finding::BundleCount { .. } => "条目包的条数不符",
        Finding::BundleMalformed { .. } => "条目包损坏",
        Finding::BundleMissing { .. } => "条目包缺失",
        Finding::EntryRefused { .. } => "条目格式不合规范",
        Finding::LeafDiffers { .. } => "条目与树中哈希不符,内容被改动",
        Finding::NodeDiffers { .. } => "哈希块与上一级不符",
        Finding::ReferenceAhead { .. } => "条目引用了自身或更晚的条目",
        Finding::RootDiffers { .. } => "树根与签名的检查点不符",
        Finding::SuccessionMisplaced { .. } => "承接声明只能是第 0 条",
        Finding::TileMalformed { .. } => "哈希块损坏",
        Finding::TileMissing { .. } => "哈希块缺失",
    }
}

/// How the older checkpoint does not fit.
pub fn inconsistency<E>(error: &ConsistencyError<E>) -> &'static str {
    match error {
        ConsistencyError::Forked(_) => "历史被改写,与旧检查点不符",
        ConsistencyError::OtherLog => "旧检查点属于另一日志",
        ConsistencyError::Shrunk { .. } => "日志比旧检查点短,被截断或回滚",
        ConsistencyError::Unreadable(_) => "无法与旧检查点比对",
    }
}

/// Why nothing was verified.
pub fn stopped(error: &StopError) -> &'static str {
    match error {
        StopError::Code { .. } => "照片中没有可读的清单二维码",
        StopError::Image { .. } => "照片无法使用,须为JPEG或PNG",
        StopError::Key(_) | StopError::KeyFile { .. } => "公钥无法使用",
        StopError::Missing { .. } => "文件缺失,未核验",
        StopError::Proof(error) => slip(error),
        StopError::Unreadable { .. } => "文件无法读取,未核验",
    }
}

/// What a kind of entry is called.
pub fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Access => "查阅",
        EntryKind::Attempt => "结算请求",
        EntryKind::Carried => "数据结转",
        EntryKind::Catalogue => "目录变更",
        EntryKind::Claim => "进销存上报",
        EntryKind::Configuration => "配置变更",
        EntryKind::Document => "影像存档",
        EntryKind::Erasure => "到期销毁",
        EntryKind::Evidence => "身份凭据",
        EntryKind::Finding => "发现问题",
        EntryKind::Invoice => "发票登记",
        EntryKind::Liveness => "运行心跳",
        EntryKind::Outcome => "结算结果",
        EntryKind::Pack => "规则包启用",
        EntryKind::Prescription => "处方流转",
        EntryKind::Reader => "读卡器登记",
        EntryKind::Release => "放行与误拦",
        EntryKind::Repair => "数据恢复",
        EntryKind::Reversal => "退货冲正",
        EntryKind::Sale => "销售",
        EntryKind::Shift => "签到签退",
        EntryKind::Signature => "清单签字",
        EntryKind::Staff => "人员登记",
        EntryKind::Standing => "机构状态",
        EntryKind::Start => "启动",
        EntryKind::Stop => "停止",
        EntryKind::Succession => "日志承接",
        EntryKind::Token => "收银台授权",
        EntryKind::Verdict => "审核结论",
    }
}
