//! TLS on both sides.

use std::path::Path;
use std::sync::Arc;

use pharmacy_agent::config::GatewayConfig;
use pharmacy_agent::gateway::Gateway;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::kit::{Bench, Fake, Heard, Say, Tell, Till, answer, body, field, post};

const SETTLE: &str = r#"{"infno":"2102","msgid":"m-1","input":{}}"#;

/// Writes a certificate for this machine and its key.
fn certify(folder: &Path, name: &str) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let write = |kind: &str, text: String| {
        std::fs::write(folder.join(format!("{name}.{kind}")), text).unwrap();
    };
    write("pem", made.cert.pem());
    write("key", made.signing_key.serialize_pem());
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// A platform that says the same to whoever comes, over TLS.
async fn secure_platform(folder: &Path) -> String {
    let chain = CertificateDer::pem_file_iter(folder.join("platform.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("platform.key")).unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever does not believe the certificate goes away.
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut till = Till::new(stream);
                while !till.next().await.is_empty() {
                    till.send(answer("{\"infcode\":0}")).await;
                }
            });
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test]
async fn calls_pass_over_tls_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path(), "platform");
    certify(folder.path(), "till");
    let upstream = secure_platform(folder.path()).await;
    let at = |file: &str| {
        folder
            .path()
            .join(file)
            .display()
            .to_string()
            .replace('\\', "/")
    };
    let settings = format!(
        "certificate-authority = \"{}\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
        at("platform.pem"),
        at("till.pem"),
        at("till.key")
    );
    let bench = Bench::start(&upstream, &settings, Fake::new(Say::Send, Tell::AsIs)).await;
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(folder.path().join("till.pem")).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(bench.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap();
    let mut till = Till::new(stream);
    let host = bench.address.to_string();
    for call in [SETTLE.to_owned(), SETTLE.replace("2102", "1101")] {
        let got = till.ask(post(&host, "/x", &call)).await;
        assert_eq!(body(&got), b"{\"infcode\":0}");
    }
}

#[tokio::test]
async fn a_platform_that_proves_nothing_is_not_talked_to() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path(), "platform");
    certify(folder.path(), "other");
    let upstream = secure_platform(folder.path()).await;
    let other = folder
        .path()
        .join("other.pem")
        .display()
        .to_string()
        .replace('\\', "/");
    for settings in [
        String::new(),
        format!("certificate-authority = \"{other}\"\n"),
    ] {
        let bench = Bench::start(&upstream, &settings, Fake::new(Say::Send, Tell::AsIs)).await;
        bench.ask(bench.post("/x", SETTLE)).await;
        assert_eq!(bench.fake.heard().pop(), Some(Heard::NotSent));
        let got = bench
            .ask(bench.post("/x", &SETTLE.replace("2102", "1101")))
            .await;
        assert_eq!(
            field(&got, "X-Pharmacy-Agent"),
            Some("gateway.upstream-unreachable")
        );
    }
}

#[tokio::test]
async fn what_cannot_work_is_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path(), "till");
    let file = |name: &str| {
        folder
            .path()
            .join(name)
            .display()
            .to_string()
            .replace('\\', "/")
    };
    let files = |certificate: &str, key: &str| {
        format!(
            "certificate = \"{}\"\nkey = \"{}\"\n",
            file(certificate),
            file(key)
        )
    };
    let cases = [
        ("ftp://x", String::new(), "gateway.upstream"),
        ("http://user:word@x", String::new(), "gateway.upstream"),
        (
            "http://x",
            "proxy = \"https://x\"\n".to_owned(),
            "gateway.proxy",
        ),
        (
            "http://x",
            files("none.pem", "till.key"),
            "gateway.certificate",
        ),
        (
            "http://x",
            files("till.pem", "till.pem"),
            "gateway.certificate",
        ),
        (
            "https://x",
            format!("certificate-authority = \"{}\"\n", file("till.key")),
            "gateway.certificate",
        ),
    ];
    for (upstream, settings, code) in cases {
        let text = format!("listen = \"127.0.0.1:0\"\nupstream = \"{upstream}\"\n{settings}");
        let config: GatewayConfig = toml::from_str(&text).unwrap();
        let Err(error) = Gateway::bind(config).await else {
            unreachable!("{settings} is refused")
        };
        assert_eq!(error.code(), code, "{upstream} {settings}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let text = format!(
        "listen = \"{}\"\nupstream = \"http://x\"\n",
        taken.local_addr().unwrap()
    );
    let config: GatewayConfig = toml::from_str(&text).unwrap();
    let error = Gateway::bind(config).await.err().unwrap();
    assert_eq!(error.code(), "gateway.port-in-use");
}
