//! What a visitor's clicks become: requests, page views, facts, and what the client script tells. No decisions here.

use std::borrow::Cow;

use schemas::events::{CartAction, Exposure, View};
use schemas::record::{Fields, Http, Level, Performance, Phase};
use schemas::{
    Activity, AppLine, Details, EventId, EventType, SCHEMA_VERSION, SessionId, Timestamp, Unsealed, UserId, VisitorId,
};
use uuid::Uuid;

use super::page::Page;
use super::query::{campaign, put_query};
use super::random::Random;
use super::visitor::Visitor;
use super::world::World;

/// After so long a silence the shop begins a new session.
pub(super) const SESSION_SILENCE: i64 = 30 * 60 * 1_000_000;
pub(super) const SHOP: &str = "http://127.0.0.1:8080";

/// An event, and when it comes into the shop's journal.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) arrival: i64,
    pub(super) event: Unsealed,
}

/// A click that led away from a page, or did something on it.
#[derive(Debug, Clone)]
pub(super) struct Clicked {
    pub(super) at: i64,
    pub(super) element: &'static str,
    pub(super) name: Cow<'static, str>,
    pub(super) product: Option<schemas::ProductId>,
    pub(super) position: Option<u32>,
    pub(super) cart_action: Option<CartAction>,
}

#[derive(Debug)]
pub(super) struct OpenPage {
    pub(super) page: Page,
    pub(super) path: String,
    pub(super) view: EventId,
    /// The search that the page shows.
    pub(super) search: Option<EventId>,
    pub(super) entered: i64,
    pub(super) server_ms: f64,
    pub(super) clicks: Vec<Clicked>,
}

/// A form that is sent.
pub(super) struct Post {
    pub(super) endpoint: &'static str,
    pub(super) route: &'static str,
    pub(super) path: String,
    pub(super) form: Fields<'static>,
    pub(super) facts: Vec<Details<'static>>,
    pub(super) status: u16,
}

pub(super) struct Browser<'a> {
    pub(super) world: &'a World,
    pub(super) visitor: &'a Visitor,
    pub(super) random: Random,
    pub(super) now: i64,
    pub(super) user: Option<UserId>,
    /// The query string of the visit's first page: how the visitor came.
    pub(super) landing: Fields<'static>,
    pub(super) referrer: Option<String>,
    pub(super) open: Option<OpenPage>,
    pub(super) tab_sequence: u64,
    session: SessionId,
    last_request: i64,
    last_page: Option<Request>,
    pub(super) planned: Vec<Planned>,
}

/// A request while it runs.
pub(super) struct Request {
    pub(super) id: Uuid,
    pub(super) endpoint: &'static str,
    pub(super) route: &'static str,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) args: Fields<'static>,
    pub(super) form: Fields<'static>,
    pub(super) status: u16,
    /// The view of the page on which it happens.
    pub(super) view: Option<EventId>,
}

impl<'a> Browser<'a> {
    pub(super) fn new(world: &'a World, visitor: &'a Visitor, mut random: Random, now: i64) -> Self {
        let session = SessionId(random.bytes());
        Self {
            world,
            visitor,
            random,
            now,
            user: None,
            landing: Fields::new(),
            referrer: None,
            open: None,
            tab_sequence: 0,
            session,
            last_request: now,
            last_page: None,
            planned: Vec::with_capacity(64),
        }
    }

