//! What `#[derive(Record)]` expands to, and the mistakes it reports.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Field, Fields, Ident, Item, ItemStruct, LitStr, Token, Type};

/// Expands `#[derive(Record)] item`. Of an item with mistakes nothing but the errors is left; the item itself stays in
/// any case.
pub(crate) fn derive(item: &TokenStream) -> TokenStream {
    expand(item).unwrap_or_else(Error::into_compile_error)
}

/// A field of the struct that is a field of the record.
struct Column {
    ident: Ident,
    ty: Type,
    name: String,
    default: Option<TokenStream>,
}

fn expand(item: &TokenStream) -> Result<TokenStream, Error> {
    let structure = match syn::parse2::<Item>(item.clone())? {
        Item::Struct(structure) => structure,
        other => return Err(Error::new_spanned(other, "a record is a struct with named fields")),
    };
    let columns = verify(&structure)?;
    let ident = &structure.ident;
    let value = quote! { ::loadspiker::Value };
    let fields = columns.iter().map(|Column { ident, ty, name, .. }| {
        quote_spanned! { ty.span() =>
            (::std::sync::Arc::<str>::from(#name), ::core::convert::Into::<#value>::into(self.#ident))
        }
    });
    let described = columns.iter().map(|Column { ty, name, default, .. }| {
        let default = default.as_ref().map(|default| {
            quote_spanned! { ty.span() =>
                .or_default(|| ::core::convert::Into::<#value>::into({ let default: #ty = #default; default }))
            }
        });
        quote_spanned! { ty.span() => ::loadspiker::feeder::Column::new::<#ty>(#name) #default }
    });
    let read = columns.iter().map(|Column { ident, ty, name, default }| {
        let default = match default {
            Some(default) => quote_spanned! { ty.span() => ::core::option::Option::Some(|| #default) },
            None => quote! { ::core::option::Option::None },
        };
        quote_spanned! { ty.span() => #ident: ::loadspiker::__private::field::<#ty>(session, #name, #default)? }
    });
    Ok(quote! {
        #[automatically_derived]
        impl ::loadspiker::feeder::Record for #ident {
            fn fields(self) -> ::std::vec::Vec<(::std::sync::Arc<str>, #value)> {
                ::std::vec![#(#fields),*]
            }
        }

        #[automatically_derived]
        impl ::loadspiker::feeder::TypedRecord for #ident {
            fn columns() -> ::std::vec::Vec<::loadspiker::feeder::Column> {
                ::std::vec![#(#described),*]
            }

            fn from_session(
                session: &::loadspiker::Session,
            ) -> ::core::result::Result<Self, ::loadspiker::SessionError> {
                ::core::result::Result::Ok(#ident { #(#read),* })
            }
        }
    })
}

/// The fields, or all that is wrong with the struct.
fn verify(structure: &ItemStruct) -> Result<Vec<Column>, Error> {
    let mut mistakes = None;
    let mut add = |error: Error| match &mut mistakes {
        Some(errors) => Error::combine(errors, error),
        none => *none = Some(error),
    };
    if !structure.generics.params.is_empty() {
        let message = "a record cannot be generic: the types of its fields have to be known";
        add(Error::new_spanned(&structure.generics, message));
    }
    for attribute in records(&structure.attrs) {
        add(Error::new_spanned(attribute, "`#[record(…)]` belongs on a field"));
    }
    let mut columns: Vec<Column> = Vec::new();
    match &structure.fields {
        Fields::Named(fields) if !fields.named.is_empty() => {
            for field in &fields.named {
                match column(field) {
                    Ok(column) => {
                        if columns.iter().any(|other| other.name == column.name) {
                            let message = format!("two fields are named \"{}\"; rename one of them", column.name);
                            add(Error::new_spanned(field, message));
                        }
                        columns.push(column);
                    }
                    Err(error) => add(error),
                }
            }
        }
        _ => {
            let message = "a record is a struct with named fields: `struct User { name: String }`";
            add(Error::new_spanned(&structure.ident, message));
        }
    }
    mistakes.map_or(Ok(columns), Err)
}

fn column(field: &Field) -> Result<Column, Error> {
    let Some(ident) = &field.ident else { return Err(Error::new_spanned(field, "a field needs a name")) };
    let mut column =
        Column { ident: ident.clone(), ty: field.ty.clone(), name: ident.unraw().to_string(), default: None };
    for attribute in records(&field.attrs) {
        attribute.parse_nested_meta(|meta| option(&meta, &mut column))?;
    }
    Ok(column)
}

fn option(meta: &ParseNestedMeta<'_>, column: &mut Column) -> Result<(), Error> {
    if meta.path.is_ident("rename") {
        let name: LitStr = meta.value()?.parse()?;
        column.name = name.value();
        if column.name.is_empty() || column.name.contains(['#', '{', '}', '(', ')', '.']) {
            let message = "an attribute's name must not be empty nor hold any of # { } ( ) .";
            return Err(Error::new_spanned(name, message));
        }
        return Ok(());
    }
    if meta.path.is_ident("default") {
        let ty = &column.ty;
        column.default = Some(if meta.input.peek(Token![=]) {
            meta.value()?.parse::<Expr>()?.into_token_stream()
        } else {
            quote_spanned! { ty.span() => <#ty as ::core::default::Default>::default() }
        });
        return Ok(());
    }
    Err(meta.error("a field of a record knows `rename = \"…\"`, `default` and `default = …`"))
}

fn records(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("record"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_pass_by_value, reason = "what `quote!` makes is a value")]

    use super::*;

    fn errors(item: TokenStream) -> Vec<String> {
        expand(&item).err().into_iter().flatten().map(|error| error.to_string()).collect()
    }

    #[test]
    fn names_types_and_defaults_go_into_the_expansion() {
        let text = derive(&quote! {
            struct User {
                r#type: String,
                #[record(rename = "Age", default)]
                age: u8,
                #[record(default = 5 + 1)]
                level: i64,
            }
        })
        .to_string();
        for expected in [
            quote! { Column::new::<String>("type") },
            quote! { Column::new::<u8>("Age").or_default },
            quote! { let default: u8 = <u8 as ::core::default::Default>::default(); default },
            quote! { field::<i64>(session, "level", ::core::option::Option::Some(|| 5 + 1)) },
            quote! { Into::<::loadspiker::Value>::into(self.r#type) },
        ] {
            assert!(text.contains(&expected.to_string()), "{expected}\nnot in {text}");
        }
    }

    #[test]
    fn what_is_no_struct_with_named_fields_is_refused() {
        for item in [quote! { struct A; }, quote! { struct A(u8); }, quote! { struct A {} }, quote! { enum A { B } }] {
            assert!(errors(item)[0].starts_with("a record is a struct with named fields"));
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let found = errors(quote! {
            #[record(default)]
            struct A<T> {
                #[record(rename = "a.b")]
                a: T,
                #[record(skip)]
                b: u8,
                c: u8,
                #[record(rename = "c")]
                d: u8,
            }
        });
        assert_eq!(
            found,
            [
                "a record cannot be generic: the types of its fields have to be known",
                "`#[record(…)]` belongs on a field",
                "an attribute's name must not be empty nor hold any of # { } ( ) .",
                "a field of a record knows `rename = \"…\"`, `default` and `default = …`",
                "two fields are named \"c\"; rename one of them",
            ]
        );
    }
}
