use loadspiker::prelude::*;

fn main() {
    let _ = scenario!().pause(1);
    let _ = scenario!("one", "two").pause(1);
}
