-- Pictures that showed something else than the product (a cup for a bag of coffee, a flower for its seeds) are drawn anew in
-- `catalogue/pictures`; a picture that somebody has changed since stays.
UPDATE product SET picture = 'coffee-bag' WHERE id = 201 AND picture = '2615';
UPDATE product SET picture = 'tea-tin' WHERE id = 202 AND picture = '1f375';
UPDATE product SET picture = 'spaghetti-pack' WHERE id = 210 AND picture = '1f35d';
UPDATE product SET picture = 'rice-sack' WHERE id = 211 AND picture = '1f35a';
UPDATE product SET picture = 'peach-tin' WHERE id = 219 AND picture = '1f96b';
UPDATE product SET picture = 'popcorn-bag' WHERE id = 221 AND picture = '1f37f';
UPDATE product SET picture = 'bookshelf-speakers' WHERE id = 517 AND picture = '1f50a';
UPDATE product SET picture = 'little-speaker' WHERE id = 518 AND picture = '1f508';
UPDATE product SET picture = 'sunflower-seeds' WHERE id = 704 AND picture = '1f33b';
UPDATE product SET picture = 'tulip-bulbs' WHERE id = 705 AND picture = '1f337';
UPDATE product SET picture = 'wildflower-seeds' WHERE id = 707 AND picture = '1f33c';
UPDATE product SET picture = 'herb-pots' WHERE id = 708 AND picture = '1f33f';
UPDATE product SET picture = 'clover-pot' WHERE id = 710 AND picture = '1f340';
UPDATE product SET picture = 'tomato-seedling' WHERE id = 715 AND picture = '1f345';
UPDATE product SET picture = 'pepper-seedling' WHERE id = 716 AND picture = '1f336';
UPDATE product SET picture = 'strawberry-plant' WHERE id = 717 AND picture = '1f353';
UPDATE product SET picture = 'lemon-tree' WHERE id = 718 AND picture = '1f34b';
UPDATE product SET picture = 'pea-seeds' WHERE id = 719 AND picture = '1fadb';
UPDATE product SET picture = 'fishing-rod' WHERE id = 904 AND picture = '1f3a3';
UPDATE product SET picture = 'water-rocket' WHERE id = 1018 AND picture = '1f680';
UPDATE product SET picture = 'bubble-wand' WHERE id = 1023 AND picture = '1fae7';
UPDATE product SET picture = 'score-book' WHERE id = 1120 AND picture = '1f3bc';
UPDATE product SET picture = 'bubble-bath' WHERE id = 1215 AND picture = '1fae7';
UPDATE product SET picture = 'cat-treats-bag' WHERE id = 1219 AND picture = '1f41f';
UPDATE product SET picture = 'paw-print-kit' WHERE id = 1221 AND picture = '1f43e';
