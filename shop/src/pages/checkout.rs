//! Checkout on one page: where it goes, how it is paid, what it costs.

use maud::{Markup, html};

use super::Frame;
use super::assets::Asset;
use super::layout::{self, Head};
use super::parts::asked::asked;
use super::parts::field::{Errors, Input, alert, field, form_alert};
use super::parts::lines::{LineView, Sums, lines, sums};
use crate::domain::Delivery;
use crate::domain::delivery::DeliveryForm;

pub struct CheckoutPage<'a> {
    pub lines: Vec<LineView<'a>>,
    pub sums: Sums,
    /// Makes a second submit of the same page the same order.
    pub token: &'a str,
    pub typed: &'a DeliveryTyped,
    pub errors: &'a Errors,
    /// The day on which it comes when it is ordered now.
    pub arrives: String,
    /// What went wrong, when it is not about one field.
    pub alert: Option<&'a str>,
}

/// The delivery form as typed.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct DeliveryTyped {
    pub recipient: String,
    pub phone: String,
    pub postcode: String,
    pub address: String,
    pub address_detail: String,
    pub note: String,
}

impl DeliveryTyped {
    /// Where the order before went; its note was about that order.
    #[must_use]
    pub fn again(before: &Delivery) -> Self {
        Self {
            recipient: before.recipient.as_str().to_owned(),
            phone: before.written_phone(),
            postcode: before.postcode.clone(),
            address: before.address.clone(),
            address_detail: before.address_detail.clone().unwrap_or_default(),
            note: String::new(),
        }
    }

    /// Of a member who has not ordered yet: the name is known.
    #[must_use]
    pub fn of_member(name: &str) -> Self {
        Self {
            recipient: name.to_owned(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn form(&self) -> DeliveryForm<'_> {
        DeliveryForm {
            recipient: &self.recipient,
            phone: &self.phone,
            postcode: &self.postcode,
            address: &self.address,
            address_detail: &self.address_detail,
            note: &self.note,
        }
    }
}

#[must_use]
pub fn checkout(frame: &Frame<'_>, shown: &CheckoutPage<'_>) -> Markup {
    let words = frame.words();
    let checkout = &words.checkout;
    let content = html! {
        h1 { (checkout.title) }
        (if shown.errors.is_empty() { alert(shown.alert) } else { form_alert(shown.alert) })
        form.with-summary action="/checkout" method="post" data-keep {
            input type="hidden" name="token" value=(shown.token);
            (asked(frame, None))
            input type="hidden" name="agreed" value=(shown.sums.total.0);
            div {
                fieldset {
                    legend { (checkout.where_to) }
                    @if !frame.signed_in {
                        p.quiet-text { (checkout.guest_note) " " a href="/login?next=/checkout" { (words.account.sign_in) } }
                    }
                    (delivery_fields(frame, shown))
                }
                fieldset {
                    legend { (checkout.payment) }
                    label.choice { input type="radio" name="payment" value="on_delivery" checked; span { (checkout.on_delivery) } }
                    p.quiet-text { (checkout.on_delivery_text) }
                }
            }
            aside.summary aria-labelledby="summary" {
                div.section-head { h2 #summary { (checkout.your_order) } a href="/cart" { (checkout.change_cart) } }
                (lines(frame, &shown.lines))
                dl.sums { div { dt { (frame.service().arrives) } dd { (shown.arrives) } } }
                (sums(frame, &shown.sums))
                button.primary.wide type="submit" data-cart-action="checkout" {
                    ((checkout.place)(&shown.sums.total.text(frame.language)))
                }
            }
        }
    };
    let head = Head {
        title: checkout.title,
        canonical: "/checkout",
        hidden: true,
        extras: &[Asset::Keep],
        ..Head::default()
    };
    layout::page_with(frame, &head, &content)
}

fn delivery_fields(frame: &Frame<'_>, shown: &CheckoutPage<'_>) -> Markup {
    let words = frame.words();
    let labels = &words.fields;
    let (typed, errors) = (shown.typed, shown.errors);
    let optional = |input: Input<'static>| Input {
        required: false,
        ..input
    };
    let recipient = Input {
        most: 60,
        ..Input::text("recipient", labels.recipient, "name")
    };
    let phone = Input {
        kind: "tel",
        most: 40,
        ..Input::text("phone", labels.phone, "tel")
    };
    let postcode = Input {
        most: 10,
        inputmode: Some("numeric"),
        ..Input::text("postcode", labels.postcode, "postal-code")
    };
    let address = Input::text("address", labels.address, "address-line1");
    let detail = optional(Input::text("address_detail", labels.address_detail, "address-line2"));
    let note = Input {
        choices: &frame.service().memos,
        ..optional(Input::text("note", labels.note, "off"))
    };
    html! {
        (field(words, &recipient.value(&typed.recipient).error_in(errors)))
        (field(words, &phone.hint(labels.phone_hint).value(&typed.phone).error_in(errors)))
        (field(words, &postcode.value(&typed.postcode).error_in(errors)))
        (field(words, &address.value(&typed.address).error_in(errors)))
        (field(words, &detail.hint(labels.address_hint).value(&typed.address_detail).error_in(errors)))
        (field(words, &note.hint(labels.note_hint).value(&typed.note).error_in(errors)))
    }
}
