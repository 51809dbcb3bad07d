//! What of the network a session reaches.

use serde::{Deserialize, Serialize};

/// What of the network the commands of a session reach beside the session's own loopback.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "network", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// These hosts, through a proxy of the engine that commands are told of in `HTTP_PROXY` and `HTTPS_PROXY`. It looks
    /// names up itself. Private, link-local and other special addresses are refused whatever the list says.
    Proxy {
        /// The hosts.
        allowed: Vec<AllowedHost>,
    },
}

/// A host that a session may reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AllowedHost {
    /// Its name: "registry.example.org", or "*.example.org" for every name beneath it. Case does not matter.
    pub name: String,
    /// The ports; 443 alone when there are none.
    #[serde(default)]
    pub ports: Vec<u16>,
}

impl AllowedHost {
    /// A host at port 443.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ports: Vec::new() }
    }

    /// Replaces the ports.
    #[must_use]
    pub fn ports(mut self, ports: impl Into<Vec<u16>>) -> Self {
        self.ports = ports.into();
        self
    }

    /// Whether the list's entry stands for this host and port.
    pub fn admits(&self, host: &str, port: u16) -> bool {
        let is_port = if self.ports.is_empty() { port == 443 } else { self.ports.contains(&port) };
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let name = self.name.trim_end_matches('.').to_ascii_lowercase();
        let is_name = match name.strip_prefix("*.") {
            Some(above) => {
                host.strip_suffix(above).is_some_and(|beneath| beneath.len() > 1 && beneath.ends_with('.'))
            }
            None => host == name,
        };
        is_port && is_name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_itself_and_a_star_for_all_beneath() {
        let exact = AllowedHost::new("Registry.Example.org");
        assert!(exact.admits("registry.example.org", 443) && exact.admits("REGISTRY.example.org.", 443));
        assert!(!exact.admits("registry.example.org", 80));
        assert!(!exact.admits("evil-registry.example.org", 443) && !exact.admits("example.org", 443));
        let star = AllowedHost::new("*.example.org").ports([80, 443]);
        assert!(star.admits("a.example.org", 80) && star.admits("a.b.example.org", 443));
        assert!(!star.admits("example.org", 443) && !star.admits("evilexample.org", 443));
        assert!(!star.admits(".example.org", 443) && !star.admits("a.example.org.evil.net", 443));
    }
}
