//! [`Kdc`]: a Kerberos realm of its own, MIT's, on a free port, in a temporary folder, as long as a test needs it; and
//! an Apache that believes in its tickets.

use std::process::{Child, Command};

use super::apache::Apache;
use super::folder::Folder;
use super::machine::program;
use super::process::serve;

const REALM: &str = "TEST.LOADSPIKER";
/// The service whose key [`intranet`] has.
const SERVICE: &str = "HTTP/127.0.0.1";

/// A running key distribution centre; it is killed when this is dropped.
///
/// It knows `ada`, `bob`, `eve`, of whom it asks no pre-authentication, and `short`, whose tickets live for ten seconds.
/// The password of each is `secret of` and the name.
pub(crate) struct Kdc {
    process: Child,
    folder: Folder,
    port: u16,
}

impl Kdc {
    pub(crate) fn start() -> Self {
        let folder = Folder::new();
        folder.write("krb5.conf", realm(&folder));
        // The users' settings apply to the service too: one that demands pre-authentication gives `eve` no ticket.
        let known: [(&str, &[&str]); 5] = [
            ("ada", &["+requires_preauth", "-pw", "secret of ada"]),
            ("bob", &["+requires_preauth", "-pw", "secret of bob"]),
            ("eve", &["-pw", "secret of eve"]),
            ("short", &["+requires_preauth", "-pw", "secret of short", "-maxlife", "10 seconds"]),
            (SERVICE, &["-randkey"]),
        ];
        manage(&folder, "kdb5_util", &["create", "-s", "-P", "master"]);
        for (name, settings) in known {
            manage(&folder, "kadmin.local", &[&["addprinc"], settings, &[name]].concat());
        }
        let keys = folder.path().join("http.keytab");
        manage(&folder, "kadmin.local", &["ktadd", "-k", keys.to_str().unwrap(), SERVICE]);
        let (process, port) = serve(&folder, "kdc.pid", |port| {
            folder.write("kdc.conf", listen(port));
            let mut command = tool(&folder, "krb5kdc");
            // In the foreground, so that killing it leaves nothing behind.
            command.arg("-n").arg("-P").arg(folder.path().join("kdc.pid"));
            command
        });
        Kdc { process, folder, port }
    }

    /// Where it listens, on TCP and UDP.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn realm(&self) -> &'static str {
        REALM
    }

    /// What it was asked for and whether it gave it: lines with `AS_REQ` or `TGS_REQ`, and `ISSUE` if it did.
    pub(crate) fn log(&self) -> String {
        self.folder.read("kdc.log")
    }
}

impl Drop for Kdc {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Apache with a page for those who have a ticket of this realm, each of which shows it but once.
pub(crate) fn intranet(kdc: &Kdc) -> Apache {
    let folder = Folder::new();
    folder.write("html/index.html", "staff only");
    // As copies, since Apache drops the rights to read what root alone may.
    let keys = folder.write("http.keytab", std::fs::read(kdc.folder.path().join("http.keytab")).unwrap());
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

/// A program of the realm in this folder, and of no other that the machine may know.
fn tool(folder: &Folder, name: &str) -> Command {
    let mut command = Command::new(program(name));
    command.env("KRB5_CONFIG", folder.path().join("krb5.conf"));
    command.env("KRB5_KDC_PROFILE", folder.path().join("kdc.conf"));
    command.args(["-r", REALM]);
    command
}

/// Has a program change the realm's database.
fn manage(folder: &Folder, name: &str, arguments: &[&str]) {
    let output = tool(folder, name).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
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
