//! The image that sessions are made from: someone's, or the host's programs, with the agent in it.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use bollard::{
    Docker,
    models::{ContainerConfig, ContainerCreateBody},
    query_parameters::{
        CommitContainerOptionsBuilder, CreateContainerOptions, CreateImageOptionsBuilder,
        UploadToContainerOptionsBuilder,
    },
};
use bytes::Bytes;
use futures::StreamExt as _;
use samokoder_core::{
    digest::Digest,
    sandbox::{SandboxError, SandboxErrorKind},
};
use tokio::sync::mpsc;

use super::{
    DockerConfig, Image,
    agent::{AGENT, DATA, SCRATCH, TEMPORARY, WORKSPACE},
    engine, host,
    session::remove,
    tar::Archive,
};

/// The agent, as the build script compiled it.
const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/agent"));

/// What images of ours are called; the tag says what is in one.
const REPOSITORY: &str = "samokoder-sandbox";

/// Where programs are, if an image does not say.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image with the agent in it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) image: String,
    /// Where commands find programs.
    pub(super) path: Vec<Vec<u8>>,
    /// What would be volumes: room that nothing limits.
    pub(super) volumes: Vec<String>,
}

/// Makes the image, unless the engine has it.
///
/// # Errors
/// [`SandboxErrorKind::Unsupported`] when the image that was named is not there.
pub(super) async fn prepare(
    docker: &Docker,
    config: &DockerConfig,
    follows_links: bool,
) -> Result<Prepared, SandboxError> {
    match &config.image {
        Image::Named { name } => from_image(docker, name, follows_links).await,
        Image::Host { search_path } => {
            from_host(docker, search_path.clone(), config.toolchains.clone(), follows_links).await
        }
    }
}

async fn from_image(docker: &Docker, name: &str, follows_links: bool) -> Result<Prepared, SandboxError> {
    let base = docker.inspect_image(name).await.map_err(|error| {
        if engine::has_status(&error, 404) {
            let message = format!("the engine has no image {name}: run `docker pull {name}`");
            return SandboxError::unsupported("open", message);
        }
        engine::failed("open", &error)
    })?;
    let settings = base.config.unwrap_or_default();
    let volumes = settings.volumes.unwrap_or_default();
    let is_ours = |volume: &&String| {
        let ours = ["/workspace", "/tmp", SCRATCH, DATA, "/.samokoder", "/dev", "/proc", "/sys"];
        Path::new(volume).components().count() < 2
            || ours.iter().any(|ours| Path::new(volume).starts_with(ours))
    };
    if let Some(volume) = volumes.iter().find(is_ours) {
        let message =
            format!("the image {name} has a volume at {volume}, where sessions have something else");
        return Err(SandboxError::unsupported("open", message));
    }
    let env = settings.env.unwrap_or_default();
    let path = env.iter().find_map(|variable| variable.strip_prefix("PATH=")).unwrap_or(PATH);
    let path = path.split(':').map(|folder| folder.as_bytes().to_vec()).collect();
    let (tag, image) = tag(&base.id.unwrap_or_default(), follows_links);
    if docker.inspect_image(&image).await.is_err() {
        add_agent(docker, name, &tag, follows_links).await?;
    }
    Ok(Prepared { image, path, volumes })
}

/// The tag, and the whole name, of an image with this content and our agent.
fn tag(content: &str, follows_links: bool) -> (String, String) {
    let mut tag = Digest::of_json(&(content, follows_links, Digest::of(PROGRAM))).to_string();
    tag.truncate(24);
    let image = format!("{REPOSITORY}:{tag}");
    (tag, image)
}

