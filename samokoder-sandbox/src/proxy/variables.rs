//! What programs are told of a proxy.

use std::{collections::BTreeMap, net::SocketAddr};

/// The variables by which programs find the proxy at this address.
pub(crate) fn variables(address: SocketAddr) -> BTreeMap<String, String> {
    let url = format!("http://{address}");
    let variables = [
        ("HTTP_PROXY", &*url),
        ("HTTPS_PROXY", &url),
        ("http_proxy", &url),
        ("https_proxy", &url),
        ("NO_PROXY", "localhost,127.0.0.1,::1"),
        ("no_proxy", "localhost,127.0.0.1,::1"),
        // Node goes by the others only when it is told to.
        ("NODE_USE_ENV_PROXY", "1"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
