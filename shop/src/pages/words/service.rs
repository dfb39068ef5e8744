//! The words around a purchase: when it comes, what if it doesn't fit, how far it is; and what the books say.

use time::{Date, Weekday};

use crate::domain::Language;
use crate::domain::calendar::{SENT_UNTIL, Stage};

pub struct Service {
    pub arrives: &'static str,
    /// When it is ordered now.
    pub arrives_on: fn(&str) -> String,
    pub sent_until: fn() -> String,
    pub returns: &'static str,
    pub returns_text: &'static str,
    pub number: &'static str,
    pub since: &'static str,
    pub books: &'static str,
    /// Looks, additions, orders.
    pub books_say: fn(u32, u32, u32) -> String,
    pub books_empty: &'static str,
    /// Since when looks are counted.
    pub books_note: fn(&str) -> String,
    pub books_more: &'static str,
    pub looks: &'static str,
    pub adds: &'static str,
    pub orders: &'static str,
    pub progress: &'static str,
    pub stages: [&'static str; 4],
    pub expected: fn(&str) -> String,
    pub until: fn(&str) -> String,
    pub progress_note: &'static str,
    /// Said to whoever brings the parcel.
    pub memos: [&'static str; 4],
    pub day: fn(Date) -> String,
}

impl Service {
    #[must_use]
    pub const fn stage(&self, stage: Stage) -> &'static str {
        self.stages[stage as usize]
    }

    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::Ko => &KO,
            Language::En => &EN,
        }
    }
}

static KO: Service = Service {
    arrives: "도착",
    arrives_on: |day| format!("지금 주문하면 {day}에 도착해요"),
    sent_until: || format!("월~토요일 {SENT_UNTIL}시까지 주문하면 그날 보내요."),
    returns: "교환·반품",
    returns_text: "받은 날부터 7일 안에 돌려보낼 수 있어요. 쓰지 않은 물건이면 이유는 묻지 않아요.",
    number: "상품 번호",
    since: "들여온 날",
    books: "이 물건의 장부",
    books_say: |looks, adds, orders| format!("지난 14일 동안 {looks}번 보고, {adds}번 담고, {orders}번 주문했어요."),
    books_empty: "지난 14일 동안에는 적힌 것이 없어요. 지금 보신 것이 첫 줄이 돼요.",
    books_note: |since| format!("본 횟수는 가게 프로그램이 켜진 {since}부터 세요. 누가 봤는지는 여기에 없어요."),
    books_more: "가게의 장부 모두 보기",
    looks: "봄",
    adds: "담음",
    orders: "주문",
    progress: "어디까지 왔나요",
    stages: ["주문 받음", "포장", "가는 중", "도착"],
    expected: |day| format!("{day} 예정"),
    until: |moment| format!("{moment}까지 취소 가능"),
    progress_note: "연습하는 가게라 물건이 실제로 가지는 않아요. 이 표시는 시계를 따라 움직여요.",
    memos: [
        "문 앞에 놓아 주세요",
        "경비실에 맡겨 주세요",
        "오시기 전에 전화 주세요",
        "벨을 누르지 말아 주세요",
    ],
    day: |date| {
        let weekday = match date.weekday() {
            Weekday::Monday => "월",
            Weekday::Tuesday => "화",
            Weekday::Wednesday => "수",
            Weekday::Thursday => "목",
            Weekday::Friday => "금",
            Weekday::Saturday => "토",
            Weekday::Sunday => "일",
        };
        format!("{}월 {}일({weekday})", u8::from(date.month()), date.day())
    },
};

static EN: Service = Service {
    arrives: "Arrives",
    arrives_on: |day| format!("{day}, if you order now"),
    sent_until: || format!("Ordered by {SENT_UNTIL}:00 from Monday to Saturday, it leaves on the same day."),
    returns: "Returns",
    returns_text: "Within 7 days of delivery, unused, for any reason.",
    number: "Product number",
    since: "In the shop since",
    books: "The open books of this product",
    books_say: |looks, adds, orders| {
        let times = |count, one: &str, many: &str| match count {
            1 => one.to_owned(),
            _ => format!("{count} {many}"),
        };
        format!(
            "In the last 14 days: {}, {}, {}.",
            times(looks, "1 look", "looks"),
            times(adds, "1 add to a cart", "adds to carts"),
            times(orders, "1 order", "orders")
        )
    },
    books_empty: "Nothing was written down in the last 14 days. Your look becomes the first line.",
    books_note: |since| {
        format!("Looks are counted since the shop's program began, on {since}. Who looked is not in here.")
    },
    books_more: "All the books of the shop",
    looks: "looks",
    adds: "adds",
    orders: "orders",
    progress: "Where your order is",
    stages: ["Order received", "Being packed", "On its way", "Delivered"],
    expected: |day| format!("expected {day}"),
    until: |moment| format!("can be cancelled until {moment}"),
    progress_note: "This is a shop for learning: nothing is really sent. These steps follow the clock.",
    memos: [
        "Leave it at the door",
        "Leave it with the concierge",
        "Call before you come",
        "Please don't ring the bell",
    ],
    day: |date| {
        let weekday = date.weekday().to_string();
        let month = date.month().to_string();
        format!("{} {} {}", &weekday[..3], date.day(), &month[..3])
    },
};
