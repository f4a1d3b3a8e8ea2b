//! What the progress of a run looks like: a page for a terminal, a line for a log.

use std::time::Duration;

use loadspiker_core::compile::PlannedScenario;
use loadspiker_core::format::printable;
use loadspiker_core::format::{count, human};
use loadspiker_core::metrics::{LiveRequest, LiveScenario, LiveView};

use crate::live_metrics;
use crate::screen::{Screen, Tone};
use crate::table::{Cell, Table, numbers, shorten_all, words};
use crate::text::{clock, counted};
use crate::width::width_of;

/// What is shown beside the figures.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Title<'a> {
    pub(crate) name: &'a str,
    /// How long users start.
    pub(crate) planned: Option<Duration>,
    /// What is planned for each scenario.
    pub(crate) scenarios: &'a [PlannedScenario],
    /// Why the run ends, once it does.
    pub(crate) notice: Option<&'a str>,
}

/// How many errors are shown.
const ERRORS: usize = 5;
/// Characters of the bar, where there is room.
const BAR: usize = 30;
/// A shorter one says nothing.
const SHORTEST_BAR: usize = 5;
/// Screens with fewer columns are narrow.
const NARROW: usize = 78;
/// A start lag above which the generator is said to be late; the report warns of the same.
const LATE: Duration = Duration::from_millis(10);

/// One line for a log.
pub(crate) fn line(title: Title<'_>, view: &LiveView) -> String {
    let line = format!(
        "{}  users {} active, {} started, {} done{}  requests {} ok, {} failed  {}/s, {}/s  p50 {}  p95 {}  p99 {}{}",
        time(title, view).0,
        count(view.users_active),
        count(view.users_started),
        count(view.users_done),
        if view.users_dropped > 0 { format!(", {} dropped", count(view.users_dropped)) } else { String::new() },
        count(view.ok),
        count(view.failed),
        count(view.requests_per_sec),
        counted(view.errors_per_sec, "error"),
        human(view.p50),
        human(view.p95),
        human(view.p99),
        live_metrics::line(&view.metrics),
    );
    Screen::default().finish(&line)
}

/// A page of at most `height` lines.
pub(crate) fn page(title: Title<'_>, view: &LiveView, screen: Screen, height: usize) -> String {
    let mut top = head(title, view, screen);
    let mut bottom = Vec::new();
    if let Some(notice) = title.notice {
        bottom.extend([String::new(), format!("  {}", screen.paint(Tone::Warning, notice))]);
    }
    // Where there is no room for all, errors leave half of it, and custom metrics half of what is left.
    let room = height.saturating_sub(top.len() + bottom.len());
    top.extend(scenarios(title, view, screen, room / 3));
    let mut room = height.saturating_sub(top.len() + bottom.len());
    let errors = errors(view, screen, room / 2);
    room -= errors.len();
    let metrics = live_metrics::lines(&view.metrics, screen, room / 2);
    room -= metrics.len();
    top.extend(requests(&view.requests, screen, room));
    let lines = top.into_iter().chain(metrics).chain(errors).chain(bottom).take(height.max(1));
    lines.map(|line| screen.finish(&screen.cut(&line))).collect::<Vec<_>>().join("\n")
}

fn head(title: Title<'_>, view: &LiveView, screen: Screen) -> Vec<String> {
    let (time, share) = time(title, view);
    let used = width_of(title.name) + width_of(&time) + 4;
    let room = screen.width.map_or(BAR, |width| width.saturating_sub(used).min(BAR));
    let bar = share.filter(|_| room >= SHORTEST_BAR).map(|share| format!("  {}", bar(share, room, screen)));
    let label = |text: &str| screen.paint(Tone::Faint, format!("  {text:<10}"));
    let alarm = |n: u64, text: String| screen.paint(if n > 0 { Tone::Bad } else { Tone::Plain }, text);
    let mut lines = vec![
        format!("{}  {time}{}", screen.paint(Tone::Strong, title.name), bar.unwrap_or_default()),
        format!(
            "{}{} active · {} started · {} done{}",
            label("users"),
            count(view.users_active),
            count(view.users_started),
            count(view.users_done),
            match view.users_dropped {
                0 => String::new(),
                dropped => format!(" · {}", alarm(dropped, format!("{} dropped", count(dropped)))),
            }
        ),
        format!(
            "{}{} ok · {} · now {}/s, {}",
            label("requests"),
            count(view.ok),
            alarm(view.failed, format!("{} failed", count(view.failed))),
            count(view.requests_per_sec),
            alarm(view.errors_per_sec, format!("{}/s", counted(view.errors_per_sec, "error"))),
        ),
        format!("{}{}", label("response"), times(view, screen)),
    ];
    if view.start_lag_p99 > LATE {
        let late = format!("the load generator is late: start lag p99 {}", human(view.start_lag_p99));
        lines.push(format!("{}{}", label("!"), screen.paint(Tone::Warning, late)));
    }
    lines
}

