// A module of the same name as what the expansion uses does not disturb it.
mod std {}

use loadspiker::prelude::*;

#[derive(Clone, Debug, PartialEq, Record)]
struct User {
    name: String,
    #[record(rename = "years")]
    age: u8,
    coupon: Option<String>,
    #[record(default)]
    score: f64,
    #[record(default = 3)]
    items: u32,
    r#type: Vec<i64>,
}

fn anna() -> User {
    User { name: "anna".to_owned(), age: 31, coupon: None, score: 0.5, items: 1, r#type: vec![1, 2] }
}

pub(crate) fn main() {
    // What is fed comes back, with native types on the way.
    let report = Simulation::new("records")
        .with(
            scenario!("Records")
                .feed(records([anna()]).typed::<User>())
                .exec_fn(|session| {
                    assert_eq!(session.value("years"), Some(&Value::from(31)));
                    let user: User = session.record()?;
                    assert_eq!(user, anna());
                    Ok(())
                })
                .inject([at_once_users(1)]),
        )
        .simulated_clock()
        .run()
        .unwrap();
    assert_eq!(report.users_failed(), 0);

    // Defaults fill what is not there.
    let mut session = Session::detached("s", ["name", "years", "type"]);
    session.set("name", "ben").unwrap();
    session.set("years", "27").unwrap();
    session.set("type", vec![5]).unwrap();
    let ben = User { name: "ben".to_owned(), age: 27, coupon: None, score: 0.0, items: 3, r#type: vec![5] };
    assert_eq!(session.record::<User>(), Ok(ben));

    let missing = csv("no-such.csv").typed::<User>().open().unwrap_err().to_string();
    assert!(missing.contains("no such file"));
}
