//! Many tills at once, and files larger than memory should hold.
//!
//! In scope: a till is not held up by what the platform does to another; files pass with memory that
//! does not grow with them. Out of scope: how long a call takes (`benches`).

use std::time::Instant;

use pharmacy_kit::gateway_till::{Basket, Protected, output, refusal};
use pharmacy_kit::platform::{HUSBAND, Manner, Moment, RESIDENT, Release, WIFE, Which};
use pharmacy_kit::till::pack;

/// How many tills work at once.
const TILLS: u32 = 50;

#[test]
fn fifty_tills_do_not_wait_for_each_other() {
    let shop = Protected::with_tills(Manner::Guangdong, TILLS);
    let tills = usize::try_from(TILLS).unwrap();
    let mut all: Vec<_> = (0..tills)
        .map(|place| {
            let calls = u64::try_from(place).unwrap() * 100;
            shop.till_at(place).counting_from(calls).kept()
        })
        .collect();
    let mut last = all.pop().unwrap();

    // Two settlements, judged and on their way, and every other till with a call of its own.
    let settling = [(HUSBAND, 1), (RESIDENT, 2)].map(|(person, number)| {
        let mut till = all.pop().unwrap();
        till.identify(person);
        let basket = Basket::otc(person, &format!("R{number}"), &[pack(number)]);
        let input = till.settlement(&basket);
        (till, input)
    });
    let asked = shop
        .platform
        .hold_next(Which::infno("5301"), all.len(), Moment::Unacted);
    let settled = shop
        .platform
        .hold_next(Which::infno("2102"), 2, Moment::Unanswered);
    let count = all.len();
    let asking = all
        .into_iter()
        .map(|mut till| std::thread::spawn(move || refusal(&till.call("5301", "{}")).is_some()));
    let asking: Vec<_> = asking.collect();
    let settling = settling.map(|(mut till, input)| {
        std::thread::spawn(move || output(&till.call("2102", &input)).is_some())
    });
    asked.wait(count);
    settled.wait(settling.len());

    let begun = Instant::now();
    last.settle(&Basket::otc(WIFE, "R3", &[pack(3)]));
    let took = begun.elapsed();
    shop.api().entries();
    let is_held = asking
        .iter()
        .chain(&settling)
        .all(|till| !till.is_finished());
    assert!(is_held, "nobody was held, so nothing was shown");

    asked.release(Release::GoOn);
    settled.release(Release::GoOn);
    assert!(
        asking
            .into_iter()
            .chain(settling)
            .all(|till| till.join().unwrap())
    );
    assert_eq!(shop.platform.settlements().len(), 3);
    assert_eq!(shop.in_doubt(), 0);
    println!(
        "{} tills held, the last one settled in {} ms",
        TILLS - 1,
        took.as_millis()
    );
}

#[cfg(target_os = "linux")]
mod memory {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use pharmacy_kit::gateway_till::{GatewayTill, Protected, output};
    use pharmacy_kit::http::PATIENCE;
    use pharmacy_kit::platform::{FILE_BLOCK, Manner, START_MS, WIFE, file_bytes};
    use pharmacy_kit::shop::wait_until;

    /// The file of a province's catalogue is about this large.
    const DOWNLOAD: u64 = 200 * 1024 * 1024;
    /// A file of statements is smaller; larger than what may be held, all the same.
    const UPLOAD: usize = 64 * 1024 * 1024;
    /// How much more memory the agent may take, in KiB.
    const GROWTH_KIB: u64 = 16 * 1024;

    /// A line of the process's status, in KiB.
    fn kib(pid: u32, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.unwrap().trim_start_matches(':').trim();
        number.trim_end_matches(" kB").parse().unwrap()
    }

    /// Takes the present for the peak, and says it.
    fn reset_peak(pid: u32) -> u64 {
        // SPEC: proc(5), `clear_refs`: 5 resets the high-water mark.
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
        kib(pid, "VmRSS")
    }