    /// Goes to a page. False when the shop failed to show it.
    pub(super) fn go(&mut self, page: Page) -> Result<bool, serde_json::Error> {
        let path = page.path(self.world.catalogue);
        self.leave(Some(&path))?;
        self.keep_session();
        let incident = self.world.incident(page.endpoint(), self.now);
        let (slower, failing) = incident.map_or((1.0, 0.001), |incident| (incident.slower, incident.failing));
        let server_ms = self.random.log_normal(2.2, 0.5) * slower;
        let failed = self.random.chance(failing);
        let mut args = std::mem::take(&mut self.landing);
        put_query(&mut args, &page, self.world.catalogue);
        let mut request = Request {
            id: self.uuid(self.now),
            endpoint: page.endpoint(),
            route: page.route(),
            method: "GET",
            path: path.clone(),
            args,
            form: Fields::new(),
            status: if failed { 500 } else { 200 },
            view: None,
        };
        self.serve(&request, server_ms)?;
        if failed {
            return Ok(false);
        }
        let details = self.view(&page, &request.args);
        let view = self.observe(&request, details)?;
        request.view = Some(view);
        if let Some(experiment) = page.experiment() {
            self.expose(&request, experiment)?;
        }
        self.open = Some(OpenPage {
            page,
            path: path.clone(),
            view,
            search: None,
            entered: self.now,
            server_ms,
            clicks: Vec::new(),
        });
        self.last_page = Some(request);
        self.referrer = Some(format!("{SHOP}{path}"));
        Ok(true)
    }

    /// Something that the page's own request told.
    pub(super) fn observe_in_last_request(
        &mut self,
        details: Details<'_>,
    ) -> Result<Option<EventId>, serde_json::Error> {
        let Some(request) = self.last_page.take() else {
            return Ok(None);
        };
        let told = self.observe(&request, details);
        self.last_page = Some(request);
        told.map(Some)
    }

    /// Presses a button of the open page, now.
    pub(super) fn click_button(&mut self, element: &'static str, product: schemas::ProductId, action: CartAction) {
        let at = self.now;
        if let Some(open) = &mut self.open {
            open.clicks.push(Clicked {
                at,
                element,
                name: "add-to-cart".into(),
                product: Some(product),
                position: None,
                cart_action: Some(action),
            });
        }
    }

    /// Sends a form; what it changed is told in the same request.
    pub(super) fn post(&mut self, post: Post) -> Result<(), serde_json::Error> {
        self.keep_session();
        let request = Request {
            id: self.uuid(self.now),
            endpoint: post.endpoint,
            route: post.route,
            method: "POST",
            path: post.path,
            args: Fields::new(),
            form: post.form,
            status: post.status,
            view: self.open.as_ref().map(|open| open.view),
        };
        let server_ms = self.random.log_normal(2.6, 0.5);
        self.serve(&request, server_ms)?;
        for fact in post.facts {
            self.observe(&request, fact)?;
        }
        Ok(())
    }

    /// Both lines about a request; afterwards it is the moment of the answer.
    pub(super) fn serve(&mut self, request: &Request, server_ms: f64) -> Result<(), serde_json::Error> {
        self.line(request, Phase::Started, None)?;
        let micros = micros_of(server_ms);
        self.now += micros;
        self.line(request, Phase::Finished, Some(micros))
    }

    fn line(&mut self, request: &Request, phase: Phase, took: Option<i64>) -> Result<(), serde_json::Error> {
        let failed = took.is_some() && request.status >= 500;
        let timestamp = Timestamp::from_unix_micros_saturating(self.now);
        let error = [
            "the store does not answer",
            "pool timed out while waiting for an open connection",
        ];
        let line = AppLine {
            timestamp,
            level: if failed { Level::Error } else { Level::Info },
            message: if took.is_some() {
                "request finished"
            } else {
                "request started"
            }
            .into(),
            module: "shop::web".into(),
            event_type: EventType::Request,
            phase: Some(phase),
            request_id: Some(request.id),
            session_id: Some(self.session),
            user_id: self.user,
            http: Some(Http {
                method: request.method.into(),
                path: Cow::Borrowed(&request.path),
                ip: Cow::Borrowed(&self.visitor.ip_address),
                endpoint: Some(request.endpoint.into()),
                route: Some(request.route.into()),
                status: took.map(|_| request.status),
            }),
            performance: took.map(|micros| Performance {
                processing_time_ms: millis_of(micros),
            }),
            error: if failed {
                error.map(Cow::from).into()
            } else {
                Vec::new()
            },
            fields: Fields::new(),
            event_id: EventId::at(timestamp, self.random.bytes()),
            schema_version: SCHEMA_VERSION,
            source: None,
        };
        let event = line.encode()?;
        self.plan(self.now, event);
        Ok(())
    }

