//! That no request makes a container that could hurt its host.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn common(runtime: Option<String>) -> Common {
    Common {
        image: "image".to_owned(),
        runtime,
        ids: (10_000, 10_001),
        nano_cpus: 1_000_000_000,
        path: Vec::new(),
        volumes: vec!["/cache".to_owned()],
        engine: Engine::Docker,
    }
}

prop_compose! {
    fn any_limits()(
        numbers in proptest::array::uniform8(any::<u64>()),
        times in proptest::array::uniform2(any::<u64>()),
        service in proptest::option::of(any::<u64>()),
    ) -> Limits {
        let mut limits = Limits::default();
        let [memory, processes, file_size, disk, inodes, data, open_files, output] = numbers;
        (limits.memory, limits.processes, limits.file_size, limits.disk) = (memory, processes, file_size, disk);
        (limits.inodes, limits.data, limits.open_files, limits.output) = (inodes, data, open_files, output);
        (limits.wall, limits.cpu) = (Duration::from_millis(times[0]), Duration::from_millis(times[1]));
        limits.service = service.map(Duration::from_millis);
        limits
    }
}

prop_compose! {
    fn any_spec()(owner in any::<String>(), tenant in any::<String>(), limits in any_limits(), lease in any::<u64>())
        -> SessionSpec
    {
        SessionSpec::new(owner).tenant(tenant).limits(limits).lease(Duration::from_millis(lease))
    }
}

/// Everything that a container of ours has, field by field; what is not named here has to be absent.
fn assert_safe(config: &HostConfig, is_docker: bool, data: Option<&Data>) {
    let options = config.security_opt.clone().unwrap();
    assert_eq!(options[0], "no-new-privileges");
    let profile = options[1].strip_prefix("seccomp=").unwrap();
    if is_docker {
        assert_eq!(serde_json::from_str::<serde_json::Value>(profile).unwrap(), seccomp::profile());
    } else {
        assert_eq!(profile, "/profile");
    }
    assert_eq!(options.len(), 2);
    for value in [config.memory, config.pids_limit, config.nano_cpus] {
        assert!(value.unwrap() > 0, "no limit: {config:?}");
    }
    assert_eq!(config.memory, config.memory_swap, "swap is memory without a limit");
    let ulimits = config.ulimits.clone().unwrap();
    assert!(ulimits.iter().all(|limit| limit.soft == limit.hard && limit.hard.unwrap() >= 0), "{ulimits:?}");
    for (place, options) in config.tmpfs.as_ref().unwrap() {
        let has = |option: &str| options.split(',').any(|found| found == option);
        assert!(has("nosuid") && has("nodev") && options.contains("size="));
        if options != NOTHING {
            assert!([SCRATCH, "/dev/shm", "/tmp"].contains(&place.as_str()), "{place}");
            assert_eq!(options.contains("nr_inodes="), is_docker, "{options}");
        }
    }
    match (config.mounts.as_deref(), data) {
        (None, None) => {}
        (Some([shown]), Some(data)) => {
            assert_eq!((shown.target.as_deref(), shown.typ), (Some(DATA), Some(MountType::BIND)));
            assert_eq!(shown.source.as_deref(), data.folder.to_str());
        }
        other => panic!("{other:?}"),
    }
    let expected = HostConfig {
        auto_remove: Some(true),
        privileged: Some(false),
        init: Some(false),
        cap_drop: Some(vec!["ALL".to_owned()]),
        readonly_rootfs: Some(true),
        network_mode: Some("none".to_owned()),
        ipc_mode: Some("private".to_owned()),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        oom_score_adj: Some(500),
        log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
        // Looked at above, or chosen by whoever runs the engine.
        runtime: config.runtime.clone(),
        security_opt: config.security_opt.clone(),
        memory: config.memory,
        memory_swap: config.memory_swap,
        pids_limit: config.pids_limit,
        nano_cpus: config.nano_cpus,
        ulimits: config.ulimits.clone(),
        tmpfs: config.tmpfs.clone(),
        mounts: config.mounts.clone(),
        ..HostConfig::default()
    };
    assert_eq!(config, &expected, "something is set that nobody looked at");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_asked_for_the_container_is_a_safe_one(
        spec in any_spec(),
        gvisor in any::<bool>(),
        podman in any::<bool>(),
        owner in proptest::option::of(1_u32..),
    ) {
        let mut common = common(gvisor.then(|| "runsc".to_owned()));
        if podman {
            common.engine = Engine::Podman { profile: "/profile".to_owned(), processes: 1000, rootless: false };
        }
        let data = owner.map(|id| Data { folder: "/srv/data".into(), owner: (id, id) });
        let body = common.container("name", "token", &spec, data.as_ref());
        assert_safe(body.host_config.as_ref().unwrap(), !podman, data.as_ref());
        prop_assert!(!body.user.clone().unwrap().starts_with("0:"));
        prop_assert_eq!(body.entrypoint.clone(), Some(vec![AGENT.to_owned()]));
        prop_assert_eq!(body.image.as_deref(), Some("image"));
        prop_assert_eq!(body.env.clone(), Some(Vec::new()));
        // Nothing within can read the token from what process 1 was told.
        prop_assert!(!body.cmd.clone().unwrap().iter().any(|argument| argument.contains(&to_hex(b"token"))));
        let rest = (body.volumes, body.exposed_ports, body.attach_stdin, body.tty, body.networking_config);
        prop_assert_eq!(rest, (None, None, None, None, None));
    }
}

#[test]
fn what_can_be_written_is_together_what_the_limit_says() {
    let limits = Limits::default();
    for runtime in [None, Some("runsc".to_owned())] {
        let all: Vec<_> = common(runtime).tmpfs(&limits, None);
        let all: Vec<_> = all.into_iter().filter(|(_, options)| options != NOTHING).collect();
        let sum = |name: &str| -> u64 {
            let value = |options: &str| {
                options.split(',').find_map(|option| option.strip_prefix(name)?.parse::<u64>().ok()).unwrap()
            };
            all.iter().map(|(_, options)| value(options)).sum()
        };
        assert_eq!((sum("size="), sum("nr_inodes=")), (limits.disk, limits.inodes + 3));
    }
}

#[test]
fn the_profile_refuses_what_it_must() {
    for name in ["keyctl", "add_key", "userfaultfd", "bpf", "perf_event_open", "ptrace", "mount", "unshare"] {
        assert!(seccomp::FORBIDDEN.contains(&name), "{name}");
    }
    assert!(seccomp::ABSENT.contains(&"io_uring_setup"));
    // AF_VSOCK is 40; AF_NETLINK is 16; AF_PACKET is 17; AF_ALG is 38.
    let profile = seccomp::profile().to_string();
    assert!(profile.contains(r#""op":"SCMP_CMP_GT","value":10"#), "{profile}");
}
