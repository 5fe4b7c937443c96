/** The words for random names of builders. */
export const adjectives: readonly string[] =
  ("able agile amber ample bold brave bright brisk calm candid clever crisp curious deft eager earnest fair " +
    "fleet fond frank gentle glad hardy honest jolly keen kind lively lucid merry mild modest neat nimble " +
    "noble patient placid plucky polite prompt proud quick quiet ready sharp sincere smart snug solid steady " +
    "still sturdy subtle sunny swift tidy trusty upbeat vivid warm wise witty zealous").split(" ");

/** Names of people in computing and at sea. */
export const surnames: readonly string[] =
  ("allen amdahl backus bartik beaufort bell boole cerf church codd cook dijkstra drake engelbart floyd " +
    "gama goldberg gray hamilton hamming harrison hoare hopper huffman iverson johnson kahn karp kay " +
    "kernighan kleene knuth lamport liskov lovelace magellan mauchly mccarthy mccluskey mercator milner " +
    "minsky nansen naur nygaard perlis postel ritchie scott shannon slocum stallman sutherland tarjan " +
    "thompson turing ullman wilkes wilkinson wirth zheng zuse").split(" ");
