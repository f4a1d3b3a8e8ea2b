//! The demo shop that the examples load: a real HTTP server on loopback, in a thread of its own.
//!
//! | request | answer |
//! |---|---|
//! | `POST /login` `{"user": …, "password": …}` | `{"access_token": …}` and the header `x-session-id`; the password is `secret-of-` and the user's name, else 401 |
//! | `GET /products?page=1` | ten products of a page, pages 1 to 5 |
//! | `GET /products/{id}` | one product, or 404 |
//! | `PUT /cart/{id}`, bearer token | one more of this product in the cart; the number of products in it |
//! | `POST /checkout`, bearer token | 201, the order and its total; 409 if the cart is empty |
//!
//! Every answer takes 1 to 20 ms, drawn from a fixed seed.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PAGES: u64 = 5;
const PRODUCTS_PER_PAGE: u64 = 10;

/// Opens the shop on a free port of 127.0.0.1 and returns its address, `http://127.0.0.1:PORT`. It is open until the
/// program ends.
///
/// # Errors
///
/// What the operating system says where it has no port, no thread or no timer for us.
pub(crate) fn open() -> io::Result<String> {
    // Bound here: a client that comes before the thread is up waits in the socket's queue.
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = format!("http://{}", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("shop".to_owned()).spawn(move || {
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener)?.tap_io(|connection| {
                // Small answers leave at once. Without it the shop is slower, not wrong.
                let _ = connection.set_nodelay(true);
            });
            axum::serve(listener, routes()).await
        })
    })?;
    Ok(address)
}

/// Everything the shop remembers.
#[derive(Default)]
struct Shop {
    /// Requests served so far; from their number follow service times and tokens.
    served: AtomicU64,
    /// Token to products in the cart.
    carts: Mutex<HashMap<String, Vec<u64>>>,
}

type Shared = State<Arc<Shop>>;

fn routes() -> Router {
    let shop = Arc::new(Shop::default());
    Router::new()
        .route("/login", post(login))
        .route("/products", get(list))
        .route("/products/{id}", get(detail))
        .route("/cart/{id}", put(add_to_cart))
        .route("/checkout", post(check_out))
        .layer(middleware::from_fn_with_state(shop.clone(), take_time))
        .with_state(shop)
}

/// Lets every answer take its time.
async fn take_time(State(shop): Shared, request: Request, next: Next) -> Response {
    let drawn = mix(shop.served.fetch_add(1, Ordering::Relaxed));
    tokio::time::sleep(Duration::from_micros(1_000 + drawn % 19_001)).await;
    next.run(request).await
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

async fn login(State(shop): Shared, Json(credentials): Json<Credentials>) -> Response {
    if credentials.password != format!("secret-of-{}", credentials.user) {
        return refusal(StatusCode::UNAUTHORIZED, "wrong user or password");
    }
    let number = shop.served.load(Ordering::Relaxed);
    let mut carts = shop.carts();
    // Two logins may see the same number.
    let token = (0..).map(|n| format!("{:016x}", mix(mix(number) ^ n))).find(|token| !carts.contains_key(token));
    let token = token.unwrap_or_default();
    carts.insert(token.clone(), Vec::new());
    ([("x-session-id", format!("s-{number}"))], Json(json!({ "access_token": token, "expires_in": 3600 })))
        .into_response()
}

#[derive(Deserialize)]
struct Page {
    #[serde(default = "first_page")]
    page: u64,
}

fn first_page() -> u64 {
    1
}

async fn list(Query(Page { page }): Query<Page>) -> Response {
    if !(1..=PAGES).contains(&page) {
        return refusal(StatusCode::NOT_FOUND, &format!("there is no page {page}: pages are 1 to {PAGES}"));
    }
    let first = (page - 1) * PRODUCTS_PER_PAGE + 1;
    let products: Vec<Value> = (first..first + PRODUCTS_PER_PAGE).map(product).collect();
    Json(json!({ "page": page, "pages": PAGES, "products": products })).into_response()
}

async fn detail(Path(id): Path<u64>) -> Response {
    if is_product(id) { Json(product(id)).into_response() } else { no_product(id) }
}

async fn add_to_cart(State(shop): Shared, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    if !is_product(id) {
        return no_product(id);
    }
    let mut carts = shop.carts();
    let Some(cart) = token(&headers).and_then(|token| carts.get_mut(token)) else {
        return not_logged_in();
    };
    cart.push(id);
    Json(json!({ "items": cart.len() })).into_response()
}

async fn check_out(State(shop): Shared, headers: HeaderMap) -> Response {
    let mut carts = shop.carts();
    let Some(cart) = token(&headers).and_then(|token| carts.get_mut(token)) else {
        return not_logged_in();
    };
    if cart.is_empty() {
        return refusal(StatusCode::CONFLICT, "the cart is empty");
    }
    let cents: u64 = cart.drain(..).map(cents).sum();
    let order = shop.served.load(Ordering::Relaxed);
    (StatusCode::CREATED, Json(json!({ "order": order, "total": price(cents) }))).into_response()
}

impl Shop {
    fn carts(&self) -> MutexGuard<'_, HashMap<String, Vec<u64>>> {
        self.carts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_product(id: u64) -> bool {
    (1..=PAGES * PRODUCTS_PER_PAGE).contains(&id)
}

fn product(id: u64) -> Value {
    json!({ "id": id, "name": format!("Product {id}"), "price": price(cents(id)) })
}

fn cents(id: u64) -> u64 {
    199 + mix(id) % 9_800
}

#[expect(clippy::cast_precision_loss, reason = "sums of a cart are far below 2^53 cents")]
fn price(cents: u64) -> f64 {
    cents as f64 / 100.0
}

fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn refusal(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

fn not_logged_in() -> Response {
    refusal(StatusCode::UNAUTHORIZED, "log in first, and send the token")
}

fn no_product(id: u64) -> Response {
    refusal(StatusCode::NOT_FOUND, &format!("there is no product {id}"))
}

/// Scatters a number over all 64 bits, always in the same way: the finaliser of `SplitMix64` (Steele, Lea, Flood 2014).
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