/// Percentiles of the last second; on a narrow screen the maximum, and that it is the last one, are left out.
fn times(view: &LiveView, screen: Screen) -> String {
    let max = match screen.width {
        Some(..NARROW) => String::new(),
        _ => format!(" · max {}, last second", human(view.max)),
    };
    let [p50, p95, p99] = [view.p50, view.p95, view.p99].map(human);
    format!("p50 {p50} · p95 {p95} · p99 {p99}{max}")
}

/// A bar of so many columns that is full to so many percent.
fn bar(percent: usize, columns: usize, screen: Screen) -> String {
    let full = (columns * percent / 100).min(columns);
    "█".repeat(full) + &screen.paint(Tone::Faint, "░".repeat(columns - full))
}

/// How far the run is, and in percent, as long as users start.
fn time(title: Title<'_>, view: &LiveView) -> (String, Option<usize>) {
    let (time, share) = since_start(title, view);
    (if view.warm_up { format!("{time}, warm-up") } else { time }, share)
}

fn since_start(title: Title<'_>, view: &LiveView) -> (String, Option<usize>) {
    let now = clock(view.elapsed);
    match title.planned {
        Some(planned) if view.elapsed < planned => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
            let percent = (view.elapsed.as_secs_f64() / planned.as_secs_f64() * 100.0) as usize;
            (format!("{now} of {} ({percent} %)", clock(planned)), Some(percent))
        }
        Some(_) if view.users_active > 0 => (format!("{now}, the last users finish"), Some(100)),
        Some(_) => (now, Some(100)),
        None => (now, None),
    }
}

/// How many scenarios are shown.
const SCENARIOS: usize = 8;
/// Columns of the name of a scenario.
const SCENARIO: usize = 24;

/// A bar for each scenario, where there are several.
fn scenarios(title: Title<'_>, view: &LiveView, screen: Screen, room: usize) -> Vec<String> {
    let most = SCENARIOS.min(room.saturating_sub(1));
    if view.scenarios.len() < 2 || most == 0 {
        return Vec::new();
    }
    let shown = if view.scenarios.len() <= most { view.scenarios.len() } else { most - 1 };
    let names: Vec<_> = view.scenarios.iter().take(shown).map(|one| printable(&one.name)).collect();
    let names = shorten_all(&names.iter().map(|name| &**name).collect::<Vec<_>>(), SCENARIO);
    let widest = names.iter().map(|name| width_of(name)).max().unwrap_or_default();
    let columns = screen.width.map_or(BAR, |width| width.saturating_sub(widest + 42)).clamp(SHORTEST_BAR, BAR);
    let mut lines = vec![String::new()];
    for (name, users) in names.iter().zip(&view.scenarios) {
        let planned = title.scenarios.iter().find(|planned| planned.name == users.name);
        let percent = planned.map_or(0, |planned| share(planned, users, view.elapsed));
        let space = " ".repeat(widest - width_of(name));
        let of = planned.and_then(|planned| planned.users).map(|all| format!(" of {}", count(all))).unwrap_or_default();
        let failed = match users.users_failed {
            0 => String::new(),
            failed => format!(" · {}", screen.paint(Tone::Bad, format!("{} failed", count(failed)))),
        };
        let bar = bar(percent, columns, screen);
        let (active, started) = (count(users.users_active), count(users.users_started));
        lines.push(format!("  {name}{space}  {bar} {percent:>3} %  {active} active · {started}{of} started{failed}"));
    }
    if shown < view.scenarios.len() {
        lines.push(screen.paint(Tone::Faint, format!("  and {} more scenarios", view.scenarios.len() - shown)));
    }
    lines
}

