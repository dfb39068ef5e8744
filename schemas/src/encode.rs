//! From an event to the bytes that travel: encoded once, then only completed with its source.

use crate::members::{Object, name};
use crate::record::{EntityType, Http};
use crate::{Activity, AppLine, CatalogueEntry, Details, EventId, EventType, SessionId, Source, Timestamp};

/// Characters that JSON lets stand in a text, and that readers of lines take for the line's end: U+0085, U+2028, U+2029.
const LINE_ENDS: [(&[u8], &[u8]); 3] = [
    ("\u{85}".as_bytes(), br"\u0085"),
    ("\u{2028}".as_bytes(), br"\u2028"),
    ("\u{2029}".as_bytes(), br"\u2029"),
];

/// One line, for every reader: what could end it is escaped. Outside of texts none of these stands in JSON.
fn on_one_line(json: Vec<u8>) -> Vec<u8> {
    // Nearly every event is plain ASCII or Hangul, which begins with other bytes.
    if memchr::memchr2(0xc2, 0xe2, &json).is_none() {
        return json;
    }
    let mut line = Vec::with_capacity(json.len() + 16);
    let mut rest = json.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        let end = LINE_ENDS.iter().find(|(end, _)| rest.starts_with(end));
        if let Some((end, escaped)) = end {
            line.extend_from_slice(escaped);
            rest = &rest[end.len()..];
        } else {
            line.push(*first);
            rest = behind;
        }
    }
    line
}

/// An encoded event that still lacks its place: `json` is a whole object without `source`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    pub event_type: EventType,
    pub event_id: EventId,
    pub timestamp: Timestamp,
    /// The message's key; application lines without a session are keyed by their instance.
    pub session_id: Option<SessionId>,
    pub json: Vec<u8>,
}

