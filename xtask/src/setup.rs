//! Installing what the tests need and the machine does not have.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::programs::{cargo, find, works};

/// A program that tests start, or a module of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    /// What it is called; of a module, the path of a file that is there with it.
    pub(crate) name: &'static str,
    /// The Debian package it comes in.
    package: &'static str,
    /// What it is for, to complete "… needs it".
    purpose: &'static str,
}

const PROGRAMS: [Program; 15] = [
    Program { name: "nginx", package: "nginx", purpose: "tests against a real web server" },
    Program { name: "python3", package: "python3", purpose: "tests against a second, different web server" },
    // Debian puts the programs of PostgreSQL into a folder for each version, which is in no path.
    Program { name: "initdb", package: "postgresql", purpose: "tests against PostgreSQL" },
    Program { name: "mariadbd", package: "mariadb-server", purpose: "tests against MariaDB" },
    Program { name: "apache2", package: "apache2", purpose: "tests of digest authentication" },
    Program {
        name: "/usr/lib/apache2/modules/mod_auth_gssapi.so",
        package: "libapache2-mod-auth-gssapi",
        purpose: "tests of Windows authentication",
    },
    Program {
        name: "/etc/gss/mech.d/mech.ntlmssp.conf",
        package: "gss-ntlmssp",
        purpose: "tests of Windows authentication",
    },
    Program { name: "krb5kdc", package: "krb5-kdc", purpose: "tests of Kerberos" },
    Program { name: "kadmin.local", package: "krb5-admin-server", purpose: "tests of Kerberos" },
    Program { name: "node", package: "nodejs", purpose: "building and testing the page of the report" },
    Program { name: "npm", package: "npm", purpose: "building and testing the page of the report" },
    Program { name: "chromium", package: "chromium", purpose: "testing the page of the report in a browser" },
    Program { name: "redis-server", package: "redis-server", purpose: "tests against Redis" },
    Program { name: "mosquitto", package: "mosquitto", purpose: "tests against a broker for MQTT" },
    Program { name: "valgrind", package: "valgrind", purpose: "counting the instructions of a request" },
];

/// What a comparison with peers needs, as far as it comes in packages.
pub(crate) const PEERS: [Program; 3] = [
    Program { name: "nginx", package: "nginx", purpose: "the server of the comparison" },
    Program { name: "wrk", package: "wrk", purpose: "what the others are set against" },
    Program { name: "h2load", package: "nghttp2-client", purpose: "a peer" },
];

/// A part of the Rust toolchain that may be left out of an installation.
const COMPONENTS: [&str; 2] = ["rustfmt", "clippy"];

/// How packages can be installed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Installer {
    /// We are root.
    Apt,
    /// `sudo` asks for no password.
    SudoApt,
    /// There is no `apt-get`, or we may not use it.
    None,
}

/// Installs what is missing.
///
/// # Errors
///
/// A component of the toolchain that is missing and cannot be installed is an error, since no check works without. A
/// missing program is one only where nobody is there to read a warning: with `CI=true`.
pub(crate) fn install() -> Result<(), String> {
    println!("==> set-up");
    COMPONENTS.iter().try_for_each(|component| provide_component(component))?;
    let missing = provide(&PROGRAMS);
    if missing.is_empty() {
        return Ok(());
    }
    let advice = advice(&missing);
    if is_ci(env::var("CI").ok().as_deref()) {
        return Err(advice);
    }
    println!("    warning: {advice}");
    Ok(())
}

/// Installs those of these programs that are missing; gives back what is still not there.
pub(crate) fn provide(programs: &[Program]) -> Vec<Program> {
    let missing = missing(programs);
    if missing.is_empty() {
        println!("    nothing is missing");
        return missing;
    }
    install_packages(&missing, installer());
    self::missing(&missing)
}

fn missing(programs: &[Program]) -> Vec<Program> {
    let is_there = |name: &str| if name.starts_with('/') { Path::new(name).is_file() } else { find(name).is_some() };
    programs.iter().filter(|program| !is_there(program.name)).copied().collect()
}

