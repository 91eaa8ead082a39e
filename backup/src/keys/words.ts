/** 256 short words that are not mistaken for each other, heard or read: one for each byte. Their order is part of every sheet. */
export const WORDS: readonly string[] = `
acid actor adult agent alarm album alien amber angel ankle apple april apron arena arrow atlas
attic autumn badge bagel baker bamboo banjo barrel basil basket beacon beaver bench berry bishop blanket
blossom bonus border bottle boxer bread bridge broom bubble bucket buffalo bullet bundle butter button cabin
cactus camel candle canoe canvas carbon cargo carpet castle cellar cement cherry chimney cigar circus clinic
cloud clover coach cobalt coffee comet copper coral corner cotton cousin coyote cradle crane crayon cricket
crown crystal cupboard curtain daisy dancer deputy desert diamond dinner doctor dolphin dragon drum duck
eagle earth easel echo eight elbow elephant emperor engine envelope falcon farmer feather fence fiddle
flame flute forest fossil fountain freckle galaxy garden garlic ghost giant ginger giraffe
glacier glove goblin golden gorilla grape gravel guitar hammer harbour harvest hazel helmet hermit hockey honey
horizon hotel husky iceberg igloo island ivory jacket jaguar jelly jigsaw jungle kayak kennel kettle
kitchen kitten ladder lagoon lantern lemon leopard letter lentil lobster lotus lunar magnet mango
maple marble market meadow melon mirror monkey mosaic museum mustard napkin needle nickel noodle
nugget oasis ocean octopus olive onion orbit orchid otter oxygen oyster paddle palace panda paper parrot
pebble pelican pencil pepper piano pigeon pilot pirate planet potato prism puzzle
pyramid quartz rabbit radar raven ribbon river robin rocket salmon sandal saturn school scissors
shadow silver siren spider spoon summer sunset teapot temple tiger timber tomato tornado tractor trumpet tulip
tunnel turtle umbrella vacuum valley velvet vessel violin volcano waffle walnut window winter wizard yellow zebra
`
  .trim()
  .split(/\s+/)
