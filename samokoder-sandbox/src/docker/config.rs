//! What can be set.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Settings of the `docker` backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DockerConfig {
    /// Where the engine listens.
    pub endpoint: Endpoint,
    /// The runtime of containers, as the engine knows it: `runc`, `runsc`, `kata`, `sysbox-runc`. The engine's own
    /// choice for `None`.
    pub runtime: Option<String>,
    /// What containers are made from.
    pub image: Image,
    /// The toolchains to look for in the image. From the host come `node` and `python3` with what version managers
    /// have of them; any other name is taken as a program that needs nothing but itself and its libraries.
    pub toolchains: Vec<String>,
    /// User and group ids inside of the container: of commands, and of connections to it. Neither may be 0.
    pub ids: (u32, u32),
    /// How many processors a session may use, at most those that the engine has.
    pub processors: f64,
}

/// Where a Docker engine, or something with its API, listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// On a Unix socket: that of a system's engine, or of another one.
    Unix {
        /// The socket.
        path: PathBuf,
    },
    /// On TCP, with certificates on both sides. Needs the feature `docker-tls`.
    Tls {
        /// Name and port: "sandbox.example.org:2376".
        address: String,
        /// The client's key, in PEM.
        key: PathBuf,
        /// The client's certificate, in PEM.
        certificate: PathBuf,
        /// The certificate of the authority that vouches for the engine, in PEM.
        authority: PathBuf,
    },
}

/// What containers are made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "image", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Image {
    /// An image that the engine has. It needs nothing but the programs that commands are to find; sessions use a
    /// copy with the agent in it.
    Named {
        /// Its name, with a tag or a digest.
        name: String,
    },
    /// One that is made from this host's programs: a shell, the usual small programs, and the toolchains.
    Host {
        /// Where the host keeps programs, as in its `PATH`: used to find them, never passed on.
        search_path: Vec<PathBuf>,
    },
}

impl Default for DockerConfig {
    fn default() -> Self {
        Self {
            endpoint: Endpoint::Unix { path: "/var/run/docker.sock".into() },
            runtime: None,
            image: Image::Host {
                search_path: ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from).to_vec(),
            },
            toolchains: ["node", "python3"].map(str::to_owned).to_vec(),
            ids: (10_000, 10_001),
            processors: 2.0,
        }
    }
}

impl DockerConfig {
    /// Replaces where the engine listens.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// Replaces where the engine listens by a Unix socket.
    #[must_use]
    pub fn socket(self, path: impl Into<PathBuf>) -> Self {
        self.endpoint(Endpoint::Unix { path: path.into() })
    }

    /// Replaces the runtime.
    #[must_use]
    pub fn runtime(mut self, name: impl Into<String>) -> Self {
        self.runtime = Some(name.into());
        self
    }

    /// Replaces the image by one that the engine has.
    #[must_use]
    pub fn image(mut self, name: impl Into<String>) -> Self {
        self.image = Image::Named { name: name.into() };
        self
    }

    /// Makes the image from this host's programs, which are looked for in these folders.
    #[must_use]
    pub fn host_image<I: IntoIterator<Item = P>, P: Into<PathBuf>>(mut self, search_path: I) -> Self {
        self.image = Image::Host { search_path: search_path.into_iter().map(Into::into).collect() };
        self
    }

    /// Replaces the toolchains to look for.
    #[must_use]
    pub fn toolchains<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.toolchains = names.into_iter().map(Into::into).collect();
        self
    }

    /// Replaces the ids inside of the container.
    #[must_use]
    pub fn ids(mut self, commands: u32, connections: u32) -> Self {
        self.ids = (commands, connections);
        self
    }

    /// Replaces how many processors a session may use.
    #[must_use]
    pub fn processors(mut self, count: f64) -> Self {
        self.processors = count;
        self
    }
}
