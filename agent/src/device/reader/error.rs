//! Why no card was read, for the log and for the till.

use super::frame::Damage;
use super::message::Message;
use super::port::{OpenError, PortError};
use super::problem::CardProblem;
use super::status::Status;

/// Why no card was read. Carries no part of a card.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The reader is not there.
    #[error("reader is absent")]
    Absent(#[source] OpenError),
    /// Another read is under way.
    #[error("reader is busy with another read")]
    Busy,
    /// Whoever asked took it back.
    #[error("read was cancelled")]
    Cancelled,
    /// The card was read and can be no evidence.
    #[error("card cannot be accepted")]
    Card(#[source] CardProblem),
    /// The card moved too often.
    #[error("card was moved while it was read (`{0}`)")]
    CardMoved(Status),
    /// The card that was read last still lies there.
    #[error("card has not been lifted since it was read")]
    CardNotLifted,
    /// Card and security module do not accept each other, or the text's signature is wrong.
    #[error("reader refuses the card (`{0}`)")]
    CardRefused(Status),
    /// The reader is broken or not authorised.
    #[error("reader reports a fault (`{0}`)")]
    DeviceFault(Status),
    /// The wire broke.
    #[error("reader was disconnected")]
    Gone(#[source] PortError),
    /// The wire is there and carries no good reply.
    #[error("no usable reply from the reader")]
    Link(#[source] LinkFault),
    /// Nobody presented a card in time.
    #[error("no card was presented in time")]
    NoCard,
    /// The card is of another kind.
    #[error("card is no identity card")]
    NotAnIdCard,
    /// The reader was stopped.
    #[error("reader has stopped")]
    Stopped,
    /// A status that has no place here.
    #[error("reader answers `{0}`, which has no place here")]
    Unexpected(Status),
    /// The port is lent to another program.
    #[error("reader is lent to another program")]
    Yielded,
}

/// Why a wire carries no good reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LinkFault {
    /// Frames came damaged.
    #[error("replies arrive damaged")]
    Damaged(#[source] Damage),
    /// Good frames came that answer something else.
    #[error("replies belong to other requests")]
    Mispaired,
    /// Bytes came that are no frames: the speed is wrong, or another device is there.
    #[error("bytes arrive that are no frames; check the speed")]
    Noise,
    /// The reader says that requests arrive damaged.
    #[error("requests arrive damaged (`{0}`)")]
    RequestDamaged(Status),
    /// Nothing came.
    #[error("nothing arrives")]
    Silence,
}

impl ReadError {
    /// What the till hears.
    pub fn message(&self) -> Message {
        match self {
            Self::Card(problem) => problem.message(),
            Self::Busy | Self::Cancelled | Self::Stopped | Self::Yielded => self.own_message(),
            Self::Absent(_)
            | Self::DeviceFault(_)
            | Self::Gone(_)
            | Self::Link(_)
            | Self::Unexpected(_) => self.device_message(),
            Self::CardMoved(_)
            | Self::CardNotLifted
            | Self::CardRefused(_)
            | Self::NoCard
            | Self::NotAnIdCard => self.card_message(),
        }
    }

    fn own_message(&self) -> Message {
        match self {
            Self::Busy => Message::new(
                "reader.busy",
                "读卡器正在读取，请稍候",
                "the reader is busy with another read; wait",
            ),
            Self::Yielded => Message::new(
                "reader.yielded",
                "读卡器暂由其他程序使用，请稍后再试",
                "the reader is lent to another program; try again later",
            ),
            Self::Stopped => Message::new(
                "reader.stopped",
                "读卡服务已停止",
                "the reader service has stopped",
            ),
            _ => Message::new("reader.cancelled", "读卡已取消", "the read was cancelled"),
        }
    }

    fn device_message(&self) -> Message {
        match self {
            Self::Absent(_) => Message::new(
                "reader.absent",
                "未找到读卡器，请检查连接、端口设置，并关闭占用端口的程序",
                "the reader is absent; check the cable, the port and programs that hold it",
            ),
            Self::DeviceFault(_) => Message::new(
                "reader.fault",
                "读卡器安全模块故障或未授权，请联系供应商",
                "the reader's security module is broken or not authorised; call the supplier",
            ),
            Self::Gone(_) => Message::new(
                "reader.gone",
                "读卡器连接已断开，请重新连接后再试",
                "the reader was disconnected; connect it and try again",
            ),
            Self::Link(_) => Message::new(
                "reader.link",
                "读卡器通信异常，请检查线缆和波特率",
                "the reader gives no usable reply; check the cable and the speed",
            ),
            _ => Message::new(
                "reader.unexpected",
                "读卡器返回异常状态，请重试或联系供应商",
                "the reader gives an unexpected answer; try again or call the supplier",
            ),
        }
    }

    fn card_message(&self) -> Message {
        match self {
            Self::CardMoved(_) => Message::new(
                "reader.card-moved",
                "读卡中断，请拿起证件后重新平放",
                "the card was moved; lift it and lay it down again",
            ),
            Self::CardNotLifted => Message::new(
                "reader.card-not-lifted",
                "证件已读取，请拿起后重新放置",
                "this card was read already; lift it first",
            ),
            Self::CardRefused(_) => Message::new(
                "reader.card-refused",
                "证件未通过安全验证，请重新放卡；仍失败的不能作为凭证",
                "the reader refuses the card; present it again, else use another document",
            ),
            Self::NotAnIdCard => Message::new(
                "reader.not-an-id-card",
                "不是身份证件，请放置身份证、居住证或永久居留证",
                "this is no identity card",
            ),
            _ => Message::new(
                "reader.no-card",
                "未检测到证件，请将证件平放在读卡器上",
                "no card was presented in time",
            ),
        }
    }
}
