//! [`Kdc`]: a Kerberos realm of its own, MIT's, and an Apache that accepts its tickets.

use std::ops::Deref;
use std::process::Command;

use super::apache::Apache;
use super::process::run_to_end;
use super::recipe::Recipe;
use super::running::Running;
use crate::folder::Folder;
use crate::machine::program;

const REALM: &str = "TEST.LOADSPIKER";
/// The service whose key [`Kdc::intranet`] has.
const SERVICE: &str = "HTTP/127.0.0.1";
const PACKAGE: &str = "krb5-kdc";

/// A key distribution centre; see [`Running`] for what else it can do. It listens on TCP and UDP.
///
/// It knows `ada`, `bob`, `cyd` and `dan`, then `eve`, of whom it asks no pre-authentication, and `short`, whose tickets live
/// for ten seconds. The password of each is `secret of` and the name.
#[derive(Debug)]
pub struct Kdc(Running);

impl Kdc {
    /// Makes a realm and starts its server.
    #[track_caller]
    pub fn start() -> Self {
        let folder = Folder::new();
        folder.write("krb5.conf", realm(&folder));
        manage(&folder, "kdb5_util", PACKAGE, &["create", "-s", "-P", "master"]);
        // The users' settings apply to the service too: one that demands pre-authentication gives `eve` no ticket.
        let pre = "+requires_preauth";
        let user = |name: &str, settings: &str| format!("addprinc {settings} -pw \"secret of {name}\" {name}\n");
        let users: String = ["ada", "bob", "cyd", "dan"].iter().map(|name| user(name, pre)).collect();
        let keys = folder.file("http.keytab");
        let commands = folder.write(
            "commands",
            users
                + &user("eve", "")
                + &user("short", &format!("{pre} -maxlife \"10 seconds\""))
                + &format!("addprinc -randkey {SERVICE}\nktadd -k {keys} {SERVICE}\n"),
        );
        let mut kadmin = tool(&folder, "kadmin.local", "krb5-admin-server");
        let output = kadmin.stdin(std::fs::File::open(commands).unwrap()).output().unwrap();
        assert!(folder.at("http.keytab").is_file(), "kadmin.local: {}", String::from_utf8_lossy(&output.stderr));
        let recipe = Recipe::new("krb5kdc", PACKAGE, |command, folder, port| {
            folder.write("kdc.conf", listen(port));
            in_realm(command, folder);
            // In the foreground, so that killing it leaves nothing behind.
            command.arg("-n").arg("-P").arg(folder.at("kdc.pid"));
        });
        Kdc(Running::start(folder, recipe.ready_with_pid_file("kdc.pid").ended_by("KILL")))
    }

    /// The name of its realm.
    pub fn realm(&self) -> &'static str {
        REALM
    }

    /// What it was asked for and whether it gave it: lines with `AS_REQ` or `TGS_REQ`, with `ISSUE` if it did, and with the
    /// user.
    pub fn log(&self) -> String {
        self.folder().read("kdc.log")
    }

    /// Apache with a page for those who have a ticket of this realm, each of which may be shown once.
    #[track_caller]
    pub fn intranet(&self) -> Apache {
        let folder = Folder::new();
        folder.write("html/index.html", "staff only");
        // As copies, since Apache drops the rights to read what root alone may.
        let keys = folder.write("http.keytab", std::fs::read(self.folder().at("http.keytab")).unwrap());
        let replays = folder.write("replays", "");
        let mut permissions = std::fs::metadata(&replays).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o666);
        std::fs::set_permissions(&replays, permissions).unwrap();
        let directory = format!(
            "AuthType GSSAPI\nAuthName staff\nGssapiAllowedMech krb5\nGssapiCredStore keytab:{keys}\n\
             GssapiCredStore rcache:file2:{replays}\nRequire valid-user"
        );
        Apache::start(folder, &["auth_gssapi"], &directory)
    }
}

impl Deref for Kdc {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.0
    }
}

/// Has a program work on the realm in this folder, and on no other that the machine may know.
fn in_realm(command: &mut Command, folder: &Folder) {
    command.env("KRB5_CONFIG", folder.at("krb5.conf"));
    command.env("KRB5_KDC_PROFILE", folder.at("kdc.conf"));
    command.args(["-r", REALM]);
}

fn tool(folder: &Folder, name: &str, package: &str) -> Command {
    let mut command = Command::new(program(name, package));
    in_realm(&mut command, folder);
    command
}

/// Has a program change the realm's database.
fn manage(folder: &Folder, name: &str, package: &str, arguments: &[&str]) {
    run_to_end(tool(folder, name, package).args(arguments));
}

/// The realm, with all that it writes in the folder.
fn realm(folder: &Folder) -> String {
    let root = folder.path().display();
    format!(
        "[libdefaults]
            default_realm = {REALM}
            dns_lookup_realm = false
            dns_lookup_kdc = false
            dns_canonicalize_hostname = false
            rdns = false
        [realms]
            {REALM} = {{
                database_name = {root}/principal
                key_stash_file = {root}/stash
                acl_file = {root}/kadm5.acl
                supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
            }}
        [logging]
            kdc = FILE:{root}/kdc.log
        "
    )
}

fn listen(port: u16) -> String {
    format!(
        "[kdcdefaults]
            kdc_listen = 127.0.0.1:{port}
            kdc_tcp_listen = 127.0.0.1:{port}
            kdc_tcp_listen_backlog = 128
        "
    )
}
