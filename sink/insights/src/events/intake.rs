//! What an event's details add to the log: its page, its amount, and what only its type has.

use schemas::EventType;

use super::details::{Click, Dwell, Exposure, Fields, Form, Impression, Item, Line, Performance};
use super::dictionary::Symbol;
use super::event::NO_EXTRA;
use super::log::Log;
use super::text;

impl Log {
    /// The page that something happened on: views and searches name it, the browser's events name its endpoint or its path.
    pub(super) fn page(&mut self, kind: EventType, fields: &Fields<'_>, endpoint: &str) -> Symbol {
        let page = match kind {
            EventType::View => fields.page.as_deref().unwrap_or(endpoint),
            EventType::Dwell
            | EventType::Click
            | EventType::Impression
            | EventType::PagePerformance
            | EventType::FormAbandoned => {
                let path = || fields.page.as_deref().map_or("other", text::page_of_path);
                fields.page_endpoint.as_deref().unwrap_or_else(path)
            }
            _ => endpoint,
        };
        self.names.intern(page)
    }

    pub(super) fn extra(&mut self, kind: EventType, fields: &Fields<'_>) -> u32 {
        match kind {
            EventType::View => self.campaign(fields),
            EventType::Search => {
                // Letters of either size ask for the same.
                let folded = fields.query.as_deref().unwrap_or_default().trim().to_lowercase();
                let query = self.names.intern(&folded);
                push(&mut self.queries, query)
            }
            EventType::Click => {
                let click = self.click(fields);
                push(&mut self.clicks, click)
            }
            EventType::Dwell => push(&mut self.dwells, dwell(fields)),
            EventType::PagePerformance => push(&mut self.performances, performance(fields)),
            EventType::Exposure => {
                let exposure = Exposure {
                    experiment: self.names.intern(fields.experiment.as_deref().unwrap_or_default()),
                    variant: self.names.intern(fields.variant.as_deref().unwrap_or_default()),
                    forced: fields.forced.unwrap_or(false),
                };
                push(&mut self.exposures, exposure)
            }
            EventType::FormAbandoned => {
                let form = Form {
                    form: self.names.intern(fields.form.as_deref().unwrap_or_default()),
                    last_field: self.names.intern(fields.last_field.as_deref().unwrap_or_default()),
                };
                push(&mut self.forms, form)
            }
            EventType::Impression => self.impression(fields),
            EventType::OrderPlaced | EventType::OrderCancelled => {
                self.order(fields.items.as_deref().unwrap_or_default())
            }
            _ => NO_EXTRA,
        }
    }

    fn campaign(&mut self, fields: &Fields<'_>) -> u32 {
        let Some(campaign) = &fields.campaign else {
            return NO_EXTRA;
        };
        let name = self.names.intern(&campaign.written());
        push(&mut self.campaigns, name)
    }

    fn click(&mut self, fields: &Fields<'_>) -> Click {
        let named = fields.element_name.as_deref().or(fields.element.as_deref());
        Click {
            element: self.names.intern(named.unwrap_or_default()),
            text: self.names.intern(fields.text.as_deref().unwrap_or_default()),
            list: self.names.intern(fields.list.as_deref().unwrap_or_default()),
            position: fields.position.unwrap_or(0),
            frustration: self.names.intern(fields.frustration.as_deref().unwrap_or_default()),
            viewport_width: fields.viewport_width.unwrap_or(0),
            x: fields.page_x_percent.unwrap_or(0.0),
            y: fields.page_y_percent.unwrap_or(0.0),
            element_x: fields.element_x_percent.unwrap_or(f32::NAN),
            element_y: fields.element_y_percent.unwrap_or(f32::NAN),
            path: self.names.intern(fields.page.as_deref().unwrap_or_default()),
        }
    }

    fn impression(&mut self, fields: &Fields<'_>) -> u32 {
        let tiles = fields.tiles.as_deref().unwrap_or_default();
        let first = self.tiles.len() as u32;
        for tile in tiles {
            self.tiles.push((self.entities.number(tile.product_id), tile.position));
        }
        let impression = Impression {
            list: self.names.intern(fields.list.as_deref().unwrap_or_default()),
            first,
            count: tiles.len() as u32,
            path: self.names.intern(fields.page.as_deref().unwrap_or_default()),
        };
        push(&mut self.impressions, impression)
    }

    fn order(&mut self, items: &[Item]) -> u32 {
        let first = self.lines.len() as u32;
        for item in items {
            self.lines.push(Line {
                product: self.entities.number(item.product_id),
                quantity: item.quantity,
                unit_price: item.unit_price.unwrap_or(0),
            });
        }
        push(&mut self.orders, (first, items.len() as u32))
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}

fn dwell(fields: &Fields<'_>) -> Dwell {
    let millis = |value: Option<u64>| u32::try_from(value.unwrap_or(0)).unwrap_or(u32::MAX);
    Dwell {
        active_ms: millis(fields.active_ms),
        total_ms: millis(fields.total_ms),
        scroll_percent: fields.scroll_depth_percent.unwrap_or(0.0),
    }
}

fn performance(fields: &Fields<'_>) -> Performance {
    let number = |value: Option<f32>| value.unwrap_or(f32::NAN);
    Performance {
        ttfb: number(fields.ttfb_ms),
        fcp: number(fields.fcp_ms),
        lcp: number(fields.lcp_ms),
        cls: number(fields.cls),
        inp: number(fields.inp_ms),
    }
}