    /// An activity at this very moment.
    pub(super) fn observe(&mut self, request: &Request, details: Details<'_>) -> Result<EventId, serde_json::Error> {
        self.observe_at(request, details, self.now)
    }

    /// An activity of `at` that the shop hears of now.
    pub(super) fn observe_at(
        &mut self,
        request: &Request,
        details: Details<'_>,
        at: i64,
    ) -> Result<EventId, serde_json::Error> {
        let timestamp = Timestamp::from_unix_micros_saturating(at);
        let (entity_type, entity_id) = details.entity();
        let about_account = matches!(details, Details::Signup(_) | Details::Login(_) | Details::Logout(_));
        let event_id = EventId::at(timestamp, self.random.bytes());
        let activity = Activity {
            timestamp,
            session_id: self.session,
            visitor_id: (!self.visitor.bot).then_some(VisitorId(self.visitor.id)),
            bot: self.visitor.bot.then_some(true),
            purpose: None,
            page_view_id: request.view,
            event_type: details.event_type(),
            user_id: self.user,
            entity_type,
            entity_id: entity_id.or(self.user.filter(|_| about_account).map(|user| user.0)),
            endpoint: request.endpoint.into(),
            method: request.method.into(),
            path: Cow::Borrowed(&request.path),
            args: request.args.clone(),
            form: request.form.clone(),
            ip_address: Some(Cow::Borrowed(&self.visitor.ip_address)),
            user_agent: Some(self.visitor.user_agent.into()),
            referrer: self.referrer.as_deref().map(Cow::Borrowed),
            response_status: Some(request.status),
            event_id,
            request_id: Some(request.id),
            details,
            schema_version: SCHEMA_VERSION,
            source: None,
        };
        let event = activity.encode()?;
        self.plan(self.now, event);
        Ok(event_id)
    }

    fn view(&self, page: &Page, args: &Fields<'static>) -> Details<'static> {
        let catalogue = self.world.catalogue;
        let (product_id, category_id, page_number) = match page {
            Page::Product(place) => {
                let product = catalogue.product(*place);
                (Some(product.id), Some(product.category), None)
            }
            Page::Listing { category, number } => (None, Some(catalogue.categories[*category].id), Some(*number)),
            Page::Search { .. } => (None, None, Some(1)),
            _ => (None, None, None),
        };
        View {
            page: page.endpoint().into(),
            product_id,
            category_id,
            sort: None,
            page_number,
            language: self.visitor.language.into(),
            campaign: campaign(args),
        }
        .into()
    }

    fn expose(&mut self, request: &Request, experiment: &'static str) -> Result<(), serde_json::Error> {
        let names = super::visitor::EXPERIMENTS.iter().find(|(name, _)| *name == experiment);
        let Some((_, variants)) = names else { return Ok(()) };
        let variant = variants[self.visitor.variant(experiment)];
        let exposure = Exposure {
            experiment: experiment.into(),
            variant: variant.into(),
            forced: None,
        };
        self.observe(request, exposure.into()).map(|_| ())
    }

    /// After a long silence the shop gives a new session.
    pub(super) fn keep_session(&mut self) {
        if self.now - self.last_request >= SESSION_SILENCE {
            self.session = SessionId(self.random.bytes());
        }
        self.last_request = self.now;
    }

    pub(super) fn uuid(&mut self, at: i64) -> Uuid {
        EventId::at(Timestamp::from_unix_micros_saturating(at), self.random.bytes()).0
    }

    fn plan(&mut self, arrival: i64, event: Unsealed) {
        self.planned.push(Planned { arrival, event });
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "cut below the microsecond, and never a day long"
)]
pub(super) fn micros_of(millis: f64) -> i64 {
    (millis.clamp(0.0, 86_400_000.0) * 1000.0) as i64
}

#[expect(clippy::cast_precision_loss, reason = "never a day long")]
pub(super) fn millis_of(micros: i64) -> f64 {
    micros as f64 / 1000.0
}
