//! [`Portal`]: a server that wants back what it has given: CSRF tokens from headers and cookies, session cookies, bearer
//! tokens, identifiers of users. Whatever is not that of the same user is refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::routes::serve;

/// `GET /login` gives a CSRF token in the header `x-csrf-token` and a cookie `visit`. `POST /login` wants both back with
/// the credentials, and gives `{"access_token": …, "user": {"id": …}}`, the cookies `session` and `csrf`, and no visit
/// any more. `/users/{id}/orders` wants the token and the session; to post there one has to send the cookie `csrf` in the
/// header `x-csrf-token` as well, and gets another one each time.
pub(crate) struct Portal {
    pub(crate) url: String,
    state: Arc<Mutex<Accounts>>,
}

/// What the portal knows.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    visits: u64,
    /// By the name of the account.
    sessions: HashMap<String, Account>,
    /// What was ordered: the account and the product.
    pub(crate) orders: Vec<(String, Value)>,
    /// Why something was refused.
    pub(crate) refused: Vec<String>,
}

#[derive(Debug)]
struct Account {
    id: u64,
    csrf: u64,
}

type Shared = State<Arc<Mutex<Accounts>>>;

impl Portal {
    pub(crate) fn open() -> Self {
        let state = Arc::new(Mutex::new(Accounts::default()));
        let routes = Router::new()
            .route("/login", get(page).post(login))
            .route("/users/{id}/orders", get(list).post(order))
            .route("/logout", post(logout))
            .with_state(state.clone());
        Portal { url: serve(routes), state }
    }

    /// What was ordered, in order of accounts, after which nothing may have been refused.
    pub(crate) fn orders(&self) -> Vec<(String, Value)> {
        let state = self.state.lock().unwrap();
        assert_eq!(state.refused, Vec::<String>::new());
        let mut orders = state.orders.clone();
        orders.sort_by_key(|(account, product)| (account.clone(), product.to_string()));
        orders
    }
}

impl Accounts {
    fn refuse(&mut self, why: impl Into<String>) -> Response {
        self.refused.push(why.into());
        StatusCode::FORBIDDEN.into_response()
    }

    /// The account whose token and session these headers have, if they are of the same.
    fn account(&self, headers: &HeaderMap, id: u64) -> Option<String> {
        let name = header(headers, AUTHORIZATION.as_str()).strip_prefix("Bearer token of ")?.to_owned();
        let account = self.sessions.get(&name)?;
        (account.id == id && cookie(headers, "session") == Some(format!("s-{name}"))).then_some(name)
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = header(headers, COOKIE.as_str()).split("; ").filter_map(|pair| pair.split_once('='));
    pairs.filter(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).next()
}

fn csrf_cookie(csrf: u64) -> (axum::http::HeaderName, String) {
    (SET_COOKIE, format!("csrf=c-{csrf}; Path=/users"))
}

async fn page(State(state): Shared) -> Response {
    let mut state = state.lock().unwrap();
    state.visits += 1;
    let visit = state.visits;
    let cookie = format!("visit={visit}; HttpOnly; Path=/login");
    ([("x-csrf-token".to_owned(), format!("page/{visit}?=")), (SET_COOKIE.to_string(), cookie)], "welcome")
        .into_response()
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

async fn login(
    State(state): Shared,
    headers: HeaderMap,
    Json(Credentials { user, password }): Json<Credentials>,
) -> Response {
    let mut state = state.lock().unwrap();
    let visit = cookie(&headers, "visit");
    let expected = visit.map(|visit| format!("page/{visit}?="));
    if expected.as_deref() != Some(header(&headers, "x-csrf-token")) {
        return state.refuse(format!("login of {user} with {headers:?}"));
    }
    if password != format!("pw \"{user}\"") {
        return state.refuse(format!("password {password} of {user}"));
    }
    let id = 1000 + u64::try_from(state.sessions.len()).unwrap();
    let session = (SET_COOKIE, format!("session=s-{user}; Path=/; HttpOnly"));
    let forgotten = (SET_COOKIE, "visit=; Max-Age=0; Path=/login".to_owned());
    let answer = Json(json!({ "access_token": format!("token of {user}"), "user": { "id": id } }));
    state.sessions.insert(user, Account { id, csrf: id });
    (axum::response::AppendHeaders([session, forgotten, csrf_cookie(id)]), answer).into_response()
}

async fn list(State(state): Shared, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    let mut state = state.lock().unwrap();
    match state.account(&headers, id) {
        Some(name) => {
            Json(json!({ "of": name, "offers": [format!("book/{id}"), format!("pen \"{id}\"")] })).into_response()
        }
        None => state.refuse(format!("orders of {id} with {headers:?}")),
    }
}

async fn order(State(state): Shared, Path(id): Path<u64>, headers: HeaderMap, Json(product): Json<Value>) -> Response {
    let mut state = state.lock().unwrap();
    let Some(name) = state.account(&headers, id) else {
        return state.refuse(format!("order of {id} with {headers:?}"));
    };
    let expected = format!("c-{}", state.sessions[&name].csrf);
    if header(&headers, "x-csrf-token") != expected || cookie(&headers, "csrf") != Some(expected) {
        return state.refuse(format!("order of {name} with {headers:?}"));
    }
    let csrf = state.sessions.get_mut(&name).map(|account| {
        account.csrf += 1_000_000;
        account.csrf
    });
    state.orders.push((name, product));
    (axum::response::AppendHeaders(csrf.map(csrf_cookie)), Json(json!({ "number": state.orders.len() })))
        .into_response()
}

async fn logout(headers: HeaderMap) -> Response {
    match cookie(&headers, "csrf") {
        // It belongs to another path.
        Some(_) => StatusCode::BAD_REQUEST.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
