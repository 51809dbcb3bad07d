//! The built-in policy.

use super::{CommandRule, PathRule, Policy, Scripts};

impl Default for Policy {
    fn default() -> Self {
        let variables = [
            "PATH",
            "HOME",
            "SHELL",
            "ENV",
            "BASH_ENV",
            "IFS",
            "LD_*",
            "DYLD_*",
            "GLIBC_*",
            "GCONV_PATH",
            "NODE_OPTIONS",
            "NODE_PATH",
            "NODE_REPL_*",
            "NODE_EXTRA_CA_CERTS",
            "PYTHON*",
            "NPM_*",
            "YARN_*",
            "PIP_*",
            "GIT_*",
            "SSL_*",
            "OPENSSL_*",
            "*_PROXY",
        ];
        let variables = variables.map(str::to_owned).into();
        Self { commands: commands(), variables, paths: paths(), scripts: Scripts::Structured }
    }
}

fn commands() -> Vec<CommandRule> {
    const CODE: &str =
        "code in arguments is in no file: it is not kept, shown or reviewed; write it to a file of the app";
    vec![
        CommandRule::deny(
            "no-install",
            [
                "npm",
                "npx",
                "pnpm",
                "pnpx",
                "yarn",
                "corepack",
                "bunx",
                "pip*",
                "pipx",
                "uv",
                "uvx",
                "poetry",
                "easy_install*",
                "gem",
                "cargo",
            ],
            "package managers run what strangers wrote, before anything is tested; do without packages",
        ),
        CommandRule::deny(
            "no-shell",
            [
                "sh",
                "*/sh",
                "bash",
                "*/bash",
                "dash",
                "zsh",
                "ksh",
                "fish",
                "csh",
                "tcsh",
                "busybox",
                "cmd*",
                "powershell*",
                "pwsh*",
                "env",
                "xargs",
                "eval",
            ],
            "commands are a program with its arguments; a shell makes commands of text",
        ),
        CommandRule::deny(
            "no-download",
            ["curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "rsync", "ftp", "git"],
            "nothing is fetched from elsewhere or sent there; everything the app needs is among its files",
        ),
        CommandRule::allow("node", ["node"]).options(NODE).own_files(),
        CommandRule::allow("python", ["python3", "python"]).options(PYTHON).own_files(),
        // After what may be: an argument of the app's own may look the same.
        CommandRule::deny("inline-code", ["node", "nodejs"], CODE).required("-e*"),
        CommandRule::deny("inline-code", ["node", "nodejs"], CODE).required("--eval*"),
        CommandRule::deny("inline-code", ["python*"], CODE).required("-c*"),
    ]
}

/// No option that takes code, or loads a module from somewhere, or opens a port to debuggers.
const NODE: [&str; 17] = [
    "--test",
    "--test-only",
    "--test-force-exit",
    "--test-name-pattern=*",
    "--test-skip-pattern=*",
    "--test-concurrency=*",
    "--test-timeout=*",
    "--test-reporter=spec",
    "--test-reporter=tap",
    "--test-reporter=dot",
    "--check",
    "--version",
    "--no-warnings",
    "--trace-warnings",
    "--enable-source-maps",
    "--experimental-sqlite",
    "--experimental-strip-types",
];

const PYTHON: [&str; 9] = ["-m unittest **", "-m pytest **", "-B", "-E", "-I", "-s", "-u", "-V", "--version"];

/// Files for people to fill in, which hold no secrets.
const EXAMPLES: [&str; 3] = [".env.example", ".env.sample", ".env.template"];

fn paths() -> Vec<PathRule> {
    let mut rules = vec![PathRule::allow(EXAMPLES)];
    rules.extend(PROTECTED.map(|(reason, patterns)| PathRule::deny(patterns.iter().copied(), reason)));
    rules
}

/// What may not be written, with the reason why.
const PROTECTED: [(&str, &[&str]); 7] = [
    (
        "version control runs what stands there when a person commits",
        &[
            ".git",
            ".githooks",
            ".husky",
            ".hg",
            ".svn",
            ".gitmodules",
            ".gitattributes",
            ".gitconfig",
            ".pre-commit-config.yaml",
            ".pre-commit-hooks.yaml",
            "lefthook.y*ml",
            ".lefthook.y*ml",
            ".lefthook",
        ],
    ),
    (
        "CI runs what stands there, with a person's secrets",
        &[
            ".github",
            ".gitlab-ci.y*ml",
            ".gitlab",
            ".circleci",
            ".travis.yml",
            ".drone.y*ml",
            ".woodpecker*",
            ".buildkite",
            ".forgejo",
            ".gitea",
            ".cirrus.y*ml",
            ".appveyor.yml",
            "appveyor.yml",
            "jenkinsfile*",
            "azure-pipelines*",
            "bitbucket-pipelines.y*ml",
            "buildspec.y*ml",
            "cloudbuild.y*ml",
        ],
    ),
    ("it is the engine's own, and what agents may do stands there", &[".samokoder", "samokoder.toml"]),
    (
        "shells and tools read it in a person's name",
        &[
            ".bash*",
            ".profile",
            ".zsh*",
            ".zprofile",
            ".zlogin",
            ".zlogout",
            ".kshrc",
            ".cshrc",
            ".tcshrc",
            ".login",
            ".logout",
            ".inputrc",
            ".xprofile",
            ".xinitrc",
            ".xsessionrc",
            ".envrc",
            ".direnv",
            ".config",
            ".ssh",
            ".gnupg",
            ".aws",
            ".azure",
            ".kube",
            ".docker",
            ".netrc",
            "_netrc",
        ],
    ),
    (
        "editors run what stands there when the folder is opened",
        &[
            ".vscode",
            ".idea",
            ".vs",
            ".fleet",
            ".zed",
            ".cursor",
            ".devcontainer",
            ".devcontainer.json",
            ".mcp.json",
            "*.code-workspace",
            ".exrc",
            ".vimrc",
            ".nvimrc",
            ".nvim.lua",
            ".gvimrc",
            ".emacs*",
            ".dir-locals*",
        ],
    ),
    (
        "package managers and interpreters run or obey it by themselves",
        &[
            ".npmrc",
            ".yarnrc*",
            ".yarn",
            ".pnp.*",
            ".pnpmfile.*",
            "pnpm-workspace.yaml",
            ".pypirc",
            "pip.conf",
            "pip.ini",
            ".gemrc",
            ".cargo",
            ".bunfig*",
            "bunfig.toml",
            ".tool-versions",
            ".mise*",
            "mise.toml",
            "binding.gyp",
            "setup.py",
            "setup.cfg",
            "sitecustomize.py",
            "usercustomize.py",
            "*.pth",
        ],
    ),
    ("secrets of a person stand there; write .env.example", &[".env", ".env.*"]),
];
