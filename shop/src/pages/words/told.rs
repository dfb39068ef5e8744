//! What an event says, to whom it is about.

use crate::domain::Language;

pub struct Told {
    pub looked_at: fn(&str) -> String,
    /// A page that is no product's.
    pub opened: fn(&str) -> String,
    /// The query, and how many were found.
    pub searched: fn(&str, u32) -> String,
    pub added: fn(&str, u32) -> String,
    pub changed: fn(&str, u32) -> String,
    pub removed: fn(&str) -> String,
    pub ordered: fn(i64) -> String,
    pub cancelled: fn(i64) -> String,
    /// Where, and for how many seconds.
    pub stayed: fn(&str, u64) -> String,
    pub clicked: fn(&str) -> String,
    pub saw_list: fn(&str) -> String,
    /// How fast a page was.
    pub measured: fn(&str) -> String,
    /// The experiment, and its variant.
    pub exposed: fn(&str, &str) -> String,
    pub wished: fn(&str) -> String,
    pub unwished: fn(&str) -> String,
}

impl Told {
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::Ko => &KO,
            Language::En => &EN,
        }
    }
}

static KO: Told = Told {
    looked_at: |name| format!("‘{name}’ 페이지를 봤어요"),
    opened: |path| format!("{path} 페이지를 봤어요"),
    searched: |query, found| format!("‘{query}’ 검색: {found}개를 찾았어요"),
    added: |name, quantity| format!("‘{name}’ {quantity}개를 담았어요"),
    changed: |name, quantity| format!("‘{name}’ 수량을 {quantity}개로 바꿨어요"),
    removed: |name| format!("‘{name}’ 상품을 뺐어요"),
    ordered: |id| format!("주문 {id}번을 했어요"),
    cancelled: |id| format!("주문 {id}번을 취소했어요"),
    stayed: |page, seconds| format!("{page} 페이지에 {seconds}초 있었어요"),
    clicked: |text| format!("‘{text}’ 클릭했어요"),
    saw_list: |list| format!("‘{list}’ 목록이 화면에 보였어요"),
    measured: |page| format!("{page} 페이지가 얼마나 빨랐는지 쟀어요"),
    exposed: |experiment, variant| format!("실험 ‘{experiment}’의 ‘{variant}’ 쪽을 봤어요"),
    wished: |name| format!("‘{name}’ 상품을 찜했어요"),
    unwished: |name| format!("‘{name}’ 찜을 풀었어요"),
};

static EN: Told = Told {
    looked_at: |name| format!("You looked at {name}"),
    opened: |path| format!("You opened {path}"),
    searched: |query, found| format!("You searched for “{query}” and found {found}"),
    added: |name, quantity| format!("You put {quantity} × {name} into the cart"),
    changed: |name, quantity| format!("You changed {name} to {quantity}"),
    removed: |name| format!("You took {name} out of the cart"),
    ordered: |id| format!("You placed order {id}"),
    cancelled: |id| format!("You cancelled order {id}"),
    stayed: |page, seconds| format!("You stayed on {page} for {seconds} s"),
    clicked: |text| format!("You clicked “{text}”"),
    saw_list: |list| format!("The list “{list}” came into view"),
    measured: |page| format!("The speed of {page} was measured"),
    exposed: |experiment, variant| format!("You saw “{variant}” of the experiment “{experiment}”"),
    wished: |name| format!("You wished for {name}"),
    unwished: |name| format!("You no longer wish for {name}"),
};
