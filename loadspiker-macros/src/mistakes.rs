//! [`Mistakes`]: all that is wrong with an item, told at once.

use quote::ToTokens;
use syn::Error;

/// Mistakes found so far, as one error that the compiler shows as many.
#[derive(Default)]
pub(crate) struct Mistakes(Option<Error>);

impl Mistakes {
    pub(crate) fn add(&mut self, at: impl ToTokens, message: &str) {
        self.combine(Error::new_spanned(at, message));
    }

    pub(crate) fn combine(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn add_if_any(&mut self, at: &impl ToTokens, message: &str) {
        if !at.to_token_stream().is_empty() {
            self.add(at, message);
        }
    }
    /// An error if there is any.
    pub(crate) fn into_result(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), Err)
    }
}