impl Unsealed {
    /// Appends the final message to `out`: the object with `source` as its last member.
    ///
    /// An instance name needs no escaping, and `json` ends in `}` and is never empty: both hold by construction.
    pub fn seal_into(&self, source: &Source, out: &mut Vec<u8>) {
        let body = self.json.strip_suffix(b"}").unwrap_or(&self.json);
        out.reserve(body.len() + 64 + source.instance.as_str().len());
        out.extend_from_slice(body);
        out.extend_from_slice(br#","source":{"instance":""#);
        out.extend_from_slice(source.instance.as_str().as_bytes());
        out.extend_from_slice(br#"","sequence":"#);
        out.extend_from_slice(itoa::Buffer::new().format(source.sequence.0).as_bytes());
        out.extend_from_slice(b"}}");
    }
}

impl Activity<'_, Details<'_>> {
    /// Encodes the event without its source.
    pub fn encode(&self) -> Result<Unsealed, serde_json::Error> {
        let mut json = Vec::with_capacity(1024);
        let mut object = Object::begin(&mut json);
        object.moment(name!("timestamp"), self.timestamp);
        object.plain(name!("session_id"), &self.session_id.hex());
        match self.visitor_id {
            Some(id) => object.plain(name!("visitor_id"), &id.hex()),
            None => object.value(name!("visitor_id"), &())?,
        }
        object.plain(name!("event_type"), self.event_type.name().as_bytes());
        object.number_or_null(name!("user_id"), self.user_id.map(|id| id.0))?;
        object.plain_or_null(name!("entity_type"), self.entity_type.map(EntityType::name))?;
        object.number_or_null(name!("entity_id"), self.entity_id)?;
        object.text(name!("endpoint"), &self.endpoint)?;
        object.text(name!("method"), &self.method)?;
        object.text(name!("path"), &self.path)?;
        object.fields(name!("args"), &self.args)?;
        object.fields(name!("form"), &self.form)?;
        object.text_or_null(name!("ip_address"), self.ip_address.as_deref())?;
        object.text_or_null(name!("user_agent"), self.user_agent.as_deref())?;
        if let Some(bot) = self.bot {
            object.value(name!("bot"), &bot)?;
        }
        if let Some(purpose) = self.purpose {
            object.value(name!("purpose"), &purpose)?;
        }
        object.text_or_null(name!("referrer"), self.referrer.as_deref())?;
        object.number_or_null(name!("response_status"), self.response_status)?;
        object.uuid(name!("event_id"), self.event_id.0);
        match self.request_id {
            Some(id) => object.uuid(name!("request_id"), id),
            None => object.value(name!("request_id"), &())?,
        }
        if let Some(id) = self.page_view_id {
            object.uuid(name!("page_view_id"), id.0);
        }
        object.value(name!("details"), &self.details)?;
        object.number(name!("schema_version"), self.schema_version);
        object.end();
        Ok(Unsealed {
            event_type: self.event_type,
            event_id: self.event_id,
            timestamp: self.timestamp,
            session_id: Some(self.session_id),
            json: on_one_line(json),
        })
    }
}

impl CatalogueEntry<'_> {
    /// Encodes the entry without its source. Seldom enough that serde may do it.
    pub fn encode(&self) -> Result<Unsealed, serde_json::Error> {
        Ok(Unsealed {
            event_type: self.event_type,
            event_id: self.event_id,
            timestamp: self.timestamp,
            session_id: None,
            json: on_one_line(serde_json::to_vec(self)?),
        })
    }
}

impl AppLine<'_> {
    /// Encodes the line without its source.
    pub fn encode(&self) -> Result<Unsealed, serde_json::Error> {
        let mut json = Vec::with_capacity(768);
        let mut object = Object::begin(&mut json);
        object.moment(name!("timestamp"), self.timestamp);
        object.value(name!("level"), &self.level)?;
        object.text(name!("message"), &self.message)?;
        object.text(name!("module"), &self.module)?;
        object.plain(name!("event_type"), self.event_type.name().as_bytes());
        if let Some(phase) = self.phase {
            object.value(name!("phase"), &phase)?;
        }
        if let Some(id) = self.request_id {
            object.uuid(name!("request_id"), id);
        }
        if let Some(id) = self.session_id {
            object.plain(name!("session_id"), &id.hex());
        }
        if let Some(id) = self.user_id {
            object.number(name!("user_id"), id.0);
        }
        if let Some(http) = &self.http {
            http.encode(object.object(name!("http")))?;
        }
        if let Some(performance) = &self.performance {
            object.value(name!("performance"), performance)?;
        }
        if !self.error.is_empty() {
            object.value(name!("error"), &self.error)?;
        }
        if !self.fields.is_empty() {
            object.fields(name!("fields"), &self.fields)?;
        }
        object.uuid(name!("event_id"), self.event_id.0);
        object.number(name!("schema_version"), self.schema_version);
        object.end();
        Ok(Unsealed {
            event_type: self.event_type,
            event_id: self.event_id,
            timestamp: self.timestamp,
            session_id: self.session_id,
            json: on_one_line(json),
        })
    }
}

