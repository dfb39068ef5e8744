//! The fields of an event type: as its schema declares them, beside what was seen of them.

use maud::{Markup, html};
use schemas::fields::{Origin, Unit};
use schemas::{EventType, Topic};

use super::{millis, prose, topic_address};
use crate::Reader;
use crate::declared::{self, Field};
use crate::language::{Count, Language};
use crate::look::LAST;
use crate::message::clipped;
use crate::observed::{FieldSeen, Observed, TOLD_APART, TypeSeen};
use crate::personal::HIDDEN;

/// The shop's first version: what is as old needs no word about it.
const FIRST: &str = "0.1.0";

/// The section of the topic's page.
pub(super) fn fields(
    reader: &Reader,
    topic: Topic,
    (types, chosen): (&[EventType], EventType),
    observed: Option<&Observed>,
) -> Markup {
    let language = reader.language;
    let declared = declared::fields(chosen);
    let seen = observed.and_then(|observed| observed.types.get(chosen.name()));
    html! {
        section #fields aria-labelledby="fields-title" {
            h2 #fields-title { (language.of("Fields: declared and observed", "필드: 선언과 관찰")) }
            @if types.len() > 1 {
                nav.chips.wrap aria-label=(language.of("Event types", "이벤트 종류")) {
                    @for event_type in types {
                        a.chip href=(type_address(topic, *event_type)) aria-current=[(*event_type == chosen).then_some("true")] { (event_type.name()) }
                    }
                }
            }
            p.small {
                @match (observed, seen) {
                    (Some(observed), Some(seen)) => {
                        (Count(seen.messages)) " " code { (chosen.name()) } " "
                        (language.of("of the last ", "건, 이 토픽의 마지막 메시지 ")) (Count(observed.messages.min(LAST)))
                        (language.of(" messages of this topic. ", "건 가운데. "))
                    }
                    (Some(observed), None) => {
                        (language.of("None of the last ", "마지막 메시지 ")) (Count(observed.messages))
                        (language.of(" messages is of this type. ", "건 가운데 이 종류는 없어요. "))
                    }
                    (None, _) => { (unread(language)) " " }
                }
                a href={ "/data/schemas/" (chosen.name()) ".json" } { "JSON Schema" }
            }
            div.data-scroll tabindex="0" role="region" aria-label=(language.of("Table, scrolls sideways", "표, 옆으로 움직여요")) { (field_table(reader, declared, seen)) }
            (never_came(reader, declared, seen))
        }
    }
}

/// Instead of messages that did not come in time; they are read on meanwhile.
pub(super) fn unread(language: Language) -> &'static str {
    language.of(
        "Kafka has not shown the newest messages yet: load the page again in a moment.",
        "Kafka가 아직 최근 메시지를 보여 주지 않았어요. 잠시 뒤에 다시 열어 주세요.",
    )
}

fn field_table(reader: &Reader, declared: &[Field], seen: Option<&TypeSeen>) -> Markup {
    let language = reader.language;
    let heads = [
        ("Field", "필드"),
        ("Type", "타입"),
        ("Unit", "단위"),
        ("Meaning", "뜻"),
        ("Example", "예시"),
        ("From", "출처"),
        ("Column", "컬럼"),
        ("Filled", "채움"),
        ("Distinct", "서로 다른 값"),
        ("Observed", "관찰된 값"),
        ("Last seen", "마지막"),
    ];
    html! {
        table.data-table.data-fields {
            thead { tr { @for (english, korean) in heads { th scope="col" { (language.of(english, korean)) } } } }
            tbody {
                @for field in declared {
                    @let found = seen.and_then(|seen| seen.fields.get(&field.path));
                    tr {
                        th scope="row" {
                            code { (field.path) }
                            @if field.personal { " " span.data-personal { (language.of("personal", "개인정보")) } }
                        }
                        td { (field.kind) @if !field.required { " " span.small { (language.of("optional", "선택")) } } }
                        td { (unit(language, field.unit)) }
                        td lang="en" { (prose(&field.meaning)) (limits(field)) (since(language, field)) }
                        td { code { (clipped(&field.example, 40)) } }
                        td { (origin(language, field.origin)) }
                        td { @if let Some(column) = &field.column { code { (column) } } @else { "–" } }
                        @if let (Some(seen), Some(found)) = (seen, found) { (observed_cells(reader, field, seen, found)) }
                        @else { td.number { @if seen.is_some() { "0 %" } @else { "–" } } td.number { "–" } td { "–" } td { "–" } }
                    }
                }
            }
        }
    }
}

fn limits(field: &Field) -> Markup {
    html! {
        @if !field.allowed.is_empty() { " " span.small { @for value in &field.allowed { code { (value) } " " } } }
        @else if let Some(limits) = &field.limits { " " span.small { code { (clipped(limits, 40)) } } }
    }
}

/// Said where it is not as old as the shop.
fn since(language: Language, field: &Field) -> Markup {
    html! {
        @if field.since != FIRST { " " span.small { (language.of("since ", "")) (field.since) (language.of("", "부터")) } }
    }
}

fn unit(language: Language, unit: Unit) -> &'static str {
    match unit {
        Unit::Pieces => language.of("pieces", "개"),
        other => other.symbol().unwrap_or("–"),
    }
}

fn observed_cells(reader: &Reader, field: &Field, seen: &TypeSeen, found: &FieldSeen) -> Markup {
    let percent = found.filled * 100 / seen.messages.max(1);
    let distinct = found.distinct();
    html! {
        td.number { (percent) " %" }
        td.number { (distinct) @if distinct >= TOLD_APART { "+" } }
        td { (observed_values(reader, field, found)) }
        td { (millis(found.last_seen)) }
    }
}

