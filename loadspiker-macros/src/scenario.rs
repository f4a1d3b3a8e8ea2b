//! What `#[loadspiker::scenario("…")]` expands to, and the mistakes it reports.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, ItemFn, LitStr, ReturnType, Signature, Type};

use crate::mistakes::Mistakes;

/// How it is to be written.
const FORM: &str = "`async fn journey(user: &mut User) -> Outcome`";

/// Expands `#[loadspiker::scenario("name")] async fn …`.
///
/// The function becomes a unit struct of its name, which is a step of a scenario, can be injected, and has the
/// function as `run`, for other journeys to call. Its body stays as it is.
///
/// Where something is wrong the item is kept next to the errors: without it, the compiler would go on to complain about
/// imports that nobody uses.
pub(crate) fn scenario(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    let expanded = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => verify(arguments, &function).map(|name| journey(&name, function)),
        Err(error) => Err(match syn::parse2::<syn::Item>(item.clone()) {
            Ok(other) => {
                Error::new_spanned(other, format!("`#[loadspiker::scenario(\"…\")]` belongs on a function: {FORM}"))
            }
            Err(_) => error,
        }),
    };
    expanded.unwrap_or_else(|errors| {
        let errors = errors.into_compile_error();
        quote! { #errors #item }
    })
}

/// What takes the place of a function without mistakes.
fn journey(name: &LitStr, function: ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, sig, block } = function;
    let of_kind = |kind: &str| -> Vec<&Attribute> { attrs.iter().filter(|a| a.path().is_ident(kind)).collect() };
    let (docs, conditions) = (of_kind("doc"), of_kind("cfg"));
    let others: Vec<_> = attrs.iter().filter(|a| !a.path().is_ident("doc") && !a.path().is_ident("cfg")).collect();
    let Signature { ident, inputs, output, .. } = &sig;
    // With the spans of the types, "this is no Outcome" and "this is no User" point at them.
    let argument = match inputs.first() {
        Some(FnArg::Typed(user)) => user.ty.span(),
        _ => ident.span(),
    };
    let argument = Ident::new("user", argument.resolved_at(Span::mixed_site()));
    let returned = match output {
        ReturnType::Type(_, returned) => returned.span(),
        ReturnType::Default => ident.span(),
    };
    let run = quote_spanned! { returned.resolved_at(Span::call_site()) =>
        #ident::run(#argument).await
    };
    quote! {
        #(#conditions)*
        #(#docs)*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug)]
        #vis struct #ident;

        #(#conditions)*
        #[allow(dead_code)]
        impl #ident {
            /// Runs this journey as a part of another one.
            #(#others)*
            #vis async fn run(#inputs) #output #block

            /// The scenario of this journey alone.
            #vis fn scenario(self) -> ::loadspiker::Scenario {
                ::loadspiker::Steps::append(::loadspiker::scenario(#name), ::core::convert::Into::into(self))
            }

            /// Says how many users run the scenario of this journey, and when they start.
            #vis fn inject<__Step: ::loadspiker::inject::InjectionStep>(
                self,
                steps: impl ::core::iter::IntoIterator<Item = __Step>,
            ) -> ::loadspiker::Population {
                self.scenario().inject(steps)
            }
        }

        #(#conditions)*
        impl ::core::convert::From<#ident> for ::loadspiker::Chain {
            fn from(_: #ident) -> ::loadspiker::Chain {
                async fn __run(#argument: &mut ::loadspiker::imperative::User) -> ::loadspiker::imperative::Outcome {
                    #run
                }
                ::loadspiker::Chain::journey(#name, __run)
            }
        }
    }
}

/// All that is wrong with the function, or the name of its scenario.
fn verify(arguments: &TokenStream, function: &ItemFn) -> Result<LitStr, Error> {
    let signature = &function.sig;
    let mut mistakes = Mistakes::default();
    let name = name(arguments, signature);
    if let Err(error) = &name {
        mistakes.combine(error.clone());
    }
    if signature.asyncness.is_none() {
        let written = &signature.fn_token;
        mistakes.add(written, &format!("a journey waits for responses and pauses; write {FORM}"));
    }
    mistakes.add_if_any(&signature.constness, "a journey is a plain async function; remove `const`");
    mistakes.add_if_any(&signature.unsafety, "a journey is a plain async function; remove `unsafe`");
    mistakes.add_if_any(&signature.abi, "a journey is a plain async function; remove `extern`");
    mistakes.add_if_any(&signature.generics, "a journey cannot be generic: nobody would choose the types");
    mistakes.add_if_any(&signature.generics.where_clause, "a journey cannot be generic; remove the `where` clause");
    mistakes.add_if_any(&signature.variadic, &format!("a journey takes the user and nothing else: {FORM}"));
    let inputs: Vec<&FnArg> = signature.inputs.iter().collect();
    match inputs[..] {
        [FnArg::Typed(user)] if is_mutable_reference(&user.ty) => {}
        [] => mistakes.add(&signature.ident, &format!("a journey takes the user: {FORM}")),
        _ => mistakes.add(&signature.inputs, &format!("a journey takes the user and nothing else: {FORM}")),
    }
    if matches!(signature.output, ReturnType::Default) {
        mistakes.add(&signature.ident, &format!("a journey says how it ended: {FORM}, with `Ok(())` at its end"));
    }
    mistakes.into_result()?;
    name
}

