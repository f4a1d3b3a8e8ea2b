//! [`Part`]: which hop or attempt of a user's request this is, and its name in the report.

/// Which of the requests it is that come of the one the user wrote.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// After so many redirects.
    pub(crate) followed: u32,
    /// The answer was a challenge, and it is sent again.
    pub(crate) challenge: bool,
}

impl Part {
    /// The one the user wrote, or that which follows it after so many redirects.
    pub(crate) fn after(followed: u32) -> Self {
        Part { followed, challenge: false }
    }

    /// What it is counted under, where the one the user wrote goes by the name of `first`.
    pub(crate) fn name(self, first: &str) -> String {
        let redirect = if self.followed > 0 { format!(" Redirect {}", self.followed) } else { String::new() };
        format!("{first}{redirect}{}", if self.challenge { " Challenge" } else { "" })
    }
}
