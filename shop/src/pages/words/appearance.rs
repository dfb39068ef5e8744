//! The words of the theme's menu and of the drawer that shows what was just recorded.

use crate::domain::Theme;

pub struct Appearance {
    pub theme: &'static str,
    pub system: &'static str,
    pub light: &'static str,
    pub dark: &'static str,
    /// The drawer's question, on its tab and above its list.
    pub drawer: &'static str,
    pub drawer_off: &'static str,
    pub drawer_on: &'static str,
    pub close: &'static str,
    pub legend: &'static str,
    pub nothing: &'static str,
    pub away: &'static str,
    pub on_its_way: &'static str,
    pub with_requests: &'static str,
    pub pause: &'static str,
    /// Of the choice of a topic.
    pub only: &'static str,
    pub all_topics: &'static str,
    /// Where an event's way begins.
    pub page: &'static str,
    pub topic: &'static str,
    pub schema: &'static str,
    pub life: &'static str,
    /// With `{n}` for how many.
    pub fresh: &'static str,
    pub steps: Steps,
}

/// The steps of an event's way, and how each of them can stand.
pub struct Steps {
    pub journal: &'static str,
    pub topic: &'static str,
    pub file: &'static str,
    pub row: &'static str,
    pub done: &'static str,
    pub waiting: &'static str,
    pub unknown: &'static str,
    pub none: &'static str,
}

impl Appearance {
    #[must_use]
    pub const fn name_of(&self, theme: Theme) -> &'static str {
        match theme {
            Theme::System => self.system,
            Theme::Light => self.light,
            Theme::Dark => self.dark,
        }
    }
}

pub(super) static KO: Appearance = Appearance {
    theme: "화면 밝기",
    system: "시스템 설정대로",
    light: "밝게",
    dark: "어둡게",
    drawer: "방금 무엇이 기록됐나요?",
    drawer_off: "‘방금 무엇이 기록됐나요?’ 끄기",
    drawer_on: "‘방금 무엇이 기록됐나요?’ 켜기",
    close: "닫기",
    legend: "이번 방문의 기록이에요. 요청마다 그 요청이 남긴 것을 모았어요. 점 네 개는 저널, 토픽, 파일, 테이블이고, 확인될 때마다 채워져요. 시각은 한국 시간(UTC+9)이고, 메시지 안에서는 UTC예요.",
    nothing: "아직 기록이 없어요. 상품을 하나 열어 보세요.",
    away: "지금은 확인할 수 없어요. 잠시 뒤에 다시 물어볼게요.",
    on_its_way: "카프카로 가는 중",
    with_requests: "요청도 보기",
    pause: "멈춰 두기",
    only: "토픽 고르기",
    all_topics: "모든 토픽",
    page: "페이지",
    topic: "토픽 보기",
    schema: "스키마 보기",
    life: "이 이벤트의 일생",
    fresh: "새 기록 {n}개",
    steps: Steps {
        journal: "저널",
        topic: "토픽",
        file: "파일",
        row: "테이블",
        done: "확인됨",
        waiting: "기다리는 중",
        unknown: "알 수 없음",
        none: "해당 없음",
    },
};

pub(super) static EN: Appearance = Appearance {
    theme: "Light or dark",
    system: "As my system is",
    light: "Light",
    dark: "Dark",
    drawer: "What did I just emit?",
    drawer_off: "Turn off “What did I just emit?”",
    drawer_on: "Turn on “What did I just emit?”",
    close: "Close",
    legend: "What was recorded in this visit, under the request that led to it. The four dots are journal, topic, file and row; each fills once it is confirmed. Times are Korea's (UTC+9); within messages they are UTC.",
    nothing: "Nothing yet. Open a product and look again.",
    away: "It can't be asked right now. It will be tried again in a moment.",
    on_its_way: "on its way to Kafka",
    with_requests: "Requests too",
    pause: "Pause",
    only: "Topic",
    all_topics: "All topics",
    page: "page",
    topic: "See the topic",
    schema: "See the schema",
    life: "The life of this event",
    fresh: "New events: {n}",
    steps: Steps {
        journal: "Journal",
        topic: "topic",
        file: "file",
        row: "row",
        done: "confirmed",
        waiting: "not yet",
        unknown: "not known",
        none: "does not apply",
    },
};