/// How far the profile of a scenario is, in percent: by the users that have started, if it is known how many will, or
/// else by the time.
fn share(planned: &PlannedScenario, users: &LiveScenario, elapsed: Duration) -> usize {
    let length = planned.to.saturating_sub(planned.from);
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let share = match planned.users {
        Some(0) => 1.0,
        Some(all) => users.users_started as f64 / all as f64,
        None if users.users_started == 0 => 0.0,
        None if length.is_zero() => 1.0,
        None => elapsed.saturating_sub(planned.from).as_secs_f64() / length.as_secs_f64(),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 100")]
    let percent = (share * 100.0).clamp(0.0, 100.0) as usize;
    percent
}

fn requests(requests: &[LiveRequest], screen: Screen, room: usize) -> Vec<String> {
    // An empty line, the heading, and one that says how many are not shown.
    let shown = if requests.len() + 2 <= room { requests.len() } else { room.saturating_sub(3) };
    if shown == 0 {
        return Vec::new();
    }
    let mut table = Table::new([
        words("request"),
        numbers("ok"),
        numbers("failed"),
        numbers("/s"),
        numbers("p50").dispensable(1),
        numbers("p95"),
        numbers("p99").dispensable(2),
    ]);
    for request in requests.iter().take(shown) {
        // In a second without requests there are no percentiles either.
        let times = match request.requests_per_sec {
            0 => ["–"; 3].map(str::to_owned),
            _ => [request.p50, request.p95, request.p99].map(human),
        };
        let failed = Cell::from(count(request.failed)).tone(if request.failed > 0 { Tone::Bad } else { Tone::Plain });
        let counts =
            [request.path.as_str().into(), count(request.ok).into(), failed, count(request.requests_per_sec).into()];
        table.row(counts.into_iter().chain(times.map(Cell::from)));
    }
    let mut lines = vec![String::new()];
    lines.extend(table.lines(screen));
    if shown < requests.len() {
        lines.push(screen.paint(Tone::Faint, format!("  and {} more", requests.len() - shown)));
    }
    lines
}

fn errors(view: &LiveView, screen: Screen, room: usize) -> Vec<String> {
    let shown = view.errors.len().min(ERRORS).min(room.saturating_sub(2));
    if shown == 0 {
        return Vec::new();
    }
    let mut lines = vec![String::new(), screen.paint(Tone::Faint, "  errors")];
    for error in view.errors.iter().take(shown) {
        lines.push(format!("  {}  {}", screen.paint(Tone::Bad, format!("{:>8}", count(error.count))), error.text));
    }
    lines
}

#[cfg(test)]
mod tests {
    use loadspiker_core::DurationExt;
    use loadspiker_core::metrics::{LiveError, LiveMetric, MetricKind};

    use super::*;

    const TITLE: Title<'_> =
        Title { name: "shop", planned: Some(Duration::from_secs(40)), scenarios: &[], notice: None };
    const EIGHTY: Screen = Screen { width: Some(80), coloured: false };

    fn request(path: &str, per_second: u64) -> LiveRequest {
        let mut request = LiveRequest::default();
        (request.path, request.ok, request.requests_per_sec) = (path.to_owned(), 1200, per_second);
        (request.p50, request.p95, request.p99) = (2.millis(), 8.millis(), 12_500.micros());
        request
    }

    fn view() -> LiveView {
        let mut view = LiveView::default();
        (view.elapsed, view.users_active, view.users_started, view.users_done) = (12.secs(), 60, 1240, 1180);
        (view.ok, view.failed, view.requests_per_sec, view.errors_per_sec) = (3600, 25, 138, 1);
        (view.p50, view.p95, view.p99, view.max) = (2100.micros(), 9.millis(), 13.millis(), 21.millis());
        view.requests = vec![request("login", 0), request("shop / list", 69), request("shop / detail", 69)];
        view.requests[1].failed = 25;
        let mut error = LiveError::default();
        (error.text, error.count) = ("status is 404, expected 2xx or 304".into(), 25);
        view.errors = vec![error];
        view
    }

    #[test]
    fn a_line_tells_users_requests_and_percentiles() {
        assert_eq!(
            line(TITLE, &view()),
            "00:00:12 of 00:00:40 (30 %)  users 60 active, 1,240 started, 1,180 done  requests 3,600 ok, 25 failed  \
             138/s, 1 error/s  p50 2.10 ms  p95 9.00 ms  p99 13.0 ms"
        );
    }

    #[test]
    fn dropped_arrivals_are_told_if_there_are_any() {
        let mut view = view();
        view.users_dropped = 1200;
        assert!(line(TITLE, &view).contains("1,180 done, 1,200 dropped  requests"), "{}", line(TITLE, &view));
        let page = page(TITLE, &view, EIGHTY, 23);
        assert!(page.contains("  users     60 active · 1,240 started · 1,180 done · 1,200 dropped\n"), "{page}");
    }

    #[test]
    fn a_page_tells_all_of_it_and_each_request() {
        let expected = [
            "shop  00:00:12 of 00:00:40 (30 %)  █████████░░░░░░░░░░░░░░░░░░░░░",
            "  users     60 active · 1,240 started · 1,180 done",
            "  requests  3,600 ok · 25 failed · now 138/s, 1 error/s",
            "  response  p50 2.10 ms · p95 9.00 ms · p99 13.0 ms · max 21.0 ms, last second",
            "",
            "  request           ok  failed  /s      p50      p95      p99",
            "  login          1,200       0   0        –        –        –",
            "  shop / list    1,200      25  69  2.00 ms  8.00 ms  12.5 ms",
            "  shop / detail  1,200       0  69  2.00 ms  8.00 ms  12.5 ms",
            "",
            "  errors",
            "        25  status is 404, expected 2xx or 304",
            "",
            "  stopping",
        ];
        let title = Title { notice: Some("stopping"), ..TITLE };
        assert_eq!(page(title, &view(), EIGHTY, 23), expected.join("\n"));
    }

    #[test]
    fn each_of_several_scenarios_has_a_bar() {
        let (mut open, mut closed) = (PlannedScenario::default(), PlannedScenario::default());
        (open.name, open.users, open.to) = ("Browse".into(), Some(200), 20.secs());
        (closed.name, closed.from, closed.to) = ("Buy\n".into(), 8.secs(), 16.secs());
        let planned = [open, closed];
        let mut view = view();
        let (mut browse, mut buy) = (LiveScenario::default(), LiveScenario::default());
        (browse.name, browse.users_active, browse.users_started) = ("Browse".into(), 7, 150);
        (buy.name, buy.users_active, buy.users_started, buy.users_failed) = ("Buy\n".into(), 5, 12, 2);
        view.scenarios = vec![browse, buy];
        let title = Title { scenarios: &planned, ..TITLE };
        for (width, bars) in [
            (62, ["██████████░░░░", "███████░░░░░░░"]),
            (100, ["██████████████████████░░░░░░░░", "███████████████░░░░░░░░░░░░░░░"]),
        ] {
            let page = page(title, &view, Screen { width: Some(width), coloured: false }, 40);
            assert!(page.contains(&format!("  Browse  {}  75 %  7 active · 150 of 200 started\n", bars[0])), "{page}");
            assert!(page.contains(&format!("  Buy\\n   {}  50 %  5 active · 12 started · 2 fai", bars[1])), "{page}");
        }
        view.scenarios.truncate(1);
        assert!(!page(title, &view, EIGHTY, 40).contains("Browse"), "one alone has that of the run");
    }

    #[test]
    fn a_page_never_exceeds_the_screen() {
        let mut view = view();
        view.requests = (0..100).map(|n| request(&format!("{n} {}", "long name ".repeat(9)), 1)).collect();
        view.errors = vec![view.errors[0].clone(); 10];
        view.errors[0].text = "an error text that goes on and on ".repeat(9);
        view.metrics = (0..9).map(|n| LiveMetric::new(&format!("metric {n}"), MetricKind::Counter)).collect();
        view.start_lag_p99 = 1.secs();
        for (width, height) in [(80, 23), (160, 49), (40, 12), (20, 5), (5, 1)] {
            let screen = Screen { width: Some(width), coloured: true };
            view.scenarios = vec![LiveScenario::default(); 20];
            let page = page(Title { notice: Some("stopping"), ..TITLE }, &view, screen, height);
            view.scenarios.clear();
            assert!(page.lines().count() <= height, "{height}\n{page}");
            assert!(page.lines().all(|line| console::measure_text_width(line) <= width), "{width}\n{page}");
        }
        let page = page(TITLE, &view, EIGHTY, 23);
        assert_eq!(page.lines().count(), 23);
        assert!(page.contains("and 97 more") && page.contains("  metric 0") && page.contains("and 7 more"), "{page}");
    }

    #[test]
    fn custom_metrics_stand_between_requests_and_errors() {
        let mut view = view();
        let mut orders = LiveMetric::new("orders", MetricKind::Counter);
        (orders.count, orders.per_sec) = (66, 7);
        view.metrics = vec![orders];
        assert!(line(TITLE, &view).ends_with("  p99 13.0 ms  orders 66, 7/s"), "{}", line(TITLE, &view));
        let page = page(TITLE, &view, EIGHTY, 23);
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is not in\n{page}"));
        assert!(place("shop / detail") < place("orders") && place("orders") < place("  errors"), "{page}");
    }

    #[test]
    fn while_the_warm_up_lasts_it_says_so() {
        let mut view = view();
        view.warm_up = true;
        assert_eq!(time(TITLE, &view).0, "00:00:12 of 00:00:40 (30 %), warm-up");
        assert!(page(TITLE, &view, EIGHTY, 23).starts_with("shop  00:00:12 of 00:00:40 (30 %), warm-up  ███"));
        assert!(line(TITLE, &view).starts_with("00:00:12 of 00:00:40 (30 %), warm-up  users 60 active"));
    }

    #[test]
    fn once_all_users_have_started_the_last_ones_are_waited_for() {
        let mut view = view();
        let time = |view: &LiveView| time(TITLE, view);
        view.elapsed = 41.secs();
        assert_eq!(time(&view), ("00:00:41, the last users finish".into(), Some(100)));
        view.users_active = 0;
        assert_eq!(time(&view), ("00:00:41".into(), Some(100)));
        let unplanned = Title { planned: None, ..TITLE };
        assert_eq!(super::time(unplanned, &view), ("00:00:41".into(), None));
    }
}
