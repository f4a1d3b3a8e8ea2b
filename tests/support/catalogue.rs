//! [`Catalogue`]: the shop that the program of the documentation is written for, with an account of who did what.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::routes::serve;

/// The shop. `POST /login` gives a token, and every second time the header `x-session-id`. `GET /products?page=n` is an
/// array of three products. `GET /products/{id}` has the price.
pub(crate) struct Catalogue {
    pub(crate) url: String,
    log: Arc<Mutex<Log>>,
}

/// What happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    /// Who logged in, in order.
    pub(crate) logins: Vec<String>,
    /// The login that a page was listed with, and the page.
    pub(crate) lists: Vec<(usize, u64)>,
    /// The products that were looked at.
    pub(crate) details: Vec<u64>,
    /// What a shop must not get: wrong passwords, unknown tokens, headers that are missing.
    pub(crate) refused: Vec<String>,
}

type Shared = State<Arc<Mutex<Log>>>;

impl Catalogue {
    pub(crate) fn open() -> Self {
        let log = Arc::new(Mutex::new(Log::default()));
        let routes = Router::new()
            .route("/login", post(login))
            .route("/products", get(list))
            .route("/products/{id}", get(detail))
            .with_state(log.clone());
        Catalogue { url: serve(routes), log }
    }

    pub(crate) fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }
}

fn refuse(log: &mut Log, what: String) -> Response {
    log.refused.push(what);
    StatusCode::BAD_REQUEST.into_response()
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

async fn login(State(log): Shared, Json(Credentials { user, password }): Json<Credentials>) -> Response {
    let mut log = log.lock().unwrap();
    if password != format!("pw-{user}") {
        return refuse(&mut log, format!("password {password} of {user}"));
    }
    let number = log.logins.len();
    log.logins.push(user);
    let answer = Json(json!({ "access_token": format!("token-{number}") }));
    if number.is_multiple_of(2) {
        ([("x-session-id", format!("s-{number}"))], answer).into_response()
    } else {
        answer.into_response()
    }
}

#[derive(Deserialize)]
struct Page {
    page: u64,
}

async fn list(State(log): Shared, Query(Page { page }): Query<Page>, headers: HeaderMap) -> Response {
    let mut log = log.lock().unwrap();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if (header("accept"), header("user-agent")) != ("application/json".to_owned(), "loadspiker".to_owned()) {
        return refuse(&mut log, format!("headers {headers:?}"));
    }
    let token = header("authorization");
    match token.strip_prefix("Bearer token-").and_then(|number| number.parse().ok()) {
        Some(number) if number < log.logins.len() && (1..=3).contains(&page) => {
            log.lists.push((number, page));
            Json((1..=3).map(|n| json!({ "id": page * 10 + n })).collect::<Vec<Value>>()).into_response()
        }
        _ => refuse(&mut log, format!("page {page} with {token}")),
    }
}

async fn detail(State(log): Shared, Path(id): Path<u64>) -> Response {
    log.lock().unwrap().details.push(id);
    Json(json!({ "id": id, "price": 0.5 })).into_response()
}
