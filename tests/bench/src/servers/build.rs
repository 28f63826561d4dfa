//! How servers are built, each by the ordinary client of its language. What cannot be built is missing, with a reason.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::catalogue::Spec;
use super::running::Program;

/// Where a server comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    /// A program of this package.
    Own(&'static str),
    /// A program of the package `peers`.
    Peer(&'static str),
    /// A script in `peers/node`.
    Node(&'static str),
    /// A program in `peers/go`.
    Go(&'static str),
}

/// Builds servers.
#[derive(Debug)]
pub struct Builder {
    /// The folder of this package.
    package: PathBuf,
    /// The folder that this program is in.
    programs: PathBuf,
}

impl Builder {
    /// With the sources of this package, and programs beside this one.
    ///
    /// # Errors
    ///
    /// Where it cannot be found out where this program is.
    pub fn new() -> std::io::Result<Self> {
        let program = std::env::current_exe()?;
        Ok(Self {
            package: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
            programs: program.parent().unwrap_or(Path::new(".")).to_owned(),
        })
    }

    /// Builds a server.
    ///
    /// # Errors
    ///
    /// Why it is missing, as a sentence.
    pub fn build(&self, spec: &Spec) -> Result<Program, String> {
        let arguments = spec.arguments.iter().map(ToString::to_string);
        let program = match spec.source {
            Source::Own(name) => self.own(name),
            Source::Peer(name) => self.peer(name),
            Source::Node(script) => self.node(script),
            Source::Go(file) => self.go(file),
        }?;
        Ok(program.with_arguments(arguments))
    }

    fn own(&self, name: &str) -> Result<Program, String> {
        run(self.cargo("Cargo.toml").args(["--bin", name]))?;
        Ok(Program::new(self.programs.join(name)))
    }

    fn peer(&self, name: &str) -> Result<Program, String> {
        let target = self.programs.join("peers");
        let mut cargo = self.cargo("peers/Cargo.toml");
        run(cargo
            .args(["--bin", name, "--locked", "--target-dir"])
            .arg(&target))?;
        Ok(Program::new(target.join("release").join(name)))
    }

    fn cargo(&self, manifest: &str) -> Command {
        let mut cargo = Command::new(cargo());
        cargo.args(["build", "--release", "--quiet", "--manifest-path"]);
        cargo.arg(self.package.join(manifest));
        cargo
    }

    fn node(&self, script: &str) -> Result<Program, String> {
        let script = self.script(script)?.display().to_string();
        Ok(Program::new("node".into()).with_arguments([script]))
    }

    /// A script in `peers/node`, with what it needs.
    pub(crate) fn script(&self, script: &str) -> Result<PathBuf, String> {
        let folder = self.package.join("peers/node");
        run(Command::new("node").arg("--version"))?;
        run(Command::new("npm")
            .args(["ci", "--silent", "--prefix"])
            .arg(&folder))?;
        Ok(folder.join(script))
    }

    /// The folder of this library's generated client for the contract `bench`.
    pub(crate) fn generated(&self) -> Result<PathBuf, String> {
        let folder = self.programs.join("bench-client");
        let mut generator = self.generator();
        generator.arg("typescript");
        generator.arg(self.package.join("../../schemas/bench.json"));
        run(generator.args(["--emit", "js", "--out"]).arg(&folder))?;
        let package = std::fs::write(folder.join("package.json"), r#"{ "type": "module" }"#);
        package.map_err(|error| error.to_string())?;
        Ok(folder)
    }

    /// The one that `test.sh` says it has built, or else the one that cargo builds.
    fn generator(&self) -> Command {
        if let Some(built) = std::env::var_os("WS_CODEGEN") {
            return Command::new(built);
        }
        let mut cargo = Command::new(cargo());
        cargo.args(["run", "--quiet", "--manifest-path"]);
        cargo.arg(self.package.join("../../Cargo.toml"));
        cargo.args(["-p", "ws-codegen", "--"]);
        cargo
    }

    /// Debian's package of the library lies where Go looked for libraries before there were modules.
    fn go(&self, file: &str) -> Result<Program, String> {
        let program = self.programs.join("gorilla-peer");
        let mut go = Command::new("go");
        go.env("GO111MODULE", "off");
        if std::env::var_os("GOPATH").is_none() {
            go.env("GOPATH", "/usr/share/gocode");
        }
        run(go
            .args(["build", "-o"])
            .arg(&program)
            .arg(self.package.join("peers/go").join(file)))?;
        Ok(Program::new(program).with_environment("GOMAXPROCS", "1"))
    }
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or("cargo".into())
}

/// Runs a command to its end, and gives its last words where it fails.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ran = command.stdin(Stdio::null()).output();
    let output = ran.map_err(|error| format!("`{name}` cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let words = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(format!(
        "`{name}` failed: {}",
        words.unwrap_or("it did not say why")
    ))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{Builder, Source, run};
    use crate::servers::{CLUSTERED, SERVERS};

    #[test]
    fn the_source_of_every_server_is_there() {
        let package = Builder::new().unwrap().package;
        for spec in SERVERS.iter().chain(CLUSTERED) {
            let path = match spec.source {
                Source::Own(name) => format!("src/bin/{name}/main.rs"),
                Source::Peer(name) => format!("peers/src/bin/{name}.rs"),
                Source::Node(script) => format!("peers/node/{script}"),
                Source::Go(file) => format!("peers/go/{file}"),
            };
            assert!(package.join(&path).is_file(), "{} has no {path}", spec.name);
        }
    }

    #[test]
    fn what_cannot_be_built_says_why() {
        let why = run(&mut Command::new("no-such-compiler")).unwrap_err();
        assert!(
            why.starts_with("`no-such-compiler` cannot be run: "),
            "{why}"
        );
        let why = run(Command::new("sh").args(["-c", "echo no disk >&2; false"])).unwrap_err();
        assert_eq!(why, "`sh` failed: no disk");
    }
}
