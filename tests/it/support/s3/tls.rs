//! TLS in front of a server, by a certificate that only its own authority vouches for.
//!
//! The certificates are for `localhost`, made for these tests alone, and valid for a hundred years.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Background, bind, in_runtime, listen};

/// A running front.
pub(crate) struct Tls {
    port: u16,
    _background: Background,
}

impl Tls {
    /// Starts a front for a port of the loopback.
    pub(crate) fn start(upstream: u16) -> Self {
        let listener = in_runtime(|| bind(0)).expect("the loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();
        let background = Background::start(move || serve(listener, upstream));
        Self { port, _background: background }
    }

    /// Returns the address.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Returns the file with the certificate of the authority.
    pub(crate) fn authority() -> PathBuf {
        certificate("authority.pem")
    }
}

fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support/s3/certificates").join(name)
}

async fn serve(listener: std::net::TcpListener, upstream: u16) {
    let chain = CertificateDer::from_pem_file(certificate("localhost.pem")).expect("it is a certificate");
    let key = PrivateKeyDer::from_pem_file(certificate("localhost.key.pem")).expect("it is a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows them")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = listen(listener);
    while let Ok((socket, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let Ok(mut inner) = acceptor.accept(socket).await else { return };
            let Ok(mut outer) = TcpStream::connect(("127.0.0.1", upstream)).await else { return };
            let _ = tokio::io::copy_bidirectional(&mut inner, &mut outer).await;
        });
    }
}