    fn down(number: &str) -> String {
        format!(
            r#"{{"fsDownloadIn":{{"file_qury_no":"{number}","filename":"plc","fixmedins_code":"P44030000001"}}}}"#
        )
    }

    /// Reads an answer's head.
    fn head(stream: &mut TcpStream) -> String {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }

    fn warm(shop: &Protected) -> GatewayTill {
        let mut till = shop.till();
        till.identify(WIFE);
        shop.platform.keep_file("SMALL", 1024 * 1024);
        assert_eq!(till.call("9102", &down("SMALL")).body.len(), 1024 * 1024);
        till
    }

    #[test]
    fn large_download_passes_with_memory_that_stays() {
        let shop = Protected::start(Manner::Hubei);
        let mut till = warm(&shop);
        shop.platform.keep_file("LARGE", DOWNLOAD);
        let pid = shop.daemon().pid();
        let sent_before = shop.platform.file_bytes_sent();
        let before = reset_peak(pid);

        let request = till.request("9102", &down("LARGE"));
        let mut stream = TcpStream::connect(shop.gateway()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&till.bytes(&request)).unwrap();
        let head = head(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(
            head.contains(&format!("Content-Length: {DOWNLOAD}\r\n")),
            "{head}"
        );

        // Nobody reads: whoever relays has to stop taking, not to keep.
        let (mut last, mut still) = (0, 0);
        wait_until("the platform stands still", || {
            let sent = shop.platform.file_bytes_sent() - sent_before;
            still = if sent == last { still + 1 } else { 0 };
            last = sent;
            still > 100
        });
        let held = last;
        assert!(
            held < DOWNLOAD / 2,
            "{held} bytes taken that nobody had read"
        );

        let mut at = 0;
        let mut block = vec![0; usize::try_from(FILE_BLOCK).unwrap()];
        while at < DOWNLOAD {
            let length = usize::try_from(FILE_BLOCK.min(DOWNLOAD - at)).unwrap();
            stream.read_exact(&mut block[..length]).unwrap();
            assert!(
                block[..length] == file_bytes(at, DOWNLOAD),
                "changed at {at}"
            );
            at += length as u64;
        }
        let peak = kib(pid, "VmHWM");
        println!(
            "{} MiB down: {before} KiB before, at most {peak}; {} KiB taken ahead",
            DOWNLOAD >> 20,
            held >> 10
        );
        assert!(peak < before + GROWTH_KIB, "{before} KiB grew to {peak}");
    }

    #[test]
    fn large_upload_passes_with_memory_that_stays() {
        let shop = Protected::start(Manner::Guangdong);
        let mut till = warm(&shop);
        let pid = shop.daemon().pid();
        let json = r#"{"fsUploadIn":{"in":"","filename":"a.zip","fixmedins_code":"P44030000001"}}"#;
        let envelope = till.envelope("9101", "M-UPLOAD", json);
        let part = |name: &str| {
            format!("--=X=\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n")
        };
        let mut body = format!("{}{envelope}\r\n{}", part("jsonStr"), part("file")).into_bytes();
        body.resize(body.len() + UPLOAD, 0xa5);
        body.extend_from_slice(b"\r\n--=X=--\r\n");
        let mut request = till.elsewhere("POST", &till.manner.target("9101"));
        for (name, value) in till.manner.headers(START_MS, "upload") {
            let is_type = name.eq_ignore_ascii_case("content-type");
            let value = if is_type {
                "multipart/form-data; boundary==X=".to_owned()
            } else {
                value
            };
            request = request.header(&name, &value);
        }
        let request = request.body(body);

        let before = reset_peak(pid);
        let answer = till.send(&request);
        let peak = kib(pid, "VmHWM");
        assert!(output(&answer).is_some(), "{}", answer.text());
        println!(
            "{} MiB up: {before} KiB before, at most {peak}",
            UPLOAD >> 20
        );
        assert!(peak < before + GROWTH_KIB, "{before} KiB grew to {peak}");
        let arrived = shop.platform.record().all().pop().unwrap();
        assert!(
            arrived.request.body == request.parts().3,
            "changed on the way"
        );
    }
}
