"""How many points of a sweep are gone through side by side."""

# So many numbers of a kind lie next to each other: eight vectors of 512 bits.
BLOCK = 64
