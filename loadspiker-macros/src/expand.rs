//! What `#[loadspiker::test]` expands to, and the mistakes it reports.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{AttrStyle, Error, ItemFn, ReturnType, Signature, Visibility};

use crate::mistakes::Mistakes;

/// Expands `#[loadspiker::test(arguments)] item`.
///
/// The user's function moves, as it is, into a test of the same name, which hands it to the facade's `run_test`. It
/// stays a function (and does not become a closure), so that `?`, `return` and `-> impl Trait` mean what they say.
///
/// Where something is wrong the item is kept next to the errors: without it, the compiler would go on to complain about
/// imports that nobody uses.
pub(crate) fn test(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => match verify(arguments, &function) {
            Ok(returned) => run(&function, &returned),
            Err(errors) => {
                let errors = errors.into_compile_error();
                quote! { #errors #item }
            }
        },
        Err(error) => {
            let error = not_a_function(item, error).into_compile_error();
            quote! { #error #item }
        }
    }
}

/// The test that takes the place of a function without mistakes. `returned` is its return type.
fn run(function: &ItemFn, returned: &syn::Type) -> TokenStream {
    let (inside, outside): (Vec<_>, Vec<_>) =
        function.attrs.iter().cloned().partition(|attribute| matches!(attribute.style, AttrStyle::Inner(_)));
    let ItemFn { vis, sig: Signature { ident, .. }, .. } = function;
    let build = ItemFn { attrs: inside, vis: Visibility::Inherited, ..function.clone() };
    let name = ident.unraw().to_string();
    // With the span of the return type, "this is not a simulation" points at it.
    let mut build_ident = ident.clone();
    build_ident.set_span(returned.span().resolved_at(ident.span()));
    let call = quote_spanned! { build_ident.span() =>
        ::loadspiker::__private::run_test(
            ::core::option_env!("CARGO_PKG_NAME"),
            ::core::concat!(::core::module_path!(), "::", #name),
            #build_ident
        )
    };
    quote! {
        #[::core::prelude::v1::test]
        #(#outside)*
        #vis fn #ident() {
            #build
            #call
        }
    }
}

/// All that is wrong with the function, or its return type.
fn verify(arguments: &TokenStream, function: &ItemFn) -> Result<syn::Type, Error> {
    let signature = &function.sig;
    let mut mistakes = Mistakes::default();
    mistakes.add_if_any(arguments, "`#[loadspiker::test]` takes no arguments");
    for attribute in &function.attrs {
        if attribute.path().is_ident("test") {
            mistakes.add(attribute, "remove `#[test]`: `#[loadspiker::test]` makes the function a test by itself");
        }
    }
    mistakes.add_if_any(&signature.asyncness, "a load test builds a simulation and returns it; remove `async`");
    mistakes.add_if_any(&signature.constness, "a load test is a plain function; remove `const`");
    mistakes.add_if_any(&signature.unsafety, "a load test is a plain function; remove `unsafe`");
    mistakes.add_if_any(&signature.abi, "a load test is a plain function; remove `extern`");
    mistakes.add_if_any(&signature.generics, "a load test cannot be generic: nobody would choose the types");
    mistakes.add_if_any(&signature.generics.where_clause, "a load test cannot be generic; remove the `where` clause");
    mistakes.add_if_any(&signature.inputs, "a load test takes no parameters: nobody would pass them");
    mistakes.add_if_any(&signature.variadic, "a load test takes no parameters: nobody would pass them");
    let returned = match &signature.output {
        ReturnType::Type(_, returned) => Some(returned.as_ref().clone()),
        ReturnType::Default => {
            let message = format!(
                "a load test returns the simulation to run: `fn {}() -> Simulation` (or a `Result` with one)",
                signature.ident
            );
            mistakes.add(&signature.ident, &message);
            None
        }
    };
    mistakes.into_result()?;
    returned.ok_or_else(|| Error::new_spanned(signature, "not a load test"))
}

/// The item is no function, or is one that does not even parse; the parser's own words say more about the latter.
fn not_a_function(item: &TokenStream, error: Error) -> Error {
    match syn::parse2::<syn::Item>(item.clone()) {
        Ok(other) => {
            Error::new_spanned(other, "`#[loadspiker::test]` belongs on a function: `fn name() -> Simulation`")
        }
        Err(_) => error,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_pass_by_value, reason = "what `quote!` makes is a value")]

    use super::*;

    /// The expansion, laid out as the compiler's token printer does, so that texts can be compared.
    fn expanded(arguments: TokenStream, item: TokenStream) -> String {
        test(&arguments, &item).to_string()
    }

    fn good(item: TokenStream) -> String {
        let text = expanded(TokenStream::new(), item);
        assert!(!text.contains("compile_error"), "{text}");
        text
    }

    /// The messages of the errors in an expansion, in order.
    fn errors(arguments: TokenStream, item: TokenStream) -> Vec<String> {
        let text = expanded(arguments, item.clone());
        assert!(text.ends_with(&item.to_string()), "the item is kept: {text}");
        let messages = text.split("compile_error ! { \"").skip(1);
        messages.map(|rest| rest.split("\" }").next().unwrap_or_default().to_owned()).collect()
    }

    #[track_caller]
    fn the_error(item: TokenStream, expected: &str) {
        let found = errors(TokenStream::new(), item);
        assert!(matches!(&found[..], [one] if one.contains(expected)), "{found:?}");
    }

    #[test]
    fn a_function_becomes_a_test_that_runs_what_it_returns() {
        let text = good(quote! { fn login() -> Simulation { let a = 1; simulation(a) } });
        let expected = quote! {
            #[::core::prelude::v1::test]
            fn login() {
                fn login() -> Simulation { let a = 1; simulation(a) }
                ::loadspiker::__private::run_test(
                    ::core::option_env!("CARGO_PKG_NAME"),
                    ::core::concat!(::core::module_path!(), "::", "login"),
                    login
                )
            }
        };
        assert_eq!(text, expected.to_string());
    }

    #[test]
    fn a_result_may_be_returned() {
        let text = good(quote! { fn login() -> Result<Simulation, Failure> { Ok(simulation()?) } });
        let kept = quote! { fn login() -> Result<Simulation, Failure> { Ok(simulation()?) } };
        assert!(text.contains(&kept.to_string()), "{text}");
    }

    #[test]
    fn attributes_documentation_and_visibility_stay_on_the_test() {
        let text = good(quote! {
            /// Says why.
            #[ignore = "slow"]
            #[should_panic(expected = "p99")]
            #[cfg(unix)]
            pub(crate) fn login() -> Simulation { simulation() }
        });
        let head = quote! {
            #[::core::prelude::v1::test]
            /// Says why.
            #[ignore = "slow"]
            #[should_panic(expected = "p99")]
            #[cfg(unix)]
            pub(crate) fn login()
        };
        assert!(text.starts_with(&head.to_string()), "{text}");
    }

    #[test]
    fn inner_attributes_stay_inside_the_function() {
        let text = good(quote! { fn login() -> Simulation { #![allow(unused)] simulation() } });
        let kept = quote! { fn login() -> Simulation { #![allow(unused)] simulation() } };
        assert!(text.contains(&kept.to_string()), "{text}");
        assert_eq!(text.matches("allow").count(), 1);
    }

    #[test]
    fn a_raw_name_is_reported_without_its_prefix() {
        let text = good(quote! { fn r#match() -> Simulation { simulation() } });
        assert!(text.contains("\"match\""), "{text}");
        assert!(text.contains("fn r#match ()"), "{text}");
    }

    #[test]
    fn async_is_refused() {
        the_error(
            quote! { async fn login() -> Simulation { simulation() } },
            "a load test builds a simulation and returns it; remove `async`",
        );
    }

    #[test]
    fn other_qualifiers_are_refused() {
        the_error(quote! { const fn login() -> Simulation { simulation() } }, "remove `const`");
        the_error(quote! { unsafe fn login() -> Simulation { simulation() } }, "remove `unsafe`");
        the_error(quote! { extern "C" fn login() -> Simulation { simulation() } }, "remove `extern`");
    }

    #[test]
    fn parameters_are_refused() {
        the_error(quote! { fn login(users: u32) -> Simulation { simulation() } }, "takes no parameters");
        the_error(quote! { fn login(&self) -> Simulation { simulation() } }, "takes no parameters");
    }

    #[test]
    fn a_missing_return_type_is_shown_with_the_remedy() {
        the_error(quote! { fn login() { simulation(); } }, "`fn login() -> Simulation`");
    }

    #[test]
    fn generics_are_refused() {
        the_error(quote! { fn login<T>() -> Simulation { simulation() } }, "cannot be generic");
        the_error(quote! { fn login() -> Simulation where u8: Copy { simulation() } }, "remove the `where` clause");
    }

    #[test]
    fn what_is_no_function_is_refused() {
        the_error(quote! { struct Login; }, "belongs on a function");
        the_error(quote! { mod login { fn a() {} } }, "belongs on a function");
    }

    #[test]
    fn arguments_are_refused() {
        let found = errors(quote! { seconds = 5 }, quote! { fn login() -> Simulation { simulation() } });
        assert_eq!(found, ["`#[loadspiker::test]` takes no arguments"]);
    }

    #[test]
    fn a_second_test_attribute_is_refused() {
        the_error(quote! { #[test] fn login() -> Simulation { simulation() } }, "remove `#[test]`");
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let found = errors(quote! { 5 }, quote! { async fn login<T>(t: T) {} });
        assert_eq!(found.len(), 5, "{found:?}");
    }
}
