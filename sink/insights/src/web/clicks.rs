//! The click map on the page itself: what was clicked most, at its place in its element, at the width that one chooses.

use std::collections::{BTreeMap, HashMap};

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use schemas::EventType;

use super::drawn::{self, MOST_MARKS, Mark};
use super::error::PageError;
use super::layout;
use super::page::{Given, fresh, warned, with_log};
use super::site::Site;
use crate::events::{Click, Entry, Log, Symbol, is_phone, language_name};
use crate::question::Question;
use crate::scope::Scope;
use crate::shop::PageThen;

/// Widths that one can choose, in CSS pixels.
const WIDTHS: [u32; 5] = [320, 390, 768, 1280, 1920];
/// Tiles of a list that are drawn.
const MOST_TILES: usize = 24;
/// Clicks that lie in the same twentieth of an element, across and down, are one mark.
const CELLS: f32 = 20.0;

/// What is drawn.
struct Map {
    page: PageThen,
    marks: Vec<Mark>,
    clicks: u64,
    /// When the newest of the clicks was.
    at: i64,
    /// Other addresses of the page that were clicked on, the most clicked first.
    others: Vec<(String, u64)>,
}

struct Asked {
    page: String,
    phone: bool,
    width: u32,
}

fn asked(question: &Question) -> Asked {
    let phone = question.own("viewport") == Some("phone");
    let width = question.own("width").and_then(|width| width.parse().ok());
    let width = width.filter(|width| WIDTHS.contains(width));
    Asked {
        page: question.own("page").unwrap_or("products.detail").to_owned(),
        phone,
        width: width.unwrap_or(if phone { 390 } else { 1280 }),
    }
}

pub(super) async fn page(State(site): State<Site>, Query(given): Given) -> Result<Markup, PageError> {
    let question = Question::read(given)?;
    let trouble = fresh(&site).await?;
    let asked = asked(&question);
    let map = map(&site, &question).await?;
    let document = map
        .as_ref()
        .and_then(|map| drawn::document(&site, &map.page, &map.marks));
    let here = |changes: &[(&str, &str)]| question.here("/insights/clicks", changes);
    let on = if asked.phone { "phones" } else { "wider screens" };
    let content = html! {
        h1 { "Clicks on the page" }
        (warned(trouble.as_ref()))
        @match &map {
            None => p.says { "Nobody clicked on " (asked.page) " on " (on) " in this range." },
            Some(map) => p.says { (map.clicks) " clicks on " code { (map.page.path) } " on " (on) ", each where it was within its element." },
        }
        p.ranges {
            @for width in WIDTHS {
                a href=(here(&[("width", &width.to_string())])) aria-current=[(width == asked.width).then_some("true")] { (width) " px" }
            }
            a href=(here(&[("viewport", if asked.phone { "" } else { "phone" }), ("width", "")])) { "Clicks on " (if asked.phone { "wider screens" } else { "phones" }) }
        }
        @match (&map, &document) {
            (Some(map), Some(document)) => {
                (drawn::framed(document, asked.width, &format!("{} with its clicks", map.page.path)))
                p.note {
                    "Drawn by the shop's templates of today from events and the catalogue of that moment: nothing of a page ever left a browser. \
                     A square is a click in vain (rage, dead). " a href=(question.here("/insights/clicks/page", &[])) { "In a window of its own" }
                }
            }
            (Some(_), None) => p.note {
                "The page can't be drawn here: " @if site.shop.is_some() { "it depends on more than events tell." } @else { "the shop's templates are the shop's, and these pages run without it." }
                " Where its clicks lie is under " a href=(question.here("/insights/attention", &[])) { "Attention" } "."
            },
            _ => {}
        }
        @if let Some(map) = map.as_ref().filter(|map| !map.others.is_empty()) {
            h2 { "Other addresses of this page" }
            ul { @for (path, clicks) in &map.others { li { a href=(here(&[("path", path)])) { code { (path) } } " " (clicks) " clicks" } } }
        }
    };
    Ok(layout::page("Clicks on the page", "attention", &question, &content))
}

/// The page with its clicks, alone.
pub(super) async fn alone(State(site): State<Site>, Query(given): Given) -> Result<Response, PageError> {
    let question = Question::read(given)?;
    fresh(&site).await?;
    let map = map(&site, &question).await?;
    let document = map.and_then(|map| drawn::document(&site, &map.page, &map.marks));
    document
        .map(drawn::alone)
        .ok_or_else(|| PageError::NotFound("a page that can be drawn".to_owned()))
}