/// Sees to it that `cargo fmt` or `cargo clippy` works.
fn provide_component(component: &str) -> Result<(), String> {
    let subcommand = if component == "rustfmt" { "fmt" } else { component };
    let is_there = || works(cargo().get_program(), &[subcommand, "--version"]);
    if is_there() {
        return Ok(());
    }
    println!("    `cargo {subcommand}` is missing: rustup component add {component}");
    if works("rustup", &["component", "add", component]) && is_there() {
        return Ok(());
    }
    Err(format!(
        "`cargo {subcommand}` is missing and could not be installed; run `rustup component add {component}`, or \
         install your distribution's package (Debian: {})",
        if component == "rustfmt" { "rustfmt" } else { "rust-clippy" }
    ))
}

/// Runs `apt-get`; whether that went well.
fn install_packages(missing: &[Program], installer: Installer) -> bool {
    let Some(prefix) = prefix(installer) else {
        return false;
    };
    let apt = |arguments: &[&str]| {
        let line: Vec<&str> = prefix.iter().chain(arguments).copied().collect();
        println!("    {}", line.join(" "));
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).stdin(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    // Package lists may be too old or absent on a fresh machine. If they cannot be fetched, the old ones may still do.
    apt(&["update", "-qq"]);
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], &packages[..]].concat())
}

/// The words that go before `update` and `install`.
fn prefix(installer: Installer) -> Option<&'static [&'static str]> {
    match installer {
        Installer::Apt => Some(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]),
        Installer::SudoApt => Some(&["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]),
        Installer::None => None,
    }
}

fn installer() -> Installer {
    if find("apt-get").is_none() {
        return Installer::None;
    }
    let id = Command::new("id").arg("-u").output();
    if id.is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
        Installer::Apt
    } else if works("sudo", &["-n", "true"]) {
        Installer::SudoApt
    } else {
        Installer::None
    }
}

/// What is missing, what it is for and how to get it.
fn advice(missing: &[Program]) -> String {
    let needs: Vec<String> = missing.iter().map(|p| format!("{} ({})", p.name, p.purpose)).collect();
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    format!(
        "missing and not installed: {}. What needs it will fail. On Debian or Ubuntu: \
         sudo apt-get install {}",
        needs.join(", "),
        packages.join(" ")
    )
}

/// Whether the variable `CI` says that no person is watching.
fn is_ci(value: Option<&str>) -> bool {
    !matches!(value, None | Some("" | "0" | "false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_program_purpose_and_remedy() {
        let advice = advice(&PROGRAMS);
        for part in
            ["nginx (tests against", "python3 (tests", "will fail", "sudo apt-get install nginx python3 postgresql"]
        {
            assert!(advice.contains(part), "{advice}");
        }
    }

    #[test]
    fn without_an_installer_nothing_is_run() {
        assert!(!install_packages(&PROGRAMS, Installer::None));
    }

    #[test]
    fn installation_never_asks_a_question() {
        for installer in [Installer::Apt, Installer::SudoApt] {
            let prefix = prefix(installer).unwrap();
            assert!(prefix.contains(&"DEBIAN_FRONTEND=noninteractive"));
            assert_eq!(prefix.contains(&"sudo"), prefix.contains(&"-n"), "sudo must not ask for a password");
        }
    }

    #[test]
    fn only_programs_that_are_not_there_are_missing() {
        let there = Program { name: "sh", package: "dash", purpose: "" };
        let absent = Program { name: "no-such-program", package: "none", purpose: "" };
        let module = Program { name: "/etc/passwd", package: "base-passwd", purpose: "" };
        let names: Vec<_> = missing(&[there, absent, module]).iter().map(|program| program.name).collect();
        assert_eq!(names, ["no-such-program"]);
    }

    #[test]
    fn ci_is_on_unless_it_is_denied() {
        assert!(is_ci(Some("true")) && is_ci(Some("1")));
        assert!(!is_ci(None) && !is_ci(Some("")) && !is_ci(Some("false")) && !is_ci(Some("0")));
    }
}
