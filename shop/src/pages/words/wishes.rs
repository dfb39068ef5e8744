//! The wish list, in each language.

pub struct Wishes {
    pub title: &'static str,
    pub empty: &'static str,
    pub empty_hint: &'static str,
    pub guest_hint: &'static str,
    pub add: &'static str,
    pub add_named: fn(&str) -> String,
    /// On a product's page, when it is on the list.
    pub added: &'static str,
    pub see: &'static str,
    pub remove: &'static str,
    pub remove_named: fn(&str) -> String,
    pub to_cart: &'static str,
    pub to_cart_named: fn(&str) -> String,
    pub save_for_later: &'static str,
    pub save_for_later_named: fn(&str) -> String,
    pub saved_for_later: fn(&str) -> String,
    /// Above the wishes on the cart's page.
    pub later: &'static str,
}

pub(super) static KO: Wishes = Wishes {
    title: "찜한 상품",
    empty: "아직 찜한 상품이 없어요",
    empty_hint: "마음에 드는 물건의 하트를 누르면 여기에 모여요.",
    guest_hint: "로그인하지 않고 찜한 상품은 이 브라우저에서만 볼 수 있어요. 로그인하면 계정으로 옮겨져요.",
    add: "찜하기",
    add_named: |name| format!("{name} 찜하기"),
    added: "찜했어요",
    see: "찜한 상품 보기",
    remove: "찜 풀기",
    remove_named: |name| format!("{name} 찜 풀기"),
    to_cart: "장바구니에 담기",
    to_cart_named: |name| format!("{name} 장바구니에 담기"),
    save_for_later: "나중에 사기",
    save_for_later_named: |name| format!("{name} 나중에 사기"),
    saved_for_later: |name| format!("{name}: 나중에 사려고 찜해 두었어요."),
    later: "나중에 사려고 찜한 상품",
};

pub(super) static EN: Wishes = Wishes {
    title: "Wish list",
    empty: "Nothing on your wish list yet",
    empty_hint: "Press the heart of something you like and it is kept here.",
    guest_hint: "Without signing in, your wish list shows in this browser only. Sign in and it moves to your account.",
    add: "Add to wish list",
    add_named: |name| format!("Add {name} to the wish list"),
    added: "On your wish list",
    see: "See your wish list",
    remove: "Take off the list",
    remove_named: |name| format!("Take off the list: {name}"),
    to_cart: "Add to cart",
    to_cart_named: |name| format!("Add to cart: {name}"),
    save_for_later: "Save for later",
    save_for_later_named: |name| format!("Save for later: {name}"),
    saved_for_later: |name| format!("{name} is saved for later on your wish list."),
    later: "Saved for later",
};
