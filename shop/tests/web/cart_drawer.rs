//! The cart as a part of another page: the same cart, the same facts, the same records.

use axum::http::StatusCode;

use crate::world::{Visitor, World};

/// A visitor whose page shows the cart in a dialog.
fn with_drawer(world: &World) -> Visitor {
    world.visitor().says("accept-language", "en").says("x-part", "cart")
}

#[tokio::test]
async fn the_drawer_shows_the_cart_alone_and_is_recorded_as_the_cart() {
    let world = World::start().await;
    let mut visitor = with_drawer(&world);
    assert!(visitor.opens("/cart").await.text.contains("Your cart is empty"));
    let added = visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    let drawer = visitor.opens(added.leads_to()).await;
    assert!(drawer.text.starts_with("<section data-cart>") && drawer.text.ends_with("</section>"));
    for part in [
        "id=\"quantity-101\" form=\"to-checkout\" type=\"number\" name=\"quantity-101\" value=\"2\"",
        "2 items in the cart",
        "action=\"/cart/later\"",
        "<progress",
        "action=\"/cart/checkout\"",
        "href=\"/cart\"",
    ] {
        assert!(drawer.text.contains(part), "{part}: {}", drawer.text);
    }
    let removed = visitor.posts("/cart/remove", "product_id=101&quantity=2").await;
    let drawer = visitor.opens(removed.leads_to()).await;
    assert!(drawer.text.contains(">Undo</button>"));
    assert_eq!(world.facts().await.len(), 2);
    let views = world.journalled_of("view").await;
    assert_eq!(views.len(), 3);
    assert!(views.iter().all(|view| view["details"]["page"] == "cart.index"));
}

#[tokio::test]
async fn what_cannot_be_put_into_the_cart_is_said_in_the_drawer() {
    let world = World::start().await;
    let mut visitor = with_drawer(&world);
    let refused = visitor.posts("/cart/add", "product_id=101&quantity=100").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.starts_with("<section data-cart>"));
    assert!(refused.text.contains("role=\"alert\"") && refused.text.contains("choose a quantity from 1 to 99"));
    visitor.posts("/cart/add", "product_id=101&quantity=2").await;
    let refused = visitor.posts("/cart/update", "product_id=101&quantity=many").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.starts_with("<section data-cart>") && refused.text.contains("value=\"many\""));
    assert_eq!(world.facts().await.len(), 1);
}