/// The name of the scenario.
fn name(arguments: &TokenStream, signature: &Signature) -> Result<LitStr, Error> {
    let example = format!("`#[loadspiker::scenario(\"{}\")]`", words(&signature.ident.to_string()));
    if arguments.is_empty() {
        return Err(Error::new(Span::call_site(), format!("a scenario needs a name: {example}")));
    }
    let name: LitStr = syn::parse2(arguments.clone()).map_err(|_| {
        Error::new_spanned(arguments, format!("a scenario takes one name, a text in quotes: {example}"))
    })?;
    if name.value().trim().is_empty() {
        return Err(Error::new_spanned(name, format!("the name is empty; a report is read by it: {example}")));
    }
    Ok(name)
}

fn is_mutable_reference(written: &Type) -> bool {
    matches!(written, Type::Reference(reference) if reference.mutability.is_some())
}

/// `buy_a_book` as `Buy a book`.
fn words(ident: &str) -> String {
    let mut words = ident.trim_start_matches("r#").replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_pass_by_value, reason = "what `quote!` makes is a value")]

    use super::*;

    fn good(item: TokenStream) -> String {
        let text = scenario(&quote! { "Buy" }, &item).to_string();
        assert!(!text.contains("compile_error"), "{text}");
        text
    }

    /// The messages of the errors in an expansion, in order.
    fn errors(arguments: TokenStream, item: TokenStream) -> Vec<String> {
        let text = scenario(&arguments, &item).to_string();
        assert!(text.ends_with(&item.to_string()), "the item is kept: {text}");
        let messages = text.split("compile_error ! { \"").skip(1);
        messages.map(|rest| rest.split("\" }").next().unwrap_or_default().to_owned()).collect()
    }

    #[track_caller]
    fn the_error(item: TokenStream, expected: &str) {
        let found = errors(quote! { "Buy" }, item);
        assert!(matches!(&found[..], [one] if one.contains(expected)), "{found:?}");
    }

    #[test]
    fn a_function_becomes_a_step_that_can_be_injected_and_called() {
        let text = good(quote! { async fn buy(user: &mut User) -> Outcome { pay(user).await } });
        for part in [
            quote! { struct buy; },
            quote! { async fn run(user: &mut User) -> Outcome { pay(user).await } },
            quote! { { buy::run(user).await } },
            quote! { impl ::core::convert::From<buy> for ::loadspiker::Chain },
        ] {
            assert!(text.contains(&part.to_string()), "{part}: {text}");
        }
    }

    #[test]
    fn documentation_visibility_and_conditions_are_kept() {
        let text = good(quote! {
            /// Buys.
            #[cfg(unix)]
            #[expect(unused)]
            pub(crate) async fn buy(user: &mut User) -> Outcome { Ok(()) }
        });
        let head = quote! {
            #[cfg(unix)]
            /// Buys.
            #[allow(non_camel_case_types)]
            #[derive(Clone, Copy, Debug)]
            pub(crate) struct buy;
        };
        assert!(text.starts_with(&head.to_string()), "{text}");
        assert_eq!(text.matches("cfg").count(), 3);
        let run = quote! { #[expect(unused)] pub(crate) async fn run };
        assert!(text.contains(&run.to_string()), "{text}");
    }

    #[test]
    fn a_name_is_needed() {
        let item = || quote! { async fn buy_a_book(user: &mut User) -> Outcome { Ok(()) } };
        assert_eq!(errors(quote! {}, item()).len(), 1);
        assert!(errors(quote! {}, item())[0].contains("Buy a book"));
        assert!(errors(quote! { " " }, item())[0].contains("the name is empty"));
        for wrong in [quote! { name = "Buy" }, quote! { "Buy", "Sell" }, quote! { 5 }, quote! { NAME }] {
            assert!(errors(wrong, item())[0].contains("a text in quotes"));
        }
    }

    #[test]
    fn what_is_not_async_is_refused() {
        the_error(quote! { fn buy(user: &mut User) -> Outcome { Ok(()) } }, "waits for responses");
    }

    #[test]
    fn wrong_parameters_are_refused() {
        the_error(quote! { async fn buy() -> Outcome { Ok(()) } }, "takes the user:");
        the_error(quote! { async fn buy(user: User) -> Outcome { Ok(()) } }, "nothing else");
        the_error(quote! { async fn buy(user: &User) -> Outcome { Ok(()) } }, "nothing else");
        the_error(quote! { async fn buy(&mut self) -> Outcome { Ok(()) } }, "nothing else");
        the_error(quote! { async fn buy(user: &mut User, n: u8) -> Outcome { Ok(()) } }, "nothing else");
    }

    #[test]
    fn a_missing_return_type_is_shown_with_the_remedy() {
        the_error(quote! { async fn buy(user: &mut User) {} }, "-> Outcome");
    }

    #[test]
    fn other_forms_of_functions_are_refused() {
        the_error(quote! { async fn buy<T>(user: &mut User) -> Outcome { Ok(()) } }, "cannot be generic");
        the_error(quote! { async unsafe fn buy(user: &mut User) -> Outcome { Ok(()) } }, "remove `unsafe`");
        the_error(quote! { struct Buy; }, "belongs on a function");
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        assert_eq!(errors(quote! {}, quote! { fn buy<T>() {} }).len(), 5);
    }
}
