//! The demo as a visitor sees it: every scene plays as it should, and only it can load what counts
//! simulated readers.

use std::fs;
use std::path::Path;
use std::process::Command;

use pharmacy_kit::shop::Ended;
use pharmacy_kit::{agent, demo};

/// The scenes of the demo in their order, each with what must be read in it. Cells wrap: what is read
/// here stands at the beginning of one.
const SCENES: [(&str, &[&str]); 28] = [
    ("医保码买非处方药", &["可结算 allow"]),
    ("刷身份证购药", &["可结算 allow", "1***************2X"]),
    ("药品加保健食品，拆分支付", &["拒绝 refuse", "可结算 allow"]),
    ("牙刷冒用药品编码（串换）", &["item.substituted"]),
    ("无人到场", &["presence.none"]),
    ("他人身份证", &["presence.other-person"]),
    ("过期身份证", &["card.expired"]),
    ("代购，双方证件齐全", &["可结算 allow"]),
    ("丈夫用家庭共济为妻子购药", &["可结算 allow"]),
    ("同一女性用药，丈夫本人统筹支付", &["limit.sex"]),
    ("处方药无处方", &["prescription.required"]),
    ("追溯码已售", &["trace.sold"]),
    ("三盒含麻黄碱复方制剂", &["ephedrine.quantity"]),
    ("读卡数据帧损坏后恢复", &["可结算 allow"]),
    ("结算撤销后药品可再售", &["trace.sold", "可结算 allow"]),
    ("结算途中进程被杀，重启后不丢记录", &["in-doubt"]),
    (
        "网关：只改一个地址，逐字节转发",
        &["1101 ", "2101 ", "2102 ", "成功 ok，结算号 "],
    ),
    (
        "网关：牙刷冒用药品编码，未出店门",
        &[
            "2102 ",
            "拒绝 -1：【名乐牙刷】请此行改付现金",
            "2601 ",
            "未到达",
        ],
    ),
    (
        "网关：缺追溯码，柜台补扫后通过",
        &[
            "拒绝 -1：【板蓝根颗粒】请扫包装追溯码",
            "未到达",
            "追溯码已记入第 1 行",
            "成功 ok，结算号 ",
        ],
    ),
    (
        "网关：平台已结算而断线",
        &[
            "无应答，连接断开",
            "已办结后断线",
            "拒绝 -1：结果未知",
            "5203 ",
        ],
    ),
    (
        "网关：换报文号重复结算",
        &["拒绝 -1：本单已结算，请勿重复结算", "未到达"],
    ),
    (
        "网关：撤销后药品可再售",
        &["2103 ", "2102 ", "成功 ok，结算号 "],
    ),
    (
        "柜台：员工凭 PIN 签到",
        &["登记 registered: S04 ", "PIN 错误", "已签到"],
    ),
    (
        "柜台：处方从照片到签名清单和小票",
        &[
            "处方已接收",
            "（prescription.not-reviewed）",
            "处方已审核通过",
            "购药清单已签名确认",
            "│   医保购药清单\n",
            "│ 审方药师：S03\n",
            "│ 〔二维码 QR code〕\n",
            "凭清单和日志公钥脱机核验：日志第 ",
            "清单改动一个字节，二维码即不相符",
        ],
    ),
    (
        "柜台：妻子持双方证件代丈夫购药",
        &[
            "presence.none",
            "已读取证件",
            "代购已登记",
            "成功 ok，结算号 ",
        ],
    ),
    (
        "柜台：夜间店内无药师，总部远程审方",
        &[
            "已签退",
            "S04 总部远程药师",
            "处方已审核通过",
            "成功 ok，结算号 ",
        ],
    ),
    (
        "柜台：负责人放行，处处留痕",
        &[
            "负责人已放行",
            "$ pharmacy-agent find --releases --staff S02\n",
            "放行 release  entry ",
        ],
    ),
    (
        "柜台：硬性规则无人可放行",
        &["此项不可放行", "item.not-payable"],
    ),
];

#[test]
fn demo_plays_every_scene_as_expected() {
    let ended = Ended::of(&mut Command::new(demo()));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.err, "");
    let out = &ended.out;
    let mut rest = out.as_str();
    for (number, (title, told)) in (1..).zip(SCENES) {
        let heading = format!("\n{number:>2}. {title} / ");
        let (_, scene) = rest
            .split_once(&heading)
            .or_else(|| rest.split_once(&heading.replace(" / ", "/ ")))
            .unwrap_or_else(|| panic!("no scene {number}, {title}: {out}"));
        rest = scene;
        let scene = scene.split("\n\n").next().unwrap();
        let first = scene.lines().next().unwrap();
        assert!(first.ends_with('✓'), "{title}: {scene}");
        for text in told {
            assert!(scene.contains(text), "`{text}` in {title}: {scene}");
        }
        if title.starts_with("网关") || title.starts_with("柜台") {
            // Bytes that reached the other side differently would be shown so.
            assert!(!scene.contains('≠') && !scene.contains('✗'), "{scene}");
        }
    }
    for line in [
        "28 个场景，0 个不符预期 / 28 scenes, 0 unexpected",
        "日志校验通过 / log verified: ",
    ] {
        assert!(rest.contains(line), "{line}: {rest}");
    }
    // No row is wider than half a screen, where a Chinese character takes two columns.
    for line in out.lines().filter(|line| !line.starts_with('—')) {
        let columns: usize = line
            .chars()
            .map(|character| if character >= '\u{2E80}' { 2 } else { 1 })
            .sum();
        assert!(columns <= 110, "{columns} columns: {line}");
    }
    // Nobody's number stands in it in full.
    assert!(!out.contains("11010519491231002X") && !out.contains("440524188001010014"));
}

#[test]
fn only_the_demo_can_load_the_pack_that_counts_simulated_readers() {
    let holds = |program: &Path, text: &str| {
        let bytes = fs::read(program).unwrap();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    for text in ["+dangerous-demo", "simulated-reader"] {
        assert!(holds(demo(), text), "{text}");
        assert!(!holds(agent(), text), "{text}");
    }
}
