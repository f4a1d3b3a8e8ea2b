//! `scenario!` takes whatever `scenario` takes, where the macro is imported and where it is not.

pub(crate) fn main() {
    use loadspiker::prelude::*;
    const NAME: &str = "constant";
    let _ = scenario!("literal").pause(1);
    let _ = scenario!(NAME).pause(1);
    let _ = scenario!(format!("number {}", 5),).pause(1);
    let _ = scenario("function").pause(1);
    let _ = loadspiker::prelude::scenario!("path").pause(1);
}