/// Values come out of messages: who may not read those sees none.
fn observed_values(reader: &Reader, field: &Field, found: &FieldSeen) -> Markup {
    html! {
        @if field.personal || !reader.may_read { (HIDDEN) }
        @else if let Some((least, most)) = found.range { code { (least) } @if least < most { " – " code { (most) } } }
        @else if let Some(named) = found.named().filter(|named| named.len() <= 6) {
            @for (value, count) in named { code { (clipped(value, 32)) } " " span.small { "×" (count) } " " }
        }
        @else if let Some((least, most)) = &found.texts { code { (clipped(least, 24)) } " – " code { (clipped(most, 24)) } }
        @else if let Some(example) = &found.example { code { (clipped(example, 40)) } }
    }
}

fn origin(language: Language, origin: Origin) -> &'static str {
    match origin {
        Origin::Browser => language.of("browser", "브라우저"),
        Origin::Request => language.of("request", "요청"),
        Origin::Cookie => language.of("cookie", "쿠키"),
        Origin::Shop => language.of("shop", "가게"),
        Origin::Journal => language.of("journal", "저널"),
    }
}

/// What the schema allows but never came, and what came though it is not declared.
fn never_came(reader: &Reader, declared: &[Field], seen: Option<&TypeSeen>) -> Markup {
    let language = reader.language;
    let Some(seen) = seen else { return html! {} };
    let missing = declared.iter().filter(|field| !seen.fields.contains_key(&field.path));
    let values = declared.iter().filter_map(|field| {
        let found = seen.fields.get(&field.path)?;
        let never: Vec<&str> = field
            .allowed
            .iter()
            .map(String::as_str)
            .filter(|value| !found.values.contains_key(*value))
            .collect();
        (!never.is_empty()).then_some((field.path.as_str(), never))
    });
    let is_declared = |path: &str| {
        declared.iter().any(|field| {
            let rest = path.strip_prefix(field.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let extra: Vec<&String> = seen.fields.keys().filter(|path| !is_declared(path)).collect();
    let missing: Vec<&str> = missing.map(|field| field.path.as_str()).collect();
    let values: Vec<_> = values.collect();
    html! {
        dl.data-facts.data-differences {
            div { dt { (language.of("Declared, never came", "선언됐지만 오지 않은 필드")) } dd { @if missing.is_empty() { "–" } @for path in missing { code { (path) } " " } } }
            div {
                dt { (language.of("Allowed values that never came", "허용되지만 오지 않은 값")) }
                dd { @if values.is_empty() { "–" } @for (path, never) in values { code { (path) } ": " (never.join(", ")) "; " } }
            }
            div { dt { (language.of("Came, not declared", "선언 없이 온 필드")) } dd { @if extra.is_empty() { "–" } @else if !reader.may_read { (HIDDEN) } @else { @for path in extra.iter().take(30) { code { (clipped(path, 60)) } " " } } } }
        }
    }
}

/// Where the fields of this type are.
pub(super) fn type_address(topic: Topic, event_type: EventType) -> String {
    format!("{}?type={}#fields", topic_address(topic), event_type.name())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::message::{Message, Place};

    /// The section about views of which one was read.
    fn shown(may_read: bool) -> String {
        let place = Place {
            topic: Topic::View,
            partition: 0,
            offset: 0,
        };
        let value = br#"{"event_type":"view","path":"/products/4711","user_id":815,"unheard_of":1,"details":{"product_id":4711}}"#;
        let mut observed = Observed::default();
        observed.take(&Arc::new(Message::new(place, value.to_vec())), |_| None);
        let reader = Reader {
            language: Language::En,
            session: None,
            may_read,
            has_classroom: false,
        };
        let chosen = (&[EventType::View][..], EventType::View);
        fields(&reader, Topic::View, chosen, Some(&observed)).into_string()
    }

    #[test]
    fn a_field_is_shown_with_its_unit_and_an_example_and_since_when() {
        for (language, pieces, since) in [
            (Language::En, "pieces", "since 0.2.0"),
            (Language::Ko, "개", "0.2.0부터"),
        ] {
            let reader = Reader {
                language,
                session: None,
                may_read: false,
                has_classroom: false,
            };
            let of = |topic, chosen| fields(&reader, topic, (&[chosen], chosen), None).into_string();
            let cart = of(Topic::Cart, EventType::CartAdd);
            assert!(
                cart.contains(&format!("<td>{pieces}</td>")) && cart.contains("<td>KRW</td>"),
                "{cart}"
            );
            assert!(
                cart.contains("<code>&quot;search&quot;</code>") || cart.contains("listing"),
                "{cart}"
            );
            assert!(cart.contains(since), "{cart}");
            assert!(
                !cart.contains("<td><code></code></td>"),
                "a field without an example: {cart}"
            );
        }
    }

    #[test]
    fn without_leave_to_read_no_value_and_no_name_out_of_a_message_is_shown() {
        let locked = shown(false);
        for told in ["4711", "815", "unheard_of"] {
            assert!(!locked.contains(told), "{told}: {locked}");
        }
        assert!(
            locked.contains("details.product_id") && locked.contains(HIDDEN),
            "{locked}"
        );
        let open = shown(true);
        assert!(open.contains("4711") && open.contains("unheard_of"), "{open}");
        assert!(
            !open.contains("815"),
            "a personal field is hidden from everybody: {open}"
        );
    }
}