/// Makes a copy of an image with the agent in it. Nothing of the image runs for that.
async fn add_agent(docker: &Docker, base: &str, tag: &str, follows_links: bool) -> Result<(), SandboxError> {
    let failed = |error| engine::failed("open", &error);
    let mut archive = Archive::new(Vec::new());
    let packed = own_entries(&mut archive, follows_links).and_then(|()| archive.finish());
    let packed = packed.map_err(|error| SandboxError::io("open", &error))?;
    let body = ContainerCreateBody {
        image: Some(base.to_owned()),
        entrypoint: Some(vec![AGENT.to_owned()]),
        network_disabled: Some(true),
        ..ContainerCreateBody::default()
    };
    let container = docker.create_container(None::<CreateContainerOptions>, body).await.map_err(failed)?.id;
    let commit = async {
        let options = UploadToContainerOptionsBuilder::default().path("/").build();
        docker.upload_to_container(&container, Some(options), bollard::body_full(packed.into())).await?;
        let options =
            CommitContainerOptionsBuilder::default().container(&container).repo(REPOSITORY).tag(tag);
        docker.commit_container(options.build(), ContainerConfig::default()).await
    };
    let committed = commit.await.map_err(failed);
    remove(docker, &container).await?;
    committed.map(drop)
}

/// The agent, the places that it shows, and links to them from where programs look for them. An engine that follows
/// links where it mounts puts a file system on what such a link leads to, before or after the one that is around it:
/// it finds a folder.
fn own_entries<W: Write>(archive: &mut Archive<W>, follows_links: bool) -> io::Result<()> {
    let inside = |path: &'static str| path.trim_start_matches('/');
    for folder in [".samokoder", inside(DATA)] {
        archive.folder(folder, 0o755)?;
    }
    // Under Podman the file system there gets the mode of the folder that it is mounted on.
    archive.folder(inside(SCRATCH), 0o1777)?;
    archive.file(inside(AGENT), 0o755, PROGRAM.len() as u64, PROGRAM)?;
    archive.link("workspace", WORKSPACE)?;
    if follows_links { archive.folder("tmp", 0o1777) } else { archive.link("tmp", TEMPORARY) }
}

async fn from_host(
    docker: &Docker,
    search_path: Vec<PathBuf>,
    toolchains: Vec<String>,
    follows_links: bool,
) -> Result<Prepared, SandboxError> {
    let gathered = tokio::task::spawn_blocking(move || host::gather(&search_path, &toolchains)).await;
    let (tree, installed) = gathered.map_err(|error| broken(&error.to_string()))?;
    let links = host::toolchain_links(&installed);
    let (_, image) = tag(&format!("{}{links:?}", tree.fingerprint()), follows_links);
    let path = host::search_path(&installed);
    if docker.inspect_image(&image).await.is_ok() {
        return Ok(Prepared { image, path, volumes: Vec::new() });
    }
    let (sender, mut pieces) = mpsc::channel(8);
    let writing = tokio::task::spawn_blocking(move || {
        let mut archive = Archive::new(BufWriter::with_capacity(256 * 1024, Pieces(sender)));
        tree.write(&mut archive)?;
        own_entries(&mut archive, follows_links)?;
        links.iter().try_for_each(|(place, target)| archive.link(place, target))?;
        for (place, content) in FILES {
            archive.file(place, 0o644, content.len() as u64, content.as_bytes())?;
        }
        archive.finish().map(drop)
    });
    let options = CreateImageOptionsBuilder::default().from_src("-").repo(&image).build();
    let body = bollard::body_try_stream(futures::stream::poll_fn(move |cx| pieces.poll_recv(cx)));
    let mut progress = std::pin::pin!(docker.create_image(Some(options), Some(body), None));
    while let Some(step) = progress.next().await {
        step.map_err(|error| engine::failed("open", &error))?;
    }
    let written = writing.await.map_err(|error| broken(&error.to_string()))?;
    written.map_err(|error| SandboxError::io("open", &error))?;
    Ok(Prepared { image, path, volumes: Vec::new() })
}

/// What an image of the host's programs needs beside them.
const FILES: [(&str, &str); 3] = [
    ("etc/passwd", "root:x:0:0::/:/bin/sh\nsandbox:x:10000:10000::/tmp:/bin/sh\n"),
    ("etc/group", "root:x:0:\nsandbox:x:10000:\n"),
    ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
];

/// Takes what is written to a request's body.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn broken(message: &str) -> SandboxError {
    SandboxError::new(
        SandboxErrorKind::Infrastructure,
        "open",
        format!("the image could not be made: {message}"),
    )
}
