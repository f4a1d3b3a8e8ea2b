//! Each feature has a module with a prelude, which goes with the common one.

#![allow(unused_imports, reason = "what is tested is that the names are there, and mean one thing")]

use loadspiker::fake::prelude::*;
use loadspiker::html::prelude::*;
use loadspiker::http::prelude::*;
use loadspiker::kerberos::prelude::*;
use loadspiker::mysql::prelude::*;
use loadspiker::ntlm::prelude::*;
use loadspiker::postgres::prelude::*;
use loadspiker::prelude::*;
use loadspiker::sql::prelude::*;
use loadspiker::sqlite::prelude::*;
use loadspiker::templates::prelude::*;
use loadspiker::xpath::prelude::*;

#[test]
fn the_preludes_of_all_features_go_together() {
    let _ = (css("a"), xpath("//a"), cookie("session"), kerberos("u", "p"), ntlm("u", "p"));
    let _ = (jinja("{{ name }}"), Locale::De, loadspiker::http::http("n"), loadspiker::http::auth::ntlm("u", "p"));
    let _ = sql_feeder("sqlite:shop.db", "SELECT 1").circular();
}
