//! What of the network a session reaches.

use std::fmt;

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

    /// Whether everything that this entry stands for is admitted by one of `hosts`, each port for itself.
    pub fn is_within(&self, hosts: &[Self]) -> bool {
        // A name beneath the star stands for all of them: what admits it admits them.
        let (star, name) = match self.name.strip_prefix("*.") {
            Some(above) => (true, format!("a.{above}")),
            None => (false, self.name.clone()),
        };
        let has_star = |host: &&Self| !star || host.name.starts_with("*.");
        let ports = if self.ports.is_empty() { &[443][..] } else { &self.ports };
        ports.iter().all(|port| hosts.iter().filter(has_star).any(|host| host.admits(&name, *port)))
    }
}

impl fmt::Display for AllowedHost {
    /// As it is typed: `registry.example.org:8443`, with 443 left out where it stands alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<String> = self.ports.iter().map(ToString::to_string).collect();
        match &*self.ports {
            [] | [443] => f.write_str(&self.name),
            _ => write!(f, "{}:{}", self.name, ports.join(",")),
        }
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

    #[test]
    fn an_entry_is_within_a_list_that_admits_all_it_stands_for() {
        let list = [
            AllowedHost::new("*.example.org"),
            AllowedHost::new("example.org").ports([80]),
            AllowedHost::new("EXAMPLE.org.").ports([443]),
        ];
        for inside in ["a.example.org", "*.example.org", "*.b.example.org", "example.org", "Example.ORG"] {
            assert!(AllowedHost::new(inside).is_within(&list), "{inside}");
        }
        assert!(AllowedHost::new("example.org").ports([80, 443]).is_within(&list));
        for outside in ["*.org", "*.example.net", "example.net", "evilexample.org", "*.", "*", ""] {
            assert!(!AllowedHost::new(outside).is_within(&list), "{outside}");
        }
        assert!(!AllowedHost::new("a.example.org").ports([443, 22]).is_within(&list));
        assert!(!AllowedHost::new("*.example.org").is_within(&[AllowedHost::new("a.example.org")]));
        assert!(!AllowedHost::new("a.example.org").is_within(&[]));
    }
}
