//! [`Locale`]: the language of fake data.

/// The language of fake data. Kinds of data that a language does not have, such as Latin sentences, are the same as in
/// English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Italian.
    It,
    /// Dutch.
    Nl,
    /// Portuguese of Brazil.
    Pt,
    /// Turkish.
    Tr,
    /// Japanese.
    Ja,
    /// Chinese, simplified.
    Zh,
    /// Arabic.
    Ar,
}

impl Locale {
    /// Each with its name in expressions: `#{fakeName(de)}`.
    const ALL: [(&'static str, Locale); 10] = [
        ("en", Locale::En),
        ("de", Locale::De),
        ("fr", Locale::Fr),
        ("it", Locale::It),
        ("nl", Locale::Nl),
        ("pt", Locale::Pt),
        ("tr", Locale::Tr),
        ("ja", Locale::Ja),
        ("zh", Locale::Zh),
        ("ar", Locale::Ar),
    ];

    pub(super) fn named(name: &str) -> Result<Locale, String> {
        let known = Locale::ALL.iter().find(|(known, _)| *known == name).map(|(_, locale)| *locale);
        known.ok_or_else(|| {
            let names: Vec<&str> = Locale::ALL.iter().map(|(name, _)| *name).collect();
            format!("unknown locale \"{name}\" (known locales: {})", names.join(", "))
        })
    }
}
