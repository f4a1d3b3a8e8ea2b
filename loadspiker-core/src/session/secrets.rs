//! [`Secrets`]: what must not be shown, whatever text it turns up in.
//!
//! A server may echo a password in an error, a panic may quote a token. Known to be secret are texts that the user gave
//! as such (a password, a client's secret), and for each user the values of attributes with the [names of
//! secrets](is_secret_name), or that are used as such. Errors and exchanges are searched for them before anything else is
//! done with them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Session;
use crate::mask::{is_secret_name, without};
use crate::value::Value;

/// What is known to be secret before the run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// Texts that are secret.
    texts: BTreeSet<Arc<str>>,
    /// Attributes that are, whatever their names.
    attributes: BTreeSet<Arc<str>>,
}

impl Secrets {
    pub(crate) fn add_text(&mut self, text: &str) {
        if !self.texts.contains(text) {
            self.texts.insert(text.into());
        }
    }

    pub(crate) fn add_attribute(&mut self, name: &str) {
        if !self.attributes.contains(name) {
            self.attributes.insert(name.into());
        }
    }

    pub(super) fn has_attribute(&self, name: &str) -> bool {
        self.attributes.contains(name) || is_secret_name(name)
    }
}

impl Session {
    /// The text with the secrets that are known to this user masked. Costs a look at each attribute.
    pub(crate) fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut secrets: Vec<Cow<'_, str>> = self.shared.secrets.texts.iter().map(|text| (&**text).into()).collect();
        secrets.extend(self.shared.late_secrets().iter().map(|text| Cow::from(text.to_string())));
        for (is_secret, value) in self.shared.secret.iter().zip(&self.attributes) {
            gather(*is_secret, value.as_ref(), &mut secrets);
        }
        for (name, value) in self.others.iter().flat_map(|others| others.iter()) {
            gather(self.shared.secrets.has_attribute(name), Some(value), &mut secrets);
        }
        without(text, secrets)
    }
}

/// Adds the texts and numbers of a secret value, and those of a map that go by the name of a secret.
fn gather<'a>(is_secret: bool, value: Option<&'a Value>, secrets: &mut Vec<Cow<'a, str>>) {
    match value {
        Some(Value::Text(text)) if is_secret => secrets.push((&**text).into()),
        Some(number @ (Value::Int(_) | Value::Float(_))) if is_secret => secrets.push(number.to_string().into()),
        Some(Value::List(items)) if is_secret => items.iter().for_each(|item| gather(true, Some(item), secrets)),
        Some(Value::Map(map)) => {
            for (name, value) in map.iter() {
                gather(is_secret || is_secret_name(name), Some(value), secrets);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::session::{Schema, Shared};

    #[test]
    fn values_of_secret_attributes_are_masked_in_any_text() {
        let mut secrets = Secrets::default();
        secrets.add_text("constant secret");
        secrets.add_attribute("word");
        let names = ["password", "word", "pin", "user", "name"].map(Arc::from);
        let shared = Shared::guarding(Schema::new("s", names), Arc::new(secrets));
        let mut session = Session::sharing(Rc::new(shared), 1, 0, 1);
        session.set("password", "hunter22").unwrap();
        session.set("word", "open sesame").unwrap();
        session.set("pin", 471_147).unwrap();
        session.set("user", serde_json::json!({ "name": "ann", "access_token": "abc.def" })).unwrap();
        session.set("name", "visible").unwrap();
        session.set("late_secret", "unforeseen").unwrap();
        let text = "hunter22, open sesame, 471147, abc.def, unforeseen, constant secret, ann, visible";
        assert_eq!(session.masked(text), "•••, •••, •••, •••, •••, •••, ann, visible");
    }
}
