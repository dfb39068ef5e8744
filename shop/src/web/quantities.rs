//! `/cart/update`, `/cart/checkout`: all quantities that a cart's page shows are set at once, and none when one of them can't be.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use schemas::ProductId;

use super::asked::Asked;
use super::caller::Caller;
use super::cart_page::refused;
use super::error::PageError;
use super::form::filled;
use super::{Site, show};
use crate::domain::{Command, Offer, Quantity};
use crate::store::NotDone;

/// What was typed for a product.
struct Line {
    product: ProductId,
    typed: String,
}

pub(super) async fn set(
    site: &Site,
    caller: &Caller,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
    next: &'static str,
) -> Result<Response, PageError> {
    let Form(fields) = form?;
    let asked = Asked {
        view: field(&fields, "view").unwrap_or_default().to_owned(),
        ..Asked::default()
    };
    caller.stands_on(&asked);
    let pressed = field(&fields, "product_id").map(|id| show::product_id(id).ok_or(PageError::NoSuchProduct));
    let pressed = pressed.transpose()?;
    let lines = lines(&fields, pressed);
    let problems = &caller.words().problems;
    let mut wanted: Vec<(ProductId, Quantity)> = Vec::with_capacity(lines.len());
    for line in &lines {
        match line.typed.parse() {
            Ok(quantity) => wanted.push((line.product, quantity)),
            Err(_) => return refused(site, caller, &line.typed, (line.product, problems.quantity)).await,
        }
    }
    let named = lines.iter().find(|line| Some(line.product) == pressed);
    let named = named.and_then(|line| Some((line.product, line.typed.parse::<Quantity>().ok()?)));
    let form =
        named.map(|(product, quantity)| [("product_id", product.to_string()), ("quantity", quantity.to_string())]);
    let occasion = caller.occasion_with(form.into_iter().flatten());
    let command = Command::SetQuantities(wanted);
    match caller.carry_out(site, &occasion, &command, None).await {
        Ok(now) => Ok((filled(caller, &now.cart), Redirect::to(next)).into_response()),
        Err(NotDone::Refused(why)) => {
            let line = wrong(site, caller, &lines).await?.ok_or(PageError::NoSuchProduct)?;
            let said = problems.about_cart(why);
            refused(site, caller, &line.typed, (line.product, &said)).await
        }
        Err(NotDone::Failed(error)) => Err(error.into()),
    }
}

/// The line whose quantity is refused by itself, or the first; whatever is wrong then is wrong with the one that was pressed.
async fn wrong<'a>(site: &Site, caller: &Caller, lines: &'a [Line]) -> Result<Option<&'a Line>, PageError> {
    let belongings = caller.belongings(&site.store).await?;
    let (catalogue, stock) = (site.store.catalogue(), site.store.stock());
    let offer = Offer {
        catalogue: &catalogue,
        stock: &stock,
    };
    let is_wrong = |line: &&Line| {
        let quantity = line.typed.parse::<Quantity>();
        let alone = quantity.map(|quantity| Command::SetQuantities(vec![(line.product, quantity)]));
        alone.is_ok_and(|command| command.decide(&belongings, offer).is_err())
    };
    Ok(lines.iter().find(is_wrong).or(lines.first()))
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.as_str())
}

/// `quantity-101=3` for each line of the page; a program may send `product_id` and `quantity` for one.
fn lines(fields: &[(String, String)], pressed: Option<ProductId>) -> Vec<Line> {
    let of_page = fields.iter().filter_map(|(name, typed)| {
        let product = show::product_id(name.strip_prefix("quantity-")?)?;
        let typed = typed.clone();
        Some(Line { product, typed })
    });
    let one = pressed.zip(field(fields, "quantity"));
    let one = one.map(|(product, typed)| Line {
        product,
        typed: typed.to_owned(),
    });
    of_page.chain(one).collect()
}
