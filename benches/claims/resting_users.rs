//! What a resting user costs. Each sets four attributes, two of them texts of its own, and rests. The growth of the
//! process's resident memory, divided by the users, is what one costs all in: session, attributes, position, timer.

use loadspiker::metrics::LiveView;
use loadspiker::prelude::*;
use loadspiker::{Observer, RunOptions};

use crate::Setting;
use crate::findings::Findings;
use crate::support::memory::resident;

/// Remembers the most memory seen while all users rested.
struct Memory {
    users: u64,
    resident: Option<u64>,
}

impl Observer for Memory {
    fn progress(&mut self, view: &LiveView) {
        if view.users_active == self.users {
            self.resident = self.resident.max(resident());
        }
    }
}

pub(crate) fn measure(setting: &Setting, findings: &mut Findings) -> Result<(), String> {
    let users = setting.part_of(1_000_000);
    let rest = scenario!("rest")
        .exec_fn(|session| {
            let id = session.user_id();
            session.set("number", id)?;
            session.set("price", 12.5)?;
            session.set("token", format!("token-{id:010}"))?;
            session.set("name", format!("user-{id:08}"))?;
            Ok(())
        })
        .pause(10)
        // Reads the attributes, so that they have slots, as in any real scenario.
        .do_if_equals("#{number}#{price}#{token}#{name}", "", exit_here())
        .inject([at_once_users(users)]);
    let mut memory = Memory { users, resident: None };
    let before = resident();
    let report = Simulation::new("rest").with(rest).shards(1).run_with(&RunOptions::default(), &mut memory);
    let report = report.map_err(|error| error.to_string())?;
    findings.exactly("users that ended", report.users_ended(), users);
    let grown = memory.resident.zip(before).map(|(most, before)| most.saturating_sub(before) / users);
    let bytes = grown.ok_or("the users were never all there, or memory cannot be read here")?;
    findings.claim("a user, all in", format!("{bytes} bytes"), "at most 512 bytes", bytes <= 512);
    Ok(())
}
