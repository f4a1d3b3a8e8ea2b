//! The outcome of groups and users where blocks fail: what was before a block hides nothing of it.

use loadspiker_core::dsl::*;
use loadspiker_core::imperative::User;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::report::RunReport;
use loadspiker_testkit::{Trace, run};

fn report(chain: Chain) -> RunReport {
    run([scenario("s").exec(chain).inject([at_once_users(1)])])
}

/// Passes of the group that ended well, and those that failed.
fn passes(report: &RunReport, group: &str) -> (u64, u64) {
    let group = report.group(group).unwrap();
    (group.ok_count(), group.failed_count())
}

fn failing() -> Chain {
    Trace::default().probe("!a")
}

fn fine() -> Chain {
    Trace::default().probe("b")
}

fn marks_failed() -> Chain {
    exec_fn(|session| {
        session.mark_as_failed();
        Ok(())
    })
}

#[test]
fn a_group_fails_with_its_block_each_time_round() {
    for block in [try_max(2, failing()), exit_block_on_fail(failing()), try_max(1, exit_block_on_fail(failing()))] {
        let report = report(repeat(3, group("checkout", block)));
        assert_eq!(passes(&report, "checkout"), (0, 3));
        assert_eq!((report.users_ended(), report.users_failed()), (1, 1));
    }
}

#[test]
fn a_group_fails_with_its_block_after_an_earlier_failure() {
    for before in [failing(), marks_failed(), exec_fn(|_| Err("broken".into()))] {
        let report = report(before.group("checkout", try_max(2, failing())).group("after", try_max(2, fine())));
        assert_eq!(passes(&report, "checkout"), (0, 1));
        // Nor does the failure from before spoil a block that ends well.
        assert_eq!(passes(&report, "after"), (1, 0));
        assert_eq!(report.users_failed(), 1);
    }
}

#[test]
fn a_group_in_a_branch_fails_with_its_block() {
    let branch = |name: &str, inner: Chain| group(name, try_max(2, inner));
    let report = report(failing().group("all", parallel([branch("bad", failing()), branch("good", fine())])));
    assert_eq!(passes(&report, "all / bad"), (0, 1));
    assert_eq!(passes(&report, "all / good"), (1, 0));
    assert_eq!(passes(&report, "all"), (0, 1));
}

#[test]
fn a_group_around_branches_fails_with_the_block_around_them() {
    let tried = |inner: Chain| failing().group("all", try_max(2, parallel([inner, fine()])));
    assert_eq!(passes(&report(tried(failing())), "all"), (0, 1));
    assert_eq!(passes(&report(tried(fine())), "all"), (1, 0));
}

#[test]
fn a_group_fails_with_a_block_that_is_left_before_its_end() {
    // The condition of the loop ends it before the block can be tried again.
    let slow = Chain::journey("slow", async |user: &mut User| {
        user.pause(2).await;
        Err("too late".into())
    });
    let block = group("checkout", try_max(5, slow.pause(1)));
    let chain = failing().during(1, block);
    assert_eq!(passes(&report(chain), "checkout"), (0, 1));
    let exits = failing().group("checkout", try_max(2, marks_failed().exit_here()));
    assert_eq!(passes(&report(exits), "checkout"), (0, 1));
}

#[test]
fn a_second_attempt_that_ends_well_leaves_its_group_well() {
    let flaky = repeat_counted(3, "i", group("checkout", try_max(2, counted_failure())));
    let report = report(failing().exec(flaky));
    assert_eq!(passes(&report, "checkout"), (3, 0));
}

/// Fails at every other attempt, the first one included.
fn counted_failure() -> Chain {
    let attempts = std::sync::atomic::AtomicU64::new(0);
    exec_fn(move |_| match attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2 {
        0 => Err("not yet".into()),
        _ => Ok(()),
    })
}

#[test]
fn code_that_marks_the_user_as_failed_fails_the_group_it_is_in() {
    let chain = failing().group("outer", fine().group("inner", marks_failed()).group("other", fine()));
    let report = report(chain);
    assert_eq!(passes(&report, "outer / inner"), (0, 1));
    assert_eq!(passes(&report, "outer / other"), (1, 0));
    assert_eq!(passes(&report, "outer"), (0, 1));
    // Before a group it is none of its business.
    let report = self::report(marks_failed().group("later", fine()));
    assert_eq!(passes(&report, "later"), (1, 0));
    let forgiven = marks_failed().exec_fn(|session| {
        session.mark_as_succeeded();
        Ok(())
    });
    let report = self::report(group("forgiven", forgiven));
    assert_eq!((passes(&report, "forgiven"), report.users_failed()), ((1, 0), 0));
}

#[test]
fn code_that_marks_a_branch_as_failed_fails_the_group_around() {
    let report = report(failing().group("all", parallel([group("bad", marks_failed()), group("good", fine())])));
    assert_eq!(passes(&report, "all / bad"), (0, 1));
    assert_eq!(passes(&report, "all / good"), (1, 0));
    assert_eq!(passes(&report, "all"), (0, 1));
}

#[test]
fn an_imperative_group_fails_with_what_is_in_it_whatever_failed_before() {
    let code = async |user: &mut User| {
        user.session_mut().mark_as_failed();
        user.group("fine", async |_| Ok(())).await?;
        user.group("marked", async |user| {
            user.session_mut().mark_as_failed();
            user.group("inside", async |_| Ok(())).await
        })
        .await?;
        let _ = user.group("failed", async |_| Err::<(), _>("broken".into())).await;
        Ok(())
    };
    let report = report(failing().group("built", try_max(2, Chain::journey("code", code))));
    let attempts = |group: &str| passes(&report, &format!("built / {group}"));
    assert_eq!(attempts("fine"), (2, 0));
    assert_eq!(attempts("marked"), (0, 2));
    assert_eq!(attempts("marked / inside"), (2, 0));
    assert_eq!(attempts("failed"), (0, 2));
    assert_eq!(passes(&report, "built"), (0, 1));
}