impl Http<'_> {
    fn encode(&self, mut object: Object<'_>) -> Result<(), serde_json::Error> {
        object.text(name!("method"), &self.method)?;
        object.text(name!("path"), &self.path)?;
        object.text(name!("ip"), &self.ip)?;
        if let Some(endpoint) = &self.endpoint {
            object.text(name!("endpoint"), endpoint)?;
        }
        if let Some(route) = &self.route {
            object.text(name!("route"), route)?;
        }
        if let Some(status) = self.status {
            object.number(name!("status"), status);
        }
        object.end();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::events::View;
    use crate::record::{Level, Performance, Phase, Purpose};
    use crate::{ProductId, SCHEMA_VERSION, UserId, VisitorId};

    /// Texts that need escaping and texts that don't, in ASCII and beyond.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[ -~]{0,40}", "\\PC{0,20}", "[\x00-\x7f\"\\\\\u{1f980}가-힣]{0,20}"]
    }

    prop_compose! {
        fn line()(
            (micros, random, session) in (any::<i64>(), any::<[u8; 10]>(), any::<[u8; 16]>()),
            (texts, error) in (prop::collection::vec(text(), 6), prop::collection::vec(text(), 0..3)),
            (user, status, millis) in (any::<Option<i64>>(), any::<Option<u16>>(), any::<Option<u32>>()),
            (has_http, has_session) in any::<(bool, bool)>(),
        ) -> AppLine<'static> {
            let at = Timestamp::from_unix_micros_saturating(micros);
            let mut texts = texts.into_iter().map(std::borrow::Cow::Owned);
            let mut text = || texts.next().unwrap_or_default();
            AppLine {
                timestamp: at,
                level: if has_http { Level::Info } else { Level::Warning },
                message: text(),
                module: text(),
                event_type: if has_http { EventType::Request } else { EventType::App },
                phase: has_http.then_some(Phase::Finished),
                request_id: has_http.then(|| EventId::at(at, random).0),
                session_id: has_session.then_some(SessionId(session)),
                user_id: user.map(UserId),
                http: has_http.then(|| Http {
                    method: "GET".into(),
                    path: text(),
                    ip: text(),
                    endpoint: has_session.then(&mut text),
                    route: has_session.then_some("/".into()),
                    status,
                }),
                performance: millis.map(|micros| Performance { processing_time_ms: f64::from(micros) / 1000.0 }),
                fields: error.iter().map(|text| (text.clone().into(), text.clone().into())).collect(),
                error: error.into_iter().map(Into::into).collect(),
                event_id: EventId::at(at, random),
                schema_version: SCHEMA_VERSION,
                source: None,
            }
        }
    }

    #[test]
    fn what_ends_a_line_for_some_reader_is_escaped() {
        let json = "{\"a\":\"x\u{85}\u{2028}y\u{2029} é €\"}".to_owned();
        let before: serde_json::Value = serde_json::from_str(&json).unwrap();
        let line = String::from_utf8(on_one_line(json.into_bytes())).unwrap();
        assert!(
            !line.contains(['\u{85}', '\u{2028}', '\u{2029}']) && line.contains(" é €"),
            "{line}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), before);
    }

    proptest! {
        #[test]
        fn a_line_is_encoded_as_serde_encodes_it(line in line()) {
            prop_assert_eq!(line.encode().unwrap().json, on_one_line(serde_json::to_vec(&line).unwrap()));
        }

        #[test]
        fn an_activity_is_encoded_as_serde_encodes_it(line in line(), entity in any::<Option<i64>>()) {
            let some = |text: &std::borrow::Cow<'static, str>| entity.map(|_| text.clone());
            let activity = Activity {
                timestamp: line.timestamp,
                session_id: SessionId([line.schema_version.to_be_bytes()[1]; 16]),
                visitor_id: line.session_id.map(|id| VisitorId(id.0)),
                bot: line.session_id.map(|_| true),
                purpose: line.http.as_ref().map(|_| Purpose::Prefetch),
                page_view_id: line.session_id.map(|_| line.event_id),
                event_type: EventType::View,
                user_id: line.user_id,
                entity_type: entity.map(|_| EntityType::Product),
                entity_id: entity,
                endpoint: line.module.clone(),
                method: "GET".into(),
                path: line.message.clone(),
                args: line.fields.clone(),
                form: [].into(),
                ip_address: some(&line.message),
                user_agent: some(&line.module),
                referrer: some(&line.message),
                response_status: entity.map(|_| 200),
                event_id: line.event_id,
                request_id: entity.map(|_| Uuid::from_bytes([3; 16])),
                details: Details::View(View {
                    page: line.module.clone(),
                    product_id: entity.map(ProductId),
                    category_id: None,
                    sort: some(&line.message),
                    page_number: None,
                    language: "ko".into(),
                    campaign: None,
                }),
                schema_version: SCHEMA_VERSION,
                source: None,
            };
            prop_assert_eq!(activity.encode().unwrap().json, on_one_line(serde_json::to_vec(&activity).unwrap()));
        }
    }
}
