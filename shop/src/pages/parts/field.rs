//! A labelled field of a form, with its hint and its error tied to it for every reader.

use maud::{Markup, html};

use super::super::Words;
use crate::domain::FieldError;

/// One line to type into.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub name: &'static str,
    pub kind: &'static str,
    pub label: &'static str,
    pub hint: Option<&'static str>,
    /// What was typed before; never for passwords.
    pub value: &'a str,
    pub error: Option<&'a str>,
    /// It is the first that needs mending, so the page opens on it: that is how who doesn't see the page learns of it.
    pub is_first: bool,
    pub required: bool,
    pub autocomplete: &'static str,
    pub most: u16,
    /// What is often typed here, to choose from.
    pub choices: &'static [&'static str],
    pub inputmode: Option<&'static str>,
}

impl<'a> Input<'a> {
    /// A required line of text.
    #[must_use]
    pub const fn text(name: &'static str, label: &'static str, autocomplete: &'static str) -> Self {
        Self {
            name,
            kind: "text",
            label,
            hint: None,
            value: "",
            error: None,
            is_first: false,
            required: true,
            autocomplete,
            most: 200,
            choices: &[],
            inputmode: None,
        }
    }

    #[must_use]
    pub const fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    #[must_use]
    pub const fn hint(self, hint: &'static str) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }

    /// The error of this field among `errors`.
    #[must_use]
    pub fn error_in(self, errors: &'a Errors) -> Self {
        Self {
            error: errors.of(self.name),
            is_first: errors.0.first().is_some_and(|(name, _)| *name == self.name),
            ..self
        }
    }
}

/// What is wrong with a form, by field, in the shopper's language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(Vec<(&'static str, String)>);

impl Errors {
    /// The rules' complaints, in the shopper's words.
    #[must_use]
    pub fn of_fields(words: &Words, errors: &[FieldError]) -> Self {
        let said = |error: &FieldError| (error.field.name(), words.problems.about(error.problem));
        Self(errors.iter().map(said).collect())
    }

    /// One field's.
    #[must_use]
    pub fn one(field: &'static str, message: impl Into<String>) -> Self {
        Self(vec![(field, message.into())])
    }

    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| *name == field);
        found.map(|(_, message)| message.as_str())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[must_use]
pub fn field(words: &Words, field: &Input<'_>) -> Markup {
    let hint_id = field.hint.map(|_| format!("{}-hint", field.name));
    let error_id = field.error.map(|_| format!("{}-error", field.name));
    let described: Vec<&str> = [&error_id, &hint_id]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let list = (!field.choices.is_empty()).then(|| format!("{}-choices", field.name));
    html! {
        div.field {
            label for=(field.name) {
                (field.label)
                @if !field.required { " " span.optional { "(" (words.fields.optional) ")" } }
            }
            @if let (Some(hint), Some(id)) = (field.hint, &hint_id) { p.hint id=(id) { (hint) } }
            input id=(field.name) name=(field.name) type=(field.kind) value=(field.value) autocomplete=(field.autocomplete)
                maxlength=(field.most) required[field.required] aria-invalid=[field.error.map(|_| "true")]
                aria-describedby=[described] autofocus[field.is_first] inputmode=[field.inputmode] list=[list.as_deref()];
            @if let Some(list) = &list { datalist id=(list) { @for choice in field.choices { option value=(choice) {} } } }
            @if let (Some(error), Some(id)) = (field.error, &error_id) { p.error id=(id) { (error) } }
        }
    }
}

/// Says what went wrong where no field says it. The page opens on it: that is how who doesn't see the page learns of it.
#[must_use]
pub fn alert(message: Option<&str>) -> Markup {
    html! {
        @if let Some(message) = message { p.alert role="alert" tabindex="-1" autofocus { (message) } }
    }
}

/// Says at the top of a form that fields below need mending; the page opens on the first of them.
#[must_use]
pub fn form_alert(message: Option<&str>) -> Markup {
    html! {
        @if let Some(message) = message { p.alert role="alert" { (message) } }
    }
}