async fn map(site: &Site, question: &Question) -> Result<Option<Map>, PageError> {
    let asked_question = question.clone();
    let map = with_log(site, move |log, zone| {
        let scope = Scope::new(log, &asked_question, zone, None);
        Ok(gathered(&scope, &asked(&asked_question)))
    })
    .await?;
    let Some(mut map) = map else { return Ok(None) };
    drawn::remember(site, &mut map.page, map.at).await?;
    Ok(Some(map))
}

fn gathered(scope: &Scope<'_>, asked: &Asked) -> Option<Map> {
    let log = scope.log;
    let endpoint = scope.page(&asked.page)?;
    let clicks: Vec<(&Entry, &Click)> = scope
        .events_of(EventType::Click)
        .filter(|event| event.page == endpoint)
        .filter_map(|event| Some((event, log.clicks.get(event.extra as usize)?)))
        .filter(|(event, click)| is_phone(click, scope.facts(event.session).device) == asked.phone)
        .collect();
    let mut paths: HashMap<Symbol, u64> = HashMap::new();
    for (_, click) in &clicks {
        *paths.entry(click.path).or_default() += 1;
    }
    let mut paths: Vec<(Symbol, u64)> = paths.into_iter().collect();
    paths.sort_by_key(|(path, count)| (std::cmp::Reverse(*count), log.names.text(*path)));
    let wanted = scope.question.own("path").and_then(|path| log.names.find(path));
    let (path, count) = match wanted {
        Some(wanted) => *paths.iter().find(|(path, _)| *path == wanted)?,
        None => *paths.first()?,
    };
    let on_it: Vec<(&Entry, &Click)> = clicks.into_iter().filter(|(_, click)| click.path == path).collect();
    let newest = on_it.iter().map(|(event, _)| *event).max_by_key(|event| event.at)?;
    let text = log.names.text(path);
    let others = paths.into_iter().filter(|(other, _)| *other != path).take(12);
    Some(Map {
        page: PageThen {
            endpoint: asked.page.clone(),
            path: text.to_owned(),
            language: language_name(scope.facts(newest.session).language).to_owned(),
            product: text.strip_prefix("/products/").and_then(|id| id.parse().ok()),
            category: None,
            lists: lists(scope, endpoint, path),
            then: HashMap::new(),
        },
        marks: marks(log, &on_it),
        clicks: count,
        at: newest.at,
        others: others
            .map(|(path, count)| (log.names.text(path).to_owned(), count))
            .collect(),
    })
}

/// Clicks in nearly the same place of an element are one mark; the most frequent are drawn, should there be too many.
fn marks(log: &Log, clicks: &[(&Entry, &Click)]) -> Vec<Mark> {
    let mut cells: BTreeMap<(Symbol, u32, u32, bool), (u64, &Click)> = BTreeMap::new();
    for (_, click) in clicks
        .iter()
        .filter(|(_, click)| !click.element_x.is_nan() && !click.element_y.is_nan())
    {
        let cell = |percent: f32| (percent / 100.0 * CELLS).clamp(0.0, CELLS - 1.0) as u32;
        let vain = !log.names.text(click.frustration).is_empty();
        let key = (click.element, cell(click.element_x), cell(click.element_y), vain);
        cells.entry(key).or_insert((0, click)).0 += 1;
    }
    let mut marks: Vec<Mark> = cells
        .into_iter()
        .map(|((element, _, _, vain), (count, click))| Mark {
            element: log.names.text(element).to_owned(),
            at: (click.element_x, click.element_y),
            page: (click.x, click.y),
            count,
            vain,
            label: if count > 1 { count.to_string() } else { String::new() },
        })
        .collect();
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.count));
    marks.truncate(MOST_MARKS);
    marks
}

/// What was seen most at each place of the page's lists.
fn lists(scope: &Scope<'_>, endpoint: Symbol, path: Symbol) -> Vec<(String, Vec<i64>)> {
    let log = scope.log;
    let mut seen: BTreeMap<Symbol, BTreeMap<u16, HashMap<i64, u64>>> = BTreeMap::new();
    for event in scope
        .events_of(EventType::Impression)
        .filter(|event| event.page == endpoint)
    {
        let Some(impression) = log
            .impressions
            .get(event.extra as usize)
            .filter(|seen| seen.path == path)
        else {
            continue;
        };
        for (product, place) in log.seen_tiles(event.extra) {
            let products = seen.entry(impression.list).or_default().entry(*place).or_default();
            *products.entry(log.entities.id(*product)).or_default() += 1;
        }
    }
    let most = |products: HashMap<i64, u64>| products.into_iter().max_by_key(|(product, count)| (*count, *product));
    let list = |(list, places): (Symbol, BTreeMap<u16, HashMap<i64, u64>>)| {
        let products = places.into_values().filter_map(|products| Some(most(products)?.0));
        (log.names.text(list).to_owned(), products.take(MOST_TILES).collect())
    };
    seen.into_iter().map(list).collect()
}
