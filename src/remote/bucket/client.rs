//! The connections to a service.
//!
//! Owns the HTTP client: TLS by rustls with *ring* and the system's certificates, proxies as the environment names
//! them, a pool as large as the number of operations at once.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient as _, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

/// What a client is made for.
pub(super) struct Options<'a> {
    /// The address; `None` for AWS.
    pub(super) endpoint: Option<&'a str>,
    pub(super) connect_timeout: Duration,
    pub(super) connections: usize,
}

/// Makes a client. It connects when it is first used.
pub(super) fn new(options: &Options) -> SharedHttpClient {
    let connection = HttpConnectorSettings::builder().connect_timeout(options.connect_timeout).build();
    // A proxy does not know this machine's own loopback.
    let proxy = match options.endpoint.is_some_and(is_loopback) {
        true => ProxyConfig::disabled(),
        false => ProxyConfig::from_env(),
    };
    let builder = Connector::builder()
        .connector_settings(connection)
        .pool_max_idle_per_host(options.connections)
        .proxy_config(proxy);
    // Without TLS there is no need to load certificates.
    let connector = match options.endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        true => builder.build_http(),
        false => builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build(),
    };
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// Makes a client for whoever gives credentials. Its certificates are loaded when it is first used: most sources need
/// none.
pub(super) fn lazy(connect_timeout: Duration) -> SharedHttpClient {
    let made = OnceLock::new();
    http_client_fn(move |settings, components| {
        let options = Options { endpoint: None, connect_timeout, connections: 1 };
        made.get_or_init(|| new(&options)).http_connector(settings, components)
    })
}

/// Whether this is the address of a web service: a scheme and a host.
pub(super) fn is_address(endpoint: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| endpoint.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    !host.is_empty()
        && !host.starts_with(':')
        && !endpoint.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Whether an address is this machine's own.
fn is_loopback(endpoint: &str) -> bool {
    let Some((_, rest)) = endpoint.split_once("://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    ["127.", "localhost", "[::1]"].iter().any(|own| host.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised() {
        for own in ["http://127.0.0.1:9000", "https://localhost", "http://[::1]:1/x"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["https://s3.example.com", "http://10.0.0.1/127.0.0.1", "127.0.0.1"] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn an_address_has_scheme_and_host() {
        for address in ["http://s3.example.com", "https://[::1]:9000/path", "http://a"] {
            assert!(is_address(address), "{address}");
        }
        for other in [
            "",
            "no address",
            "localhost:9000",
            "http://",
            "https:///x",
            "http://:80",
            "ftp://a",
            "http://a b",
        ] {
            assert!(!is_address(other), "{other}");
        }
    }
}
