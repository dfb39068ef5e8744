//! Pictures that the shop has drawn itself, where no emoji shows the product: a cup is no bag of coffee, a flower no packet of its seeds.

const DRAWN: [(&str, &str); 25] = [
    (
        "bookshelf-speakers",
        include_str!("../../../catalogue/pictures/bookshelf-speakers.svg"),
    ),
    (
        "bubble-bath",
        include_str!("../../../catalogue/pictures/bubble-bath.svg"),
    ),
    (
        "bubble-wand",
        include_str!("../../../catalogue/pictures/bubble-wand.svg"),
    ),
    (
        "cat-treats-bag",
        include_str!("../../../catalogue/pictures/cat-treats-bag.svg"),
    ),
    ("clover-pot", include_str!("../../../catalogue/pictures/clover-pot.svg")),
    ("coffee-bag", include_str!("../../../catalogue/pictures/coffee-bag.svg")),
    (
        "fishing-rod",
        include_str!("../../../catalogue/pictures/fishing-rod.svg"),
    ),
    ("herb-pots", include_str!("../../../catalogue/pictures/herb-pots.svg")),
    ("lemon-tree", include_str!("../../../catalogue/pictures/lemon-tree.svg")),
    (
        "little-speaker",
        include_str!("../../../catalogue/pictures/little-speaker.svg"),
    ),
    (
        "paw-print-kit",
        include_str!("../../../catalogue/pictures/paw-print-kit.svg"),
    ),
    ("pea-seeds", include_str!("../../../catalogue/pictures/pea-seeds.svg")),
    ("peach-tin", include_str!("../../../catalogue/pictures/peach-tin.svg")),
    (
        "pepper-seedling",
        include_str!("../../../catalogue/pictures/pepper-seedling.svg"),
    ),
    (
        "popcorn-bag",
        include_str!("../../../catalogue/pictures/popcorn-bag.svg"),
    ),
    ("rice-sack", include_str!("../../../catalogue/pictures/rice-sack.svg")),
    ("score-book", include_str!("../../../catalogue/pictures/score-book.svg")),
    (
        "spaghetti-pack",
        include_str!("../../../catalogue/pictures/spaghetti-pack.svg"),
    ),
    (
        "strawberry-plant",
        include_str!("../../../catalogue/pictures/strawberry-plant.svg"),
    ),
    (
        "sunflower-seeds",
        include_str!("../../../catalogue/pictures/sunflower-seeds.svg"),
    ),
    ("tea-tin", include_str!("../../../catalogue/pictures/tea-tin.svg")),
    (
        "tomato-seedling",
        include_str!("../../../catalogue/pictures/tomato-seedling.svg"),
    ),
    (
        "tulip-bulbs",
        include_str!("../../../catalogue/pictures/tulip-bulbs.svg"),
    ),
    (
        "water-rocket",
        include_str!("../../../catalogue/pictures/water-rocket.svg"),
    ),
    (
        "wildflower-seeds",
        include_str!("../../../catalogue/pictures/wildflower-seeds.svg"),
    ),
];

pub(super) fn find(name: &str) -> Option<&'static str> {
    DRAWN.iter().find(|(drawn, _)| *drawn == name).map(|(_, svg)| *svg)
}
