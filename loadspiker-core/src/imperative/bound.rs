//! [`Bound`]: a request of a user in the imperative style, made when it is awaited.

use std::any::Any;
use std::fmt;

use crate::error::StepError;
use crate::imperative::User;
use crate::protocol::{ActionBuilder, LocalFuture};

/// A request builder whose requests can be made with [`User::send`], and what comes back.
///
/// ```
/// # use loadspiker_core::protocol_prelude::*;
/// # struct Line;
/// # impl ActionBuilder for Line {
/// #     fn describe(&self) -> String { "line".to_owned() }
/// #     fn compile(&self, _: &mut CompileContext<'_>) -> Box<dyn Action> { unimplemented!() }
/// # }
/// /// The text that the server has answered.
/// struct Answer(String);
///
/// impl Request for Line {
///     // What its action hands to `cx.reply(…)`.
///     type Reply = Answer;
/// }
/// ```
pub trait Request: ActionBuilder {
    /// What the action hands over with [`ActionContext::reply`](crate::protocol::ActionContext::reply); `()` if it hands
    /// nothing over.
    type Reply: Any;
}

impl User {
    /// Makes a request: it is compiled, run, measured and checked as in a built scenario. Gives what the request's
    /// protocol hands over.
    ///
    /// ```
    /// use loadspiker_core::dsl::dummy_request;
    /// use loadspiker_core::imperative::{Outcome, User};
    ///
    /// async fn visit(user: &mut User) -> Outcome {
    ///     user.send(dummy_request("page", 1)).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The request failed, which is counted under its name, with the same text; or there was no reply.
    ///
    /// # Cancel safety
    ///
    /// A request that is dropped before it is done is counted as failed.
    pub async fn send<R: Request>(&mut self, request: R) -> Result<R::Reply, StepError> {
        let nothing: Box<dyn Any> = Box::new(());
        match nothing.downcast::<R::Reply>() {
            Ok(nothing) => self.request(request).await.map(|()| *nothing),
            Err(_) => self.exchange(request).await,
        }
    }

    /// Binds a request builder to this user, so that awaiting it makes the request. For the extension traits of
    /// protocols; see [`bound_methods!`](crate::bound_methods).
    pub fn bind<B>(&mut self, builder: B) -> Bound<'_, B> {
        Bound { user: self, builder }
    }
}

/// A request builder that is bound to a user. Awaiting it makes the request, as [`User::send`] does.
#[must_use = "a request does nothing until it is awaited"]
pub struct Bound<'u, B> {
    user: &'u mut User,
    builder: B,
}

impl<'u, B> Bound<'u, B> {
    /// The same with another builder, or the same builder changed.
    pub fn map<C>(self, change: impl FnOnce(B) -> C) -> Bound<'u, C> {
        Bound { user: self.user, builder: change(self.builder) }
    }

    /// User and builder.
    pub fn unbind(self) -> (&'u mut User, B) {
        (self.user, self.builder)
    }
}

impl<'u, B: Request + 'u> IntoFuture for Bound<'u, B> {
    type Output = Result<B::Reply, StepError>;
    type IntoFuture = LocalFuture<'u, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.user.send(self.builder))
    }
}

impl<B: fmt::Debug> fmt::Debug for Bound<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bound").field(&self.builder).finish()
    }
}

/// Gives a [`Bound`](crate::imperative::Bound) builder methods of the builder itself, as a trait. A method whose result
/// is another builder says so.
///
/// ```
/// use loadspiker_core::protocol_prelude::*;
/// # use loadspiker_core::dsl::{Dummy, dummy_request};
/// # struct Line(String);
/// # fn line(name: &str) -> Line { Line(name.to_owned()) }
/// # impl Line { fn text(self, _: impl IntoText) -> TextLine { TextLine(dummy_request(self.0, 1)) } }
/// # struct TextLine(Dummy);
/// # impl TextLine { fn urgent(self, _: bool) -> Self { self } }
/// # impl ActionBuilder for TextLine {
/// #     fn describe(&self) -> String { self.0.describe() }
/// #     fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> { self.0.compile(cx) }
/// # }
/// # impl Request for TextLine { type Reply = (); }
///
/// /// Lines in the imperative style.
/// pub trait UserLine {
///     /// Begins a line.
///     fn line(&mut self, name: &str) -> Bound<'_, Line>;
/// }
///
/// impl UserLine for User {
///     fn line(&mut self, name: &str) -> Bound<'_, Line> {
///         self.bind(line(name))
///     }
/// }
///
/// loadspiker_core::bound_methods! {
///     /// What a bound line can be given.
///     pub trait BoundLine for Line {
///         fn text(text: impl IntoText) -> TextLine;
///     }
/// }
/// loadspiker_core::bound_methods! {
///     /// What a bound line with a text can be given.
///     pub trait BoundTextLine for TextLine {
///         fn urgent(urgent: bool);
///     }
/// }
///
/// async fn greet(user: &mut User) -> Outcome {
///     user.line("greet").text("hello #{name}").urgent(true).await
/// }
/// ```
#[macro_export]
macro_rules! bound_methods {
    (
        $(#[$doc:meta])*
        $visibility:vis trait $methods:ident for $builder:ty {
            $($(#[$method_doc:meta])* fn $method:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $made:ty)?;)*
        }
    ) => {
        $(#[$doc])*
        $visibility trait $methods<'u>: Sized {
            $(
                #[doc = concat!("As the method `", stringify!($method), "` of the request.")]
                ///
                $(#[$method_doc])*
                fn $method(self, $($argument: $kind),*)
                    -> $crate::imperative::Bound<'u, $crate::bound_methods!(@made $builder $(, $made)?)>;
            )*
        }

        impl<'u> $methods<'u> for $crate::imperative::Bound<'u, $builder> {
            $(
                fn $method(self, $($argument: $kind),*)
                    -> $crate::imperative::Bound<'u, $crate::bound_methods!(@made $builder $(, $made)?)>
                {
                    self.map(|builder| builder.$method($($argument),*))
                }
            )*
        }
    };
    (@made $same:ty) => { $same };
    (@made $same:ty, $made:ty) => { $made };
}
