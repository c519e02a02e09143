//! The server: s3s on a folder.

use std::path::Path;
use std::sync::Arc;

use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::sync::Mutex;

use super::{Background, bind, in_runtime, listen};

pub(crate) const ACCESS_KEY: &str = "AKTESTHOLDER";
pub(crate) const SECRET_KEY: &str = "test-secret-of-the-holder";
pub(crate) const BUCKET: &str = "cache";
pub(crate) const REGION: &str = "us-east-1";

/// A running server with one empty bucket.
pub(crate) struct Server {
    port: u16,
    folder: tempfile::TempDir,
    _background: Background,
}

impl Server {
    /// Starts a server.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a scratch directory can be made");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("the folder is new");
        let listener = in_runtime(|| bind(0)).expect("the loopback has free ports");
        let port = listener.local_addr().expect("it is bound").port();

        let files = s3s_fs::FileSystem::new(folder.path()).expect("the folder exists");
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = service.build();
        let background = Background::start(move || serve(listener, service));
        Self { port, folder, _background: background }
    }

    /// Returns the address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the port on the loopback.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder with the objects of the bucket as files.
    pub(crate) fn objects(&self) -> std::path::PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// Returns the names and sizes of all objects.
    pub(crate) fn list(&self) -> Vec<(String, u64)> {
        fn walk(root: &Path, folder: &Path, found: &mut Vec<(String, u64)>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                match entry.metadata() {
                    Ok(meta) if meta.is_dir() => walk(root, &path, found),
                    Ok(meta) => {
                        let name = path.strip_prefix(root).expect("it lies below");
                        found.push((name.to_string_lossy().into_owned(), meta.len()));
                    }
                    Err(_) => {}
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.objects(), &self.objects(), &mut found);
        found.sort();
        found
    }
}

async fn serve(listener: std::net::TcpListener, service: S3Service) {
    let listener = listen(listener);
    // The server looks whether an object exists before it writes, not in one step; services do it in one.
    let writing = Arc::new(Mutex::new(()));
    while let Ok((socket, _)) = listener.accept().await {
        let (service, writing) = (service.clone(), Arc::clone(&writing));
        let handler = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let (service, writing) = (service.clone(), Arc::clone(&writing));
            async move {
                let is_conditional = request.headers().contains_key(hyper::header::IF_NONE_MATCH);
                let _turn = if is_conditional { Some(writing.lock().await) } else { None };
                service.call(request.map(s3s::Body::from)).await
            }
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), handler),
        );
    }
}
